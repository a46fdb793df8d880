package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// valuePlaces are all places of an attribute value in a request, each with how the service reports what
// is wrong with it: "enveloped", like a violation of the declared shape, "bare", or "older", in the older
// words, or "named", in those with the key of the value.
var valuePlaces = []struct{ how, operation, body string }{
	{"enveloped", "PutItem", `{"TableName":"things","Item":{"a":{"S":"1"},"x":%s}}`},
	{"enveloped", "PutItem", `{"TableName":"things","Item":{"a":{"S":"1"},"x":{"L":[{"M":{"y":%s}}]}}}`},
	{"enveloped", "PutItem", `{"TableName":"things","Item":{"a":{"S":"1"}},"ConditionExpression":"x = :v","ExpressionAttributeValues":{":v":%s}}`},
	{"enveloped", "PutItem", `{"TableName":"things","Item":{"a":{"S":"1"}},"Expected":{"x":{"Value":%s}}}`},
	{"enveloped", "PutItem", `{"TableName":"things","Item":{"a":{"S":"1"}},"Expected":{"x":{"ComparisonOperator":"EQ","AttributeValueList":[%s]}}}`},
	{"enveloped", "UpdateItem", `{"TableName":"things","Key":{"a":%s}}`},
	{"enveloped", "UpdateItem", `{"TableName":"things","Key":{"a":{"S":"1"}},"UpdateExpression":"SET x = :v","ExpressionAttributeValues":{":v":%s}}`},
	{"enveloped", "UpdateItem", `{"TableName":"things","Key":{"a":{"S":"1"}},"UpdateExpression":"SET x = :v","ExpressionAttributeValues":{":v":{"M":{"y":{"L":[%s]}}}}}`},
	{"enveloped", "UpdateItem", `{"TableName":"things","Key":{"a":{"S":"1"}},"UpdateExpression":"ADD x :v","ExpressionAttributeValues":{":v":%s}}`},
	{"enveloped", "UpdateItem", `{"TableName":"things","Key":{"a":{"S":"1"}},"UpdateExpression":"DELETE x :v","ExpressionAttributeValues":{":v":%s}}`},
	{"enveloped", "UpdateItem", `{"TableName":"things","Key":{"a":{"S":"1"}},"AttributeUpdates":{"x":{"Action":"PUT","Value":%s}}}`},
	{"enveloped", "UpdateItem", `{"TableName":"things","Key":{"a":{"S":"1"}},"AttributeUpdates":{"x":{"Action":"ADD","Value":%s}}}`},
	{"enveloped", "UpdateItem", `{"TableName":"things","Key":{"a":{"S":"1"}},"Expected":{"x":{"Value":%s}}}`},
	{"enveloped", "DeleteItem", `{"TableName":"things","Key":{"a":%s}}`},
	{"enveloped", "DeleteItem", `{"TableName":"things","Key":{"a":{"S":"1"}},"ConditionExpression":"x = :v","ExpressionAttributeValues":{":v":%s}}`},
	{"enveloped", "DeleteItem", `{"TableName":"things","Key":{"a":{"S":"1"}},"Expected":{"x":{"Value":%s}}}`},
	{"bare", "GetItem", `{"TableName":"things","Key":{"a":%s}}`},
	{"bare", "BatchGetItem", `{"RequestItems":{"things":{"Keys":[{"a":%s}]}}}`},
	{"bare", "Query", `{"TableName":"things","KeyConditionExpression":"a = :v","ExpressionAttributeValues":{":v":%s}}`},
	{"bare", "Query", `{"TableName":"things","KeyConditionExpression":"a = :a","FilterExpression":"x = :v","ExpressionAttributeValues":{":a":{"S":"1"},":v":%s}}`},
	{"bare", "Query", `{"TableName":"things","KeyConditionExpression":"a = :a","ExpressionAttributeValues":{":a":{"S":"1"}},"ExclusiveStartKey":{"a":%s}}`},
	{"bare", "Query", `{"TableName":"things","KeyConditions":{"a":{"ComparisonOperator":"EQ","AttributeValueList":[%s]}}}`},
	{"bare", "Query", `{"TableName":"things","KeyConditions":{"a":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"1"}]}},"QueryFilter":{"x":{"ComparisonOperator":"EQ","AttributeValueList":[%s]}}}`},
	{"bare", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"things","Key":{"a":%s}}}]}`},
	{"bare", "TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"things","Item":{"a":{"S":"1"},"x":%s}}}]}`},
	{"bare", "TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"things","Key":{"a":%s}}}]}`},
	{"bare", "TransactWriteItems", `{"TransactItems":[{"Update":{"TableName":"things","Key":{"a":{"S":"1"}},"UpdateExpression":"SET x = :v","ExpressionAttributeValues":{":v":%s}}}]}`},
	{"bare", "TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"things","Key":{"a":{"S":"1"}},"ConditionExpression":"x = :v","ExpressionAttributeValues":{":v":%s}}}]}`},
	{"older", "BatchWriteItem", `{"RequestItems":{"things":[{"PutRequest":{"Item":{"a":{"S":"1"},"x":%s}}}]}}`},
	{"older", "BatchWriteItem", `{"RequestItems":{"things":[{"DeleteRequest":{"Key":{"a":%s}}}]}}`},
	{"older", "Scan", `{"TableName":"things","ScanFilter":{"x":{"ComparisonOperator":"EQ","AttributeValueList":[%s]}}}`},
	{"older", "Scan", `{"TableName":"things","ExclusiveStartKey":{"a":%s}}`},
	{"named", "Scan", `{"TableName":"things","FilterExpression":"x = :v","ExpressionAttributeValues":{":v":%s}}`},
}

func TestEngine_InvalidValues(t *testing.T) {
	const (
		wrong      = "One or more parameter values were invalid: "
		notNumeric = "The parameter cannot be converted to a numeric value"
		overflow   = "Number overflow. Attempting to store a number with magnitude larger than supported range"
		underflow  = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
	)
	e := newTables(t)
	for _, test := range []struct{ value, message, older string }{
		{`{"SS":[]}`, wrong + "An string set  may not be empty", ""},
		{`{"NS":[]}`, wrong + "An number set  may not be empty", ""},
		{`{"BS":[]}`, wrong + "Binary sets should not be empty", ""},
		{`{"M":{"l":{"L":[{"S":"x"},{"SS":[]}]}}}`, wrong + "An string set  may not be empty", ""},
		{`{"NULL":false}`, wrong + "Null attribute value types must have the value of true", ""},
		{`{"N":"1e9223372036854775807"}`, overflow, notNumeric + ": 1e9223372036854775807"},
		{`{"N":"1e2147483648"}`, overflow, notNumeric + ": 1e2147483648"},
		{`{"N":"1e-2147483647"}`, underflow, ""},
		{`{"N":"1e9223372036854775808"}`, notNumeric + ": 1e9223372036854775808", ""},
		{`{"N":"-0.5E+99999999999999999999"}`, notNumeric + ": -0.5E+99999999999999999999", ""},
		{`{"N":"1e-9223372036854775808"}`, underflow, notNumeric + ": 1e-9223372036854775808"},
		{`{"N":"1e-9223372036854775809"}`, notNumeric + ": 1e-9223372036854775809", ""},
		{`{"NS":["1","0e9223372036854775808"]}`, notNumeric + ": 0e9223372036854775808", ""},
		{`{"L":[{"N":"1e2147483647"}]}`, overflow, underflow},
		{`{"N":""}`, notNumeric + ": ", notNumeric},
		{`{"SS":["b","a","b"]}`, wrong + `Input collection ["a", "b", "b"] contains duplicates.`, wrong + "Input collection [b, a, b] contains duplicates."},
		{`{"NS":["1","1.0"]}`, wrong + "Input collection contains duplicates.", "Input collection contains duplicates"},
	} {
		older := test.older
		if older == "" {
			older = test.message
		}
		want := map[string]string{
			"enveloped": "1 validation error detected: " + test.message,
			"bare":      test.message,
			"older":     older,
			"named":     "ExpressionAttributeValues contains invalid value: " + older + " for key :v",
		}
		for _, place := range valuePlaces {
			body := fmt.Sprintf(place.body, test.value)
			name, message := refuse(t, e, place.operation, body)
			assert.Equal(t, "ValidationException: "+want[place.how], name+": "+message, place.operation+" "+body)
		}
	}
	assert.Zero(t, things(t, e))
}

const tooDeep = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"

// deep returns a value within so many maps or lists.
func deep(levels int, kind string) string {
	if kind == "L" {
		return strings.Repeat(`{"L":[`, levels) + `{"S":"x"}` + strings.Repeat(`]}`, levels)
	}
	return strings.Repeat(`{"M":{"n":`, levels) + `{"S":"x"}` + strings.Repeat(`}}`, levels)
}

func TestEngine_NestedValues(t *testing.T) {
	const enveloped, named = "1 validation error detected: " + tooDeep, "ExpressionAttributeValues contains invalid value: " + tooDeep + " for key :v"
	const put = `{"TableName":"things","Item":{"a":{"S":"1"},"x":%s}}`
	const value = `{"TableName":"things","Key":{"a":{"S":"1"}},"UpdateExpression":"SET y = a","ConditionExpression":"x = :v","ExpressionAttributeValues":{":v":%s}}`
	for _, test := range []struct {
		operation, body string
		levels          int
		want            string
	}{
		{"PutItem", put, 32, enveloped},
		{"PutItem", put, 62, enveloped},
		{"PutItem", put, 63, tooDeep},
		{"PutItem", put, 2000, tooDeep},
		{"UpdateItem", value, 32, enveloped},
		{"UpdateItem", value, 61, enveloped},
		{"UpdateItem", value, 63, named},
		{"DeleteItem", `{"TableName":"things","Key":{"a":%s}}`, 40, enveloped},
		{"DeleteItem", `{"TableName":"things","Key":{"a":%s}}`, 100, tooDeep},
		{"TransactWriteItems", transaction(`{"Put":` + put + `}`), 32, tooDeep},
		{"TransactWriteItems", transaction(`{"Put":` + put + `}`), 100, tooDeep},
		{"TransactWriteItems", transaction(`{"Update":` + value + `}`), 33, tooDeep},
		{"TransactWriteItems", transaction(`{"Update":` + value + `}`), 60, tooDeep},
		{"TransactWriteItems", transaction(`{"Update":` + value + `}`), 61, named},
		{"BatchWriteItem", `{"RequestItems":{"things":[{"PutRequest":{"Item":{"a":{"S":"1"},"x":%s}}}]}}`, 32, tooDeep},
		{"Scan", `{"TableName":"things","FilterExpression":"x = :v","ExpressionAttributeValues":{":v":%s}}`, 32, named},
		{"Query", `{"TableName":"things","KeyConditionExpression":"a = :v","ExpressionAttributeValues":{":v":%s}}`, 32, tooDeep},
	} {
		for _, kind := range []string{"M", "L"} {
			name, message := refuse(t, newTables(t), test.operation, fmt.Sprintf(test.body, deep(test.levels, kind)))
			assert.Equal(t, "ValidationException: "+test.want, name+": "+message, "%s %s %d %s", test.operation, test.body, test.levels, kind)
		}
	}
}

func TestEngine_NestedValuesBesideOtherMistakes(t *testing.T) {
	const syntax = `Invalid ConditionExpression: Syntax error; token: "=", near: "= = b"`
	const returned = "1 validation error detected: Value 'BAD' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
	const unknown = "1 validation error detected: Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
	put := func(item string) string {
		return transaction(`{"Put":{"TableName":"missing","Item":{"a":{"S":"1"},` + item + `}}}`)
	}
	remove := func(key, more string) string {
		return transaction(`{"Delete":{"TableName":"missing","Key":{"a":` + key + `}` + more + `}}`)
	}
	alone := func(levels int, more string) string {
		return `{"TableName":"missing","Key":{"a":{"S":"1"}},"ConditionExpression":"x = :v","ExpressionAttributeValues":{":v":` + deep(levels, "M") + `}` + more + `}`
	}
	const noName, noEntry, bad = `"":{"S":"x"}`, `"m":{"M":{"":{"S":"x"}}}`, `"n":{"N":"x"}`
	for _, test := range []struct{ name, operation, body, want string }{
		{"a name before a value", "TransactWriteItems", put(noName + `,"d":` + deep(100, "M")), "Empty attribute name"},
		{"a value before a name", "TransactWriteItems", put(`"d":` + deep(100, "L") + `,` + noName), "Empty attribute name"},
		{"a value before a name, less deep", "TransactWriteItems", put(`"d":` + deep(40, "M") + `,` + noName), "Empty attribute name"},
		{"a name in a map before a value", "TransactWriteItems", put(noEntry + `,"d":` + deep(40, "M")), tooDeep},
		{"a value before a name in a map", "TransactWriteItems", put(`"d":` + deep(100, "M") + `,` + noEntry), tooDeep},
		{"a name in a map, a value and a name", "TransactWriteItems", put(noEntry + `,"d":` + deep(40, "M") + `,` + noName), "Empty attribute name"},
		{"a number before a value", "TransactWriteItems", put(bad + `,"d":` + deep(40, "M")), "The parameter cannot be converted to a numeric value: x"},
		{"a value before a number", "TransactWriteItems", put(`"d":` + deep(40, "M") + `,` + bad), tooDeep},
		{"a condition before a key", "TransactWriteItems", remove(deep(100, "M"), `,"ConditionExpression":"a = = b"`), syntax},
		{"a condition before a key, less deep", "TransactWriteItems", remove(deep(40, "M"), `,"ConditionExpression":"a = = b"`), syntax},
		{"a condition before an item", "TransactWriteItems", transaction(`{"Put":{"TableName":"missing","Item":{"a":` + deep(40, "M") + `},"ConditionExpression":"a = = b"}}`), syntax},
		{"a long condition before a key", "TransactWriteItems", remove(deep(100, "M"), `,"ConditionExpression":"`+strings.Repeat("a", 4097)+`"`), "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; expression size: 4097"},
		{"a long update before a key", "TransactWriteItems", transaction(`{"Update":{"TableName":"missing","Key":{"a":{"S":"1"}},"UpdateExpression":"SET ` + strings.Repeat("a", 4093) + `"}},{"ConditionCheck":{"TableName":"missing","Key":{"a":` + deep(100, "M") + `},"ConditionExpression":"attribute_exists(a)"}}`),
			"Invalid UpdateExpression: Expression size has exceeded the maximum allowed size;"},
		{"an unused value before a key", "TransactWriteItems", remove(deep(100, "M"), `,"ConditionExpression":"a = b","ExpressionAttributeValues":{":u":{"S":"x"}}`), "Value provided in ExpressionAttributeValues unused in expressions: keys: {:u}"},
		{"an action after another one", "TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"missing","Key":{"a":` + deep(40, "M") + `}}},{"Delete":{"TableName":"missing","Key":{"a":{"S":"1"}},"ConditionExpression":"a = = b"}}]}`, tooDeep},
		{"a value of a delete, not very deep", "DeleteItem", alone(40, `,"ReturnValues":"BAD"`), unknown},
		{"a value of a delete, very deep", "DeleteItem", alone(63, `,"ReturnValues":"BAD"`), returned},
		{"a key of a delete, very deep", "DeleteItem", `{"TableName":"missing","Key":{"a":` + deep(100, "M") + `},"ReturnValues":"BAD"}`, returned},
		{"a delete that cannot return that", "DeleteItem", alone(100, `,"ReturnValues":"UPDATED_NEW"`), "ReturnValues can only be ALL_OLD or NONE"},
		{"an attribute update, very deep", "UpdateItem", `{"TableName":"missing","Key":{"a":{"S":"1"}},"AttributeUpdates":{"x":{"Value":` + deep(63, "M") + `}},"ReturnValues":"BAD"}`, returned},
		{"a list of expected values, very deep", "PutItem", `{"TableName":"missing","Item":{"a":{"S":"1"}},"Expected":{"x":{"ComparisonOperator":"EQ","AttributeValueList":[` + deep(63, "M") + `]}},"ReturnValues":"BAD"}`, returned},
	} {
		name, message := refuse(t, newTables(t), test.operation, test.body)
		assert.Equal(t, "ValidationException: "+test.want, name+": "+message, test.name)
	}
}
