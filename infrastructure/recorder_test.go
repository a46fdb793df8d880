package infrastructure

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"github.com/open-alchemy/packagedb"
)

// permission is an action of IAM on a table, or on an index as "table/index".
type permission struct{ action, resource string }

var (
	_ packagedb.Client         = (*recorder)(nil)
	_ packagedb.DescribeClient = (*recorder)(nil)
)

type permissions map[permission]bool

func (p permissions) sorted() []permission {
	return slices.SortedFunc(maps.Keys(p), func(a, b permission) int {
		return cmp.Or(cmp.Compare(a.resource, b.resource), cmp.Compare(a.action, b.action))
	})
}

// recorder is a client that records the permissions that its requests need.
type recorder struct {
	*dynamodb.Client
	withoutTransactions bool

	mu     sync.Mutex
	needed permissions
}

func (r *recorder) need(action string, table *string, index ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.needed[permission{action, strings.Join(append([]string{aws.ToString(table)}, index...), "/")}] = true
}

func (r *recorder) GetItem(
	ctx context.Context, input *dynamodb.GetItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.GetItemOutput, error) {
	r.need("GetItem", input.TableName)
	return r.Client.GetItem(ctx, input, options...)
}

func (r *recorder) PutItem(
	ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.PutItemOutput, error) {
	r.need("PutItem", input.TableName)
	return r.Client.PutItem(ctx, input, options...)
}

func (r *recorder) DeleteItem(
	ctx context.Context, input *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.DeleteItemOutput, error) {
	r.need("DeleteItem", input.TableName)
	return r.Client.DeleteItem(ctx, input, options...)
}

// Query needs a permission on the index that it reads, and none on the table of the index.
func (r *recorder) Query(
	ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	if input.IndexName != nil {
		r.need("Query", input.TableName, *input.IndexName)
	} else {
		r.need("Query", input.TableName)
	}
	return r.Client.Query(ctx, input, options...)
}

func (r *recorder) BatchWriteItem(
	ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.BatchWriteItemOutput, error) {
	for table := range input.RequestItems {
		r.need("BatchWriteItem", &table)
	}
	return r.Client.BatchWriteItem(ctx, input, options...)
}

// TransactWriteItems needs the permissions of the actions in it: "Using IAM with DynamoDB
// transactions" in the Amazon DynamoDB Developer Guide.
func (r *recorder) TransactWriteItems(
	ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	if r.withoutTransactions {
		return nil, &smithy.GenericAPIError{Code: "UnknownOperationException"}
	}
	for _, action := range input.TransactItems {
		switch {
		case action.Put != nil:
			r.need("PutItem", action.Put.TableName)
		case action.Update != nil:
			r.need("UpdateItem", action.Update.TableName)
		case action.Delete != nil:
			r.need("DeleteItem", action.Delete.TableName)
		case action.ConditionCheck != nil:
			r.need("ConditionCheckItem", action.ConditionCheck.TableName)
		}
	}
	return r.Client.TransactWriteItems(ctx, input, options...)
}

func (r *recorder) DescribeTable(
	ctx context.Context, input *dynamodb.DescribeTableInput, options ...func(*dynamodb.Options),
) (*dynamodb.DescribeTableOutput, error) {
	r.need("DescribeTable", input.TableName)
	return r.Client.DescribeTable(ctx, input, options...)
}
