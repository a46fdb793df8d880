package testutil

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

var historyPromises = []promise{
	{"versions written within one second are all kept, in the order in which they were written", func(u *suiteUser) {
		written := u.write(5)
		assert.Equal(u, written, u.history("spec"))
		u.assertWhole()
	}},
	{"the latest version written again stays the last", func(u *suiteUser) {
		first := u.create(packagedb.SpecInput{Name: "spec", Version: "1", Title: "old"})
		second := u.create(packagedb.SpecInput{Name: "spec", Version: "1", Title: "new"})
		// While the clock is not past it, it is updated in place.
		want := []specInfo{first, second}
		if second.UpdatedAt == first.UpdatedAt {
			want = []specInfo{second}
		}
		assert.Equal(u, want, u.history("spec"))
		assert.Equal(u, "new", u.assertWhole().Title)
	}},
	{"the latest version written again is updated in place while it is ahead of the clock", func(u *suiteUser) {
		const ahead = 10 // seconds, within which the last write must begin
		written := u.write(ahead)
		again := u.create(packagedb.SpecInput{Name: "spec", Version: written[ahead-1].Version, Title: "again"})
		if again.UpdatedAt > written[ahead-1].UpdatedAt {
			u.Skip("the writes were so slow that the clock caught up")
		}
		written[ahead-1] = again
		assert.Equal(u, written, u.history("spec"))
		assert.Equal(u, "again", u.assertWhole().Title)
	}},
	{"an older version written again is a further entry and the latest", func(u *suiteUser) {
		for _, version := range []string{"1", "2", "1"} {
			u.createNamed(version, "spec")
		}
		assert.Equal(u, []string{"1", "2", "1"}, u.versions("spec"))
		assert.Equal(u, "1", u.assertWhole().Version)
	}},
	{"one version is the newest entry with that version", func(u *suiteUser) {
		u.createNamed("1", "spec")
		second := u.create(packagedb.SpecInput{Name: "spec", Version: "2"})
		third := u.create(packagedb.SpecInput{Name: "spec", Version: "1", Title: "again"})
		u.createNamed("3", "spec", "spec#", "spec#1")
		u.createNamed("4", "spec#", "spec#latest")
		assert.Equal(u, third, *u.specVersion("spec", "1"))
		assert.Equal(u, second, *u.specVersion("spec", "2"))
		assert.Equal(u, u.spec("spec"), *u.specVersion("spec", "3"))
		for _, absent := range []string{"4", "3 ", "latest"} {
			spec, err := u.GetSpecVersion(u.ctx, u.sub, "spec", absent)
			assert.ErrorIs(u, err, packagedb.ErrNotFound, "GetSpecVersion(%q)", absent)
			assert.Nil(u, spec)
		}
	}},
	{"one version is found at the beginning of a history of more than 1 MB", func(u *suiteUser) {
		description := strings.Repeat("x", 190_000)
		written := []specInfo{}
		for i := range 8 {
			written = append(written, u.create(packagedb.SpecInput{
				Name: "spec", Version: strconv.Itoa(i), Description: description,
			}))
		}
		list := u.listVersions("spec")
		require.Equal(u, written, list.all())
		list.assertPages(5, 7)
		assert.Equal(u, written[0], *u.specVersion("spec", "0"))
	}},
	{"concurrent writers of one spec lose no version and agree on the latest", func(u *suiteUser) {
		const writers, each = 8, 3
		var mu sync.Mutex
		var written []specInfo
		var running sync.WaitGroup
		for writer := range writers {
			running.Go(func() {
				for i := range each {
					spec := packagedb.SpecInput{Name: "spec", Version: fmt.Sprintf("%d.%d", writer, i)}
					stored, err := u.CreateUpdateSpec(u.ctx, u.sub, spec)
					if !assert.NoError(u, err, "CreateUpdateSpec") {
						return
					}
					mu.Lock()
					written = append(written, *stored)
					mu.Unlock()
				}
			})
		}
		running.Wait()

		history := u.history("spec")
		assert.ElementsMatch(u, written, history)
		for writer := range writers {
			own := slices.DeleteFunc(versionsOf(history), func(version string) bool {
				return version[0] != '0'+byte(writer)
			})
			assert.IsNonDecreasing(u, own, "the versions of one writer are in its order")
		}
		u.assertWhole()
	}},
}

// write stores the given number of versions of the spec "spec".
func (u *suiteUser) write(versions int) []specInfo {
	u.Helper()
	written := []specInfo{}
	for i := range versions {
		written = append(written, u.create(packagedb.SpecInput{Name: "spec", Version: fmt.Sprint("version ", i)}))
	}
	return written
}

// assertWhole checks that the history of the spec "spec" is in order and ends with the latest version.
func (u *suiteUser) assertWhole() specInfo {
	u.Helper()
	history, latest := u.history("spec"), u.spec("spec")
	for i := 1; i < len(history); i++ {
		assert.Less(u, history[i-1].UpdatedAt, history[i].UpdatedAt, "versions %q and %q of the history",
			history[i-1].Version, history[i].Version)
	}
	assert.Equal(u, latest, history[len(history)-1], "the last of the history is the latest")
	return latest
}
