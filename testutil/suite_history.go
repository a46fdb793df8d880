package testutil

import (
	"fmt"
	"slices"
	"sync"

	"github.com/open-alchemy/packagedb"
)

var historyPromises = []promise{
	{"versions written within one second are all kept, in the order in which they were written", func(p *probe) {
		written := p.write(5)
		history := p.history("spec")
		p.mustEqual("versions", versionsOf(history), written)
		p.mustBeAscending(history)
	}},
	{"the last version of the history is the latest", func(p *probe) {
		p.write(3)
		history := p.history("spec")
		if latest := p.spec("spec"); latest != history[len(history)-1] {
			p.Errorf("GetSpec shows %+v, the history ends with %+v", latest, history[len(history)-1])
		}
	}},
	{"the latest version written again keeps its place at the end", func(p *probe) {
		p.create(packagedb.SpecInput{Name: "spec", Version: "1", Title: "old"})
		p.create(packagedb.SpecInput{Name: "spec", Version: "1", Title: "new"})
		history := p.history("spec")
		// Within one second it is replaced; past that it is a further entry.
		if versions := slices.Compact(versionsOf(history)); len(versions) != 1 || versions[0] != "1" {
			p.Errorf("got the versions %q, want nothing but 1", versions)
		}
		if last := history[len(history)-1]; last.Title != "new" || p.spec("spec") != last {
			p.Errorf("the history ends with %+v, GetSpec shows %+v, want the new title", last, p.spec("spec"))
		}
	}},
	{"an older version written again is a further entry and the latest", func(p *probe) {
		for _, version := range []string{"1", "2", "1"} {
			p.create(packagedb.SpecInput{Name: "spec", Version: version})
		}
		p.mustEqual("versions", p.versions("spec"), []string{"1", "2", "1"})
		if latest := p.spec("spec"); latest.Version != "1" {
			p.Errorf("GetSpec shows the version %q, want 1", latest.Version)
		}
	}},
	{"concurrent writers of one spec lose no version and agree on the latest", func(p *probe) {
		const writers, each = 8, 3
		var written sync.Map
		var running sync.WaitGroup
		for writer := range writers {
			running.Go(func() {
				for i := range each {
					version := fmt.Sprintf("%d.%d", writer, i)
					_, err := p.CreateUpdateSpec(p.ctx, p.sub, packagedb.SpecInput{Name: "spec", Version: version})
					if err != nil {
						p.Errorf("CreateUpdateSpec: %v", err)
						return
					}
					written.Store(version, true)
				}
			})
		}
		running.Wait()

		history := p.history("spec")
		p.mustBeAscending(history)
		for _, version := range versionsOf(history) {
			if _, ok := written.LoadAndDelete(version); !ok {
				p.Errorf("version %q is in the history twice, or was never acknowledged", version)
			}
		}
		written.Range(func(version, _ any) bool {
			p.Errorf("version %q is lost", version)
			return true
		})
		for writer := range writers {
			own := slices.DeleteFunc(versionsOf(history), func(version string) bool {
				return version[0] != '0'+byte(writer)
			})
			if !slices.IsSorted(own) {
				p.Errorf("the versions of one writer are out of order: %q", own)
			}
		}
		if latest := p.spec("spec"); latest != history[len(history)-1] {
			p.Errorf("GetSpec shows %+v, the history ends with %+v", latest, history[len(history)-1])
		}
	}},
	{"versions are yielded in both orders", func(p *probe) {
		written := p.write(4)
		p.mustEqual("oldest first", p.yielded("spec", 4), written)
		slices.Reverse(written)
		p.mustEqual("newest first", p.yielded("spec", 4, packagedb.Descending()), written)
		p.mustEqual("the newest two", p.yielded("spec", 2, packagedb.Descending()), written[:2])
	}},
	{"a long history is listed and deleted whole", func(p *probe) {
		written := p.write(60)
		p.create(packagedb.SpecInput{Name: "spec#", Version: "1"})
		p.mustEqual("versions", p.versions("spec"), written)
		p.deleteSpec("spec")
		_, err := p.ListSpecVersions(p.ctx, p.sub, "spec")
		p.mustBe("ListSpecVersions", err, packagedb.ErrNotFound)
		p.mustEqual("ids", p.specIDs(), []string{"spec#"})
	}},
}

// write stores that many versions of the spec and returns them.
func (p *probe) write(versions int) []string {
	p.Helper()
	written := make([]string, versions)
	for i := range written {
		written[i] = fmt.Sprint("version ", i)
		p.create(packagedb.SpecInput{Name: "spec", Version: written[i]})
	}
	return written
}

// yielded returns the first versions that SpecVersions yields.
func (p *probe) yielded(name string, most int, options ...packagedb.ListOption) []string {
	p.Helper()
	var versions []string
	for spec, err := range p.SpecVersions(p.ctx, p.sub, name, options...) {
		if err != nil {
			p.Fatalf("SpecVersions: %v", err)
		}
		if versions = append(versions, spec.Version); len(versions) == most {
			break
		}
	}
	return versions
}

func (p *probe) mustBeAscending(history []packagedb.SpecInfo) {
	p.Helper()
	for i := 1; i < len(history); i++ {
		if history[i-1].UpdatedAt >= history[i].UpdatedAt {
			p.Errorf("version %q is dated %d, the next %q %d",
				history[i-1].Version, history[i-1].UpdatedAt, history[i].Version, history[i].UpdatedAt)
		}
	}
}
