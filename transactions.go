package packagedb

import (
	"context"
	"crypto/rand"
	"errors"

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
	return err
}

// conditionalCheckFailed is the code of a cancellation reason.
const conditionalCheckFailed = "ConditionalCheckFailed"

// canceledFor returns the reasons for which a transaction was canceled, one for each of its items, if
// one of them has the code.
func canceledFor(err error, code string) []types.CancellationReason {
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		for _, reason := range canceled.CancellationReasons {
			if aws.ToString(reason.Code) == code {
				return canceled.CancellationReasons
			}
		}
	}
	return nil
}

// withTransactions calls atOnce, and inTurn instead if the server does not support transactions.
func withTransactions[T any](f *facade, atOnce, inTurn func() (T, error)) (T, error) {
	if !f.withoutTransactions.Load() {
		result, err := atOnce()
		if !lacksTransactions(err) {
			return result, err
		}
		f.withoutTransactions.Store(true)
	}
	return inTurn()
}

// lacksTransactions reports whether err means that the server does not support TransactWriteItems.
func lacksTransactions(err error) bool { return errorCode(err) == "UnknownOperationException" }

// isConditionFailure reports whether the condition of a single write failed.
func isConditionFailure(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}
