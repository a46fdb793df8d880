package packagedb_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestClient_MayChangeItsInputs(t *testing.T) {
	// The client gives every user a prefix, in place, and removes it from the answers.
	const prefix = "tenant/"
	prefixed := func(values map[string]types.AttributeValue, names ...string) {
		for _, name := range names {
			if value, ok := values[name].(*types.AttributeValueMemberS); ok {
				value.Value = prefix + value.Value
			}
		}
	}
	stripped := func(items ...item) {
		for _, stored := range items {
			if value, ok := stored["sub"].(*types.AttributeValueMemberS); ok {
				value.Value = strings.TrimPrefix(value.Value, prefix)
			}
		}
	}
	tenant := func(_ string, input any, next func() (any, error)) (any, error) {
		switch input := input.(type) {
		case *dynamodb.GetItemInput:
			*input.TableName += ""
			prefixed(input.Key, "sub")
			if input.ExpressionAttributeNames != nil {
				input.ExpressionAttributeNames["#added"] = "added"
				*input.ProjectionExpression += ", #added"
			}
		case *dynamodb.PutItemInput:
			prefixed(input.Item, "sub")
		case *dynamodb.DeleteItemInput:
			prefixed(input.Key, "sub")
		case *dynamodb.QueryInput:
			prefixed(input.ExpressionAttributeValues, ":sub")
			prefixed(input.ExclusiveStartKey, "sub")
		case *dynamodb.BatchWriteItemInput:
			for _, requests := range input.RequestItems {
				for _, request := range requests {
					prefixed(request.DeleteRequest.Key, "sub")
				}
			}
		case *dynamodb.TransactWriteItemsInput:
			for _, action := range input.TransactItems {
				if action.Put != nil {
					prefixed(action.Put.Item, "sub")
				} else {
					prefixed(action.Delete.Key, "sub")
				}
			}
		}
		output, err := next()
		switch output := output.(type) {
		case *dynamodb.GetItemOutput:
			stripped(output.Item)
		case *dynamodb.QueryOutput:
			stripped(output.Items...)
			stripped(output.LastEvaluatedKey)
		}
		var failed *types.TransactionCanceledException
		if errors.As(err, &failed) {
			for _, reason := range failed.CancellationReasons {
				stripped(reason.Item)
			}
		}
		return output, err
	}
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			server := testutil.New(t)
			db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
				return path.handle(op, input, func() (any, error) { return tenant(op, input, next) })
			}, frozen(start))
			for i := range 110 {
				create(t, db, "sub", "spec", fmt.Sprint(i))
			}
			create(t, db, "sub", "other", "1")
			page := db.SpecVersions(t.Context(), "sub", "spec", packagedb.After(fmt.Sprint(start+49)), packagedb.Limit(60))
			for range 2 { // an iterator may be used again
				results := 0
				for _, err := range page {
					require.NoError(t, err)
					results++
				}
				assert.Equal(t, 60, results)
			}
			latest, err := db.GetLatestSpecVersion(t.Context(), "sub", "spec")
			require.NoError(t, err)
			assert.Equal(t, "109", latest)
			for _, stored := range scan(t, server, specsTable) {
				assert.Equal(t, prefix+"sub", textOf(stored, "sub"))
			}
			require.NoError(t, db.DeleteSpec(t.Context(), "sub", "spec"))
			require.NoError(t, db.DeleteAllSpecs(t.Context(), "sub"))
			assert.Empty(t, scan(t, server, specsTable))
		})
	}
}

func TestClient_NeitherAnOutputNorAnError(t *testing.T) {
	server := testutil.New(t)
	for _, silent := range []string{
		"GetItem", "Query", "PutItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems",
	} {
		asked := 0
		for _, path := range writePaths {
			for name := range calls(t.Context(), server) {
				store(t, server, specsTable, rawHistory("sub", "spec", 2)...)
				require.NoError(t, call(t.Context(), server, "CreateUpdateCredentials"))
				met := false
				db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
					if op == silent {
						met = true
						return nil, nil
					}
					return path.handle(op, input, next)
				})
				if err := call(t.Context(), db, name); met {
					asked++
					assert.ErrorContains(t, err, "neither an output nor an error", "%s %s without an answer to %s", name, path.name, silent)
				}
			}
		}
		assert.Positive(t, asked, silent)
	}
}
