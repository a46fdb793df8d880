package soak

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/testutil"
)

// newRacingDatabase returns a database whose clock stands still. It skips the test on dynalite:
// without transactions, writers that meet each other or a delete may leave a part of a version.
func newRacingDatabase(t *testing.T) *testutil.DB {
	if os.Getenv("PACKAGEDB_TEST_ENGINE") == "dynalite" {
		t.Skip("the server has no transactions")
	}
	return testutil.New(t, packagedb.WithConsistentReads(),
		packagedb.WithClock(func() time.Time { return time.Unix(0, 0) }))
}

// TestDatabase_ReadCommittedQueries runs the conformance suite where each query may return an item
// as it was before a write, and another as it is after it.
func TestDatabase_ReadCommittedQueries(t *testing.T) {
	t.Parallel()
	testutil.TestDatabase(t, func(tb testing.TB) packagedb.Database {
		client := dbtest.NewReadCommitted(1, time.Millisecond).Client(testutil.New(tb).Client)
		return packagedb.New(client, packagedb.WithConsistentReads())
	})
}

// createVersion adds a version to the spec of the races.
func createVersion(ctx context.Context, db packagedb.Database, version int) error {
	_, err := db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "a", Version: fmt.Sprint(version)})
	return err
}

// TestCreateUpdateSpec_FourHundredWritersOfOneSpec has each writer add a version in the same second.
func TestCreateUpdateSpec_FourHundredWritersOfOneSpec(t *testing.T) {
	t.Parallel()
	writers := 400
	if os.Getenv("PACKAGEDB_TEST_ENDPOINT") != "" {
		writers = 50 // a request takes many times as long
	}
	db := newRacingDatabase(t)
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() { assert.NoError(t, createVersion(t.Context(), db, i)) })
	}
	running.Wait()
	versions, err := db.ListSpecVersions(t.Context(), "sub", "a")
	require.NoError(t, err)
	require.Len(t, versions, writers)
	assert.EqualValues(t, writers-1, versions[writers-1].UpdatedAt, "a second apart")
	latest, err := db.GetSpec(t.Context(), "sub", "a")
	require.NoError(t, err)
	assert.Equal(t, *latest, versions[writers-1], "the last of the history is the latest")
}

// TestCreateSpecVersion_SixtyFourPublishersOfOneVersion has each publisher store the same version, with a
// client and a clock of its own, beside writers of other versions, a hundred times. On a server with
// transactions it does the same with queries that are not isolated from them, and as if there were none.
func TestCreateSpecVersion_SixtyFourPublishersOfOneVersion(t *testing.T) {
	t.Parallel()
	const publishers, others = 64, 8
	rounds := 100
	if os.Getenv("PACKAGEDB_TEST_ENDPOINT") != "" {
		rounds = 5 // a request takes many times as long
	}
	torn := dbtest.NewReadCommitted(1, time.Millisecond)
	for name, wrap := range map[string]func(client dbtest.Client) dbtest.Client{
		"as the server is": func(client dbtest.Client) dbtest.Client { return client },
		"read-committed":   torn.Client,
		"without transactions": func(client dbtest.Client) dbtest.Client {
			return dbtest.Intercept(client, dbtest.WithoutTransactions)
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := testutil.New(t)
			newDatabase := func(i int) packagedb.Database {
				client := wrap(dynamodb.New(db.Client.Options()))
				return packagedb.New(client, packagedb.WithClock(func() time.Time { return time.Unix(int64(i%7)*60, 0) }))
			}
			for round := range rounds {
				sub := fmt.Sprint("sub ", round)
				errs := make([]error, publishers)
				var running sync.WaitGroup
				for i := range publishers {
					running.Go(func() {
						_, errs[i] = newDatabase(i).CreateSpecVersion(t.Context(), sub, packagedb.SpecInput{Name: "a", Version: "once"})
					})
				}
				for i := range others {
					running.Go(func() {
						_, err := newDatabase(i).CreateUpdateSpec(t.Context(), sub, packagedb.SpecInput{Name: "a", Version: fmt.Sprint(i)})
						assert.NoError(t, err)
					})
				}
				running.Wait()
				errs = slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, packagedb.ErrExists) })
				require.Equal(t, []error{nil}, errs, "one stored it, and the others are told that it exists")
				history, err := db.ListSpecVersions(t.Context(), sub, "a")
				require.NoError(t, err)
				require.Len(t, history, others+1)
				latest, err := db.GetSpec(t.Context(), sub, "a")
				require.NoError(t, err)
				require.Equal(t, *latest, history[others], "the last of the history is the latest")
				require.Len(t, slices.DeleteFunc(history, func(entry packagedb.SpecInfo) bool { return entry.Version != "once" }), 1)
			}
		})
	}
	if os.Getenv("PACKAGEDB_TEST_ENGINE") != "dynalite" {
		assert.Positive(t, torn.Torn(), "pages with a part of a create")
	}
}

// TestDeleteSpec_RacingACreate races a writer and a deleter of one spec a thousand times.
func TestDeleteSpec_RacingACreate(t *testing.T) {
	race(t, 1000, 2, testutil.Fault{Kind: testutil.Conflict, Rate: 0.1})
}

// TestDeleteSpec_LongHistoryRacingCreates races them on histories that take several transactions to
// delete, while requests fail.
func TestDeleteSpec_LongHistoryRacingCreates(t *testing.T) {
	race(t, 5, 230, testutil.Fault{Kind: testutil.Conflict, Rate: 0.3}, testutil.Fault{Kind: testutil.DropAfter, Rate: 0.1})
}

// race writes and deletes versions of a spec concurrently, round after round, and checks that it is
// whole or gone at every moment.
func race(t *testing.T, rounds, versions int, faults ...testutil.Fault) {
	db := newRacingDatabase(t)
	watch := observe(t, db.Client, "sub")
	for range rounds {
		for version := range versions {
			require.NoError(t, createVersion(t.Context(), db, version))
		}
		stop := db.Inject(faults...).Stop
		var calls sync.WaitGroup
		calls.Go(func() { assert.NoError(t, createVersion(t.Context(), db, versions)) })
		calls.Go(func() { assert.NoError(t, db.DeleteSpec(t.Context(), "sub", "a")) })
		calls.Wait()
		stop()
		latest := call{operation: getSpec, key: key{"sub", "a"}, name: "a"}
		listed := call{operation: listVersions, key: key{"sub", "a"}, name: "a"}
		latest.send(t.Context(), db)
		listed.send(t.Context(), db)
		require.Equal(t, latest.ok(), listed.ok(), "%v, %v", latest.err, listed.err)
		require.True(t, same(latest.specs, history(listed.specs).latest()), "%v, %v", latest.specs, listed.specs)
	}
	watch.stop()
	assert.Empty(t, watch.found)
	assert.Positive(t, watch.looks)
}
