package packagedb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/open-alchemy/packagedb/internal/awsclient"
)

// method is a method of Client, such as Client.GetItem.
type method[I, O any] func(Client, context.Context, *I, ...func(*dynamodb.Options)) (*O, error)

// send sends a request, and counts it if it belongs to an observed call.
func send[I, O any](
	ctx context.Context, client Client, method method[I, O], input *I, options ...func(*dynamodb.Options),
) (*O, error) {
	observed, ok := ctx.Value(observationKey{}).(*observation)
	if !ok {
		return answered(method(client, ctx, input, options...))
	}
	askForCapacity(input)
	attempts := 0
	options = append(slices.Clip(options), countAttempts(&attempts))
	output, err := answered(method(client, ctx, input, options...))
	observed.add(attempts, output, err)
	return output, err
}

// answered returns an error for an answer that is neither an output nor an error.
func answered[T any](output *T, err error) (*T, error) {
	if err == nil && output == nil {
		return nil, errors.New("the client returned neither an output nor an error")
	}
	return output, err
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

// Pauses before retries grow from the first to the second.
const (
	firstPause = 10 * time.Millisecond
	maxPause   = time.Second
)

// maxThrottled bounds how often a transaction is sent again because of throttling alone.
const maxThrottled = 10

// sendWrite sends a write until it succeeds, fails for another reason than conflicting writes, or the
// context ends. Each request has a new input, because a client may change its inputs.
func sendWrite[I, O any](
	ctx context.Context, client Client, method method[I, O], input func() *I, options ...func(*dynamodb.Options),
) (*O, error) {
	throttled := 0
	for retry := 0; ; retry++ {
		output, err := send(ctx, client, method, input(), options...)
		conflict, throttle := isConflict(err)
		if throttle {
			throttled++
		}
		if !conflict && (!throttle || throttled > maxThrottled) {
			return output, err
		}
		if pauseErr := pause(ctx, retry); pauseErr != nil {
			return nil, fmt.Errorf("%w, after %w", pauseErr, err)
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

// isConflict reports whether a write failed because of conflicting writes, or because a transaction
// was throttled, so that the same write may succeed a moment later.
func isConflict(err error) (conflict, throttled bool) {
	switch errorCode(err) {
	case "TransactionConflictException", "TransactionInProgressException":
		return true, false
	}
	for _, reason := range reasonsOf(err) {
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
