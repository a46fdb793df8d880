package engine_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// fuzzTables are tables with every kind of key and index, and an item in each.
var fuzzTables = []struct{ operation, body string }{
	{"CreateTable", createSpecs},
	{"CreateTable", `{"TableName":"numbers","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},
		"AttributeDefinitions":[{"AttributeName":"n","AttributeType":"N"},{"AttributeName":"b","AttributeType":"B"},{"AttributeName":"g","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"n","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],
		"LocalSecondaryIndexes":[{"IndexName":"local","KeySchema":[{"AttributeName":"n","KeyType":"HASH"},{"AttributeName":"g","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],
		"GlobalSecondaryIndexes":[{"IndexName":"global","KeySchema":[{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}],
			"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]},"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}]}`},
	{"CreateTable", createMatches},
	{"PutItem", `{"TableName":"matches","Item":{"p":{"S":"1"},"cup":{"S":"w"},"season":{"N":"24"},"stage":{"N":"2"},"court":{"S":"a"},"seed":{"B":"AQ=="}}}`},
	{"PutItem", `{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"1"},"id":{"S":"i"}}}`},
	{"PutItem", `{"TableName":"numbers","Item":{"n":{"N":"1"},"b":{"B":"AA=="},"g":{"S":"g"},"x":{"L":[{"M":{"y":{"NULL":true}}}]}}}`},
}

// FuzzServeHTTP sends arbitrary requests, which the engine must response or reject.
func FuzzServeHTTP(f *testing.F) {
	for _, request := range fuzzTables {
		f.Add("DynamoDB_20120810."+request.operation, request.body)
	}
	for _, seed := range fuzzSeeds {
		operation, body, _ := strings.Cut(seed, " ")
		f.Add("DynamoDB_20120810."+operation, body)
	}
	f.Fuzz(sendArbitrary)
}

// FuzzOperations sends arbitrary bodies to each operation.
func FuzzOperations(f *testing.F) {
	operations := engine.Operations()
	for i := range operations {
		f.Add(uint8(i), `{}`)
	}
	for _, seed := range fuzzSeeds {
		operation, body, _ := strings.Cut(seed, " ")
		f.Add(uint8(slices.Index(operations, operation)), body)
	}
	f.Fuzz(func(t *testing.T, i uint8, body string) {
		sendArbitrary(t, "DynamoDB_20120810."+operations[int(i)%len(operations)], body)
	})
}

// sendArbitrary sends a request to an engine with tables. An internal error fails the test.
func sendArbitrary(t *testing.T, target, body string) {
	e := engine.New()
	for _, request := range fuzzTables {
		call(t, e, request.operation, request.body)
	}
	recorder := httptest.NewRecorder()
	e.ServeHTTP(recorder, signed(http.MethodPost, target, body))
	require.Contains(t, []int{http.StatusOK, http.StatusBadRequest}, recorder.Code, recorder.Body.String())
	if response := recorder.Body.String(); response != "" || !strings.HasSuffix(target, "agResource") {
		object(t, response)
	}
	// Whatever was written, a table that is left can still be read as a whole.
	if status, _ := send(t, e, "DescribeTable", `{"TableName":"matches"}`); status == http.StatusOK {
		send(t, e, "Scan", `{"TableName":"matches","IndexName":"all"}`)
	}
	if status, _ := send(t, e, "DescribeTable", `{"TableName":"numbers"}`); status == http.StatusOK {
		call(t, e, "Scan", `{"TableName":"numbers","ReturnConsumedCapacity":"INDEXES"}`)
		call(t, e, "PutItem", `{"TableName":"numbers","Item":{"n":{"N":"5"},"b":{"B":"AA=="}}}`)
	}
}

// fuzzSeeds has an operation and a body for each seed.
var fuzzSeeds = []string{
	`DescribeTable "\`, // a string that ends in its escape
	`PutItem {"TableName":"numbers","Item":{"n":{"S":"\`,
	`DescribeTable {"TableName":"numbers"}`,
	`DeleteTable {"TableName":"specs"}`,
	`ListTables {"Limit":1,"ExclusiveStartTableName":"abc"}`,
	`GetItem {"TableName":"numbers","Key":{"n":{"N":"1"},"b":{"B":"AA=="}},"ProjectionExpression":"x[0].y, #g","ExpressionAttributeNames":{"#g":"g"},"ReturnConsumedCapacity":"INDEXES"}`,
	`GetItem {"TableName":"numbers","Key":{"n":{"N":"1"},"b":{"B":"AA=="}},"AttributesToGet":["x","n"],"ConsistentRead":"yes"}`,
	`PutItem {"TableName":"numbers","Item":{"n":{"N":"1e2"},"b":{"B":"AQ=="},"g":{"S":"h"},"s":{"SS":["a","b"]}},"ConditionExpression":"attribute_not_exists(n) AND size(x) > :s","ExpressionAttributeValues":{":s":{"N":"0"}},"ReturnValues":"ALL_OLD","ReturnConsumedCapacity":"TOTAL","ReturnItemCollectionMetrics":"SIZE","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`,
	`PutItem {"TableName":"numbers","Item":{"n":{"N":"1"},"b":{"B":"AA=="},"g":{"N":"1"}},"Expected":{}}`,
	`DeleteItem {"TableName":"numbers","Key":{"n":{"N":"1.0"},"b":{"B":"AA=="}},"ConditionExpression":"x[0].y = :n","ExpressionAttributeValues":{":n":{"NULL":true}},"ReturnValues":"ALL_OLD"}`,
	`Query {"TableName":"numbers","IndexName":"global","KeyConditionExpression":"g = :g AND n BETWEEN :a AND :b","FilterExpression":"contains(x, :g)","ExpressionAttributeValues":{":g":{"S":"g"},":a":{"N":"-1"},":b":{"N":"1E+3"}},"ScanIndexForward":false,"Limit":1,"Select":"ALL_PROJECTED_ATTRIBUTES","ReturnConsumedCapacity":"INDEXES"}`,
	`Query {"TableName":"numbers","IndexName":"local","KeyConditionExpression":"n = :n AND begins_with(g, :g)","ProjectionExpression":"x","ExpressionAttributeValues":{":g":{"S":"g"},":n":{"N":"1"}},"ExclusiveStartKey":{"n":{"N":"1"},"b":{"B":"AA=="},"g":{"S":"g"}},"ConsistentRead":true}`,
	`Query {"TableName":"numbers","KeyConditionExpression":"n = :n AND b >= :b","ExpressionAttributeValues":{":b":{"B":"AA=="},":n":{"N":"1"}},"Select":"COUNT"}`,
	`Scan {"TableName":"numbers","Segment":1,"TotalSegments":3,"Limit":2,"FilterExpression":"n < :n OR NOT b IN (:b)","ExpressionAttributeValues":{":b":{"B":"AA=="},":n":{"N":"1"}},"ExclusiveStartKey":{"n":{"N":"1"},"b":{"B":"AA=="}}}`,
	`Scan {"TableName":"numbers","IndexName":"global","AttributesToGet":["x"],"Select":"SPECIFIC_ATTRIBUTES"}`,
	`BatchGetItem {"RequestItems":{"numbers":{"Keys":[{"n":{"N":"1"},"b":{"B":"AA=="}}],"ProjectionExpression":"n"},"specs":{"Keys":[{"holder":{"S":"u"},"mark":{"S":"1"}}],"ConsistentRead":true}},"ReturnConsumedCapacity":"INDEXES"}`,
	`BatchWriteItem {"RequestItems":{"numbers":[{"PutRequest":{"Item":{"n":{"N":"2"},"b":{"B":"AA=="}}}},{"DeleteRequest":{"Key":{"n":{"N":"1"},"b":{"B":"AA=="}}}}]},"ReturnConsumedCapacity":"INDEXES","ReturnItemCollectionMetrics":"SIZE"}`,
	`TransactWriteItems {"ClientRequestToken":"t","TransactItems":[{"Put":{"TableName":"numbers","Item":{"n":{"N":"3"},"b":{"B":"AA=="}}}},{"Delete":{"TableName":"numbers","Key":{"n":{"N":"1"},"b":{"B":"AA=="}},"ConditionExpression":"attribute_exists(g)"}},{"ConditionCheck":{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}},"ConditionExpression":"id = :i","ExpressionAttributeValues":{":i":{"S":"j"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}],"ReturnConsumedCapacity":"INDEXES","ReturnItemCollectionMetrics":"SIZE"}`,
	`TransactGetItems {"TransactItems":[{"Get":{"TableName":"numbers","Key":{"n":{"N":"1"},"b":{"B":"AA=="}},"ProjectionExpression":"x"}},{"Get":{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"2"}}}}],"ReturnConsumedCapacity":"TOTAL"}`,
	`UpdateItem {"TableName":"specs"}`,
	`UpdateItem {"TableName":"numbers","Key":{"n":{"N":"1"},"b":{"B":"AA=="}},"AttributeUpdates":{"x":{"Action":"ADD","Value":{"L":[{"S":"a"}]}},"g":{"Action":"DELETE"},"q":{"Value":{"N":"1"}}},"Expected":{"g":{"Value":{"S":"g"}},"x":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"S":"a"}]}},"ConditionalOperator":"OR","ReturnValues":"ALL_NEW"}`,
	`Query {"TableName":"numbers","KeyConditions":{"n":{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"1"}]},"b":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"B":"AA=="},{"B":"AQ=="}]}},"QueryFilter":{"x":{"ComparisonOperator":"NOT_NULL"},"g":{"ComparisonOperator":"IN","AttributeValueList":[{"S":"g"}]}},"ConditionalOperator":"AND","AttributesToGet":["x"]}`,
	`Scan {"TableName":"numbers","ScanFilter":{"g":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"g"}]},"n":{"ComparisonOperator":"NE","AttributeValueList":[{"N":"1"}]}}}`,
	`UpdateItem {"TableName":"numbers","Key":{"n":{"N":"1"},"b":{"B":"AA=="}},"UpdateExpression":"SET x[0].y = if_not_exists(x[1], :v), x[3] = list_append(x, x), z = :n - :n REMOVE g ADD s :s DELETE t :s","ConditionExpression":"attribute_exists(n)","ExpressionAttributeValues":{":v":{"NULL":true},":n":{"N":"1e-9"},":s":{"SS":["a"]}},"ReturnValues":"UPDATED_NEW","ReturnConsumedCapacity":"INDEXES"}`,
	`TransactWriteItems {"TransactItems":[{"Update":{"TableName":"numbers","Key":{"n":{"N":"1"},"b":{"B":"AA=="}},"UpdateExpression":"SET g = :g, q = n + n","ExpressionAttributeValues":{":g":{"S":"h"}}}}]}`,
	`Query {"TableName":"matches","IndexName":"all","KeyConditionExpression":"cup = :c AND season = :s AND stage = :t AND begins_with(court, :c)","ExpressionAttributeValues":{":c":{"S":"w"},":s":{"N":"24"},":t":{"N":"2"}},"Limit":1,"ExclusiveStartKey":{"p":{"S":"1"},"cup":{"S":"w"},"season":{"N":"24"},"stage":{"N":"2"},"court":{"S":"a"},"seed":{"B":"AQ=="}}}`,
	`Query {"TableName":"matches","IndexName":"keys","KeyConditions":{"cup":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"w"}]},"stage":{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"2"}]},"p":{"ComparisonOperator":"GT","AttributeValueList":[{"S":"0"}]}}}`,
	`UpdateItem {"TableName":"matches","Key":{"p":{"S":"1"}},"UpdateExpression":"SET stage = stage + stage REMOVE seed"}`,
	`Scan {"TableName":"matches","IndexName":"all","Segment":1,"TotalSegments":2,"ExclusiveStartKey":{"p":{"S":"1"},"cup":{"S":"w"},"season":{"N":"24"},"stage":{"N":"2"},"court":{"S":"a"},"seed":{"B":"AQ=="}}}`,
	`GetItem [1, 2]`,
	`GetItem {"TableName":{"a":[null]},"Key":"text"}`,
	`PutItem {"TableName":"specs","Item":{"holder":null,"mark":{"S":"\ud800"}}}`,
	`CreateTable {"TableName":"abc","KeySchema":[null],"AttributeDefinitions":[{}]}`,
	`UpdateTable {"TableName":"numbers","BillingMode":"PAY_PER_REQUEST","OnDemandThroughput":{"MaxReadRequestUnits":-1}}`,
	`UpdateTable {"TableName":"numbers","ProvisionedThroughput":{"ReadCapacityUnits":2,"WriteCapacityUnits":1}}`,
	`UpdateTable {"TableName":"numbers","AttributeDefinitions":[{"AttributeName":"x","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byX","KeySchema":[{"AttributeName":"x","KeyType":"HASH"},{"AttributeName":"g","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["y"]},"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}}]}`,
	`UpdateTable {"TableName":"numbers","AttributeDefinitions":[{"AttributeName":"x","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"b","AttributeType":"B"},{"AttributeName":"n","AttributeType":"N"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"wide","KeySchema":[{"AttributeName":"x","KeyType":"HASH"},{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"},{"AttributeName":"n","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"},"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}}]}`,
	`UpdateTable {"TableName":"numbers","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"global"}},{"Update":{"IndexName":"other","WarmThroughput":{"ReadUnitsPerSecond":1}}}]}`,
	`UpdateTable {"TableName":"numbers","SSESpecification":{"Enabled":true},"TableClass":"STANDARD","DeletionProtectionEnabled":"no","StreamSpecification":{"StreamEnabled":false}}`,
	`UpdateTable {"TableName":"numbers","GlobalSecondaryIndexUpdates":[{}],"ReplicaUpdates":null}`,
	"CreateTable " + strings.Replace(createSpecs, `"specs"`, `"more","Tags":[{"Key":"a","Value":"b"}],"SSESpecification":{"Enabled":true,"SSEType":"KMS"},"WarmThroughput":{"ReadUnitsPerSecond":1},"StreamSpecification":{"StreamEnabled":false}`, 1),
	"CreateTable " + strings.Replace(createMatches, `"matches"`, `"more"`, 1),
	"CreateTable " + strings.Replace(createIndexed, `"specs"`, `"arn:aws:dynamodb:us-east-1:123456789012:table/more","OnDemandThroughput":{}`, 1),
	`UpdateTimeToLive {"TableName":"numbers","TimeToLiveSpecification":{"AttributeName":"n","Enabled":true}}`,
	`UpdateTimeToLive {"TableName":"numbers","TimeToLiveSpecification":{"AttributeName":"x","Enabled":false}}`,
	`DescribeTimeToLive {"TableName":"numbers"}`,
	`DescribeContinuousBackups {"TableName":"numbers"}`,
	`UpdateContinuousBackups {"TableName":"numbers","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":7}}`,
	`ListBackups {"TableName":"numbers","TimeRangeLowerBound":2,"TimeRangeUpperBound":1.5}`,
	`ListExports {"MaxResults":0}`,
	`ListImports {"PageSize":26}`,
	`ListGlobalTables {"Limit":1}`,
	`DescribeContributorInsights {"TableName":"numbers","IndexName":"global"}`,
	`ListContributorInsights {"TableName":"numbers","MaxResults":1}`,
	`DescribeKinesisStreamingDestination {"TableName":"numbers"}`,
	`DescribeTableReplicaAutoScaling {"TableName":"numbers"}`,
	"GetResourcePolicy " + ofSpecs(``),
	`GetResourcePolicy {"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/specs/stream/1"}`,
	`UpdateTable {"TableName":"numbers","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}}`,
	`UpdateTable {"TableName":"numbers","WarmThroughput":{"ReadUnitsPerSecond":9},"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"global","WarmThroughput":{"WriteUnitsPerSecond":9}}}]}`,
	"TagResource " + ofSpecs(`,"Tags":[{"Key":"a","Value":"b"}]`),
	"TagResource " + `{"ResourceArn":"arn:aws:","Tags":[{}]}`,
	"UntagResource " + ofSpecs(`,"TagKeys":["a"]`),
	"UntagResource " + `{"ResourceArn":"","TagKeys":[null]}`,
	"ListTagsOfResource " + ofSpecs(``),
	"ListTagsOfResource " + `{"ResourceArn":"arn:aws:dynamodb:us-east-1:1:table/a","NextToken":"t"}`,
	`DescribeLimits {}`,
	`DescribeEndpoints {"a":[]}`,
}
