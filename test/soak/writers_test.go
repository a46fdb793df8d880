package soak

import (
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

// TestCreateUpdateSpec_FourHundredWritersOfOneSpec has each writer add a version in the same second.
func TestCreateUpdateSpec_FourHundredWritersOfOneSpec(t *testing.T) {
	writers := 400
	switch {
	case os.Getenv("PACKAGEDB_TEST_ENGINE") == "dynalite":
		t.Skip("without transactions, writers that meet may leave a part of a version")
	case os.Getenv("PACKAGEDB_TEST_ENDPOINT") != "":
		writers = 50 // a request takes many times as long
	}
	const second = 1_700_000_000
	db := testutil.New(t, packagedb.WithClock(func() time.Time { return time.Unix(second, 0) }))
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "a", Version: fmt.Sprint(i)})
			assert.NoError(t, err)
		})
	}
	running.Wait()
	versions, err := db.ListSpecVersions(t.Context(), "sub", "a")
	require.NoError(t, err)
	require.Len(t, versions, writers)
	assert.EqualValues(t, second+writers-1, versions[writers-1].UpdatedAt, "a second apart")
	latest, err := db.GetSpec(t.Context(), "sub", "a")
	require.NoError(t, err)
	assert.Equal(t, *latest, versions[writers-1], "the last of the history is the latest")
}
