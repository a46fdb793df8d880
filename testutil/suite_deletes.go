package testutil

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// longHistory is more versions than one transaction deletes, with the latest item.
const longHistory = 105

var deletePromises = []promise{
	{"deleting a spec deletes all of its versions and nothing else", func(u *suiteUser) {
		neighbor := u.other()
		neighbor.createNamed("1", "a")
		u.createNamed("1", hashNames...)
		u.createNamed("2", hashNames...)
		require.NoError(u, u.DeleteSpec(u.ctx, u.sub, "a"), "DeleteSpec")
		u.assertNoSpec("a")
		assert.Equal(u, hashNames[1:], u.listSpecs().ids())
		for _, name := range hashNames[1:] {
			assert.Equal(u, []string{"1", "2"}, u.versions(name), name)
		}
		assert.Equal(u, []string{"1"}, neighbor.versions("a"), "the versions of another user's spec")
	}},
	{"deleting what does not exist is not an error, and a deleted spec can be created again", func(u *suiteUser) {
		require.NoError(u, u.DeleteAll(u.ctx, u.sub), "DeleteAll")
		require.NoError(u, u.DeleteSpec(u.ctx, u.sub, "spec"), "DeleteSpec")
		u.createNamed("1", "spec")
		require.NoError(u, u.DeleteSpec(u.ctx, u.sub, "spec"), "DeleteSpec")
		u.createNamed("2", "spec")
		assert.Equal(u, []string{"2"}, u.versions("spec"))
		u.assertWhole()
	}},
	{"deleting all specs leaves the user's credentials and everybody else's specs", func(u *suiteUser) {
		for i := range 30 {
			u.createNamed("1", fmt.Sprint("spec ", i))
			u.createNamed("2", fmt.Sprint("spec ", i%10))
		}
		u.put(newCredentials(u.sub, "id"))
		neighbor := u.other()
		neighbor.createNamed("1", "spec 1")
		require.NoError(u, u.DeleteAllSpecs(u.ctx, u.sub), "DeleteAllSpecs")
		assert.Empty(u, u.listSpecs().ids())
		u.assertNoSpec("spec 1")
		assert.Equal(u, []string{"id"}, u.listCredentials().ids())
		assert.Equal(u, []string{"spec 1"}, neighbor.listSpecs().ids())
	}},
	{"deleting everything leaves everybody else's specs and credentials", func(u *suiteUser) {
		neighbor := u.other()
		for _, user := range []*suiteUser{u, neighbor} {
			user.createNamed("1", "spec")
			user.put(newCredentials(user.sub, "id"))
		}
		for range 2 {
			require.NoError(u, u.DeleteAll(u.ctx, u.sub), "DeleteAll")
		}
		assert.Empty(u, u.listSpecs().ids())
		assert.Empty(u, u.listCredentials().ids())
		assert.Equal(u, []string{"spec"}, neighbor.listSpecs().ids())
		assert.Equal(u, []string{"id"}, neighbor.listCredentials().ids())
	}},
	{"a long history is listed and deleted whole", func(u *suiteUser) {
		written := u.write(longHistory)
		u.createNamed("1", "spec#")
		list := u.listVersions("spec")
		require.Equal(u, written, list.all())
		list.assertPages(10, longHistory)
		require.NoError(u, u.DeleteSpec(u.ctx, u.sub, "spec"), "DeleteSpec")
		u.assertNoSpec("spec")
		assert.Equal(u, []string{"spec#"}, u.listSpecs().ids())
	}},
	{"a spec that is being deleted has a history that ends with the latest version, or is gone", func(u *suiteUser) {
		u.skipWithoutTransactions()
		for name, remove := range u.deletes("spec") {
			written := u.write(longHistory)
			err := u.observe("spec", written, func() error { return remove(u.ctx) }, func() {})
			require.NoError(u, err, name)
			u.assertNoSpec("spec")
		}
	}},
	{"a delete that is given up leaves a history that ends with the latest version, or nothing", func(u *suiteUser) {
		u.skipWithoutTransactions()
		for name, remove := range u.deletes("spec") {
			written := u.write(longHistory)
			ctx, cancel := context.WithCancel(u.ctx)
			err := u.observe("spec", written, func() error { return remove(ctx) }, cancel)
			cancel()
			if err != nil {
				assert.ErrorIs(u, err, context.Canceled, name)
			}
			u.assertWholeOrGone("spec", written)
			require.NoError(u, remove(u.ctx), name)
			u.assertNoSpec("spec")
		}
	}},
	{"a spec that is written while it is deleted is whole or gone", func(u *suiteUser) {
		u.skipWithoutTransactions()
		for round := range 10 {
			u.assertWholeOrGone("spec", u.race(strconv.Itoa(round)))
		}
	}},
	{"a spec that was written while it was deleted can be written and deleted again", func(u *suiteUser) {
		for round := range 3 {
			u.race(strconv.Itoa(round))
			u.createNamed("last", "spec")
			assert.Equal(u, "last", u.assertWhole().Version)
			require.NoError(u, u.DeleteSpec(u.ctx, u.sub, "spec"), "DeleteSpec")
			u.assertNoSpec("spec")
		}
	}},
}

// deletes returns the calls that delete the spec, by name.
func (u *suiteUser) deletes(name string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"DeleteSpec":     func(ctx context.Context) error { return u.DeleteSpec(ctx, u.sub, name) },
		"DeleteAllSpecs": func(ctx context.Context) error { return u.DeleteAllSpecs(ctx, u.sub) },
	}
}

// observe checks the spec while remove runs, and returns the error of remove. It calls shortened once
// the history is no longer as it was written.
func (u *suiteUser) observe(name string, written []specInfo, remove func() error, shortened func()) error {
	u.Helper()
	removed := make(chan error, 1)
	go func() { removed <- remove() }()
	for {
		select {
		case err := <-removed:
			return err
		default:
			if u.assertWholeOrGone(name, written) < len(written) {
				shortened()
			}
		}
	}
}

// race writes and deletes a spec at the same time and returns the versions that were written.
func (u *suiteUser) race(prefix string) []specInfo {
	u.Helper()
	written := []specInfo{u.create(packagedb.SpecInput{Name: "spec", Version: prefix})}
	var mu sync.Mutex
	var running sync.WaitGroup
	for writer := range 3 {
		running.Go(func() {
			for i := range 3 {
				spec := packagedb.SpecInput{Name: "spec", Version: fmt.Sprintf("%s.%d.%d", prefix, writer, i)}
				stored, err := u.CreateUpdateSpec(u.ctx, u.sub, spec)
				if assert.NoError(u, err, "CreateUpdateSpec") {
					mu.Lock()
					written = append(written, *stored)
					mu.Unlock()
				}
			}
		})
	}
	running.Go(func() { assert.NoError(u, u.DeleteSpec(u.ctx, u.sub, "spec"), "DeleteSpec") })
	running.Go(func() { assert.NoError(u, u.DeleteAllSpecs(u.ctx, u.sub), "DeleteAllSpecs") })
	running.Wait()
	return written
}

// assertWholeOrGone checks that the history of a spec ends with the latest version, or that the
// spec is gone, while no other call writes it. It returns the length of the history.
func (u *suiteUser) assertWholeOrGone(name string, written []specInfo) int {
	u.Helper()
	history, err := u.ListSpecVersions(u.ctx, u.sub, name)
	if errors.Is(err, packagedb.ErrNotFound) {
		_, err = u.GetSpec(u.ctx, u.sub, name)
		require.ErrorIs(u, err, packagedb.ErrNotFound, "GetSpec of a spec without a history")
		return 0
	}
	require.NoError(u, err, "ListSpecVersions")
	require.NotEmpty(u, history, "ListSpecVersions")
	require.Subset(u, written, history)
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
