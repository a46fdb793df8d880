package testutil

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

func checkMissingSpec(u *suiteUser) {
	u.createNamed("1", "absent#2")
	u.assertNoSpec("absent")
}

func checkReturnedSpec(u *suiteUser) {
	const odd = " \x00\t\r\n\x7f\u00a0\u2028\ufeff\ufffd🐍 —ü \"'\\<&> #"
	const name, version, title, description = "My_Spec" + odd, "1" + odd, "Title" + odd, "Line 1\nLine 2" + odd
	created := u.create(packagedb.SpecInput{
		Name: name, Version: version, ModelCount: math.MaxInt32, Title: title, Description: description,
	})
	assert.Positive(u, created.UpdatedAt, "UpdatedAt is the number of seconds since 1970")
	assert.Equal(u, specInfo{
		ID: "my-spec" + odd, Name: name, UpdatedAt: created.UpdatedAt,
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
}

func checkUnsetFields(u *suiteUser) {
	u.create(packagedb.SpecInput{Name: "spec", Version: "1", Title: "title", Description: "description"})
	created := u.create(packagedb.SpecInput{Name: "spec", Version: "2"})
	for _, spec := range []specInfo{created, u.spec("spec")} {
		assert.Empty(u, spec.Title)
		assert.Empty(u, spec.Description)
	}
}

func checkCanonicalNames(u *suiteUser) {
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
}

func checkLowerCase(u *suiteUser) {
	for name, id := range map[string]string{
		"ΟΔΥΣΣΕΥΣ_v2": "οδυσσευς-v2",
		"İstanbul":    "i̇stanbul",
		"Straße.API":  "straße-api",
		"emoji-🐍":     "emoji-🐍",
	} {
		u.createNamed("1", name)
		assert.Equal(u, id, u.spec(name).ID, name)
	}
}

func checkModelCount(u *suiteUser) {
	u.create(packagedb.SpecInput{Name: "spec 1", Version: "1", ModelCount: 100})
	u.create(packagedb.SpecInput{Name: "spec 1", Version: "2", ModelCount: 3})
	u.create(packagedb.SpecInput{Name: "spec 2", Version: "1", ModelCount: 4})
	u.create(packagedb.SpecInput{Name: "spec 3", Version: "1", ModelCount: 0})
	u.other().create(packagedb.SpecInput{Name: "spec 1", Version: "1", ModelCount: 50})
	assert.Equal(u, 7, u.count())
}

func checkOneSecond(u *suiteUser) {
	written := u.write(5)
	assert.Equal(u, written, u.history("spec"))
	u.assertWhole()
}

func checkLatestAgain(u *suiteUser) {
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
}

func checkOlderAgain(u *suiteUser) {
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
}

func checkConcurrentWriters(u *suiteUser) {
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
func (u *suiteUser) writeAtOnce(writers int, prefix string, others ...string) []specInfo {
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
		running.Go(func() { assert.NoError(u, u.call(u.ctx, call, "spec"), call) })
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

// longHistory is more versions than one transaction deletes, with the latest item.
const longHistory = 105

func checkDeletes(u *suiteUser) {
	ids := slices.Clone(sortedIDs)
	for i := range 20 {
		ids = append(ids, fmt.Sprintf("é %02d", i))
	}
	const first = "a" // of the ids
	others := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == first })
	user, neighbor, nobody := u.other(), u.other(), u.other()
	neighbor.createNamed("1", first)
	neighbor.putNamed(first)
	for _, remove := range []struct {
		call               string
		stored             []string // before the call
		specs, credentials []string // that are left
	}{
		{"DeleteSpec", ids, others, ids},
		{"DeleteCredentials", nil, others, others},
		{"DeleteAllSpecs", nil, nil, others},
		{"DeleteAllCredentials", []string{first}, []string{first}, nil},
		{"DeleteAll", ids, nil, nil},
	} {
		require.NoError(u, nobody.call(u.ctx, remove.call, first), "%s of a user without anything", remove.call)
		for _, version := range []string{"1", "2"} {
			user.createNamed(version, remove.stored...)
		}
		user.putNamed(remove.stored...)
		require.NoError(u, user.call(u.ctx, remove.call, first), remove.call)

		assert.ElementsMatch(u, remove.specs, user.listSpecs().ids(), "the specs that %s leaves", remove.call)
		for _, name := range remove.specs {
			assert.Equal(u, []string{"1", "2"}, user.versions(name), "the versions of %q that %s leaves", name, remove.call)
		}
		if !slices.Contains(remove.specs, first) {
			user.assertNoSpec(first)
		}
		assert.ElementsMatch(u, remove.credentials, user.listCredentials().ids(),
			"the credentials that %s leaves", remove.call)
		if !slices.Contains(remove.credentials, first) {
			user.user(newCredentials(user.sub, first).PublicKey, packagedb.ErrNotFound)
		}
		assert.Equal(u, []string{"1"}, neighbor.versions(first), "the versions of another user that %s leaves", remove.call)
		neighbor.assertCredentials(newCredentials(neighbor.sub, first))
		require.NoError(u, user.call(u.ctx, remove.call, first), "%s again", remove.call)
	}
}

func checkLongHistory(u *suiteUser) {
	written := u.write(longHistory)
	u.createNamed("1", "spec#")
	list := u.listVersions("spec")
	require.Equal(u, written, list.all())
	list.assertPages(10, longHistory)
	require.NoError(u, u.DeleteSpec(u.ctx, u.sub, "spec"), "DeleteSpec")
	u.assertNoSpec("spec")
	assert.Equal(u, []string{"spec#"}, u.listSpecs().ids())
}

func checkRunningDelete(u *suiteUser) {
	if !hasTransactions() {
		u.Skip("the server does not support transactions")
	}
	for _, call := range []string{"DeleteSpec", "DeleteAllSpecs"} {
		written := u.write(longHistory)
		for _, giveUp := range []bool{true, false} {
			ctx, cancel := context.WithCancel(u.ctx)
			removed := make(chan error, 1)
			go func() { removed <- u.call(ctx, call, "spec") }()
			for len(removed) == 0 {
				if u.assertWholeOrGone(written) < len(written) && giveUp {
					cancel()
				}
			}
			cancel()
			if err := <-removed; err != nil && giveUp {
				assert.ErrorIs(u, err, context.Canceled, call)
			} else {
				require.NoError(u, err, call)
			}
			u.assertWholeOrGone(written)
		}
		u.assertNoSpec("spec")
	}
}

func checkWritesDuringDelete(u *suiteUser) {
	for round := range 10 {
		written := append(u.write(1), u.writeAtOnce(3, fmt.Sprint(round, "."), "DeleteSpec", "DeleteAllSpecs")...)
		if hasTransactions() {
			u.assertWholeOrGone(written)
		}
		u.createNamed("last", "spec")
		assert.Equal(u, "last", u.assertWhole().Version)
		require.NoError(u, u.DeleteSpec(u.ctx, u.sub, "spec"), "DeleteSpec")
		u.assertNoSpec("spec")
	}
}

// assertWholeOrGone checks that the history of the spec "spec" ends with the latest version, or that the
// spec is gone, while no other call writes it. It returns the length of the history.
func (u *suiteUser) assertWholeOrGone(written []specInfo) int {
	u.Helper()
	const name = "spec"
	history, err := u.ListSpecVersions(u.ctx, u.sub, name)
	if errors.Is(err, packagedb.ErrNotFound) {
		_, err = u.GetSpec(u.ctx, u.sub, name)
		require.ErrorIs(u, err, packagedb.ErrNotFound, "GetSpec of a spec without a history")
		return 0
	}
	require.NoError(u, err, "ListSpecVersions")
	require.NotEmpty(u, history, "ListSpecVersions")
	for i, entry := range history {
		require.True(u, slices.Contains(written, entry), "entry %d of the history was not written", i)
	}
	latest, err := u.GetSpec(u.ctx, u.sub, name)
	if errors.Is(err, packagedb.ErrNotFound) {
		_, err = u.ListSpecVersions(u.ctx, u.sub, name)
		require.ErrorIs(u, err, packagedb.ErrNotFound, "ListSpecVersions of a spec without a latest version")
		return 0
	}
	require.NoError(u, err, "GetSpec")
	require.Equal(u, *latest, history[len(history)-1], "the last of the history is the latest")
	return len(history)
}
