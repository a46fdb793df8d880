package packagedb_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// deletes are the calls that delete the spec "spec".
var deletes = []string{"DeleteSpec", "DeleteAllSpecs"}

// TestDelete_WholeAtEveryRequest stops a delete at each of its requests in turn, and checks what remains.
func TestDelete_WholeAtEveryRequest(t *testing.T) {
	t.Parallel()
	needsTransactions(t)
	stopped := errors.New("stopped")
	for name, last := range map[string]handler{
		"before its effect": func(string, any, func() (any, error)) (any, error) { return nil, stopped },
		"after its effect": func(_ string, _ any, next func() (any, error)) (any, error) {
			return nil, errors.Join(errorOf(next()), stopped)
		},
		"with one item unprocessed": func(_ string, input any, next func() (any, error)) (any, error) {
			batch, ok := input.(*dynamodb.BatchWriteItemInput)
			if !ok {
				return nil, stopped
			}
			requests := batch.RequestItems[specsTable]
			batch.RequestItems[specsTable] = requests[1:]
			return &dynamodb.BatchWriteItemOutput{
				UnprocessedItems: map[string][]types.WriteRequest{specsTable: requests[:1]},
			}, errorOf(next())
		},
	} {
		for _, remove := range deletes {
			t.Run(remove+" "+name, func(t *testing.T) {
				t.Parallel()
				server := testutil.New(t, packagedb.WithConsistentReads())
				failures := 0
				for limit := int32(1); ; limit++ {
					store(t, server, specsTable, append(rawHistory("sub", "spec", 260), rawHistory("sub", "spec#b", 2)...)...)
					var requests atomic.Int32
					db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
						switch n := requests.Add(1); {
						case n < limit:
							return next()
						case n == limit:
							return last(op, input, next)
						}
						return nil, stopped
					})
					err := call(t.Context(), db, remove)
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

// TestDeleteAllSpecs_SpecOnTwoPages deletes a spec whose latest item is on the first page and whose
// versions are on the second, and looks at both specs after every request.
func TestDeleteAllSpecs_SpecOnTwoPages(t *testing.T) {
	t.Parallel()
	needsTransactions(t)
	server := testutil.New(t, packagedb.WithConsistentReads())
	store(t, server, specsTable, append(rawHistory("sub", "a", 3), rawHistory("sub", "a#b", 99)...)...)
	db := intercept(server, func(_ string, input any, next func() (any, error)) (any, error) {
		if query, ok := input.(*dynamodb.QueryInput); ok {
			query.Limit = aws.Int32(101) // the latest item of a, and all of a#b
		}
		output, err := next()
		assertWhole(t, server, "sub", "a")
		assertWhole(t, server, "sub", "a#b")
		return output, err
	})
	require.NoError(t, db.DeleteAllSpecs(t.Context(), "sub"))
	assert.Empty(t, scan(t, server, specsTable))
}

func TestDelete_LatestItemThatChangesMeanwhile(t *testing.T) {
	t.Parallel()
	items := rawHistory("sub", "spec", 3)
	for name, stored := range map[string][]item{"of a spec": items, "of versions without a latest item": items[:3]} {
		for _, remove := range deletes {
			for _, path := range writePaths {
				t.Run(remove+" "+name+" "+path.name, func(t *testing.T) {
					t.Parallel()
					server := testutil.New(t, packagedb.WithConsistentReads(), frozen(start+100))
					store(t, server, specsTable, stored...)
					meanwhile := 0
					db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
						if op != "Query" && op != "BatchWriteItem" && meanwhile < 4 {
							meanwhile++
							create(t, server, "sub", "spec", fmt.Sprint("meanwhile ", meanwhile))
						}
						return path.handle(op, input, next)
					})
					require.NoError(t, call(t.Context(), db, remove))
					assert.Equal(t, 4, meanwhile)
					assert.Empty(t, scan(t, server, specsTable))
				})
			}
		}
	}
}

func TestDeleteAllSpecs_OneOfManyChangesMeanwhile(t *testing.T) {
	t.Parallel()
	needsTransactions(t)
	server := testutil.New(t)
	store(t, server, specsTable, slices.Concat(
		rawHistory("sub", "a", 1), rawHistory("sub", "spec", 1), rawHistory("sub", "z", 1),
	)...)
	var sizes []int
	db := intercept(server, func(_ string, input any, next func() (any, error)) (any, error) {
		if transaction, ok := input.(*dynamodb.TransactWriteItemsInput); ok {
			if sizes = append(sizes, len(transaction.TransactItems)); len(sizes) == 1 {
				create(t, server, "sub", "spec", "meanwhile")
			}
		}
		return next()
	})
	require.NoError(t, db.DeleteAllSpecs(t.Context(), "sub"))
	assert.Equal(t, []int{6, 2, 4, 2, 2, 3}, sizes, "all, halves until what has changed is alone, and that")
	assert.Empty(t, scan(t, server, specsTable))
}

func TestDelete_RejectedForItsSize(t *testing.T) {
	t.Parallel()
	needsTransactions(t)
	tooLarge := &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusRequestEntityTooLarge}},
		Err:      errors.New("request over 16 MB"),
	}}
	for _, rejection := range []error{
		&smithy.GenericAPIError{Code: "ValidationException", Message: "too large"}, canceled("ValidationError"), tooLarge,
	} {
		for _, remove := range deletes {
			t.Run(fmt.Sprintf("%s, %T", remove, rejection), func(t *testing.T) {
				server := testutil.New(t, packagedb.WithConsistentReads())
				store(t, server, specsTable, append(rawHistory("sub", "spec", 60), rawHistory("sub", "spec#b", 20)...)...)
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
				require.NoError(t, call(t.Context(), db, remove))
				assert.Positive(t, largest)
				_, err := server.GetSpec(t.Context(), "sub", "spec")
				assert.ErrorIs(t, err, packagedb.ErrNotFound)
			})
		}
	}
	t.Run("a transaction that cannot be smaller fails", func(t *testing.T) {
		server := testutil.New(t)
		store(t, server, specsTable, rawHistory("sub", "spec", 5)...)
		db := intercept(server, failOn("TransactWriteItems", &smithy.GenericAPIError{Code: "ValidationException"}))
		require.Error(t, db.DeleteSpec(t.Context(), "sub", "spec"))
		assertWhole(t, server, "sub", "spec")
	})
}

func TestDelete_MalformedItems(t *testing.T) {
	t.Parallel()
	latest, version := rawLatest("sub", "spec", start+1), rawVersion("sub", "spec", start)
	for name, test := range map[string]struct {
		stored  []item
		allOnly bool // DeleteSpec cannot find the item
	}{
		"a latest item that is not in the index":    {stored: []item{with(latest, "id_updated_at", nil)}},
		"the same with a history":                   {stored: []item{with(latest, "id_updated_at", nil), version, rawVersion("sub", "spec", start+1)}},
		"a latest item without a date":              {stored: []item{with(latest, "updated_at", nil), version}},
		"a latest item whose date is a number":      {stored: []item{with(latest, "updated_at", number("1")), version}},
		"a latest item with the id of another spec": {stored: []item{with(latest, "id", text("other")), version}},
		"a latest item without attributes": {stored: []item{{
			"sub": latest["sub"], "updated_at_id": latest["updated_at_id"], "id_updated_at": latest["id_updated_at"],
		}}},
		"a latest item in another place of the index": {stored: []item{with(latest, "id_updated_at", text("other#latest")), version}},
		"versions without a latest item":              {stored: []item{version, rawVersion("sub", "spec", start+1)}},
		"a version in another place of the index":     {stored: []item{latest, with(version, "id_updated_at", text("spec#00000000000000000007"))}},
		"a version that is not in the index":          {stored: []item{with(version, "id_updated_at", nil)}, allOnly: true},
		"a key of another form":                       {stored: []item{with(version, "updated_at_id", text("something"))}, allOnly: true},
	} {
		for _, remove := range deletes {
			for _, path := range writePaths {
				if remove == "DeleteSpec" && test.allOnly {
					continue
				}
				t.Run(remove+" of "+name+", "+path.name, func(t *testing.T) {
					t.Parallel()
					server := testutil.New(t)
					store(t, server, specsTable, test.stored...)
					require.NoError(t, call(t.Context(), intercept(server, path.handle), remove))
					assert.Empty(t, scan(t, server, specsTable))
				})
			}
		}
	}
}

func TestDeleteSpec_LongHistory(t *testing.T) {
	t.Parallel()
	for _, remove := range deletes {
		t.Run(remove, func(t *testing.T) {
			t.Parallel()
			const pageSize = 200
			server := testutil.New(t)
			var items []item
			for _, stored := range rawHistory("sub", "spec", 1499) {
				items = append(items, with(stored, "description", text(strings.Repeat("d", 300))))
			}
			store(t, server, specsTable, items...)
			faults := server.Inject(
				testutil.Fault{Kind: testutil.Throttle, Rate: 0.2, Seed: 1},
				testutil.Fault{Kind: testutil.Unprocessed, Rate: 0.3, Seed: 2},
				testutil.Fault{Kind: testutil.DropAfter, Rate: 0.05, Seed: 3},
			)
			// The keys that were read and are not yet deleted.
			var mu sync.Mutex
			held, most := map[string]bool{}, 0
			db := intercept(server, func(_ string, input any, next func() (any, error)) (any, error) {
				if query, ok := input.(*dynamodb.QueryInput); ok {
					query.Limit = aws.Int32(pageSize)
				}
				output, err := next()
				if err != nil {
					return output, err
				}
				mu.Lock()
				defer mu.Unlock()
				switch output := output.(type) {
				case *dynamodb.QueryOutput:
					for _, key := range output.Items {
						held[textOf(key, "updated_at_id")] = true
					}
				case *dynamodb.BatchWriteItemOutput:
					for _, request := range input.(*dynamodb.BatchWriteItemInput).RequestItems[specsTable] {
						delete(held, textOf(request.DeleteRequest.Key, "updated_at_id"))
					}
					for _, request := range output.UnprocessedItems[specsTable] {
						held[textOf(request.DeleteRequest.Key, "updated_at_id")] = true
					}
				}
				most = max(most, len(held))
				return output, err
			})
			require.NoError(t, call(t.Context(), db, remove))
			faults.Stop()
			t.Logf("%d faults; %d keys were held at most", faults.Count(), most)
			assert.Empty(t, scan(t, server, specsTable))
			assert.Greater(t, faults.Count(), 50)
			// Two pages, the batches under way and the transaction.
			assert.Less(t, most, 2*pageSize+9*25+100)
		})
	}
}

func TestDeleteAll_JoinsTheErrors(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	for _, remove := range deletes {
		t.Run(remove, func(t *testing.T) {
			server := testutil.New(t, packagedb.WithConsistentReads())
			store(t, server, specsTable, rawHistory("sub", "spec", 3)...)
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
			require.NoError(t, call(t.Context(), db, remove))
			assert.True(t, meanwhile)
			assert.Empty(t, scan(t, server, specsTable))
		})
	}
}
