package testutil

import (
	"context"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
)

// callAll makes every call and returns the errors by the name of the call.
func (u *suiteUser) callAll(ctx context.Context, in dbtest.Input) map[string]error {
	errs := map[string]error{}
	for name, call := range dbtest.Calls(ctx, u, in) {
		_, errs[name] = call()
	}
	return errs
}

// The limits of a sub, of the id of a name and of an item, in bytes.
const (
	longestSub = 2048
	longestID  = 1003
	largest    = 400 * 1024
)

const notUTF8 = "a\xffb"

func checkBadInput(u *suiteUser) {
	var bySub []string // every call but GetUser
	for call := range u.callAll(u.ctx, u.input("id")) {
		if call != "GetUser" {
			bySub = append(bySub, call)
		}
	}
	createSpec := []string{"CreateSpecVersion", "CreateUpdateSpec"}
	byVersion := append([]string{"GetSpecVersion"}, createSpec...)
	byName := append([]string{
		"GetLatestSpecVersion", "GetSpec", "DeleteSpec", "ListSpecVersions", "SpecVersions",
	}, byVersion...)
	create := []string{"CreateCredentials", "CreateUpdateCredentials"}
	byID := append([]string{"GetCredentials", "DeleteCredentials"}, create...)
	byKey := append([]string{"GetUser"}, create...)
	for _, bad := range []struct {
		field string
		calls []string
		spoil func(*dbtest.Input)
	}{
		{"sub", bySub, func(in *dbtest.Input) { in.Sub = "" }},
		{"sub", bySub, func(in *dbtest.Input) { in.Sub = notUTF8 }},
		{"sub", bySub, func(in *dbtest.Input) { in.Sub = strings.Repeat("s", longestSub+1) }},
		{"name", byName, func(in *dbtest.Input) { in.Spec.Name = "" }},
		{"name", byName, func(in *dbtest.Input) { in.Spec.Name = notUTF8 }},
		{"name", byName, func(in *dbtest.Input) { in.Spec.Name = strings.Repeat("n", longestID+1) }},
		{"version", byVersion, func(in *dbtest.Input) { in.Spec.Version, in.Version = "", "" }},
		{"version", byVersion, func(in *dbtest.Input) { in.Spec.Version, in.Version = notUTF8, notUTF8 }},
		{"title", createSpec, func(in *dbtest.Input) { in.Spec.Title = notUTF8 }},
		{"description", createSpec, func(in *dbtest.Input) { in.Spec.Description = notUTF8 }},
		{"model count", createSpec, func(in *dbtest.Input) { in.Spec.ModelCount = -1 }},
		{"item", createSpec, func(in *dbtest.Input) { in.Spec.Description = strings.Repeat("d", largest/2) }},
		{"id", byID, func(in *dbtest.Input) { in.Credentials.ID = "" }},
		{"id", byID, func(in *dbtest.Input) { in.Credentials.ID = notUTF8 }},
		{"id", byID, func(in *dbtest.Input) { in.Credentials.ID = strings.Repeat("i", 1025) }},
		{"public key", byKey, func(in *dbtest.Input) { in.Credentials.PublicKey = "" }},
		{"public key", byKey, func(in *dbtest.Input) { in.Credentials.PublicKey = notUTF8 }},
		{"public key", byKey, func(in *dbtest.Input) { in.Credentials.PublicKey = strings.Repeat("k", 2049) }},
		{"hash", create, func(in *dbtest.Input) { in.Credentials.SecretKeyHash = nil }},
		{"salt", create, func(in *dbtest.Input) { in.Credentials.Salt = []byte{} }},
		{"item", create, func(in *dbtest.Input) { in.Credentials.Salt = make([]byte, largest) }},
	} {
		in := u.input("id")
		bad.spoil(&in)
		errs := u.callAll(u.ctx, in)
		for _, call := range bad.calls {
			assert.ErrorIs(u, errs[call], packagedb.ErrInvalidInput, "%s with a bad %s", call, bad.field)
			assert.ErrorContains(u, errs[call], bad.field, "%s with a bad %s", call, bad.field)
		}
	}
}

func checkNothingStored(u *suiteUser) {
	in := u.input("id")
	in.Spec.Version, in.Credentials.Salt = "", nil
	for _, call := range []string{
		"CreateSpecVersion", "CreateUpdateSpec", "CreateCredentials", "CreateUpdateCredentials",
	} {
		stored, err := dbtest.Calls(u.ctx, u, in)[call]()
		assert.ErrorIs(u, err, packagedb.ErrInvalidInput, call)
		assert.Nil(u, stored, call)
	}
	assert.Empty(u, u.listSpecs().ids())
	assert.Empty(u, u.listCredentials().ids())
}

func checkLongestKeys(u *suiteUser) {
	longest := u.other()
	longest.sub += strings.Repeat("s", longestSub-len(longest.sub))
	name := strings.Repeat("ü", (longestID-1)/2) + "n"
	longest.createNamed("1", name)
	longest.createNamed("2", name)
	assert.Equal(u, []string{"1", "2"}, longest.versions(name))
	credentials := newCredentials(u.sub, strings.Repeat("i", 1024))
	credentials.PublicKey = u.sub + strings.Repeat("k", 2048-len(u.sub))
	longest.put(credentials)
	longest.assertCredentials(credentials)
	for _, list := range longest.lists(name) {
		list.assertPages(1)
	}
	require.NoError(u, longest.DeleteAll(u.ctx, longest.sub), "DeleteAll")
	assert.Empty(u, longest.listSpecs().ids())
}

func checkEndedContext(u *suiteUser) {
	ctx, cancel := context.WithCancel(u.ctx)
	cancel()
	for call, err := range u.callAll(ctx, u.input("id")) {
		assert.ErrorIs(u, err, context.Canceled, call)
	}
}
