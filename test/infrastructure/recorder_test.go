package infrastructure

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// permission is an action of IAM on a table, or on an index as "table/index".
type permission struct{ action, resource string }

type permissions map[permission]bool

func (p permissions) sorted() []permission {
	return slices.SortedFunc(maps.Keys(p), func(a, b permission) int {
		return cmp.Or(cmp.Compare(a.resource, b.resource), cmp.Compare(a.action, b.action))
	})
}

// recorder records the permissions that requests need.
type recorder struct {
	withoutTransactions bool

	mu     sync.Mutex
	needed permissions
}

// recorded returns a client that records its requests.
func (r *recorder) recorded(client *dynamodb.Client) *dynamodb.Client {
	options := client.Options()
	options.APIOptions = append(slices.Clip(options.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("record", r.record), middleware.Before)
	})
	return dynamodb.New(options)
}

func (r *recorder) record(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (out middleware.InitializeOutput, _ middleware.Metadata, err error) {
	if _, ok := in.Parameters.(*dynamodb.TransactWriteItemsInput); ok && r.withoutTransactions {
		return out, middleware.Metadata{}, &smithy.GenericAPIError{Code: "UnknownOperationException"}
	}
	r.mu.Lock()
	err = r.needed.add(in.Parameters)
	r.mu.Unlock()
	if err != nil {
		return out, middleware.Metadata{}, err
	}
	return next.HandleInitialize(ctx, in)
}

// add adds the permissions that a request needs.
func (p permissions) add(input any) error {
	need := func(action string, table *string) { p[permission{action, aws.ToString(table)}] = true }
	switch input := input.(type) {
	case *dynamodb.GetItemInput:
		need("GetItem", input.TableName)
	case *dynamodb.PutItemInput:
		need("PutItem", input.TableName)
	case *dynamodb.DeleteItemInput:
		need("DeleteItem", input.TableName)
	case *dynamodb.DescribeTableInput:
		need("DescribeTable", input.TableName)
	case *dynamodb.QueryInput:
		resource := *input.TableName
		if input.IndexName != nil { // none on the table of the index
			resource += "/" + *input.IndexName
		}
		need("Query", &resource)
	case *dynamodb.BatchWriteItemInput:
		for table := range input.RequestItems {
			need("BatchWriteItem", &table)
		}
	case *dynamodb.TransactWriteItemsInput:
		// The permissions of the actions: "Using IAM with DynamoDB transactions" in the Amazon DynamoDB
		// Developer Guide.
		for _, action := range input.TransactItems {
			switch {
			case action.Put != nil:
				need("PutItem", action.Put.TableName)
			case action.Update != nil:
				need("UpdateItem", action.Update.TableName)
			case action.Delete != nil:
				need("DeleteItem", action.Delete.TableName)
			case action.ConditionCheck != nil:
				need("ConditionCheckItem", action.ConditionCheck.TableName)
			}
		}
	default:
		return fmt.Errorf("unexpected request: %T", input)
	}
	return nil
}
