package infrastructure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb/internal/dbtest"
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

// handle implements [dbtest.Handler].
func (r *recorder) handle(operation string, input any, next func() (any, error)) (any, error) {
	if operation == "TransactWriteItems" && r.withoutTransactions {
		return dbtest.WithoutTransactions(operation, input, next)
	}
	r.mu.Lock()
	err := r.needed.add(input)
	r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return next()
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
