package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// newTables returns an engine with the tables "specs" and "things".
func newTables(tb testing.TB) *engine.Engine {
	tb.Helper()
	e := newEngine(tb)
	call(tb, e, "CreateTable", definition(map[string]string{"AttributeDefinitions": attributes("a"), "KeySchema": schema("a")}))
	return e
}

// list repeats an element with its number in place of %d.
func list(n int, element string) string {
	var elements []string
	for i := range n {
		elements = append(elements, strings.ReplaceAll(element, "%d", fmt.Sprint(i)))
	}
	return "[" + strings.Join(elements, ",") + "]"
}

func TestBatchWriteItem_AndBatchGetItem(t *testing.T) {
	e := newTables(t)
	perform(t, e, []exchange{
		{"puts and deletes over several tables", "BatchWriteItem", `{"RequestItems":{
			"things":[{"PutRequest":{"Item":{"a":{"S":"1"},"x":{"S":"y"}}}},{"PutRequest":{"Item":{"a":{"S":"2"}}}},{"DeleteRequest":{"Key":{"a":{"S":"3"}}}}],
			"specs":[{"PutRequest":{"Item":{"holder":{"S":"u"},"mark":{"S":"1"}}}}]}}`, `{"UnprocessedItems":{}}`},
		{"are all done", "BatchGetItem", `{"RequestItems":{
			"things":{"Keys":[{"a":{"S":"2"}},{"a":{"S":"9"}},{"a":{"S":"1"}}],"ConsistentRead":true},
			"specs":{"Keys":[{"holder":{"S":"u"},"mark":{"S":"1"}}],"ProjectionExpression":"mark"}}}`,
			`{"Responses":{"things":[{"a":{"S":"2"}},{"a":{"S":"1"},"x":{"S":"y"}}],"specs":[{"mark":{"S":"1"}}]},"UnprocessedKeys":{}}`},
		{"a delete removes", "BatchWriteItem", `{"RequestItems":{"things":[{"DeleteRequest":{"Key":{"a":{"S":"1"}}}}]}}`, `{"UnprocessedItems":{}}`},
		{"what is then not found", "BatchGetItem", `{"RequestItems":{"things":{"Keys":[{"a":{"S":"1"}}]}}}`, `{"Responses":{"things":[]},"UnprocessedKeys":{}}`},
		{"25 writes", "BatchWriteItem", `{"RequestItems":{"things":` + list(25, `{"PutRequest":{"Item":{"a":{"S":"%d"}}}}`) + `}}`, `{"UnprocessedItems":{}}`},
		{"item collections", "BatchWriteItem", `{"RequestItems":{"things":[{"DeleteRequest":{"Key":{"a":{"S":"1"}}}}],"specs":[{"DeleteRequest":{"Key":{"holder":{"S":"u"},"mark":{"S":"1"}}}},{"DeleteRequest":{"Key":{"holder":{"S":"v"},"mark":{"S":"1"}}}}]},"ReturnItemCollectionMetrics":"SIZE"}`,
			`{"UnprocessedItems":{},"ItemCollectionMetrics":{"specs":[{"ItemCollectionKey":{"holder":{"S":"u"}},"SizeEstimateRangeGB":[0,1]},{"ItemCollectionKey":{"holder":{"S":"v"}},"SizeEstimateRangeGB":[0,1]}]}}`},
	})
}

func TestBatchWriteItem_Errors(t *testing.T) {
	write := func(requests string) string { return `{"RequestItems":{"things":` + requests + `}}` }
	read := func(gets string) string { return `{"RequestItems":{"things":` + gets + `}}` }
	const violation = "ValidationException: 1 validation error detected: Value "
	const duplicates = "ValidationException: Provided list of item keys contains duplicates"
	const datatypes = "ValidationException: Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
	const put = `{"PutRequest":{"Item":{"a":{"S":"%d"}}}}`
	const names = "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
	violations := func(n int) string { return fmt.Sprintf("ValidationException: %d validation errors detected: ", n) }
	long := strings.Repeat("n", 256)
	perform(t, newTables(t), []exchange{
		{"no writes", "BatchWriteItem", `{}`, violation + "null at 'requestItems' failed to satisfy constraint: Member must not be null"},
		{"26 writes to a table", "BatchWriteItem", write(list(26, put)), violation + "'{things=[" + strings.TrimSuffix(strings.Repeat("WriteRequest(putRequest=PutRequest(item={a=...})), ", 26), ", ") + "]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"},
		{"26 writes to two tables", "BatchWriteItem", `{"RequestItems":{"things":` + list(25, put) + `,"specs":[{"DeleteRequest":{"Key":{"holder":{"S":"u"},"mark":{"S":"1"}}}}]}}`, "ValidationException: Too many items requested for the BatchWriteItem call"},
		{"a write that is none", "BatchWriteItem", write(`[{}]`), datatypes},
		{"a put of nothing", "BatchWriteItem", write(`[{"PutRequest":{}}]`), violation + "null at 'requestItems.things.member.1.member.putRequest.item' failed to satisfy constraint: Member must not be null"},
		{"two puts of an item", "BatchWriteItem", write(`[{"PutRequest":{"Item":{"a":{"S":"1"}}}},{"PutRequest":{"Item":{"a":{"S":"1"}}}}]`), duplicates},
		{"a short name of a table", "BatchWriteItem", `{"RequestItems":{"ab":[{"DeleteRequest":{"Key":{"a":{"S":"1"}}}}]}}`, violation + "'{ab=[WriteRequest(deleteRequest=DeleteRequest(key={a=...}))]}' at 'requestItems' failed to satisfy constraint: " + names},
		{"a long name of a table", "BatchWriteItem", `{"RequestItems":{"` + long + `":[{"PutRequest":{"Item":{"a":{"S":"1"}}}}]}}`, violation + "'{" + long + "=[WriteRequest(putRequest=PutRequest(item={a=...}))]}' at 'requestItems' failed to satisfy constraint: " + names},
		{"all violations of a write", "BatchWriteItem", `{"RequestItems":{"a!":[],"things":[{"PutRequest":{},"DeleteRequest":{"Key":null}}]}}`,
			violations(4) + "Value '{a!=[], things=[WriteRequest(deleteRequest=DeleteRequest(key={}))]}' at 'requestItems' failed to satisfy constraint: " + names + "; " +
				"Value '{a!=[], things=[WriteRequest(deleteRequest=DeleteRequest(key={}))]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]; " +
				"Value null at 'requestItems.things.member.1.member.deleteRequest.key' failed to satisfy constraint: Member must not be null; Value null at 'requestItems.things.member.1.member.putRequest.item' failed to satisfy constraint: Member must not be null"},
		{"an unknown enumeration hides the names", "BatchWriteItem", `{"RequestItems":{"a!":[{"PutRequest":{"Item":{"a":{"S":"1"}}}}]},"ReturnItemCollectionMetrics":"x"}`, violation + "'x' at 'returnItemCollectionMetrics' failed to satisfy constraint: Member must satisfy enum value set: [SIZE, NONE]"},
		{"an unknown enumeration beside an empty list", "BatchWriteItem", `{"RequestItems":{"things":[]},"ReturnConsumedCapacity":"x"}`,
			violations(2) + "Value 'x' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value '{things=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"},
		{"the name of a table and an unknown enumeration", "BatchGetItem", `{"RequestItems":{"a!": {"Keys":[{"a":{"S":"1"}}]}},"ReturnConsumedCapacity":"x"}`,
			violations(2) + `Value '{"a!":{"Keys":[{"a":{"S":"1"}}]}}' at 'requestItems' failed to satisfy constraint: ` + names + "; Value 'x' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"},
		{"all violations of a get", "BatchGetItem", `{"RequestItems":{"ab":{},"specs":{"Keys":[],"AttributesToGet":[]},"things":{"Keys":` + list(101, `{"a":{"S":"%d"}}`) + `}}}`,
			violations(5) + `Value '{"ab":{},"specs":{"Keys":[],"AttributesToGet":[]},"things":{"Keys":` + list(101, `{"a":{"S":"%d"}}`) + `}}' at 'requestItems' failed to satisfy constraint: ` + names + "; " +
				"Value null at 'requestItems.ab.member.keys' failed to satisfy constraint: Member must not be null; Value at 'RequestItems.specs.member.Keys' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				"Value '[]' at 'requestItems.specs.member.attributesToGet' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'RequestItems.things.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100"},
		{"a table by its ARN", "BatchGetItem", `{"RequestItems":{"arn:aws:dynamodb:us-east-1:123456789012:table/things":{"Keys":[{"a":{"S":"none"}}]}}}`, `{"Responses":{"arn:aws:dynamodb:us-east-1:123456789012:table/things":[]},"UnprocessedKeys":{}}`},
		{"no gets", "BatchGetItem", `{"RequestItems":{}}`, "ValidationException: The requestItems parameter is required for BatchGetItem"},
		{"101 keys of two tables", "BatchGetItem", `{"RequestItems":{"things":{"Keys":` + list(100, `{"a":{"S":"%d"}}`) + `},"specs":{"Keys":[{"holder":{"S":"u"},"mark":{"S":"1"}}]}}}`, "ValidationException: Too many items requested for the BatchGetItem call"},
		{"a key twice", "BatchGetItem", read(`{"Keys":[{"a":{"S":"1"}},{"a":{"S":"1"}}]}`), duplicates},
		{"an expression for one table and the legacy parameter for another", "BatchGetItem", `{"RequestItems":{"things":{"Keys":[{"a":{"S":"1"}}],"ProjectionExpression":"a"},"specs":{"Keys":[{"holder":{"S":"u"},"mark":{"S":"1"}}],"AttributesToGet":["mark"]}}}`,
			"ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"},
		{"a get from a missing table", "BatchGetItem", `{"RequestItems":{"other":{"Keys":[{"a":{"S":"1"}}]}}}`, "ResourceNotFoundException: Requested resource not found"},
	})
}

func TestBatchWriteItem_ErrorWritesNothing(t *testing.T) {
	e := newTables(t)
	refuse(t, e, "BatchWriteItem", `{"RequestItems":{"things":[{"PutRequest":{"Item":{"a":{"S":"1"}}}}],"other":[{"PutRequest":{"Item":{"a":{"S":"1"}}}}]}}`)
	equal(t, "Scan", call(t, e, "Scan", `{"TableName":"things"}`), `{"Items":[],"Count":0,"ScannedCount":0}`)
}

func TestBatchGetItem_UnprocessedKeys(t *testing.T) {
	e := newTables(t)
	const size, items = 400 << 10, 45
	for i := range items {
		call(t, e, "PutItem", fmt.Sprintf(`{"TableName":"things","Item":{"a":{"S":"%02d"},"x":{"S":%q}}}`, i, strings.Repeat("x", size-4)))
	}
	const fit = 16 << 20 / size
	response := call(t, e, "BatchGetItem", `{"RequestItems":{"things":{"ConsistentRead":true,"ProjectionExpression":"#a","ExpressionAttributeNames":{"#a":"a"},"Keys":`+keysJSON(0, items)+`}},"ReturnConsumedCapacity":"TOTAL"}`)
	assert.Len(t, response["Responses"].(map[string]any)["things"], fit)
	equal(t, "UnprocessedKeys", response["UnprocessedKeys"], `{"things":{"Keys":`+keysJSON(fit, items)+`,"ConsistentRead":true,"ProjectionExpression":"#a","ExpressionAttributeNames":{"#a":"a"}}}`)
	equal(t, "ConsumedCapacity", response["ConsumedCapacity"], fmt.Sprintf(`[{"TableName":"things","CapacityUnits":%d}]`, fit*size/4096))
	rest := call(t, e, "BatchGetItem", `{"RequestItems":`+text(t, response["UnprocessedKeys"])+`}`)
	assert.Len(t, rest["Responses"].(map[string]any)["things"], items-fit)
}

func keysJSON(from, to int) string {
	var keys []string
	for i := from; i < to; i++ {
		keys = append(keys, fmt.Sprintf(`{"a":{"S":"%02d"}}`, i))
	}
	return "[" + strings.Join(keys, ",") + "]"
}
