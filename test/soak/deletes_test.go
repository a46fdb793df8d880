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
	if os.Getenv("PACKAGEDB_TEST_ENGINE") == "dynalite" {
		t.Skip("without transactions, a delete that meets a create may leave a part of it")
	}
	db := testutil.New(t, packagedb.WithConsistentReads(),
		packagedb.WithClock(func() time.Time { return time.Unix(0, 0) }))
	create := func(version int) error {
		_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "a", Version: fmt.Sprint(version)})
		return err
	}

	observed, stop := context.WithCancel(t.Context())
	watch := observer{client: db.Client, subs: []string{"sub"}}
	var watching sync.WaitGroup
	watching.Go(func() { watch.observe(observed) })
	for range rounds {
		for version := range versions {
			require.NoError(t, create(version))
		}
		stop := db.Inject(faults...).Stop
		var calls sync.WaitGroup
		calls.Go(func() { assert.NoError(t, create(versions)) })
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
	stop()
	watching.Wait()
	assert.Empty(t, watch.found)
	assert.Positive(t, watch.looks)
}
