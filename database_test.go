package packagedb_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestDatabase(t *testing.T) {
	for name, options := range map[string][]packagedb.Option{
		"by default": nil,
		"with every option": {
			packagedb.WithPythonFacade(),
			packagedb.WithConsistentReads(),
			packagedb.WithTableNames("other.specs", "other.credentials"),
			packagedb.WithObserver(func(context.Context, packagedb.Call) {}),
			frozen(start),
		},
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

func TestLists_NeverEndingPages(t *testing.T) {
	server := testutil.New(t)
	store(t, server, specsTable, rawHistory("sub", "spec", 2)...)
	require.NoError(t, call(t.Context(), server, "CreateCredentials"))
	for _, name := range []string{"Specs", "SpecVersions", "Credentials"} {
		assert.ErrorContains(t, call(t.Context(), intercept(server, repeatPages), name), "the server returned the same LastEvaluatedKey twice", name)
	}
}

// repeatPages answers every query with its first page, as if more followed.
func repeatPages(_ string, input any, next func() (any, error)) (any, error) {
	input.(*dynamodb.QueryInput).ExclusiveStartKey = nil
	output, err := next()
	if page, ok := output.(*dynamodb.QueryOutput); ok {
		page.LastEvaluatedKey = item{"sub": text("sub")}
	}
	return output, err
}
