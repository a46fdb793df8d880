package packagedb_test

import (
	"context"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestDatabase(t *testing.T) {
	for name, options := range map[string][]packagedb.Option{
		"by default":               nil,
		"with consistent reads":    {packagedb.WithConsistentReads()},
		"beside the Python facade": {packagedb.WithPythonFacade()},
		"with a frozen clock":      {frozen(start)},
		"with other tables":        {packagedb.WithTableNames("other.specs", "other.credentials")},
		"with an observer":         {packagedb.WithObserver(func(context.Context, packagedb.Call) {})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testutil.TestDatabase(t, func(tb testing.TB) packagedb.Database { return testutil.New(tb, options...) })
		})
	}
	t.Run("without transactions", func(t *testing.T) {
		t.Setenv("PACKAGEDB_TEST_ENGINE", "dynalite") // the suite leaves out what needs transactions
		testutil.TestDatabase(t, func(tb testing.TB) packagedb.Database {
			return intercept(testutil.New(tb), withoutTransactions)
		})
	})
}

// iterators returns the iterators of a Database over more than one result.
func iterators(ctx context.Context, db packagedb.Database) map[string]func(yield func(error) bool) {
	return map[string]func(yield func(error) bool){
		"Specs":        errorsOf(db.Specs(ctx, "sub")),
		"SpecVersions": errorsOf(db.SpecVersions(ctx, "sub", "spec")),
		"Credentials":  errorsOf(db.Credentials(ctx, "sub")),
	}
}

func errorsOf[T any](results iter.Seq2[T, error]) func(yield func(error) bool) {
	return func(yield func(error) bool) {
		for _, err := range results {
			if !yield(err) {
				return
			}
		}
	}
}

func TestIterators_EndWithTheirContext(t *testing.T) {
	server := testutil.New(t)
	for i := range 10 {
		create(t, server, "sub", testutil.Spec(i).Name, "1")
		require.NoError(t, server.CreateCredentials(t.Context(), "sub", testutil.Credentials(i)))
	}
	store(t, server, specsTable, rawHistory("sub", "spec", 10))
	for name := range iterators(t.Context(), server) {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			results := 0
			for err := range iterators(ctx, server)[name] {
				if err != nil {
					assert.ErrorIs(t, err, context.Canceled)
					break
				}
				if results++; results == 2 {
					cancel()
				}
			}
			assert.Equal(t, 2, results)
		})
	}
}

func TestLists_NeverEndingPages(t *testing.T) {
	server := testutil.New(t)
	store(t, server, specsTable, rawHistory("sub", "spec", 2))
	require.NoError(t, server.CreateCredentials(t.Context(), "sub", testutil.Credentials(1)))
	db := intercept(server, repeatPages())
	for name, iterate := range iterators(t.Context(), db) {
		var last error
		for err := range iterate {
			last = err
		}
		assert.ErrorContains(t, last, "the server repeats a page", name)
	}
}
