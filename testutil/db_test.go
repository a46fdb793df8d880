package testutil_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

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
