package testutil

import (
	"fmt"
	"slices"
	"sync"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb"
)

var historyPromises = []promise{
	{"versions written within one second are all kept, in the order in which they were written", func(u *suiteUser) {
		written := u.write(5)
		assert.Equal(u, written, u.history("spec"))
		u.assertWhole()
	}},
	{"the latest version written again is updated in place while the clock is not past it", func(u *suiteUser) {
		for _, versions := range []int{1, 10} {
			user := u.other()
			want := user.write(versions)
			last := want[versions-1]
			again := user.create(packagedb.SpecInput{Name: "spec", Version: last.Version, Title: "again"})
			if again.UpdatedAt == last.UpdatedAt { // the clock is not past it
				want = want[:versions-1]
			}
			assert.Equal(u, append(want, again), user.history("spec"))
			assert.Equal(u, "again", user.assertWhole().Title)
		}
	}},
	{"an older version written again is a further entry, the newest with that version", func(u *suiteUser) {
		u.createNamed("1", "spec")
		second := u.create(packagedb.SpecInput{Name: "spec", Version: "2"})
		third := u.create(packagedb.SpecInput{Name: "spec", Version: "1", Title: "again"})
		assert.Equal(u, third, u.assertWhole())
		u.createNamed("3", "spec", "spec#", "spec#1")
		u.createNamed("4", "spec#", "spec#latest")
		assert.Equal(u, []string{"1", "2", "1", "3"}, u.versions("spec"))
		assert.Equal(u, third, u.specVersion("spec", "1"))
		assert.Equal(u, second, u.specVersion("spec", "2"))
		assert.Equal(u, u.spec("spec"), u.specVersion("spec", "3"))
		for _, absent := range []string{"4", "3 ", "latest"} {
			u.assertMissing("GetSpecVersion of version " + absent)(u.GetSpecVersion(u.ctx, u.sub, "spec", absent))
		}
	}},
	{"concurrent writers of one spec lose no version and agree on the latest", func(u *suiteUser) {
		const writers = 8
		written := u.writeAtOnce(writers, "")
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

// writeAtOnce has each writer store three versions of the spec "spec", while the other calls are made. A
// version is prefix, the number of the writer, a dot and the number of its write.
func (u *suiteUser) writeAtOnce(writers int, prefix string, others ...func() error) []specInfo {
	u.Helper()
	var mu sync.Mutex
	var written []specInfo
	var running sync.WaitGroup
	for writer := range writers {
		running.Go(func() {
			for i := range 3 {
				spec := packagedb.SpecInput{Name: "spec", Version: fmt.Sprintf("%s%d.%d", prefix, writer, i)}
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
	for _, call := range others {
		running.Go(func() { assert.NoError(u, call()) })
	}
	running.Wait()
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
