package testutil

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb"
)

var specPromises = []promise{
	{"a spec that is not there is ErrNotFound from every call that gets it", func(p *probe) {
		spec, err := p.GetSpec(p.ctx, p.sub, "absent")
		p.mustBe("GetSpec", err, packagedb.ErrNotFound)
		if spec != nil {
			p.Errorf("GetSpec returns %+v beside its error", spec)
		}
		version, err := p.GetLatestSpecVersion(p.ctx, p.sub, "absent")
		p.mustBe("GetLatestSpecVersion", err, packagedb.ErrNotFound)
		if version != "" {
			p.Errorf("GetLatestSpecVersion returns %q beside its error", version)
		}
		versions, err := p.ListSpecVersions(p.ctx, p.sub, "absent")
		p.mustBe("ListSpecVersions", err, packagedb.ErrNotFound)
		if versions != nil {
			p.Errorf("ListSpecVersions returns %+v beside its error", versions)
		}
		yielded := 0
		for _, err := range p.SpecVersions(p.ctx, p.sub, "absent") {
			p.mustBe("SpecVersions", err, packagedb.ErrNotFound)
			yielded++
		}
		if yielded != 1 {
			p.Errorf("SpecVersions yields %d times, want the error once", yielded)
		}
	}},
	{"a user without specs lists an empty slice that is not nil and counts 0 models", func(p *probe) {
		if specs := p.specs(); specs == nil || len(specs) != 0 {
			p.Errorf("ListSpecs: got %#v, want an empty slice", specs)
		}
		if count := p.count(); count != 0 {
			p.Errorf("CountCustomerModels: got %d, want 0", count)
		}
	}},
	{"a spec is returned as it was written by every call", func(p *probe) {
		p.create(packagedb.SpecInput{
			Name: "My_Spec", Version: "version 1", ModelCount: 3, Title: "Title — ü", Description: "Line 1\nLine \"2\"",
		})
		stored := p.spec("My_Spec")
		want := packagedb.SpecInfo{
			ID: "my-spec", Name: "My_Spec", UpdatedAt: stored.UpdatedAt,
			Version: "version 1", ModelCount: 3, Title: "Title — ü", Description: "Line 1\nLine \"2\"",
		}
		if stored != want {
			p.Errorf("GetSpec: got %+v, want %+v", stored, want)
		}
		if stored.UpdatedAt <= 0 {
			p.Errorf("GetSpec: updated at %d, want seconds since 1970", stored.UpdatedAt)
		}
		if specs := p.specs(); len(specs) != 1 || specs[0] != want {
			p.Errorf("ListSpecs: got %+v, want %+v alone", specs, want)
		}
		if history := p.history("My_Spec"); len(history) != 1 || history[0] != want {
			p.Errorf("ListSpecVersions: got %+v, want %+v alone", history, want)
		}
		version, err := p.GetLatestSpecVersion(p.ctx, p.sub, "My_Spec")
		if err != nil || version != "version 1" {
			p.Errorf("GetLatestSpecVersion: got %q, %v", version, err)
		}
	}},
	{"a title and a description that are not set are empty, also after they were set", func(p *probe) {
		p.create(packagedb.SpecInput{Name: "spec", Version: "1", Title: "title", Description: "description"})
		p.create(packagedb.SpecInput{Name: "spec", Version: "2"})
		if spec := p.spec("spec"); spec.Title != "" || spec.Description != "" {
			p.Errorf("got the title %q and the description %q", spec.Title, spec.Description)
		}
	}},
	{"names with the same canonical form are one spec, with the name that was written last", func(p *probe) {
		names := []string{"My__Spec..Name--x", "my-spec-name-x", "MY.SPEC_NAME.-_X"}
		for i, name := range names {
			p.create(packagedb.SpecInput{Name: name, Version: strconv.Itoa(i), ModelCount: 1})
		}
		p.mustEqual("ids", p.specIDs(), []string{"my-spec-name-x"})
		for _, name := range names {
			if spec := p.spec(name); spec.Name != names[2] {
				p.Errorf("GetSpec(%q): got the name %q, want %q", name, spec.Name, names[2])
			}
			p.mustEqual("versions by "+name, p.versions(name), []string{"0", "1", "2"})
		}
	}},
	{"an id is lower case as Python's str.lower gives it", func(p *probe) {
		for name, id := range map[string]string{
			"ΟΔΥΣΣΕΥΣ_v2": "οδυσσευς-v2",
			"İstanbul":    "i̇stanbul",
			"Straße.API":  "straße-api",
			"emoji-🐍":     "emoji-🐍",
		} {
			p.create(packagedb.SpecInput{Name: name, Version: "1"})
			if spec := p.spec(name); spec.ID != id {
				p.Errorf("the id of %q is %q, want %q", name, spec.ID, id)
			}
		}
	}},
	{"specs are listed by id, in the order of its bytes", func(p *probe) {
		for _, name := range []string{"b", "a#b", "é", "a", "Z", "a-b", "10", "9"} {
			p.create(packagedb.SpecInput{Name: name, Version: "1"})
		}
		p.mustEqual("ids", p.specIDs(), []string{"10", "9", "a", "a#b", "a-b", "b", "z", "é"})
	}},
	{"models are counted in the latest version of each spec", func(p *probe) {
		p.create(packagedb.SpecInput{Name: "spec 1", Version: "1", ModelCount: 100})
		p.create(packagedb.SpecInput{Name: "spec 1", Version: "2", ModelCount: 3})
		p.create(packagedb.SpecInput{Name: "spec 2", Version: "1", ModelCount: 4})
		p.create(packagedb.SpecInput{Name: "spec 3", Version: "1", ModelCount: 0})
		p.other().create(packagedb.SpecInput{Name: "spec 1", Version: "1", ModelCount: 50})
		if count := p.count(); count != 7 {
			p.Errorf("CountCustomerModels: got %d, want 7", count)
		}
	}},
	{"a user whose specs fill several pages lists and counts whole", func(p *probe) {
		const specs = 12
		description := strings.Repeat("x", 190_000)
		for i := range specs {
			p.create(packagedb.SpecInput{
				Name: fmt.Sprintf("spec %02d", i), Version: "1", ModelCount: 1, Description: description,
			})
		}
		listed := p.specs()
		if len(listed) != specs || p.count() != specs {
			p.Fatalf("got %d specs and %d models, want %d of each", len(listed), p.count(), specs)
		}
		for i, spec := range listed {
			if spec.ID != fmt.Sprintf("spec %02d", i) || spec.Description != description {
				p.Errorf("spec %d is %q with a description of %d bytes", i, spec.ID, len(spec.Description))
			}
		}
	}},
	{"iterating over specs may stop early", func(p *probe) {
		for _, name := range []string{"a", "b", "c"} {
			p.create(packagedb.SpecInput{Name: name, Version: "1"})
		}
		var ids []string
		for spec, err := range p.Specs(p.ctx, p.sub) {
			if err != nil {
				p.Fatalf("Specs: %v", err)
			}
			if ids = append(ids, spec.ID); len(ids) == 2 {
				break
			}
		}
		p.mustEqual("ids", ids, []string{"a", "b"})
	}},
	{"deleting a spec deletes all of its versions and nothing else", func(p *probe) {
		// Each of these has keys among or next to those of the spec "a".
		neighbours := []string{
			"a#00000000000000000001", "a#1", "a#99999999999999999999", "a#b", "a#latest", "a-b", "b", "latest", "latest#a",
		}
		neighbour := p.other()
		neighbour.create(packagedb.SpecInput{Name: "a", Version: "1"})
		for _, name := range append(neighbours, "a") {
			p.create(packagedb.SpecInput{Name: name, Version: "1"})
			p.create(packagedb.SpecInput{Name: name, Version: "2"})
		}
		for _, name := range append(neighbours, "a") {
			p.mustEqual("versions of "+name, p.versions(name), []string{"1", "2"})
		}
		p.deleteSpec("a")

		_, err := p.GetSpec(p.ctx, p.sub, "a")
		p.mustBe("GetSpec", err, packagedb.ErrNotFound)
		_, err = p.ListSpecVersions(p.ctx, p.sub, "a")
		p.mustBe("ListSpecVersions", err, packagedb.ErrNotFound)
		p.mustEqual("ids", p.specIDs(), neighbours)
		for _, name := range neighbours {
			p.mustEqual("versions of "+name, p.versions(name), []string{"1", "2"})
		}
		neighbour.mustEqual("versions of another user's a", neighbour.versions("a"), []string{"1"})
	}},
	{"deleting specs that are not there is no error", func(p *probe) {
		p.deleteSpec("absent")
		if err := p.DeleteAllSpecs(p.ctx, p.sub); err != nil {
			p.Errorf("DeleteAllSpecs: %v", err)
		}
	}},
	{"a deleted spec can be created again", func(p *probe) {
		p.create(packagedb.SpecInput{Name: "spec", Version: "1"})
		p.deleteSpec("spec")
		p.create(packagedb.SpecInput{Name: "spec", Version: "2"})
		p.mustEqual("versions", p.versions("spec"), []string{"2"})
	}},
	{"deleting all specs leaves the user's credentials and everybody else's specs", func(p *probe) {
		for i := range 30 {
			p.create(packagedb.SpecInput{Name: fmt.Sprint("spec ", i), Version: "1"})
		}
		p.createCredentials(newCredentials(p.sub, "id"))
		neighbour := p.other()
		neighbour.create(packagedb.SpecInput{Name: "spec 1", Version: "1"})
		if err := p.DeleteAllSpecs(p.ctx, p.sub); err != nil {
			p.Fatalf("DeleteAllSpecs: %v", err)
		}
		p.mustEqual("ids", p.specIDs(), nil)
		_, err := p.ListSpecVersions(p.ctx, p.sub, "spec 1")
		p.mustBe("ListSpecVersions", err, packagedb.ErrNotFound)
		if credentials := p.credentials(); len(credentials) != 1 {
			p.Errorf("ListCredentials: got %d, want 1", len(credentials))
		}
		neighbour.mustEqual("ids of another user", neighbour.specIDs(), []string{"spec 1"})
	}},
}
