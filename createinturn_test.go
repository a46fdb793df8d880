package packagedb_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// TestCreateSpecVersion_FailureBetweenTheItems fails after the latest item was set on a server without
// transactions, while another writer's version has the second or not.
func TestCreateSpecVersion_FailureBetweenTheItems(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, taken := range map[string]bool{"its second is free": false, "its second is taken": true} {
		for _, next := range []string{"a publisher of the version", "a publisher of another", "a create"} {
			t.Run(name+", "+next+" follows", func(t *testing.T) {
				server := testutil.New(t)
				puts := 0
				failing := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
					if op == "PutItem" {
						if puts++; puts == 1 && taken {
							store(t, server, specsTable, rawVersion("sub", "spec", start))
						}
						if puts == 2 {
							return nil, broken
						}
					}
					return withoutTransactions(op, input, next)
				}, frozen(start))
				require.ErrorIs(t, errorOf(publish(t.Context(), failing, "once")), broken)

				db := intercept(server, withoutTransactions, frozen(start))
				want := []string{"once"}
				if taken {
					want = []string{fmt.Sprint("v", start), "once"}
				}
				switch next {
				case "a publisher of the version":
					require.ErrorIs(t, errorOf(publish(t.Context(), db, "once")), packagedb.ErrExists)
				case "a publisher of another":
					require.NoError(t, errorOf(publish(t.Context(), db, "other")))
					want = append(want, "other")
				case "a create":
					create(t, db, "sub", "spec", "other")
					want = append(want, "other")
				}
				assert.Equal(t, want, versions(history(t, db)))
				assertWhole(t, db, "sub", "spec")
			})
		}
	}
}

// TestCreateSpecVersion_OvertakenBetweenTheItems has others write while the latest item is set and its version
// is not there yet.
func TestCreateSpecVersion_OvertakenBetweenTheItems(t *testing.T) {
	t.Parallel()
	server := testutil.New(t)
	other := intercept(server, withoutTransactions, frozen(start+100))
	puts := 0
	db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
		if op == "PutItem" {
			if puts++; puts == 2 {
				create(t, other, "sub", "spec", "other")
				require.ErrorIs(t, errorOf(publish(t.Context(), other, "once")), packagedb.ErrExists)
			}
		}
		return withoutTransactions(op, input, next)
	}, frozen(start))
	require.NoError(t, errorOf(publish(t.Context(), db, "once")))
	assert.Equal(t, []string{"once", "other"}, versions(history(t, db)))
	assertWhole(t, db, "sub", "spec")
}

// TestCreateUpdateSpec_DeletedBesideATornCreate deletes a spec before the first put of a create, while another
// create has put its version and not yet the latest item: nothing that was deleted comes back.
func TestCreateUpdateSpec_DeletedBesideATornCreate(t *testing.T) {
	t.Parallel()
	server := testutil.New(t)
	other := intercept(server, withoutTransactions, frozen(start))
	create(t, other, "sub", "spec", "deleted")
	store(t, server, specsTable, rawVersion("sub", "spec", start+1))
	deleted := false
	db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
		if op == "PutItem" && !deleted {
			deleted = true
			require.NoError(t, other.DeleteSpec(t.Context(), "sub", "spec"))
		}
		return withoutTransactions(op, input, next)
	}, frozen(start))
	create(t, db, "sub", "spec", "created")
	assert.Equal(t, []string{"created"}, versions(history(t, db)))
	assertWhole(t, db, "sub", "spec")
}
