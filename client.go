package packagedb

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Client is the part of [*dynamodb.Client] that a [Database] calls. Clients of DAX, clients with
// tracing and those of tests fit as well.
//
// A server may lack TransactWriteItems: a Database that is told UnknownOperationException writes
// the two items of a spec one after the other from then on.
type Client interface {
	GetItem(ctx context.Context, input *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	DeleteItem(ctx context.Context, input *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchWriteItem(ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	TransactWriteItems(ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// TableClient is the part of [*dynamodb.Client] that [CreateTables] calls.
type TableClient interface {
	CreateTable(ctx context.Context, input *dynamodb.CreateTableInput, options ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error)
	DescribeTable(ctx context.Context, input *dynamodb.DescribeTableInput, options ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
}

var (
	_ Client      = (*dynamodb.Client)(nil)
	_ TableClient = (*dynamodb.Client)(nil)
)

// Option changes how [New], [Tables], [CreateTables] and [CheckTables] do their work.
type Option func(*settings)

type settings struct {
	specsTable, credentialsTable string

	consistentReads bool
	now             func() time.Time
	binary          binaryForm
}

func newSettings(options []Option) settings {
	s := settings{
		specsTable:       "package.specs",
		credentialsTable: "package.credentials",
		now:              time.Now,
	}
	for _, option := range options {
		option(&s)
	}
	return s
}

// WithTableNames names the two tables. The default is package.specs and package.credentials.
func WithTableNames(specs, credentials string) Option {
	return func(s *settings) { s.specsTable, s.credentialsTable = specs, credentials }
}

// WithConsistentReads makes gets and lists strongly consistent, which costs twice the read
// capacity. GetUser stays eventually consistent, because it reads a global secondary index.
func WithConsistentReads() Option {
	return func(s *settings) { s.consistentReads = true }
}

// WithClock sets the clock that dates the versions of specs, for tests. The default is [time.Now].
// Only whole seconds count, and a time before 1970 counts as the start of 1970.
func WithClock(now func() time.Time) Option {
	return func(s *settings) { s.now = now }
}

// WithPynamoDBBinary stores the hash and the salt of credentials as the Python facade on PynamoDB 5
// does, as base64 text inside the binary attribute, and reads that form. It is for services that
// share their tables with the Python facade, and needed on all of them or none.
func WithPynamoDBBinary() Option {
	return func(s *settings) { s.binary = base64Binary }
}
