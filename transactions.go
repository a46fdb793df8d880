package packagedb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/open-alchemy/packagedb/internal/awsclient"
)

// transact sends a transaction until it does not conflict with other writes. Its token makes it
// take effect once, however often it is sent.
func (f *facade) transact(ctx context.Context, items func() []types.TransactWriteItem) error {
	token := rand.Text()
	return retryConflicts(ctx, func() error {
		_, err := answered(f.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
			ClientRequestToken: aws.String(token),
			TransactItems:      items(),
		}))
		return err
	})
}

// Pauses before retries grow from the first to the second.
const (
	firstPause = 10 * time.Millisecond
	maxPause   = time.Second
)

// maxThrottled bounds how often a transaction is sent again because of throttling alone.
const maxThrottled = 10

// retryConflicts calls send until it succeeds, fails for another reason than conflicting writes, or
// the context ends.
func retryConflicts(ctx context.Context, send func() error) error {
	throttled := 0
	for retry := 0; ; retry++ {
		err := send()
		conflict, throttle := isConflict(err)
		if throttle {
			throttled++
		}
		if !conflict && (!throttle || throttled > maxThrottled) {
			return err
		}
		if pauseErr := pause(ctx, retry); pauseErr != nil {
			return fmt.Errorf("%w, after %w", pauseErr, err)
		}
	}
}

// pause waits before a retry, the first of which is number 0, or until the context ends.
func pause(ctx context.Context, retry int) error {
	timer := time.NewTimer(awsclient.Backoff(retry, firstPause, maxPause))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// conditionalCheckFailed is the code of a cancellation reason.
const conditionalCheckFailed = "ConditionalCheckFailed"

// isConflict reports whether a write failed because of conflicting writes, or because a transaction
// was throttled, so that the same write may succeed a moment later.
func isConflict(err error) (conflict, throttled bool) {
	switch errorCode(err) {
	case "TransactionConflictException", "TransactionInProgressException":
		return true, false
	}
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return false, false
	}
	for _, reason := range canceled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "", "None":
		case "TransactionConflict":
			conflict = true
		case "ThrottlingError", "ProvisionedThroughputExceeded":
			throttled = true
		default:
			return false, false
		}
	}
	return conflict, throttled
}

func hasReason(canceled *types.TransactionCanceledException, code string) bool {
	for _, reason := range canceled.CancellationReasons {
		if aws.ToString(reason.Code) == code {
			return true
		}
	}
	return false
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

// countAttempts counts how often the SDK sends a request.
func countAttempts(attempts *int) func(*dynamodb.Options) {
	id := fmt.Sprintf("packagedb/attempts/%p", attempts) // of its own, beside the one of an observer
	count := middleware.FinalizeMiddlewareFunc(id, func(
		ctx context.Context, input middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		*attempts++
		return next.HandleFinalize(ctx, input)
	})
	return func(options *dynamodb.Options) {
		options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
			return stack.Finalize.Insert(count, "Retry", middleware.After)
		})
	}
}
