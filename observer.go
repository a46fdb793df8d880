package packagedb

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Call describes one call of a [Database]. It contains neither input nor secrets.
type Call struct {
	Operation string        // the name of the method, like "GetSpec"
	Duration  time.Duration // for an iterator, from its first step to its last
	Requests  int           // requests that were sent, retries included
	Retries   int           // requests that the SDK sent again
	Conflicts int           // requests that failed because of conflicting writes
	// Capacity units that the server reports as consumed. A request that failed reports none.
	ReadUnits, WriteUnits float64
	// CollectionGB is the upper estimate in GB of the user's item collection in the specs table after
	// a write, or 0 if the server does not report it. DynamoDB's limit is 10.
	CollectionGB float64
	// ErrorClass is "" without an error, "not_found", "exists", "invalid_input",
	// "ambiguous_public_key", "canceled", "deadline_exceeded", the code of the server's error like
	// "ThrottlingException", or "other".
	ErrorClass string
}

// WithObserver calls observe once for each call of the Database, for metrics and traces. It does so
// at the end of the call, in the caller's goroutine and with the call's context; observe may be
// called concurrently. Requests then ask for the consumed capacity, which costs nothing.
func WithObserver(observe func(ctx context.Context, call Call)) Option {
	return func(s *settings) { s.observe = observe }
}

func errorClass(err error) string {
	for _, class := range []struct {
		err  error
		name string
	}{
		{ErrNotFound, "not_found"},
		{ErrExists, "exists"},
		{ErrInvalidInput, "invalid_input"},
		{ErrAmbiguousPublicKey, "ambiguous_public_key"},
		{context.Canceled, "canceled"},
		{context.DeadlineExceeded, "deadline_exceeded"},
	} {
		if errors.Is(err, class.err) {
			return class.name
		}
	}
	if code := errorCode(err); code != "" || err == nil {
		return code
	}
	return "other"
}

// tally counts what the requests of one call report. Deletes send several concurrently.
type tally struct {
	mu   sync.Mutex
	call Call
}

type tallyKey struct{}

// begin starts the observation of a call, which end completes.
func (o *observed) begin(ctx context.Context, operation string) (_ context.Context, end func(err *error)) {
	t := &tally{call: Call{Operation: operation}}
	started := time.Now()
	return context.WithValue(ctx, tallyKey{}, t), func(err *error) {
		t.mu.Lock()
		call := t.call
		t.mu.Unlock()
		call.Duration = time.Since(started)
		call.ErrorClass = errorClass(*err)
		o.observe(ctx, call)
	}
}

// observedClient adds up what the requests of a call report.
type observedClient struct{ Client }

// request sends a request and counts it for the call in the context.
func request[O any](
	ctx context.Context, options []func(*dynamodb.Options),
	send func(options ...func(*dynamodb.Options)) (*O, error), report func(call *Call, output *O),
) (*O, error) {
	attempts := 0
	output, err := send(append(slices.Clip(options), countAttempts(&attempts))...)
	t, ok := ctx.Value(tallyKey{}).(*tally)
	if !ok {
		return output, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	attempts = max(1, attempts) // a client may ignore options
	t.call.Requests += attempts
	t.call.Retries += attempts - 1
	if conflict, _ := isConflict(err); conflict {
		t.call.Conflicts++
	}
	if err == nil && output != nil {
		report(&t.call, output)
	}
	return output, err
}

func units(consumed ...types.ConsumedCapacity) (sum float64) {
	for _, capacity := range consumed {
		sum += aws.ToFloat64(capacity.CapacityUnits)
	}
	return sum
}

func unitsOf(consumed *types.ConsumedCapacity) float64 {
	if consumed == nil {
		return 0
	}
	return units(*consumed)
}

func (c observedClient) GetItem(
	ctx context.Context, input *dynamodb.GetItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.GetItemOutput, error) {
	input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	return request(ctx, options, func(options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
		return c.Client.GetItem(ctx, input, options...)
	}, func(call *Call, output *dynamodb.GetItemOutput) {
		call.ReadUnits += unitsOf(output.ConsumedCapacity)
	})
}

func (c observedClient) Query(
	ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	return request(ctx, options, func(options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
		return c.Client.Query(ctx, input, options...)
	}, func(call *Call, output *dynamodb.QueryOutput) {
		call.ReadUnits += unitsOf(output.ConsumedCapacity)
	})
}

func (c observedClient) PutItem(
	ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.PutItemOutput, error) {
	input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	return request(ctx, options, func(options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
		return c.Client.PutItem(ctx, input, options...)
	}, func(call *Call, output *dynamodb.PutItemOutput) {
		call.WriteUnits += unitsOf(output.ConsumedCapacity)
	})
}

func (c observedClient) DeleteItem(
	ctx context.Context, input *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.DeleteItemOutput, error) {
	input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	return request(ctx, options, func(options ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
		return c.Client.DeleteItem(ctx, input, options...)
	}, func(call *Call, output *dynamodb.DeleteItemOutput) {
		call.WriteUnits += unitsOf(output.ConsumedCapacity)
	})
}

func (c observedClient) BatchWriteItem(
	ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.BatchWriteItemOutput, error) {
	input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	return request(ctx, options, func(options ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
		return c.Client.BatchWriteItem(ctx, input, options...)
	}, func(call *Call, output *dynamodb.BatchWriteItemOutput) {
		call.WriteUnits += units(output.ConsumedCapacity...)
	})
}

func (c observedClient) TransactWriteItems(
	ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	input.ReturnItemCollectionMetrics = types.ReturnItemCollectionMetricsSize
	return request(ctx, options, func(options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
		return c.Client.TransactWriteItems(ctx, input, options...)
	}, func(call *Call, output *dynamodb.TransactWriteItemsOutput) {
		call.WriteUnits += units(output.ConsumedCapacity...)
		for _, metrics := range output.ItemCollectionMetrics {
			for _, collection := range metrics {
				for _, estimate := range collection.SizeEstimateRangeGB {
					call.CollectionGB = max(call.CollectionGB, estimate)
				}
			}
		}
	})
}
