package packagedb

import (
	"context"
	"errors"
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
	return func(s *settings) { s.observer = observe }
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

// observation counts what the requests of one call report. Deletes send several concurrently.
type observation struct {
	facade *facade
	mu     sync.Mutex
	call   Call
}

type observationKey struct{}

// observe starts the observation of a call, which report completes. A call within another one of the
// same Database is part of that.
func (f *facade) observe(ctx context.Context, operation string) (_ context.Context, report func(err error)) {
	outer, ok := ctx.Value(observationKey{}).(*observation)
	if f.observer == nil || ok && outer.facade == f {
		return ctx, func(error) {}
	}
	o := &observation{facade: f, call: Call{Operation: operation}}
	started := time.Now()
	return context.WithValue(ctx, observationKey{}, o), func(err error) {
		o.call.Duration = time.Since(started)
		o.call.ErrorClass = errorClass(err)
		f.observer(ctx, o.call)
	}
}

// askForCapacity makes a request report the capacity that it consumes.
func askForCapacity(input any) {
	switch input := input.(type) {
	case *dynamodb.GetItemInput:
		input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	case *dynamodb.QueryInput:
		input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	case *dynamodb.PutItemInput:
		input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	case *dynamodb.DeleteItemInput:
		input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	case *dynamodb.BatchWriteItemInput:
		input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	case *dynamodb.TransactWriteItemsInput:
		input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		input.ReturnItemCollectionMetrics = types.ReturnItemCollectionMetricsSize
	}
}

// add counts a request: how often it was sent, and its answer.
func (o *observation) add(attempts int, output any, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	attempts = max(1, attempts) // a client may ignore options
	o.call.Requests += attempts
	o.call.Retries += attempts - 1
	if err == nil {
		o.call.addUnits(output)
		return
	}
	if conflict, _ := isConflict(err); conflict {
		o.call.Conflicts++
	}
}

func (c *Call) addUnits(output any) {
	switch output := output.(type) {
	case *dynamodb.GetItemOutput:
		c.ReadUnits += unitsOf(output.ConsumedCapacity)
	case *dynamodb.QueryOutput:
		c.ReadUnits += unitsOf(output.ConsumedCapacity)
	case *dynamodb.PutItemOutput:
		c.WriteUnits += unitsOf(output.ConsumedCapacity)
	case *dynamodb.DeleteItemOutput:
		c.WriteUnits += unitsOf(output.ConsumedCapacity)
	case *dynamodb.BatchWriteItemOutput:
		for _, consumed := range output.ConsumedCapacity {
			c.WriteUnits += unitsOf(&consumed)
		}
	case *dynamodb.TransactWriteItemsOutput:
		for _, consumed := range output.ConsumedCapacity {
			c.WriteUnits += unitsOf(&consumed)
		}
		for _, metrics := range output.ItemCollectionMetrics {
			for _, collection := range metrics {
				for _, estimate := range collection.SizeEstimateRangeGB {
					c.CollectionGB = max(c.CollectionGB, estimate)
				}
			}
		}
	}
}

func unitsOf(consumed *types.ConsumedCapacity) float64 {
	if consumed == nil {
		return 0
	}
	return aws.ToFloat64(consumed.CapacityUnits)
}
