package soak

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// faultsOfEveryKind returns faults of every kind, which together fail about 30% of requests.
func faultsOfEveryKind(seed uint64) (faults []testutil.Fault) {
	for _, fault := range []testutil.Fault{
		{Kind: testutil.Throttle, Rate: 0.06}, {Kind: testutil.InternalServerError, Rate: 0.06},
		{Kind: testutil.ServiceUnavailable, Rate: 0.04}, {Kind: testutil.ThrottleOnDemand, Rate: 0.04}, {Kind: testutil.DropBefore, Rate: 0.04},
		{Kind: testutil.DropAfter, Rate: 0.06}, {Kind: testutil.Unprocessed, Rate: 0.3}, {Kind: testutil.Conflict, Rate: 0.1},
	} {
		fault.Seed = seed
		seed++
		faults = append(faults, fault)
	}
	return faults
}

// TestGet_ThirdOfRequestsFail writes and reads back concurrently, with the client of Get, while
// about a third of the requests fail.
func TestGet_ThirdOfRequestsFail(t *testing.T) {
	t.Parallel() // no other test uses the server of Main
	server := testutil.CleanSpecsTable(t)
	testutil.CleanCredentialsTable(t)
	const callers, rounds, seed = 20, 3, 7
	t.Logf("seed %d", seed)
	faults := server.Inject(faultsOfEveryKind(seed)...)
	var calls, failed atomic.Int32
	succeeds := func(err error) bool {
		calls.Add(1)
		if err != nil && !errors.Is(err, packagedb.ErrNotFound) {
			failed.Add(1)
			t.Log(err)
		}
		return err == nil
	}
	var mu sync.Mutex
	var acknowledged []string // versions of the spec that the callers share
	round := func(ctx context.Context, db packagedb.Database, sub string, n int) {
		input := packagedb.SpecInput{Name: fmt.Sprint("spec ", n%3), Version: fmt.Sprint(n), ModelCount: n, Title: sub}
		if stored, err := db.CreateUpdateSpec(ctx, sub, input); succeeds(err) {
			latest, err := db.GetSpec(ctx, sub, input.Name)
			assert.True(t, !succeeds(err) || assert.Equal(t, stored, latest))
			history, err := db.ListSpecVersions(ctx, sub, input.Name)
			assert.True(t, !succeeds(err) || assert.Equal(t, *stored, history[len(history)-1]))
			specs, err := db.ListSpecs(ctx, sub)
			assert.True(t, !succeeds(err) || assert.Contains(t, specs, *stored))
		}
		credentials := testutil.Credentials(n)
		credentials.PublicKey = "key of " + sub
		credentials.ID = "id"
		if succeeds(db.CreateUpdateCredentials(ctx, sub, credentials)) {
			user, err := db.GetUser(ctx, credentials.PublicKey)
			assert.True(t, !succeeds(err) || assert.Equal(t, credentials.Salt, user.Salt))
		}
		version := fmt.Sprint(sub, " ", n)
		if _, err := db.CreateUpdateSpec(ctx, "shared", packagedb.SpecInput{Name: "shared", Version: version}); succeeds(err) {
			mu.Lock()
			acknowledged = append(acknowledged, version)
			mu.Unlock()
		}
		if succeeds(db.DeleteSpec(ctx, sub, input.Name)) {
			_, err := db.GetSpec(ctx, sub, input.Name)
			assert.False(t, succeeds(err), "the spec is there after its delete")
		}
	}
	var running sync.WaitGroup
	for i := range callers {
		db, err := packagedb.Get()
		require.NoError(t, err)
		running.Go(func() {
			for n := range rounds {
				round(t.Context(), db, fmt.Sprint("sub ", i), n)
			}
		})
	}
	running.Wait()
	faults.Stop()

	t.Logf("%d calls, %d faults, %d calls failed", calls.Load(), faults.Count(), failed.Load())
	assert.Greater(t, int(calls.Load()), 500)
	assert.Greater(t, faults.Count(), int(calls.Load())/4)
	assert.Less(t, failed.Load()*100, calls.Load(), "fewer than one call in a hundred fails")
	db, err := packagedb.Get()
	require.NoError(t, err)
	history, err := db.ListSpecVersions(t.Context(), "shared", "shared")
	require.NoError(t, err)
	for _, version := range acknowledged {
		stored := slices.ContainsFunc(history, func(info packagedb.SpecInfo) bool { return info.Version == version })
		assert.True(t, stored, "version %q was acknowledged", version)
	}
	assert.LessOrEqual(t, len(history), len(acknowledged)+int(failed.Load()))
}
