package packagedb_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestEveryPromiseOfDatabaseIsKept(t *testing.T) {
	for name, options := range map[string][]packagedb.Option{
		"by default":            nil,
		"with consistent reads": {packagedb.WithConsistentReads()},
		"with PynamoDB binary":  {packagedb.WithPythonFacade()},
		"with a frozen clock":   {packagedb.WithClock(frozen(1_700_000_000))},
		"with other tables":     {packagedb.WithTableNames("other.specs", "other.credentials")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testutil.TestDatabase(t, func(tb testing.TB) packagedb.Database {
				return testutil.New(tb, options...)
			})
		})
	}
}

func TestEveryPromiseOfDatabaseIsKeptWithoutTransactions(t *testing.T) {
	testutil.TestDatabase(t, func(tb testing.TB) packagedb.Database {
		return packagedb.New(&tap{Client: testutil.New(tb).Client, answer: withoutTransactions})
	})
}

// frozen is a clock that stands at a second.
func frozen(second int64) func() time.Time {
	return func() time.Time { return time.Unix(second, 0) }
}

// tap is a client that records the operations that pass it and may answer in the server's place.
type tap struct {
	packagedb.Client
	answer func(operation string) error // nil, or the error that is returned without asking the server

	mu         sync.Mutex
	operations []string
	inputs     []any
}

// withoutTransactions answers as a server does that has none.
func withoutTransactions(operation string) error {
	if operation != "TransactWriteItems" {
		return nil
	}
	return &smithy.GenericAPIError{Code: "UnknownOperationException"}
}

// passed returns the operations since the last call of passed.
func (c *tap) passed() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	operations := c.operations
	c.operations, c.inputs = nil, nil
	return operations
}

func through[I, O any](
	ctx context.Context, c *tap, operation string, input I, options []func(*dynamodb.Options),
	send func(context.Context, I, ...func(*dynamodb.Options)) (*O, error),
) (*O, error) {
	c.mu.Lock()
	c.operations = append(c.operations, operation)
	c.inputs = append(c.inputs, input)
	c.mu.Unlock()
	if c.answer != nil {
		if err := c.answer(operation); err != nil {
			return nil, err
		}
	}
	return send(ctx, input, options...)
}

func (c *tap) GetItem(ctx context.Context, input *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return through(ctx, c, "GetItem", input, options, c.Client.GetItem)
}

func (c *tap) PutItem(ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return through(ctx, c, "PutItem", input, options, c.Client.PutItem)
}

func (c *tap) DeleteItem(ctx context.Context, input *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return through(ctx, c, "DeleteItem", input, options, c.Client.DeleteItem)
}

func (c *tap) Query(ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	copied := *input // the caller goes on to use it for the next page
	return through(ctx, c, "Query", &copied, options, c.Client.Query)
}

func (c *tap) BatchWriteItem(ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	return through(ctx, c, "BatchWriteItem", input, options, c.Client.BatchWriteItem)
}

func (c *tap) TransactWriteItems(ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return through(ctx, c, "TransactWriteItems", input, options, c.Client.TransactWriteItems)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustEqual[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func must2(t *testing.T) func(*packagedb.SpecInfo, error) {
	return func(_ *packagedb.SpecInfo, err error) { t.Helper(); must(t, err) }
}
