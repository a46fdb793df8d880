package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/testutil"
)

func TestDelete_UnprocessedItems(t *testing.T) {
	t.Parallel()
	t.Run("they are sent again under any name of the table", func(t *testing.T) {
		server := testutil.New(t)
		store(t, server, specsTable, rawHistory("sub", "spec", 150)...)
		db := intercept(server, func(_ string, input any, next func() (any, error)) (any, error) {
			batch, ok := input.(*dynamodb.BatchWriteItemInput)
			if !ok {
				return next()
			}
			requests := batch.RequestItems[specsTable]
			done := (len(requests) + 1) / 2
			batch.RequestItems[specsTable] = requests[:done]
			output, err := next()
			if err == nil && done < len(requests) {
				const arn = "arn:aws:dynamodb:us-east-1:000000000000:table/package.specs"
				output.(*dynamodb.BatchWriteItemOutput).UnprocessedItems = map[string][]types.WriteRequest{arn: requests[done:]}
			}
			return output, err
		})
		require.NoError(t, db.DeleteSpec(t.Context(), "sub", "spec"))
		assert.Empty(t, scan(t, server, specsTable))
	})
	credentials := testutil.New(t)
	require.NoError(t, credentials.CreateCredentials(t.Context(), "sub", secret))
	for name, unprocessed := range map[string]types.WriteRequest{
		"an empty request":              {},
		"a request without a key":       {DeleteRequest: &types.DeleteRequest{}},
		"a key that was not sent":       {DeleteRequest: &types.DeleteRequest{Key: item{"sub": text("sub"), "id": text("other")}}},
		"a request that puts something": {PutRequest: &types.PutRequest{}},
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			db := intercept(credentials, func(op string, _ any, next func() (any, error)) (any, error) {
				if op != "BatchWriteItem" {
					return next()
				}
				return &dynamodb.BatchWriteItemOutput{
					UnprocessedItems: map[string][]types.WriteRequest{credentialsTable: {unprocessed}},
				}, nil
			})
			assert.ErrorContains(t, db.DeleteAllCredentials(t.Context(), "sub"), "unprocessed")
		})
	}
	t.Run("they are retried until the context ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		batches := 0
		db := intercept(credentials, func(_ string, input any, next func() (any, error)) (any, error) {
			batch, ok := input.(*dynamodb.BatchWriteItemInput)
			if !ok {
				return next()
			}
			if batches++; batches == 3 {
				cancel()
			}
			return &dynamodb.BatchWriteItemOutput{UnprocessedItems: batch.RequestItems}, nil
		})
		require.ErrorIs(t, db.DeleteAllCredentials(ctx, "sub"), context.Canceled)
		assert.Equal(t, 3, batches)
	})
}

func TestDelete_ConflictsAreRetried(t *testing.T) {
	t.Parallel()
	for _, conflict := range []error{&types.TransactionConflictException{}, &types.TransactionInProgressException{}} {
		server := testutil.New(t)
		store(t, server, specsTable, rawHistory("sub", "spec", 150)...)
		require.NoError(t, server.CreateCredentials(t.Context(), "sub", secret))
		var mu sync.Mutex
		met := map[string]int{}
		db := intercept(server, func(op string, _ any, next func() (any, error)) (any, error) {
			mu.Lock()
			met[op]++
			first := met[op] == 1
			mu.Unlock()
			if first && op != "Query" && op != "GetItem" { // reads do not conflict
				return nil, conflict
			}
			return next()
		})
		require.NoError(t, db.DeleteCredentials(t.Context(), "sub", secret.ID))
		require.NoError(t, db.DeleteAll(t.Context(), "sub"))
		assert.Empty(t, scan(t, server, specsTable))
	}
}

func TestDelete_ErrorCountsConfirmedItems(t *testing.T) {
	t.Parallel()
	server := testutil.New(t)
	store(t, server, credentialsTable, manyCredentials(1000)...)
	broken := errors.New("broken")
	var batches, confirmed atomic.Int32
	db := intercept(server, func(_ string, input any, next func() (any, error)) (any, error) {
		if batch, ok := input.(*dynamodb.BatchWriteItemInput); ok {
			batches.Add(1)
			if confirmed.Load() >= 75 {
				_, _ = next()
				return nil, broken // the items are deleted, but the answer is lost
			}
			output, err := next()
			if err == nil { // a request under way is canceled when another one fails
				confirmed.Add(int32(len(batch.RequestItems[credentialsTable])))
			}
			return output, err
		}
		return next()
	})
	err := db.DeleteAllCredentials(t.Context(), "sub")
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, fmt.Sprintf(": after deleting %d items: broken", confirmed.Load()))
	assert.Less(t, batches.Load(), int32(40), "no batch begins after a failure")
	require.NoError(t, server.DeleteAllCredentials(t.Context(), "sub"), "a delete can be repeated")
	assert.Empty(t, scan(t, server, credentialsTable))

	for _, path := range writePaths {
		store(t, server, specsTable, append(rawHistory("sub", "a", 2), rawHistory("sub", "b", 2)...)...)
		written := 0
		db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
			if op == "Query" && written > 0 {
				return nil, broken // after a transaction of both specs, or the items of the first one
			}
			output, err := path.handle(op, input, next)
			if op != "Query" && op != "GetItem" && err == nil {
				written++
			}
			return output, err
		})
		err := db.DeleteAllSpecs(t.Context(), "sub")
		require.ErrorIs(t, err, broken)
		deleted := 6 - len(scan(t, server, specsTable))
		assert.Positive(t, deleted)
		assert.ErrorContains(t, err, fmt.Sprintf(": after deleting %d items: broken", deleted))
	}
}

// TestDelete_FailureCountsRunningBatches lets one batch fail before the others are sent on.
func TestDelete_FailureCountsRunningBatches(t *testing.T) {
	t.Parallel()
	server := testutil.New(t)
	store(t, server, credentialsTable, manyCredentials(100)...)
	broken, failed := errors.New("broken"), make(chan struct{})
	var batches atomic.Int32
	db := intercept(server, func(op string, _ any, next func() (any, error)) (any, error) {
		if op != "BatchWriteItem" {
			return next()
		}
		if batches.Add(1) == 4 {
			close(failed)
			return nil, broken
		}
		select {
		case <-failed:
		case <-time.After(30 * time.Second):
			t.Error("the last batch never started")
		}
		return next()
	})
	err := db.DeleteAllCredentials(t.Context(), "sub")
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "after deleting 75 items: broken")
	assert.Len(t, scan(t, server, credentialsTable), 25)
}

func TestDelete_CanceledWithACause(t *testing.T) {
	t.Parallel()
	for _, remove := range append(deletes, "DeleteAllCredentials") {
		t.Run(remove, func(t *testing.T) {
			server := testutil.New(t)
			store(t, server, specsTable, rawHistory("sub", "spec", 250)...)
			store(t, server, credentialsTable, manyCredentials(250)...)
			ctx, cancel := context.WithCancelCause(t.Context())
			db := intercept(server, func(op string, _ any, next func() (any, error)) (any, error) {
				output, err := next()
				if op == "Query" {
					cancel(errors.New("shutdown"))
				}
				return output, err
			})
			assert.ErrorIs(t, call(ctx, db, remove), context.Canceled)
		})
	}
}
