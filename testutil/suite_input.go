package testutil

import (
	"context"
	"iter"
	"math"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// input is the input of the calls of a Database.
type input struct {
	sub, name, version string
	spec               packagedb.SpecInput
	credentials        packagedb.CredentialsInput
}

func (u *suiteUser) validInput() input {
	return input{
		sub: u.sub, name: "name", version: "1",
		spec:        packagedb.SpecInput{Name: "name", Version: "1"},
		credentials: newCredentials(u.sub, "id"),
	}
}

// callAll makes every call and returns the errors by the name of the call.
func (u *suiteUser) callAll(ctx context.Context, in input) map[string]error {
	errs := map[string]error{}
	_, errs["CountCustomerModels"] = u.CountCustomerModels(ctx, in.sub)
	_, errs["CreateUpdateSpec"] = u.CreateUpdateSpec(ctx, in.sub, in.spec)
	_, errs["GetLatestSpecVersion"] = u.GetLatestSpecVersion(ctx, in.sub, in.name)
	_, errs["ListSpecs"] = u.ListSpecs(ctx, in.sub)
	errs["Specs"] = first(u.Specs(ctx, in.sub))
	_, errs["GetSpec"] = u.GetSpec(ctx, in.sub, in.name)
	_, errs["GetSpecVersion"] = u.GetSpecVersion(ctx, in.sub, in.name, in.version)
	errs["DeleteSpec"] = u.DeleteSpec(ctx, in.sub, in.name)
	_, errs["ListSpecVersions"] = u.ListSpecVersions(ctx, in.sub, in.name)
	errs["SpecVersions"] = first(u.SpecVersions(ctx, in.sub, in.name, packagedb.Descending()))
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
		byName := []string{
			"GetLatestSpecVersion", "GetSpec", "GetSpecVersion", "DeleteSpec", "ListSpecVersions", "SpecVersions",
		}
		createSpec, byVersion := []string{"CreateUpdateSpec"}, []string{"GetSpecVersion"}
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
			{"name", byName, func(in *input) { in.name = "" }},
			{"name", byName, func(in *input) { in.name = notUTF8 }},
			{"name", byName, func(in *input) { in.name = strings.Repeat("n", longestID+1) }},
			{"version", byVersion, func(in *input) { in.version = "" }},
			{"version", byVersion, func(in *input) { in.version = notUTF8 }},
			{"name", createSpec, func(in *input) { in.spec.Name = "" }},
			{"name", createSpec, func(in *input) { in.spec.Name = notUTF8 }},
			{"name", createSpec, func(in *input) { in.spec.Name = strings.Repeat("n", longestID+1) }},
			{"version", createSpec, func(in *input) { in.spec.Version = "" }},
			{"version", createSpec, func(in *input) { in.spec.Version = notUTF8 }},
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
		longest.listSpecs().assertAfter()
		longest.listVersions(name).assertAfter()

		credentials := newCredentials(u.sub, strings.Repeat("i", 1024))
		credentials.PublicKey = u.sub + strings.Repeat("k", 2048-len(u.sub))
		longest.put(credentials)
		longest.assertCredentials(credentials)
		longest.listCredentials().assertAfter()
		require.NoError(u, longest.DeleteAll(u.ctx, longest.sub), "DeleteAll")
		assert.Empty(u, longest.listSpecs().ids())
	}},
	{"any text comes back as it was", func(u *suiteUser) {
		text := "\x00\t\r\n\x7f\u00a0\u2028\ufeff\ufffd🐍 \"'\\<&> #" + strings.Repeat("x", 10)
		stored := u.create(packagedb.SpecInput{
			Name: text, Version: text, ModelCount: math.MaxInt32, Title: text, Description: text,
		})
		assert.Equal(u, specInfo{
			ID: stored.ID, Name: text, UpdatedAt: stored.UpdatedAt, Version: text, ModelCount: math.MaxInt32,
			Title: text, Description: text,
		}, stored)
		assert.Equal(u, stored, u.spec(text))
		assert.Equal(u, stored, *u.specVersion(text, text))
		assert.Equal(u, math.MaxInt32, u.count())
		u.listSpecs().assertAfter()
	}},
	{"a call whose context has ended fails with the context's error", func(u *suiteUser) {
		ctx, cancel := context.WithCancel(u.ctx)
		cancel()
		for call, err := range u.callAll(ctx, u.validInput()) {
			assert.ErrorIs(u, err, context.Canceled, call)
		}
	}},
	{"an iteration ends with its context between two results", func(u *suiteUser) {
		for _, version := range []string{"1", "2", "3"} {
			u.createNamed(version, "spec", "spec "+version)
			u.put(newCredentials(u.sub, "id "+version))
		}
		assertEndsWithContext(u, func(ctx context.Context) iter.Seq2[specInfo, error] {
			return u.Specs(ctx, u.sub)
		})
		assertEndsWithContext(u, func(ctx context.Context) iter.Seq2[specInfo, error] {
			return u.SpecVersions(ctx, u.sub, "spec")
		})
		assertEndsWithContext(u, func(ctx context.Context) iter.Seq2[credentialsInfo, error] {
			return u.Credentials(ctx, u.sub)
		})
	}},
}

// assertEndsWithContext cancels an iteration after its first result.
func assertEndsWithContext[T any](u *suiteUser, iterate func(context.Context) iter.Seq2[T, error]) {
	u.Helper()
	ctx, cancel := context.WithCancel(u.ctx)
	defer cancel()
	var errs []error
	for _, err := range iterate(ctx) {
		errs = append(errs, err)
		cancel()
	}
	require.Len(u, errs, 2, "a result and the context's error")
	assert.NoError(u, errs[0])
	assert.ErrorIs(u, errs[1], context.Canceled)
}
