package testutil

import (
	"math"
	"strconv"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb"
)

var specPromises = []promise{
	{"a missing spec is ErrNotFound from every call that gets it", func(u *suiteUser) {
		u.createNamed("1", "absent#2")
		u.assertNoSpec("absent")
	}},
	{"a spec is returned as it was written, whatever the text, by every call", func(u *suiteUser) {
		const text = " \x00\t\r\n\x7f\u00a0\u2028\ufeff\ufffd🐍 —ü \"'\\<&> #"
		const name, version, title, description = "My_Spec" + text, "1" + text, "Title" + text, "Line 1\nLine 2" + text
		created := u.create(packagedb.SpecInput{
			Name: name, Version: version, ModelCount: math.MaxInt32, Title: title, Description: description,
		})
		assert.Positive(u, created.UpdatedAt, "UpdatedAt is the number of seconds since 1970")
		assert.Equal(u, specInfo{
			ID: "my-spec" + text, Name: name, UpdatedAt: created.UpdatedAt,
			Version: version, ModelCount: math.MaxInt32, Title: title, Description: description,
		}, created, "CreateUpdateSpec")
		assert.Equal(u, created, u.spec(name), "GetSpec")
		assert.Equal(u, created, u.specVersion(name, version), "GetSpecVersion")
		assert.Equal(u, []specInfo{created}, u.listSpecs().all(), "ListSpecs")
		assert.Equal(u, []specInfo{created}, u.history(name), "ListSpecVersions")
		assert.Equal(u, math.MaxInt32, u.count(), "CountCustomerModels")
		latest, err := u.GetLatestSpecVersion(u.ctx, u.sub, name)
		assert.NoError(u, err, "GetLatestSpecVersion")
		assert.Equal(u, version, latest, "GetLatestSpecVersion")
		u.listSpecs().assertPages(1)
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
	{"models are counted in the latest version of each spec", func(u *suiteUser) {
		u.create(packagedb.SpecInput{Name: "spec 1", Version: "1", ModelCount: 100})
		u.create(packagedb.SpecInput{Name: "spec 1", Version: "2", ModelCount: 3})
		u.create(packagedb.SpecInput{Name: "spec 2", Version: "1", ModelCount: 4})
		u.create(packagedb.SpecInput{Name: "spec 3", Version: "1", ModelCount: 0})
		u.other().create(packagedb.SpecInput{Name: "spec 1", Version: "1", ModelCount: 50})
		assert.Equal(u, 7, u.count())
	}},
}
