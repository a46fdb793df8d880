package testutil

import (
	"context"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// input is the input of the calls of a Database.
type input struct {
	sub         string
	spec        packagedb.SpecInput
	credentials packagedb.CredentialsInput
}

func (u *suiteUser) validInput() input {
	return input{u.sub, packagedb.SpecInput{Name: "name", Version: "1"}, newCredentials(u.sub, "id")}
}

// callAll makes every call and returns the errors by the name of the call.
func (u *suiteUser) callAll(ctx context.Context, in input) map[string]error {
	errs := map[string]error{}
	_, errs["CountCustomerModels"] = u.CountCustomerModels(ctx, in.sub)
	_, errs["CreateUpdateSpec"] = u.CreateUpdateSpec(ctx, in.sub, in.spec)
	_, errs["GetLatestSpecVersion"] = u.GetLatestSpecVersion(ctx, in.sub, in.spec.Name)
	_, errs["ListSpecs"] = u.ListSpecs(ctx, in.sub)
	errs["Specs"] = first(u.Specs(ctx, in.sub))
	_, errs["GetSpec"] = u.GetSpec(ctx, in.sub, in.spec.Name)
	_, errs["GetSpecVersion"] = u.GetSpecVersion(ctx, in.sub, in.spec.Name, in.spec.Version)
	errs["DeleteSpec"] = u.DeleteSpec(ctx, in.sub, in.spec.Name)
	_, errs["ListSpecVersions"] = u.ListSpecVersions(ctx, in.sub, in.spec.Name)
	errs["SpecVersions"] = first(u.SpecVersions(ctx, in.sub, in.spec.Name, packagedb.Descending()))
	errs["DeleteAllSpecs"] = u.DeleteAllSpecs(ctx, in.sub)
	_, errs["ListCredentials"] = u.ListCredentials(ctx, in.sub)
	errs["Credentials"] = first(u.Credentials(ctx, in.sub))
	errs["CreateCredentials"] = u.CreateCredentials(ctx, in.sub, in.credentials)
	errs["CreateUpdateCredentials"] = u.CreateUpdateCredentials(ctx, in.sub, in.credentials)
	_, errs["GetCredentials"] = u.GetCredentials(ctx, in.sub, in.credentials.ID)
	_, errs["GetUser"] = u.GetUser(ctx, in.credentials.PublicKey)
	errs["DeleteCredentials"] = u.DeleteCredentials(ctx, in.sub, in.credentials.ID)
	errs["DeleteAllCredentials"] = u.DeleteAllCredentials(ctx, in.sub)
	errs["DeleteAll"] = u.DeleteAll(ctx, in.sub)
	return errs
}

// The limits of a sub, of the id of a name and of an item, in bytes.
const (
	longestSub = 2048
	longestID  = 1003
	largest    = 400 * 1024
)

const notUTF8 = "a\xffb"

var inputPromises = []promise{
	{"bad input is ErrInvalidInput that names the field, from every call that takes it", func(u *suiteUser) {
		var bySub []string // every call but GetUser
		for call := range u.callAll(u.ctx, u.validInput()) {
			if call != "GetUser" {
				bySub = append(bySub, call)
			}
		}
		createSpec := []string{"CreateUpdateSpec"}
		byVersion := []string{"CreateUpdateSpec", "GetSpecVersion"}
		byName := append(byVersion,
			"GetLatestSpecVersion", "GetSpec", "DeleteSpec", "ListSpecVersions", "SpecVersions")
		create := []string{"CreateCredentials", "CreateUpdateCredentials"}
		byID := append([]string{"GetCredentials", "DeleteCredentials"}, create...)
		byKey := append([]string{"GetUser"}, create...)
		for _, bad := range []struct {
			field string
			calls []string
			spoil func(*input)
		}{
			{"sub", bySub, func(in *input) { in.sub = "" }},
			{"sub", bySub, func(in *input) { in.sub = notUTF8 }},
			{"sub", bySub, func(in *input) { in.sub = strings.Repeat("s", longestSub+1) }},
			{"name", byName, func(in *input) { in.spec.Name = "" }},
			{"name", byName, func(in *input) { in.spec.Name = notUTF8 }},
			{"name", byName, func(in *input) { in.spec.Name = strings.Repeat("n", longestID+1) }},
			{"version", byVersion, func(in *input) { in.spec.Version = "" }},
			{"version", byVersion, func(in *input) { in.spec.Version = notUTF8 }},
			{"title", createSpec, func(in *input) { in.spec.Title = notUTF8 }},
			{"description", createSpec, func(in *input) { in.spec.Description = notUTF8 }},
			{"model count", createSpec, func(in *input) { in.spec.ModelCount = -1 }},
			{"item", createSpec, func(in *input) { in.spec.Description = strings.Repeat("d", largest/2) }},
			{"id", byID, func(in *input) { in.credentials.ID = "" }},
			{"id", byID, func(in *input) { in.credentials.ID = notUTF8 }},
			{"id", byID, func(in *input) { in.credentials.ID = strings.Repeat("i", 1025) }},
			{"public key", byKey, func(in *input) { in.credentials.PublicKey = "" }},
			{"public key", byKey, func(in *input) { in.credentials.PublicKey = notUTF8 }},
			{"public key", byKey, func(in *input) { in.credentials.PublicKey = strings.Repeat("k", 2049) }},
			{"hash", create, func(in *input) { in.credentials.SecretKeyHash = nil }},
			{"salt", create, func(in *input) { in.credentials.Salt = []byte{} }},
			{"item", create, func(in *input) { in.credentials.Salt = make([]byte, largest) }},
		} {
			in := u.validInput()
			bad.spoil(&in)
			errs := u.callAll(u.ctx, in)
			for _, call := range bad.calls {
				assert.ErrorIs(u, errs[call], packagedb.ErrInvalidInput, "%s with a bad %s", call, bad.field)
				assert.ErrorContains(u, errs[call], bad.field, "%s with a bad %s", call, bad.field)
			}
		}
	}},
	{"bad input stores nothing", func(u *suiteUser) {
		stored, err := u.CreateUpdateSpec(u.ctx, u.sub, packagedb.SpecInput{Name: "name"})
		assert.ErrorIs(u, err, packagedb.ErrInvalidInput)
		assert.Nil(u, stored)
		for call, put := range u.puts() {
			err := put(packagedb.CredentialsInput{ID: "id", PublicKey: "key"})
			assert.ErrorIs(u, err, packagedb.ErrInvalidInput, call)
		}
		assert.Empty(u, u.listSpecs().ids())
		assert.Empty(u, u.listCredentials().ids())
	}},
	{"the longest keys work", func(u *suiteUser) {
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
	}},
	{"a call whose context has ended fails with the context's error", func(u *suiteUser) {
		ctx, cancel := context.WithCancel(u.ctx)
		cancel()
		for call, err := range u.callAll(ctx, u.validInput()) {
			assert.ErrorIs(u, err, context.Canceled, call)
		}
	}},
}
