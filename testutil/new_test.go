package testutil_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestNew(t *testing.T) {
	t.Parallel()
	t.Run("the database keeps every promise", func(t *testing.T) {
		t.Parallel()
		testutil.TestDatabase(t, func(tb testing.TB) packagedb.Database { return testutil.New(tb) })
	})
	t.Run("every database is empty and knows nothing of the others", func(t *testing.T) {
		t.Parallel()
		for n := range 3 {
			db := testutil.New(t)
			isEmpty(t, db)
			mustStore(t, db, n)
		}
	})
	t.Run("the names of the tables can be chosen", func(t *testing.T) {
		t.Parallel()
		names := packagedb.WithTableNames("my-specs", "my-credentials")
		mustStore(t, testutil.New(t, names), 1)
		if got, want := tables(t, testutil.Client(t)), []string{"my-credentials", "my-specs"}; !slices.Equal(got, want) {
			t.Errorf("the tables are %q, want %q", got, want)
		}
	})
}

func TestNewInThousandsOfTestsAtOnce(t *testing.T) {
	t.Parallel()
	for n := range 2000 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t)
			isEmpty(t, db)
			mustStore(t, db, n)
		})
	}
}

func mustStore(tb testing.TB, db packagedb.Database, n int) {
	tb.Helper()
	err := errors.Join(
		db.CreateUpdateSpec(tb.Context(), testutil.Sub(1), testutil.Spec(n)),
		db.CreateUpdateCredentials(tb.Context(), testutil.Sub(1), testutil.Credentials(n)),
	)
	if err != nil {
		tb.Fatal(err)
	}
}

func isEmpty(tb testing.TB, db packagedb.Database) {
	tb.Helper()
	specs, err := db.ListSpecs(tb.Context(), testutil.Sub(1))
	if err != nil || len(specs) > 0 {
		tb.Fatalf("ListSpecs of a new database: %v, %v", specs, err)
	}
	credentials, err := db.ListCredentials(tb.Context(), testutil.Sub(1))
	if err != nil || len(credentials) > 0 {
		tb.Fatalf("ListCredentials of a new database: %v, %v", credentials, err)
	}
}

func tables(tb testing.TB, client *dynamodb.Client) []string {
	tb.Helper()
	list, err := client.ListTables(tb.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		tb.Fatal(err)
	}
	return list.TableNames
}
