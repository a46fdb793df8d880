package engine_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestTransactWriteItems_SeenWholeOrNotAtAll updates a pair of items and reads both in every
// possible way.
func TestTransactWriteItems_SeenWholeOrNotAtAll(t *testing.T) {
	e := newTables(t)
	write := func(n int) string {
		return fmt.Sprintf(`{"TransactItems":[{"Put":{"TableName":"things","Item":{"a":{"S":"1"},"n":{"N":"%d"}}}},{"Put":{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"1"},"id":{"S":"i"},"n":{"N":"%d"}}}},
			{"Put":{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"2"},"id":{"S":"j"},"n":{"N":"%d"}}}}]}`, n, n, n)
	}
	call(t, e, "TransactWriteItems", write(0))
	// ask is call for goroutines, which may not end the test.
	ask := func(operation, body string) (response map[string]any) {
		status, text := send(t, e, operation, body)
		assert.Equal(t, http.StatusOK, status, text)
		assert.NoError(t, json.Unmarshal([]byte(text), &response))
		return response
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	read := func(look func() []any) {
		readers.Go(func() {
			for {
				seen := look()
				for _, item := range seen {
					if !assert.Equal(t, seen[0].(map[string]any)["n"], item.(map[string]any)["n"], "half a transaction") {
						return
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	read(func() []any {
		response := ask("TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"things","Key":{"a":{"S":"1"}}}},{"Get":{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"2"}}}}]}`)
		var items []any
		responses, _ := response["Responses"].([]any)
		for _, response := range responses {
			items = append(items, response.(map[string]any)["Item"])
		}
		return items
	})
	for _, index := range []string{``, `,"IndexName":"byID"`} {
		read(func() []any {
			items, _ := ask("Query", `{"TableName":"specs","KeyConditionExpression":"holder = :h","ExpressionAttributeValues":{":h":{"S":"u"}}`+index+`}`)["Items"].([]any)
			return items
		})
		read(func() []any {
			items, _ := ask("Scan", `{"TableName":"specs"`+index+`}`)["Items"].([]any)
			return items
		})
	}
	for n := range 100 {
		call(t, e, "TransactWriteItems", write(n))
	}
	close(done)
	readers.Wait()
}

func TestPutItem_OneOfManyConditionalPutsSucceeds(t *testing.T) {
	e := newTables(t)
	var won sync.Map
	var group sync.WaitGroup
	for n := range 50 {
		group.Go(func() {
			if status, _ := send(t, e, "PutItem", fmt.Sprintf(`{"TableName":"things","Item":{"a":{"S":"1"},"n":{"N":"%d"}},"ConditionExpression":"attribute_not_exists(a)"}`, n)); status == 200 {
				won.Store(fmt.Sprint(n), true)
			}
		})
	}
	group.Wait()
	stored := call(t, e, "GetItem", `{"TableName":"things","Key":{"a":{"S":"1"}}}`)["Item"].(map[string]any)["n"].(map[string]any)["N"]
	winners := 0
	won.Range(func(n, _ any) bool {
		winners++
		assert.Equal(t, stored, n)
		return true
	})
	assert.Equal(t, 1, winners)
}

// TestDeleteTable_UnderRequests requires an response only: the item, or that the table does not
// exist.
func TestDeleteTable_UnderRequests(t *testing.T) {
	e := newTables(t)
	var group sync.WaitGroup
	for _, request := range []struct{ operation, body string }{
		{"PutItem", `{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"1"},"id":{"S":"i"}}}`},
		{"GetItem", `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}}}`},
		{"Query", `{"TableName":"specs","IndexName":"byID","KeyConditionExpression":"holder = :h","ExpressionAttributeValues":{":h":{"S":"u"}}}`},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"2"}}}},{"Put":{"TableName":"things","Item":{"a":{"S":"1"}}}}]}`},
		{"BatchWriteItem", `{"RequestItems":{"specs":[{"DeleteRequest":{"Key":{"holder":{"S":"u"},"mark":{"S":"1"}}}}]}}`},
		{"DescribeTable", `{"TableName":"specs"}`},
		{"UpdateTable", `{"TableName":"specs","DeletionProtectionEnabled":false,"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"more","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}]}`},
		{"UpdateTable", `{"TableName":"specs","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"more"}}]}`},
		{"UpdateTimeToLive", specifyTTL("ttl", true)},
		{"UpdateTimeToLive", specifyTTL("ttl", false)},
		{"PutItem", `{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"3"},"id":{"S":"i"},"ttl":{"N":"` + fmt.Sprint(time.Now().Unix()-1) + `"}}}`},
		{"DeleteTable", `{"TableName":"specs"}`},
		{"CreateTable", createSpecs},
		{"ListTables", `{}`},
	} {
		group.Go(func() {
			for range 200 {
				status, response := send(t, e, request.operation, request.body)
				if status != http.StatusOK {
					assert.Regexp(t, `#Resource(NotFound|InUse)Exception|already (exists|enabled|disabled)`, response)
				}
			}
		})
	}
	group.Wait()
}
