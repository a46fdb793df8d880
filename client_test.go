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
			page, err := db.ListSpecVersions(t.Context(), "sub", "spec", packagedb.After(fmt.Sprint(start+49)), packagedb.Limit(60))
			require.NoError(t, err)
			assert.Len(t, page, 60)
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
	for _, path := range writePaths {
		server := testutil.New(t)
		for _, call := range []struct {
			op  string
			run func(db packagedb.Database) error
		}{
			{"CreateUpdateSpec", func(db packagedb.Database) error {
				_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "1"})
				return err
			}},
			{"DeleteSpec", func(db packagedb.Database) error { return db.DeleteSpec(t.Context(), "sub", "spec") }},
			{"DeleteAllSpecs", func(db packagedb.Database) error { return db.DeleteAllSpecs(t.Context(), "sub") }},
			{"CreateCredentials", func(db packagedb.Database) error {
				return db.CreateCredentials(t.Context(), "sub", testutil.Credentials(1))
			}},
			{"DeleteCredentials", func(db packagedb.Database) error { return db.DeleteCredentials(t.Context(), "sub", "id") }},
			{"DeleteAllCredentials", func(db packagedb.Database) error { return db.DeleteAllCredentials(t.Context(), "sub") }},
		} {
			store(t, server, specsTable, rawHistory("sub", "spec", 2))
			require.NoError(t, server.CreateUpdateCredentials(t.Context(), "sub", testutil.Credentials(2)))
			db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
				if op == "Query" || op == "GetItem" {
					return next()
				}
				return path.handle(op, input, func() (any, error) { return nil, nil })
			})
			assert.ErrorContains(t, call.run(db), "neither an output nor an error", call.op+" "+path.name)
		}
	}
}

func TestClient_MayChangeTheStartOfAnIterator(t *testing.T) {
	server := testutil.New(t)
	store(t, server, specsTable, rawHistory("sub", "spec", 3))
	db := intercept(server, func(_ string, input any, next func() (any, error)) (any, error) {
		output, err := next()
		if query, ok := input.(*dynamodb.QueryInput); ok {
			clear(query.ExclusiveStartKey)
		}
		return output, err
	})
	iterate := db.SpecVersions(t.Context(), "sub", "spec", packagedb.After(fmt.Sprint(start)))
	for range 2 {
		results := 0
		for _, err := range iterate {
			require.NoError(t, err)
			results++
		}
		assert.Equal(t, 2, results)
	}
}
