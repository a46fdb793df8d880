package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestCreateUpdateSpec_Conflicts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		conflict   error
		rejections int
		attempts   int
		fails      bool
	}{
		{"a conflict", canceled("None", "TransactionConflict"), 3, 4, false},
		{"a throttled item", canceled("None", "ThrottlingError"), 3, 4, false},
		{"provisioned capacity", canceled("ProvisionedThroughputExceeded", "None"), 3, 4, false},
		{"the conflict of a request", &types.TransactionConflictException{}, 3, 4, false},
		{"a transaction in progress", &types.TransactionInProgressException{}, 3, 4, false},
		{"a conflict without a reason", canceled("", "TransactionConflict"), 3, 4, false},
		{"a conflict for a long time", canceled("TransactionConflict"), 100, 101, false},
		{"an item that is throttled for a long time", canceled("None", "ThrottlingError"), 100, 11, true},
		{"another reason", canceled("ItemCollectionSizeLimitExceeded", "TransactionConflict"), 3, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				db := intercept(new(testutil.DB), func(string, any, func() (any, error)) (any, error) {
					if attempts++; attempts <= test.rejections {
						return nil, test.conflict
					}
					return &dynamodb.TransactWriteItemsOutput{}, nil
				})
				err := call(t.Context(), db, "CreateUpdateSpec")
				assert.Equal(t, test.fails, errors.Is(err, test.conflict), err)
				assert.Equal(t, test.attempts, attempts)
			})
		})
	}
}

// TestTransactions_AskedForAgain has a proxy that knows no transactions before the server, for a while.
func TestTransactions_AskedForAgain(t *testing.T) {
	t.Setenv("PACKAGEDB_TEST_ENDPOINT", "") // time in the bubble stands still while there are connections
	synctest.Test(t, func(t *testing.T) {
		server := testutil.New(t)
		proxy := server.Inject(testutil.Fault{
			Kind: testutil.Error, Code: "UnknownOperationException", Operations: []string{"TransactWriteItems"},
		})
		db := packagedb.New(server.Client, frozen(start)) // a clock that counts for dates alone
		// createAll has concurrent callers create a version each.
		createAll := func(version string) {
			var running sync.WaitGroup
			for caller := range 8 {
				running.Go(func() {
					_, err := db.CreateUpdateSpec(t.Context(), fmt.Sprint("sub ", caller), packagedb.SpecInput{Name: "spec", Version: version})
					assert.NoError(t, err)
				})
			}
			running.Wait()
		}
		create(t, db, "sub", "spec", "0")
		require.Equal(t, 1, proxy.Count())
		<-time.After(59 * time.Second)
		createAll("1")
		require.Equal(t, 1, proxy.Count(), "within a minute, no transaction is sent")
		<-time.After(time.Second)
		createAll("2")
		asked := proxy.Count()
		require.Greater(t, asked, 1, "after a minute, transactions are sent again")
		<-time.After(time.Minute - time.Nanosecond)
		createAll("3")
		require.Equal(t, asked, proxy.Count())

		proxy.Stop()
		<-time.After(time.Nanosecond)
		put := server.Inject(testutil.Fault{Kind: testutil.AccessDenied, Operations: []string{"PutItem"}})
		createAll("4")
		assert.Zero(t, put.Count(), "transactions alone are sent")
	})
}

// TestCreateUpdateSpec_RejectionsWithoutEnd rejects a write again and again until its context ends.
func TestCreateUpdateSpec_RejectionsWithoutEnd(t *testing.T) {
	t.Parallel()
	for name, rejection := range map[string]struct {
		op  string
		err error
	}{
		"a conflict":               {"TransactWriteItems", canceled("TransactionConflict", "None")},
		"a taken second":           {"TransactWriteItems", canceled("ConditionalCheckFailed", "None")},
		"without transactions too": {"PutItem", &types.ConditionalCheckFailedException{}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			rejected := 0
			db := intercept(testutil.New(t), func(op string, input any, next func() (any, error)) (any, error) {
				if op != rejection.op {
					return withoutTransactions(op, input, next)
				}
				if rejected++; rejected == 5 {
					cancel()
				}
				if rejected > 100 {
					return nil, errors.New("the context has ended")
				}
				return nil, rejection.err
			})
			err := call(ctx, db, "CreateUpdateSpec")
			require.ErrorIs(t, err, context.Canceled)
			if name == "a conflict" {
				assert.ErrorIs(t, err, rejection.err, "what was retried")
			}
		})
	}
}
