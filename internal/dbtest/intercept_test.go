package dbtest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
)

func TestIntercept_HandlersChangeACopy(t *testing.T) {
	client := Intercept(new(dynamodb.Client), func(_ string, input any, _ func() (any, error)) (any, error) {
		switch input := input.(type) {
		case *dynamodb.QueryInput:
			input.Limit = aws.Int32(1)
		case *dynamodb.BatchWriteItemInput:
			delete(input.RequestItems, "table")
		}
		return nil, nil
	})
	query := dynamodb.QueryInput{}
	output, err := client.Query(t.Context(), &query)
	assert.NoError(t, err)
	assert.Nil(t, output)
	assert.Nil(t, query.Limit)
	batch := dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"table": {}}}
	_, err = client.BatchWriteItem(t.Context(), &batch)
	assert.NoError(t, err)
	assert.Contains(t, batch.RequestItems, "table")
}
