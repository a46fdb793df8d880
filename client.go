package packagedb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Client is the part of [*dynamodb.Client] that a [Database] calls. Clients for DAX, with tracing
// or for tests implement it as well. A client may change its inputs.
//
// A server may lack TransactWriteItems: after an UnknownOperationException, a Database writes the
// two items of a version one after the other.
type Client interface {
	GetItem(
		ctx context.Context, input *dynamodb.GetItemInput, options ...func(*dynamodb.Options),
	) (*dynamodb.GetItemOutput, error)
	PutItem(
		ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options),
	) (*dynamodb.PutItemOutput, error)
	DeleteItem(
		ctx context.Context, input *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options),
	) (*dynamodb.DeleteItemOutput, error)
	Query(
		ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options),
	) (*dynamodb.QueryOutput, error)
	BatchWriteItem(
		ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options),
	) (*dynamodb.BatchWriteItemOutput, error)
	TransactWriteItems(
		ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options),
	) (*dynamodb.TransactWriteItemsOutput, error)
}

// TableClient is the part of [*dynamodb.Client] that [CreateTables] calls.
type TableClient interface {
	CreateTable(
		ctx context.Context, input *dynamodb.CreateTableInput, options ...func(*dynamodb.Options),
	) (*dynamodb.CreateTableOutput, error)
	DescribeTable(
		ctx context.Context, input *dynamodb.DescribeTableInput, options ...func(*dynamodb.Options),
	) (*dynamodb.DescribeTableOutput, error)
}

// DescribeClient is the part of [*dynamodb.Client] that [CheckTables] calls.
type DescribeClient interface {
	DescribeTable(
		ctx context.Context, input *dynamodb.DescribeTableInput, options ...func(*dynamodb.Options),
	) (*dynamodb.DescribeTableOutput, error)
}
