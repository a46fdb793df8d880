package packagedb_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestCreateUpdateSpec_Conflicts(t *testing.T) {
	for name, conflict := range map[string]error{
		"a conflict":                  canceled("None", "TransactionConflict"),
		"a throttled item":            canceled("None", "ThrottlingError"),
		"provisioned capacity":        canceled("ProvisionedThroughputExceeded", "None"),
		"the conflict of a request":   &types.TransactionConflictException{},
		"a transaction in progress":   &types.TransactionInProgressException{},
		"a conflict without a reason": canceled("", "TransactionConflict"),
	} {
		t.Run(name+" is retried", func(t *testing.T) {
			needsTransactions(t)
			attempts := 0
			db := intercept(testutil.New(t), func(_ string, _ any, next func() (any, error)) (any, error) {
				if attempts++; attempts <= 3 {
					return nil, conflict
				}
				return next()
			})
			create(t, db, "sub", "spec", "1")
			assert.Equal(t, 4, attempts)
		})
	}
	t.Run("an endless conflict ends with the context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		conflicts := 0
		db := intercept(testutil.New(t), func(string, any, func() (any, error)) (any, error) {
			if conflicts++; conflicts == 3 {
				cancel()
			}
			return nil, canceled("TransactionConflict", "None")
		})
		_, err := db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "spec", Version: "1"})
		require.ErrorIs(t, err, context.Canceled)
		var exception *types.TransactionCanceledException
		assert.ErrorAs(t, err, &exception)
	})
	t.Run("another reason is an error", func(t *testing.T) {
		attempts := 0
		db := intercept(testutil.New(t), func(string, any, func() (any, error)) (any, error) {
			attempts++
			return nil, canceled("ItemCollectionSizeLimitExceeded", "TransactionConflict")
		})
		_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "1"})
		require.Error(t, err)
		assert.Equal(t, 1, attempts)
	})
}

func TestCreateUpdateSpec_RejectionsWithoutEnd(t *testing.T) {
	for name, rejection := range map[string]struct {
		op  string
		err error
	}{
		"with transactions":    {"TransactWriteItems", canceled("ConditionalCheckFailed", "None")},
		"without transactions": {"PutItem", &types.ConditionalCheckFailedException{}},
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
			_, err := db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "spec", Version: "1"})
			assert.ErrorIs(t, err, context.Canceled)
		})
	}
}
