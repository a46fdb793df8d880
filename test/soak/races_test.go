package soak

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
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

// createVersion adds a version to the spec of the races.
func createVersion(ctx context.Context, db packagedb.Database, version int) error {
	_, err := db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "a", Version: fmt.Sprint(version)})
	return err
}

// TestCreateUpdateSpec_FourHundredWritersOfOneSpec has each writer add a version in the same second.
func TestCreateUpdateSpec_FourHundredWritersOfOneSpec(t *testing.T) {
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
