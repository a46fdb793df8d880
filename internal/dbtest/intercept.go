// Package dbtest has what the tests of several packages share: [Intercept] sees and changes what a
// Database sends, and [Calls] has a call of each of its methods.
package dbtest

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"github.com/open-alchemy/packagedb"
)

// Client is the part of [*dynamodb.Client] that can be intercepted.
type Client interface {
	packagedb.Client
	packagedb.DescribeClient
}

// Handler handles a request in place of a client. It may change the input, call next to send it, and
// change the output or return another one. The input is a copy, and so is the RequestItems of a
// BatchWriteItem; what else it refers to belongs to the caller.
type Handler func(operation string, input any, next func() (any, error)) (any, error)

// Intercept returns a client that passes every request to the handler.
func Intercept(client Client, handle Handler) Client { return interceptor{client, handle} }

type interceptor struct {
	client Client
	handle Handler
}

func handle[I, O any](
	ctx context.Context, h Handler, operation string, input *I, options []func(*dynamodb.Options),
	send func(context.Context, *I, ...func(*dynamodb.Options)) (*O, error),
) (*O, error) {
	copied := *input
	if batch, ok := any(&copied).(*dynamodb.BatchWriteItemInput); ok {
		batch.RequestItems = maps.Clone(batch.RequestItems)
	}
	output, err := h(operation, &copied, func() (any, error) { return send(ctx, &copied, options...) })
	typed, _ := output.(*O) // nil if the handler returns nil
	return typed, err
}

func (c interceptor) GetItem(ctx context.Context, input *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return handle(ctx, c.handle, "GetItem", input, options, c.client.GetItem)
}

func (c interceptor) PutItem(ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return handle(ctx, c.handle, "PutItem", input, options, c.client.PutItem)
}

func (c interceptor) DeleteItem(ctx context.Context, input *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return handle(ctx, c.handle, "DeleteItem", input, options, c.client.DeleteItem)
}

func (c interceptor) Query(ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return handle(ctx, c.handle, "Query", input, options, c.client.Query)
}

func (c interceptor) BatchWriteItem(ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	return handle(ctx, c.handle, "BatchWriteItem", input, options, c.client.BatchWriteItem)
}

func (c interceptor) TransactWriteItems(ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return handle(ctx, c.handle, "TransactWriteItems", input, options, c.client.TransactWriteItems)
}

func (c interceptor) DescribeTable(ctx context.Context, input *dynamodb.DescribeTableInput, options ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	return handle(ctx, c.handle, "DescribeTable", input, options, c.client.DescribeTable)
}

// WithoutTransactions handles TransactWriteItems like a server that does not support it.
func WithoutTransactions(operation string, _ any, next func() (any, error)) (any, error) {
	if operation == "TransactWriteItems" {
		return nil, &smithy.GenericAPIError{Code: "UnknownOperationException"}
	}
	return next()
}
