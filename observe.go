package packagedb

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
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
// called concurrently. A call made inside another call of the same Database is reported as part of
// the outer one.
func WithObserver(observe func(ctx context.Context, call Call)) Option {
	return func(s *settings) { s.observer = observe }
}

// call is a call of a Database that has started.
type activeCall struct {
	facade         *facade
	subject, table string // for errors

	caller  context.Context // nil unless the call is reported to the observer
	started time.Time
	mu      sync.Mutex // guards report: deletes send several requests concurrently
	report  Call
}

// callKey is the key of the observed call in the context of its requests.
type callKey struct{}

// begin starts a call. The caller defers its end.
func (f *facade) begin(ctx context.Context, operation, subject, table string) (context.Context, *activeCall) {
	c := &activeCall{facade: f, subject: subject, table: table, report: Call{Operation: operation}}
	if f.observer == nil {
		return ctx, c
	}
	if outer, ok := ctx.Value(callKey{}).(*activeCall); ok && outer.facade == f {
		return ctx, c
	}
	c.caller, c.started = ctx, time.Now()
	return context.WithValue(ctx, callKey{}, c), c
}

// end wraps the error of the call, if there is one, and reports the call to the observer.
func (c *activeCall) end(err *error) {
	if *err != nil && c.table != "" {
		*err = wrap(*err, c.report.Operation, c.subject, c.table)
	}
	if c.caller == nil {
		return
	}
	c.report.Duration = time.Since(c.started)
	c.report.ErrorClass = errorClass(*err)
	c.facade.observer(c.caller, c.report)
}

// attempts are those of the SDK to send a request.
type attempts struct {
	count int
	// inDoubt is set if one of them failed and may have taken effect nonetheless.
	inDoubt bool
}

// countAttempts counts how often the SDK sends a request.
func countAttempts(sent *attempts) func(*dynamodb.Options) {
	id := fmt.Sprintf("packagedb/attempts/%p", sent) // of its own, beside the one of an observer
	count := middleware.FinalizeMiddlewareFunc(id, func(
		ctx context.Context, input middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		output, metadata, err := next.HandleFinalize(ctx, input)
		sent.count++
		sent.inDoubt = sent.inDoubt || err != nil && isInDoubt(err)
		return output, metadata, err
	})
	return func(options *dynamodb.Options) {
		options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
			return stack.Finalize.Insert(count, "Retry", middleware.After)
		})
	}
}

// add adds a request to the report: how often it was sent, and its response.
func (c *activeCall) add(attempts int, output any, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	attempts = max(1, attempts) // a client may ignore options
	c.report.Requests += attempts
	c.report.Retries += attempts - 1
	if err == nil {
		c.report.addUnits(output)
		return
	}
	if conflict, _ := isConflict(err); conflict {
		c.report.Conflicts++
	}
}

// addUnits adds the consumed capacity in a response, and takes the size of the item collection.
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
