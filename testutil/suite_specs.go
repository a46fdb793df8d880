package testutil

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

var specPromises = []promise{
	{"a missing spec is ErrNotFound from every call that gets it", func(u *suiteUser) {
		u.createNamed("1", "absent#2")
		spec, err := u.GetSpec(u.ctx, u.sub, "absent")
		assert.ErrorIs(u, err, packagedb.ErrNotFound, "GetSpec")
		assert.Nil(u, spec, "GetSpec")
		spec, err = u.GetSpecVersion(u.ctx, u.sub, "absent", "1")
		assert.ErrorIs(u, err, packagedb.ErrNotFound, "GetSpecVersion")
		assert.Nil(u, spec, "GetSpecVersion")
		version, err := u.GetLatestSpecVersion(u.ctx, u.sub, "absent")
		assert.ErrorIs(u, err, packagedb.ErrNotFound, "GetLatestSpecVersion")
		assert.Empty(u, version, "GetLatestSpecVersion")
		for _, options := range [][]option{nil, {packagedb.Limit(1)}, {packagedb.Descending()}} {
			versions, err := u.ListSpecVersions(u.ctx, u.sub, "absent", options...)
			assert.ErrorIs(u, err, packagedb.ErrNotFound, "ListSpecVersions")
			assert.Nil(u, versions, "ListSpecVersions")
			yielded := 0
			for _, err := range u.SpecVersions(u.ctx, u.sub, "absent", options...) {
				assert.ErrorIs(u, err, packagedb.ErrNotFound, "SpecVersions")
				yielded++
			}
			assert.Equal(u, 1, yielded, "SpecVersions yields the error once")
		}
	}},
	{"a user without specs lists an empty slice that is not nil and counts 0 models", func(u *suiteUser) {
		assert.Equal(u, []specInfo{}, u.listSpecs().all())
		assert.Zero(u, u.count())
	}},
	{"a spec is returned as it was written by every call", func(u *suiteUser) {
		const version, title, description = "version 1", "Title — ü", "Line 1\nLine \"2\""
		created := u.create(packagedb.SpecInput{
			Name: "My_Spec", Version: version, ModelCount: 3, Title: title, Description: description,
		})
		assert.Positive(u, created.UpdatedAt, "UpdatedAt is the number of seconds since 1970")
		assert.Equal(u, specInfo{
			ID: "my-spec", Name: "My_Spec", UpdatedAt: created.UpdatedAt,
			Version: version, ModelCount: 3, Title: title, Description: description,
		}, created, "CreateUpdateSpec")
		assert.Equal(u, created, u.spec("My_Spec"), "GetSpec")
		assert.Equal(u, created, *u.specVersion("My_Spec", version), "GetSpecVersion")
		assert.Equal(u, []specInfo{created}, u.listSpecs().all(), "ListSpecs")
		assert.Equal(u, []specInfo{created}, u.history("My_Spec"), "ListSpecVersions")
		latest, err := u.GetLatestSpecVersion(u.ctx, u.sub, "My_Spec")
		assert.NoError(u, err, "GetLatestSpecVersion")
		assert.Equal(u, version, latest, "GetLatestSpecVersion")
	}},
	{"a title and a description that are not set are empty, even if they were set before", func(u *suiteUser) {
		u.create(packagedb.SpecInput{Name: "spec", Version: "1", Title: "title", Description: "description"})
		created := u.create(packagedb.SpecInput{Name: "spec", Version: "2"})
		for _, spec := range []specInfo{created, u.spec("spec")} {
			assert.Empty(u, spec.Title)
			assert.Empty(u, spec.Description)
		}
	}},
	{"names with the same canonical form are one spec, with the name that was written last", func(u *suiteUser) {
		names := []string{"My__Spec..Name--x", "my-spec-name-x", "MY.SPEC_NAME.-_X"}
		for i, name := range names {
			u.createNamed(strconv.Itoa(i), name)
		}
		assert.Equal(u, []string{"my-spec-name-x"}, u.listSpecs().ids())
		for _, name := range names {
			assert.Equal(u, names[2], u.spec(name).Name)
			assert.Equal(u, []string{"0", "1", "2"}, u.versions(name), name)
			assert.Equal(u, names[1], u.specVersion(name, "1").Name)
		}
	}},
	{"an id is lower case as by Python's str.lower", func(u *suiteUser) {
		for name, id := range map[string]string{
			"ΟΔΥΣΣΕΥΣ_v2": "οδυσσευς-v2",
			"İstanbul":    "i̇stanbul",
			"Straße.API":  "straße-api",
			"emoji-🐍":     "emoji-🐍",
		} {
			u.createNamed("1", name)
			assert.Equal(u, id, u.spec(name).ID, name)
		}
	}},
	{"specs are listed by id, in the order of its bytes", func(u *suiteUser) {
		u.createNamed("1", "b", "a#b", "é", "a", "Z", "a-b", "10", "9")
		assert.Equal(u, []string{"10", "9", "a", "a#b", "a-b", "b", "z", "é"}, u.listSpecs().ids())
	}},
	{"models are counted in the latest version of each spec", func(u *suiteUser) {
		u.create(packagedb.SpecInput{Name: "spec 1", Version: "1", ModelCount: 100})
		u.create(packagedb.SpecInput{Name: "spec 1", Version: "2", ModelCount: 3})
		u.create(packagedb.SpecInput{Name: "spec 2", Version: "1", ModelCount: 4})
		u.create(packagedb.SpecInput{Name: "spec 3", Version: "1", ModelCount: 0})
		u.other().create(packagedb.SpecInput{Name: "spec 1", Version: "1", ModelCount: 50})
		assert.Equal(u, 7, u.count())
	}},
	{"specs of more than 1 MB are listed and counted whole, page by page", func(u *suiteUser) {
		const specs = 8
		description := strings.Repeat("x", 190_000)
		written := []specInfo{}
		for i := range specs {
			written = append(written, u.create(packagedb.SpecInput{
				Name: fmt.Sprintf("spec %02d", i), Version: "1", ModelCount: 1, Description: description,
			}))
		}
		assert.Equal(u, specs, u.count())
		list := u.listSpecs()
		require.Equal(u, written, list.all())
		list.assertPages(5, 7)
	}},
	{"an iteration may stop early", func(u *suiteUser) {
		u.createNamed("1", "a", "b", "c")
		var ids []string
		for spec, err := range u.Specs(u.ctx, u.sub) {
			require.NoError(u, err, "Specs")
			if ids = append(ids, spec.ID); len(ids) == 2 {
				break
			}
		}
		assert.Equal(u, []string{"a", "b"}, ids)
	}},
}

func (u *suiteUser) specVersion(name, version string) *specInfo {
	u.Helper()
	spec, err := u.GetSpecVersion(u.ctx, u.sub, name, version)
	require.NoError(u, err, "GetSpecVersion")
	require.NotNil(u, spec, "GetSpecVersion")
	return spec
}
