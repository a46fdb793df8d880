package testutil_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// newStale returns an empty database with stale reads.
func newStale(t *testing.T, fault testutil.Fault) (*testutil.DB, *testutil.Injected) {
	t.Helper()
	if !onEmbeddedEngine() {
		t.Skip("Stale needs the embedded engine")
	}
	fault.Kind = testutil.Stale
	db := testutil.New(t)
	injected := db.Inject(fault)
	return db, injected
}

func latestVersion(t *testing.T, db packagedb.Database) string {
	t.Helper()
	version, err := db.GetLatestSpecVersion(t.Context(), "sub", "spec")
	if err != nil {
		require.ErrorIs(t, err, packagedb.ErrNotFound)
	}
	return version
}

func createVersion(t *testing.T, db packagedb.Database, version string) {
	t.Helper()
	_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: version})
	require.NoError(t, err)
}

func TestStale(t *testing.T) {
	t.Run("a read is behind by the last write, whatever it reads", func(t *testing.T) {
		db, injected := newStale(t, testutil.Fault{})
		mustStore(t, db, "sub", 1)
		assert.Equal(t, 0, injected.Count(), "writes get no such fault")
		mustHold(t, db, "sub", 1, 0) // the last write was that of the credentials
		_, err := db.GetUser(t.Context(), testutil.Credentials(1).PublicKey)
		assert.ErrorIs(t, err, packagedb.ErrNotFound, "a global index")
		mustStore(t, db, "sub", 2)
		_, err = db.GetUser(t.Context(), testutil.Credentials(1).PublicKey)
		assert.NoError(t, err)
		mustHold(t, db, "sub", 2, 1)
		assert.Equal(t, 6, injected.Count())
	})
	t.Run("a consistent read is not", func(t *testing.T) {
		db, injected := newStale(t, testutil.Fault{})
		mustStore(t, db, "sub", 1)
		mustHold(t, packagedb.New(db.Client, packagedb.WithConsistentReads()), "sub", 1, 1)
		require.NoError(t, put(t, db.Client, 1))
		assertStored(t, db.Client, 1, true)
		assert.Zero(t, injected.Count())
	})
	t.Run("a batch is, unless a table of it is read consistently", func(t *testing.T) {
		db, _ := newStale(t, testutil.Fault{})
		require.NoError(t, put(t, db.Client, 1))
		for _, consistent := range []bool{false, true} {
			output, err := db.Client.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{
				RequestItems: map[string]types.KeysAndAttributes{credentialsTable: {
					Keys: []map[string]types.AttributeValue{rawKey(1)}, ConsistentRead: aws.Bool(consistent),
				}},
			})
			require.NoError(t, err)
			assert.Equal(t, consistent, len(output.Responses[credentialsTable]) == 1)
		}
	})
	t.Run("a read can be behind by several writes", func(t *testing.T) {
		db, _ := newStale(t, testutil.Fault{Writes: 2})
		// In one second, some of the transactions are canceled and sent again.
		for _, version := range []struct{ written, read string }{{"1", ""}, {"2", ""}, {"3", "1"}, {"4", "2"}} {
			createVersion(t, db, version.written)
			assert.Equal(t, version.read, latestVersion(t, db))
		}
	})
	t.Run("Times reads are stale, and those after Stop are not", func(t *testing.T) {
		db, injected := newStale(t, testutil.Fault{Times: 1})
		createVersion(t, db, "1")
		assert.Empty(t, latestVersion(t, db))
		assert.Equal(t, "1", latestVersion(t, db))
		injected.Stop()
		forever := db.Inject(testutil.Fault{Kind: testutil.Stale})
		createVersion(t, db, "2")
		assert.Equal(t, "1", latestVersion(t, db))
		forever.Stop()
		assert.Equal(t, "2", latestVersion(t, db))
	})
	t.Run("writes of other tables count only if the fault is not for some", func(t *testing.T) {
		db, _ := newStale(t, testutil.Fault{Tables: []string{"package.specs"}})
		createVersion(t, db, "1")
		require.NoError(t, put(t, db.Client, 1))
		assert.Empty(t, latestVersion(t, db))
		assertStored(t, db.Client, 1, true)
	})
	t.Run("a write that has no effect is none", func(t *testing.T) {
		db, _ := newStale(t, testutil.Fault{})
		createVersion(t, db, "1")
		createVersion(t, db, "2")
		db.Inject(testutil.Fault{Kind: testutil.Throttle, Operations: []string{"PutItem"}})
		assert.Error(t, put(t, db.Client, 1))
		assert.Equal(t, "1", latestVersion(t, db))
	})
	t.Run("a read can be behind by a time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			db, _ := newStale(t, testutil.Fault{Delay: time.Minute})
			createVersion(t, db, "1")
			<-time.After(40 * time.Second)
			createVersion(t, db, "2")
			assert.Empty(t, latestVersion(t, db))
			<-time.After(20 * time.Second)
			assert.Equal(t, "1", latestVersion(t, db))
			<-time.After(39 * time.Second)
			assert.Equal(t, "1", latestVersion(t, db))
			<-time.After(time.Second)
			assert.Equal(t, "2", latestVersion(t, db))
			createVersion(t, db, "3")
			assert.Equal(t, "2", latestVersion(t, db))
			db.FastForward(time.Minute)
			assert.Equal(t, "3", latestVersion(t, db))
		})
	})
}
