package testutil_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

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
			mustHold(t, db, testutil.Sub(1), 0, 0)
			mustStore(t, db, testutil.Sub(1), n)
		}
	})
	t.Run("the tables have their usual names", func(t *testing.T) {
		t.Parallel()
		testutil.New(t)
		if got, want := tables(t, testutil.Client(t)), []string{"package.credentials", "package.specs"}; !slices.Equal(got, want) {
			t.Errorf("the tables are %q, want %q", got, want)
		}
	})
	t.Run("the tables can have other names", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t, packagedb.WithTableNames("my-specs", "my-credentials"))
		mustStore(t, db, testutil.Sub(1), 1)
		if got, want := tables(t, testutil.Client(t)), []string{"my-credentials", "my-specs"}; !slices.Equal(got, want) {
			t.Errorf("the tables are %q, want %q", got, want)
		}
	})
	t.Run("a cleanup can still use the database", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t)
		t.Cleanup(func() {
			if _, err := db.ListSpecs(context.WithoutCancel(t.Context()), testutil.Sub(1)); err != nil {
				t.Error(err)
			}
		})
	})
}

func TestNewInThousandsOfTestsAtOnce(t *testing.T) {
	t.Parallel()
	count := 2000
	if !onEmbeddedEngine() {
		count = 20 // other servers take their time to create a table
	}
	for n := range count {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t)
			mustHold(t, db, testutil.Sub(1), 0, 0)
			mustStore(t, db, testutil.Sub(1), n)
			mustHold(t, db, testutil.Sub(1), 1, 1)
		})
	}
}

func TestClient(t *testing.T) {
	t.Parallel()
	t.Run("it is that of the newest database of the test", func(t *testing.T) {
		t.Parallel()
		older := testutil.Client(t)
		testutil.New(t)
		if testutil.Client(t) == older {
			t.Error("it is still that from before New")
		}
		newer := testutil.Client(t)
		testutil.New(t)
		if testutil.Client(t) == newer {
			t.Error("it is still that of the first database")
		}
		if err := put(t, newer, 1); err != nil {
			t.Error(err)
		}
		if found, err := get(t, testutil.Client(t), 1); found || err != nil {
			t.Errorf("the second database holds what is in the first: %v, %v", found, err)
		}
	})
	t.Run("it is that of the test around, as long as the test has no database of its own", func(t *testing.T) {
		t.Parallel()
		testutil.New(t)
		outer := testutil.Client(t)
		t.Run("inner/most", func(t *testing.T) {
			if testutil.Client(t) != outer {
				t.Error("it is not that of the test around")
			}
			testutil.New(t)
			if testutil.Client(t) == outer {
				t.Error("it is not that of the test's own database")
			}
		})
		if testutil.Client(t) != outer {
			t.Error("the inner test changed that of the test around")
		}
	})
	t.Run("it is that of the server of Main where the test has no database", func(t *testing.T) {
		t.Parallel()
		sub := t.Name()
		mustStore(t, mustGet(t), sub, 1)
		mustHold(t, packagedb.New(testutil.Client(t)), sub, 1, 1)
		if err := mustGet(t).DeleteAll(t.Context(), sub); err != nil {
			t.Error(err)
		}
	})
}
