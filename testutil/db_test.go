package testutil_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// TestDatabase of the root package runs the suite on databases of New.
func TestNew(t *testing.T) {
	t.Parallel()
	t.Run("the tables have their usual names", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, bothTables, tables(t, testutil.New(t).Client))
	})
	t.Run("the tables can have other names", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t, packagedb.WithTableNames("my-specs", "my-credentials"))
		mustStore(t, db, testutil.Sub(1), 1)
		assert.Equal(t, []string{"my-credentials", "my-specs"}, tables(t, db.Client))
	})
	t.Run("a cleanup can still use the database", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t)
		t.Cleanup(func() {
			_, err := db.ListSpecs(context.WithoutCancel(t.Context()), testutil.Sub(1))
			assert.NoError(t, err)
		})
	})
}

func TestDB_FastForward(t *testing.T) {
	t.Parallel()
	if !onEmbeddedEngine() {
		t.Skip("another server has a clock of its own")
	}
	synctest.Test(t, func(t *testing.T) { // the time stands still
		db := testutil.New(t)
		start := time.Now()
		mustStore(t, db, "sub", 1)
		db.FastForward(0)
		assert.Equal(t, start, db.Now())
		db.FastForward(time.Hour)
		db.FastForward(time.Minute)
		later := start.Add(time.Hour + time.Minute)
		assert.Equal(t, later, db.Now())
		mustStore(t, db, "sub", 2)
		spec, err := db.GetSpec(t.Context(), "sub", testutil.Spec(2).Name)
		require.NoError(t, err)
		assert.Equal(t, later.Unix(), spec.UpdatedAt, "of the Database")
		mustCreateTable(t, db.Client, "pets")
		table, err := db.Client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("pets")})
		require.NoError(t, err)
		assert.Equal(t, later.Unix(), table.Table.CreationDateTime.Unix(), "of the engine")
		assert.NotEqual(t, later, testutil.New(t).Now(), "of another test")

		fixed := testutil.New(t, packagedb.WithClock(func() time.Time { return time.Unix(7, 0) }))
		fixed.FastForward(time.Hour)
		mustStore(t, fixed, "sub", 1)
		spec, err = fixed.GetSpec(t.Context(), "sub", testutil.Spec(1).Name)
		require.NoError(t, err)
		assert.EqualValues(t, 7, spec.UpdatedAt, "WithClock")
	})
}

func TestDB_FastForward_RejectsOtherTimes(t *testing.T) {
	t.Parallel()
	db := testutil.Failure(t, func(tb testing.TB) { testutil.New(tb).FastForward(-time.Nanosecond) })
	assert.Equal(t, "testutil: FastForward by -1ns, which is negative", db)
	if onEmbeddedEngine() {
		var moved time.Time
		message := testutil.Failure(t, func(tb testing.TB) {
			db := testutil.New(tb)
			defer func() { moved = db.Now() }()
			db.FastForward(math.MaxInt64)
			db.FastForward(1)
		})
		assert.Greater(t, moved, time.Now().AddDate(200, 0, 0), "the clock is not moved by what is rejected")
		assert.Contains(t, message, "testutil: FastForward by more than 2562047h")
	}
}

func TestServer_FastForward(t *testing.T) {
	if !onEmbeddedEngine() {
		t.Skip("another server has a clock of its own")
	}
	withoutMain(t)
	server := testutil.SpecsTable(t)
	server.FastForward(time.Hour)
	assert.WithinDuration(t, time.Now().Add(time.Hour), server.Now(), time.Minute)
	assert.WithinDuration(t, server.Now(), testutil.Database(t).Now(), time.Minute, "for all tests")
	mustStore(t, mustGet(t), "sub", 1)
	spec, err := mustGet(t).GetSpec(t.Context(), "sub", testutil.Spec(1).Name)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), time.Unix(spec.UpdatedAt, 0), time.Minute, "Get keeps the real time")
}

func TestDB_URL(t *testing.T) {
	t.Parallel()
	t.Run("serves the database, with its faults", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t)
		mustStore(t, db, "sub", 1)
		var urls [8]string
		var running sync.WaitGroup
		for i := range urls {
			running.Go(func() { urls[i] = db.URL() })
		}
		running.Wait()
		assert.Len(t, slices.Compact(urls[:]), 1)
		options := db.Client.Options()
		options.BaseEndpoint, options.HTTPClient = &urls[0], http.DefaultClient
		client := dynamodb.New(options)
		mustHold(t, packagedb.New(client), "sub", 1, 1)
		db.Inject(testutil.Fault{Kind: testutil.AccessDenied})
		assert.True(t, hasCode("AccessDeniedException")(put(t, client, 1)))
		http.DefaultClient.CloseIdleConnections()
	})
	t.Run("closes the server with the test", func(t *testing.T) {
		t.Parallel()
		var url string
		t.Run("inner", func(t *testing.T) { url = testutil.New(t).URL() })
		assertClosed(t, url)
	})
	t.Run("is not for a synctest bubble", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			if !onEmbeddedEngine() {
				t.Skip("another server needs the network")
			}
			message := testutil.Failure(t, func(tb testing.TB) { testutil.New(tb).URL() })
			assert.Contains(t, message, "testutil: URL in a synctest bubble")
		})
	})
}

func TestNewSub(t *testing.T) {
	t.Parallel()
	first, second := testutil.NewSub(t), testutil.NewSub(t)
	assert.NotEqual(t, first, second)
	assert.Contains(t, first, t.Name())
	t.Run(strings.Repeat("\U0001F43E", 5000), func(t *testing.T) { // more than a key can have
		mustStore(t, testutil.New(t), testutil.NewSub(t), 1)
	})
}

func TestNew_InHundredsOfTestsAtOnce(t *testing.T) {
	t.Parallel()
	count := 200
	if !onEmbeddedEngine() {
		count = 20 // other servers take their time to create a table
	}
	for n := range count {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t)
			mustHold(t, db, testutil.Sub(1), 0, 0)
			mustStore(t, db, testutil.Sub(1), n)
			mustHold(t, packagedb.New(db.Client), testutil.Sub(1), 1, 1)
			db.Inject(testutil.Fault{Kind: testutil.Throttle})
			assert.Error(t, put(t, db.Client, n))
		})
	}
}
