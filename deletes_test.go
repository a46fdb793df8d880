package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// deletes are the two ways to delete a spec.
var deletes = map[string]func(ctx context.Context, db packagedb.Database) error{
	"DeleteSpec":     func(ctx context.Context, db packagedb.Database) error { return db.DeleteSpec(ctx, "sub", "spec") },
	"DeleteAllSpecs": func(ctx context.Context, db packagedb.Database) error { return db.DeleteAllSpecs(ctx, "sub") },
}

func TestDeleteSpec_Requests(t *testing.T) {
	needsTransactions(t)
	for _, test := range []struct {
		name     string
		versions int
		batches  int
		want     []string
	}{
		{"a spec that does not exist", 0, 0, []string{"Query", "GetItem"}},
		{"a spec of 4 versions", 4, 0, []string{"Query", "TransactWriteItems"}},
		{"99 versions fit into the transaction", 99, 0, []string{"Query", "TransactWriteItems"}},
		{"a 100th goes before it", 100, 1, []string{"Query", "BatchWriteItem", "TransactWriteItems"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := testutil.New(t)
			if test.versions > 0 {
				store(t, server, specsTable, rawHistory("sub", "spec", test.versions))
			}
			var log requestLog
			require.NoError(t, intercept(server, log.then(passOn)).DeleteSpec(t.Context(), "sub", "spec"))
			assert.Equal(t, test.want, log.take())
			assert.Empty(t, scan(t, server, specsTable))
		})
	}
}

func TestDeleteAllSpecs_Requests(t *testing.T) {
	needsTransactions(t)
	server := testutil.New(t)
	var items []item
	for i := range 50 {
		versions := 4
		if i < 3 {
			versions = 3
		}
		items = append(items, rawHistory("sub", fmt.Sprint("spec-", i), versions)...)
	}
	require.Len(t, items, 247)
	store(t, server, specsTable, items)
	var log requestLog
	require.NoError(t, intercept(server, log.then(passOn)).DeleteAllSpecs(t.Context(), "sub"))
	assert.ElementsMatch(t, []string{"Query", "TransactWriteItems", "TransactWriteItems", "TransactWriteItems", "Query"}, log.take())
	assert.Empty(t, scan(t, server, specsTable))
}

// TestDelete_WholeAtEveryRequest stops a delete before and after each of its requests in turn, and
// checks what remains.
func TestDelete_WholeAtEveryRequest(t *testing.T) {
	needsTransactions(t)
	stopped := errors.New("stopped")
	for name, remove := range deletes {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, after the request: %t", name, after), func(t *testing.T) {
				t.Parallel()
				server := testutil.New(t, packagedb.WithConsistentReads())
				failures := 0
				for limit := int32(1); ; limit++ {
					store(t, server, specsTable, append(rawHistory("sub", "spec", 260), rawHistory("sub", "spec#b", 2)...))
					var requests atomic.Int32
					db := intercept(server, func(op string, _ any, next func() (any, error)) (any, error) {
						if op == "Query" || op == "GetItem" {
							return next()
						}
						n := requests.Add(1)
						if n < limit {
							return next()
						}
						if n == limit && after {
							_, _ = next()
						}
						return nil, stopped
					})
					err := remove(t.Context(), db)
					assertWhole(t, server, "sub", "spec")
					assertWhole(t, server, "sub", "spec#b")
					if err == nil {
						break
					}
					require.ErrorIs(t, err, stopped)
					failures++
				}
				assert.Greater(t, failures, 6)
			})
		}
	}
}

func TestDelete_UnprocessedItemThenOutage(t *testing.T) {
	needsTransactions(t)
	for name, remove := range deletes {
		t.Run(name, func(t *testing.T) {
			server := testutil.New(t, packagedb.WithConsistentReads())
			store(t, server, specsTable, rawHistory("sub", "spec", 4))
			outage := errors.New("outage")
			down := false
			db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
				if down {
					return nil, outage
				}
				if batch, ok := input.(*dynamodb.BatchWriteItemInput); ok {
					down = true
					requests := batch.RequestItems[specsTable]
					batch.RequestItems[specsTable] = requests[1:]
					_, err := next()
					return &dynamodb.BatchWriteItemOutput{
						UnprocessedItems: map[string][]types.WriteRequest{specsTable: requests[:1]},
					}, err
				}
				down = op == "TransactWriteItems"
				return next()
			})
			_ = remove(t.Context(), db)
			assertWhole(t, server, "sub", "spec")
		})
	}
}

func TestDelete_RacingCreates(t *testing.T) {
	needsTransactions(t)
	for name, remove := range deletes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t, packagedb.WithConsistentReads(), frozen(start))
			races := map[string]int{"DeleteSpec": scaled(1000, 100), "DeleteAllSpecs": scaled(200, 50)}[name]
			for i := range races {
				var running sync.WaitGroup
				running.Go(func() {
					_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: fmt.Sprint(i)})
					assert.NoError(t, err)
				})
				running.Go(func() { assert.NoError(t, remove(t.Context(), db)) })
				running.Wait()
				assertWhole(t, db, "sub", "spec")
			}
		})
	}
}

func TestDelete_LatestItemThatChangesMeanwhile(t *testing.T) {
	for name, remove := range deletes {
		for _, path := range writePaths {
			t.Run(name+" "+path.name, func(t *testing.T) {
				server := testutil.New(t, packagedb.WithConsistentReads(), frozen(start+100))
				store(t, server, specsTable, rawHistory("sub", "spec", 3))
				meanwhile := 0
				db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
					writes := op == "TransactWriteItems" || op == "DeleteItem"
					if writes && meanwhile < 4 {
						meanwhile++
						create(t, server, "sub", "spec", fmt.Sprint("meanwhile ", meanwhile))
					}
					return path.handle(op, input, next)
				})
				require.NoError(t, remove(t.Context(), db))
				assert.Equal(t, 4, meanwhile)
				assert.Empty(t, scan(t, server, specsTable))
			})
		}
	}
}

func TestDelete_RejectedForItsSize(t *testing.T) {
	needsTransactions(t)
	for _, rejection := range []error{&smithy.GenericAPIError{Code: "ValidationException", Message: "too large"}, canceled("ValidationError")} {
		for name, remove := range deletes {
			t.Run(fmt.Sprintf("%s, %T", name, rejection), func(t *testing.T) {
				server := testutil.New(t, packagedb.WithConsistentReads())
				store(t, server, specsTable, append(rawHistory("sub", "spec", 60), rawHistory("sub", "spec#b", 20)...))
				largest := 0
				db := intercept(server, func(_ string, input any, next func() (any, error)) (any, error) {
					if transaction, ok := input.(*dynamodb.TransactWriteItemsInput); ok {
						if len(transaction.TransactItems) > 7 {
							return nil, rejection
						}
						largest = max(largest, len(transaction.TransactItems))
					}
					output, err := next()
					assertWhole(t, server, "sub", "spec")
					assertWhole(t, server, "sub", "spec#b")
					return output, err
				})
				require.NoError(t, remove(t.Context(), db))
				assert.Positive(t, largest)
				_, err := server.GetSpec(t.Context(), "sub", "spec")
				assert.ErrorIs(t, err, packagedb.ErrNotFound)
			})
		}
	}
	t.Run("a transaction that cannot be smaller fails", func(t *testing.T) {
		server := testutil.New(t)
		store(t, server, specsTable, rawHistory("sub", "spec", 5))
		db := intercept(server, failOn("TransactWriteItems", &smithy.GenericAPIError{Code: "ValidationException"}))
		require.Error(t, db.DeleteSpec(t.Context(), "sub", "spec"))
		assertWhole(t, server, "sub", "spec")
	})
}

func TestDeleteAllSpecs_NamesWithSeparators(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			server := testutil.New(t)
			var items []item
			for _, id := range []string{"a", "a#b", "a#b#c", "a#0", "a#5", "a#00000000001700000001", "a#latest", "b"} {
				items = append(items, rawHistory("sub", id, 3)...)
			}
			others := rawHistory("another sub", "a", 1)
			store(t, server, specsTable, append(items, others...))
			db := intercept(server, path.handle)
			require.NoError(t, db.DeleteSpec(t.Context(), "sub", "a"))
			assert.ElementsMatch(t, append(items[4:], others...), scan(t, server, specsTable))
			require.NoError(t, db.DeleteAllSpecs(t.Context(), "sub"))
			assert.ElementsMatch(t, others, scan(t, server, specsTable))
		})
	}
}

func TestDelete_MalformedItems(t *testing.T) {
	latest, version := rawLatest("sub", "spec", start+1), rawVersion("sub", "spec", start)
	for name, test := range map[string]struct {
		stored  []item
		allOnly bool // DeleteSpec cannot find the item
	}{
		"a latest item that is not in the index":    {stored: []item{without(latest, "id_updated_at")}},
		"the same with a history":                   {stored: []item{without(latest, "id_updated_at"), version, rawVersion("sub", "spec", start+1)}},
		"a latest item without a date":              {stored: []item{without(latest, "updated_at"), version}},
		"a latest item whose date is a number":      {stored: []item{with(latest, "updated_at", number("1")), version}},
		"a latest item with the id of another spec": {stored: []item{with(latest, "id", text("other")), version}},
		"a latest item without attributes": {stored: []item{{
			"sub": latest["sub"], "updated_at_id": latest["updated_at_id"], "id_updated_at": latest["id_updated_at"],
		}}},
		"a latest item in another place of the index": {stored: []item{with(latest, "id_updated_at", text("other#latest")), version}},
		"versions without a latest item":              {stored: []item{version, rawVersion("sub", "spec", start+1)}},
		"a version in another place of the index":     {stored: []item{latest, with(version, "id_updated_at", text("spec#00000000000000000007"))}},
		"a version that is not in the index":          {stored: []item{without(version, "id_updated_at")}, allOnly: true},
		"a key of another form":                       {stored: []item{with(version, "updated_at_id", text("something"))}, allOnly: true},
	} {
		for call, remove := range deletes {
			for _, path := range writePaths {
				if call == "DeleteSpec" && test.allOnly {
					continue
				}
				t.Run(call+" of "+name+", "+path.name, func(t *testing.T) {
					t.Parallel()
					server := testutil.New(t)
					store(t, server, specsTable, test.stored)
					require.NoError(t, remove(t.Context(), intercept(server, path.handle)))
					assert.Empty(t, scan(t, server, specsTable))
				})
			}
		}
	}
}

func TestDeleteSpec_LongHistory(t *testing.T) {
	for name, remove := range deletes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testutil.New(t)
			var items []item
			for _, stored := range rawHistory("sub", "spec", scaled(4999, 1499)) {
				items = append(items, with(stored, "description", text(strings.Repeat("d", 300))))
			}
			store(t, server, specsTable, items)
			faults := server.Inject(
				testutil.Fault{Kind: testutil.Throttle, Rate: 0.2, Seed: 1},
				testutil.Fault{Kind: testutil.Unprocessed, Rate: 0.3, Seed: 2},
				testutil.Fault{Kind: testutil.DropAfter, Rate: 0.05, Seed: 3},
			)
			// The keys that were read and are not yet deleted.
			var held, most atomic.Int64
			hold := func(keys int) {
				if now := held.Add(int64(keys)); now > most.Load() {
					most.Store(now)
				}
			}
			db := intercept(server, func(_ string, input any, next func() (any, error)) (any, error) {
				if query, ok := input.(*dynamodb.QueryInput); ok {
					query.Limit = new(int32)
					*query.Limit = 500
				}
				output, err := next()
				switch output := output.(type) {
				case *dynamodb.QueryOutput:
					if output != nil {
						hold(len(output.Items))
					}
				case *dynamodb.BatchWriteItemOutput:
					if output != nil {
						hold(len(output.UnprocessedItems[specsTable]) - len(input.(*dynamodb.BatchWriteItemInput).RequestItems[specsTable]))
					}
				}
				return output, err
			})
			require.NoError(t, remove(t.Context(), db))
			faults.Stop()
			t.Logf("%d faults; %d keys were held at most", faults.Count(), most.Load())
			assert.Empty(t, scan(t, server, specsTable))
			assert.Greater(t, faults.Count(), 50)
			// Two pages, the batches under way and the transaction.
			assert.Less(t, most.Load(), int64(2*500+9*25+100))
		})
	}
}

func TestDeleteAll_JoinsTheErrors(t *testing.T) {
	specsBroken, credentialsBroken := errors.New("specs broken"), errors.New("credentials broken")
	server := testutil.New(t)
	create(t, server, "sub", "spec", "1")
	require.NoError(t, server.CreateCredentials(t.Context(), "sub", testutil.Credentials(1)))
	db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
		switch op {
		case "TransactWriteItems", "DeleteItem":
			return nil, specsBroken
		case "BatchWriteItem":
			return nil, credentialsBroken
		}
		return next()
	})
	err := db.DeleteAll(t.Context(), "sub")
	require.ErrorIs(t, err, specsBroken)
	require.ErrorIs(t, err, credentialsBroken)
}

func TestDeleteSpec_DeletedAndCreatedAgainMeanwhile(t *testing.T) {
	for name, remove := range deletes {
		t.Run(name, func(t *testing.T) {
			server := testutil.New(t, packagedb.WithConsistentReads())
			store(t, server, specsTable, rawHistory("sub", "spec", 3))
			other := intercept(server, withoutTransactions, frozen(start))
			meanwhile := false
			db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
				if op == "BatchWriteItem" && !meanwhile {
					meanwhile = true
					require.NoError(t, other.DeleteSpec(t.Context(), "sub", "spec"))
					create(t, other, "sub", "spec", "at the second of a deleted version")
				}
				return withoutTransactions(op, input, next)
			})
			require.NoError(t, remove(t.Context(), db))
			assert.True(t, meanwhile)
			assert.Empty(t, scan(t, server, specsTable))
		})
	}
}
