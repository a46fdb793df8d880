package testutil

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// longHistory is more versions than one transaction deletes, with the latest item.
const longHistory = 105

var deletePromises = []promise{
	{"a delete deletes what it names and nothing else, and is not an error if there is nothing", func(u *suiteUser) {
		ids := slices.Clone(sortedIDs)
		for i := range 20 {
			ids = append(ids, fmt.Sprintf("é %02d", i))
		}
		const first = "a" // of the ids
		others := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == first })
		for call, test := range map[string]struct {
			remove             func(user *suiteUser) error
			specs, credentials []string // left
		}{
			"DeleteSpec":        {func(user *suiteUser) error { return u.DeleteSpec(u.ctx, user.sub, first) }, others, ids},
			"DeleteCredentials": {func(user *suiteUser) error { return u.DeleteCredentials(u.ctx, user.sub, first) }, ids, others},
			"DeleteAllSpecs":    {func(user *suiteUser) error { return u.DeleteAllSpecs(u.ctx, user.sub) }, nil, ids},
			"DeleteAllCredentials": {
				func(user *suiteUser) error { return u.DeleteAllCredentials(u.ctx, user.sub) }, ids, nil,
			},
			"DeleteAll": {func(user *suiteUser) error { return u.DeleteAll(u.ctx, user.sub) }, nil, nil},
		} {
			user, neighbor := u.other(), u.other()
			neighbor.createNamed("1", first)
			neighbor.putNamed(first)
			require.NoError(u, test.remove(user), "%s of a user without anything", call)
			for _, version := range []string{"1", "2"} {
				user.createNamed(version, ids...)
			}
			user.putNamed(ids...)
			require.NoError(u, test.remove(user), call)

			assert.ElementsMatch(u, test.specs, user.listSpecs().ids(), "the specs that %s leaves", call)
			for _, name := range test.specs {
				assert.Equal(u, []string{"1", "2"}, user.versions(name), "the versions of %q that %s leaves", name, call)
			}
			if !slices.Contains(test.specs, first) {
				user.assertNoSpec(first)
			}
			assert.ElementsMatch(u, test.credentials, user.listCredentials().ids(), "the credentials that %s leaves", call)
			if !slices.Contains(test.credentials, first) {
				user.user(newCredentials(user.sub, first).PublicKey, packagedb.ErrNotFound)
			}
			assert.Equal(u, []string{"1"}, neighbor.versions(first), "the versions of another user that %s leaves", call)
			neighbor.assertCredentials(newCredentials(neighbor.sub, first))
			require.NoError(u, test.remove(user), "%s again", call)
		}
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
	{"a spec whose delete runs or is given up ends with its latest version or is gone", func(u *suiteUser) {
		if !hasTransactions() {
			u.Skip("the server does not support transactions")
		}
		for call, remove := range map[string]func(context.Context) error{
			"DeleteSpec":     func(ctx context.Context) error { return u.DeleteSpec(ctx, u.sub, "spec") },
			"DeleteAllSpecs": func(ctx context.Context) error { return u.DeleteAllSpecs(ctx, u.sub) },
		} {
			for _, giveUp := range []bool{true, false} {
				written := u.write(longHistory)
				ctx, cancel := context.WithCancel(u.ctx)
				removed := make(chan error, 1)
				go func() { removed <- remove(ctx) }()
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
				require.NoError(u, remove(u.ctx), call)
				u.assertNoSpec("spec")
			}
		}
	}},
	{"a spec that is written while it is deleted is whole or gone, and can be deleted again", func(u *suiteUser) {
		for round := range 10 {
			prefix := fmt.Sprint(round, ".")
			written := append(u.write(1), u.writeAtOnce(3, prefix,
				func() error { return u.DeleteSpec(u.ctx, u.sub, "spec") },
				func() error { return u.DeleteAllSpecs(u.ctx, u.sub) })...)
			if hasTransactions() {
				u.assertWholeOrGone(written)
			}
			u.createNamed("last", "spec")
			assert.Equal(u, "last", u.assertWhole().Version)
			require.NoError(u, u.DeleteSpec(u.ctx, u.sub, "spec"), "DeleteSpec")
			u.assertNoSpec("spec")
		}
	}},
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
