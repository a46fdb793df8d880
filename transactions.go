package packagedb

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// transact sends a transaction until it does not conflict with other writes. Its token makes it
// take effect once, however often it is sent.
func (f *facade) transact(ctx context.Context, items func() []types.TransactWriteItem) error {
	token := rand.Text()
	_, err := sendWrite(ctx, f.client, Client.TransactWriteItems, func() *dynamodb.TransactWriteItemsInput {
		return &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String(token), TransactItems: items()}
	})
	if lacksTransactions(err) {
		f.withoutTransactions.Store(true)
	}
	return err
}

// lacksTransactions reports whether err means that the server does not support TransactWriteItems.
func lacksTransactions(err error) bool { return errorCode(err) == "UnknownOperationException" }

// isConditionFailure reports whether the condition of a write failed, alone or in a transaction.
func isConditionFailure(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed) || hasReason(err, conditionalCheckFailed)
}

// conditionalCheckFailed is the code of a cancellation reason.
const conditionalCheckFailed = "ConditionalCheckFailed"

// reasonsOf returns the cancellation reasons of a transaction, one for each of its items.
func reasonsOf(err error) []types.CancellationReason {
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		return canceled.CancellationReasons
	}
	return nil
}

func hasReason(err error, code string) bool {
	return slices.ContainsFunc(reasonsOf(err), func(reason types.CancellationReason) bool {
		return aws.ToString(reason.Code) == code
	})
}
