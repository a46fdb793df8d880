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

// TestRetries_UntilTheContextEnds rejects the writes of a call again and again until its context ends, between
// two requests or in the middle of one. The error says what was retried.
func TestRetries_UntilTheContextEnds(t *testing.T) {
	t.Parallel()
	unprocessed := errors.New("the server left items unprocessed")
	for _, test := range []struct {
		name, call string
		op         string // the rejected one
		rejection  error
		reason     string // in the error
		path       handler
	}{
		{"a conflict", "CreateUpdateSpec", "TransactWriteItems", canceled("TransactionConflict", "None"), "TransactionCanceledException", passOn},
		{"a taken second", "CreateUpdateSpec", "TransactWriteItems", canceled("ConditionalCheckFailed", "None"), "TransactionCanceledException", passOn},
		{"a taken second without transactions", "CreateUpdateSpec", "PutItem", &types.ConditionalCheckFailedException{}, "ConditionalCheckFailed", withoutTransactions},
		{"a changed history", "CreateSpecVersion", "TransactWriteItems", canceled("None", "ConditionalCheckFailed"), "TransactionCanceledException", passOn},
		{"a changed history without transactions", "CreateSpecVersion", "PutItem", &types.ConditionalCheckFailedException{}, "ConditionalCheckFailed", withoutTransactions},
		{"a changed spec", "DeleteSpec", "TransactWriteItems", canceled("ConditionalCheckFailed", "None"), "the spec has changed since it was read", passOn},
		{"a changed spec of many", "DeleteAllSpecs", "TransactWriteItems", canceled("ConditionalCheckFailed", "None"), "the spec has changed since it was read", passOn},
		{"a changed spec without transactions", "DeleteSpec", "DeleteItem", &types.ConditionalCheckFailedException{}, "the spec has changed since it was read", withoutTransactions},
		{"unprocessed items", "DeleteAllCredentials", "BatchWriteItem", unprocessed, unprocessed.Error(), passOn},
		{"a conflict of a single write", "DeleteCredentials", "DeleteItem", &types.TransactionConflictException{}, "TransactionConflict", passOn},
	} {
		for _, inRequest := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in a request %t", test.name, inRequest), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := testutil.New(t)
					store(t, server, specsTable, rawHistory("sub", "spec", 2)...)
					require.NoError(t, server.CreateCredentials(t.Context(), "sub", secret))
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					rejected := 0
					db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
						if op != test.op {
							return test.path(op, input, next)
						}
						if rejected++; rejected >= 5 {
							cancel()
							if inRequest {
								return nil, ctx.Err()
							}
						}
						if batch, ok := input.(*dynamodb.BatchWriteItemInput); ok {
							return &dynamodb.BatchWriteItemOutput{UnprocessedItems: batch.RequestItems}, nil
						}
						return nil, test.rejection
					})
					err := call(ctx, db, test.call)
					require.ErrorIs(t, err, context.Canceled)
					assert.Equal(t, 5, rejected)
					assert.Regexp(t, `context canceled, after \d failed attempts: .*`+test.reason, err)
					if test.call == "CreateUpdateSpec" {
						assert.ErrorIs(t, err, test.rejection)
					}
				})
			})
		}
	}
}
