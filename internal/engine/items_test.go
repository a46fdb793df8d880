package engine_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

func TestPutItem_Responses(t *testing.T) {
	const key = `"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}}`
	const old = `{"holder":{"S":"u"},"mark":{"S":"1"},"n":{"N":"1.50"},"b":{"B":"AAE="}}`
	const normal = `{"holder":{"S":"u"},"mark":{"S":"1"},"n":{"N":"1.5"},"b":{"B":"AAE="}}`
	const next = `{"holder":{"S":"u"},"mark":{"S":"1"},"m":{"M":{"l":{"L":[{"S":"x"},{"NULL":true}]}}}}`
	perform(t, newEngine(t), []exchange{
		{"an item that is not there", "GetItem", `{` + key + `}`, `{}`},
		{"a put of a new item has no old one", "PutItem", `{"TableName":"specs","Item":` + old + `,"ReturnValues":"ALL_OLD"}`, `{}`},
		{"the item can be read", "GetItem", `{` + key + `,"ConsistentRead":true}`, `{"Item":` + normal + `}`},
		{"a part of it too", "GetItem", `{` + key + `,"ProjectionExpression":"#n, holder","ExpressionAttributeNames":{"#n":"n"}}`, `{"Item":{"holder":{"S":"u"},"n":{"N":"1.5"}}}`},
		{"an absent part is empty", "GetItem", `{` + key + `,"ProjectionExpression":"q"}`, `{"Item":{}}`},
		{"the legacy way to name parts works", "GetItem", `{` + key + `,"AttributesToGet":["n","q"]}`, `{"Item":{"n":{"N":"1.5"}}}`},
		{"a put replaces the whole item", "PutItem", `{"TableName":"specs","Item":` + next + `,"ReturnValues":"ALL_OLD"}`, `{"Attributes":` + normal + `}`},
		{"and is what is read", "GetItem", `{` + key + `}`, `{"Item":` + next + `}`},
		{"nested parts can be read", "GetItem", `{` + key + `,"ProjectionExpression":"m.l[1]"}`, `{"Item":{"m":{"M":{"l":{"L":[{"NULL":true}]}}}}}`},
		{"a delete gives the old item if asked", "DeleteItem", `{` + key + `,"ReturnValues":"ALL_OLD"}`, `{"Attributes":` + next + `}`},
		{"a delete of what is not there is no error", "DeleteItem", `{` + key + `,"ReturnValues":"ALL_OLD"}`, `{}`},
		{"the item is gone", "GetItem", `{` + key + `}`, `{}`},
	})
}

func TestPutItem_Conditions(t *testing.T) {
	const key = `"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}}`
	const item = `{"holder":{"S":"u"},"mark":{"S":"1"},"n":{"N":"1"}}`
	const failed = "ConditionalCheckFailedException: The conditional request failed"
	e := newEngine(t)
	perform(t, e, []exchange{
		{"a put where nothing may be", "PutItem", `{"TableName":"specs","Item":` + item + `,"ConditionExpression":"attribute_not_exists(holder)"}`, `{}`},
		{"fails where something is", "PutItem", `{"TableName":"specs","Item":` + item + `,"ConditionExpression":"attribute_not_exists(holder)"}`, failed},
		{"a condition on a value", "PutItem", `{"TableName":"specs","Item":` + item + `,"ConditionExpression":"n = :n","ExpressionAttributeValues":{":n":{"N":"1.0"}}}`, `{}`},
		{"a delete can have one too", "DeleteItem", `{` + key + `,"ConditionExpression":"n > :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`, failed},
		{"and is done where it holds", "DeleteItem", `{` + key + `,"ConditionExpression":"n >= :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`, `{}`},
		{"an absent item satisfies no comparison", "DeleteItem", `{` + key + `,"ConditionExpression":"n < :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`, failed},
	})
	t.Run("the error shows the item if asked", func(t *testing.T) {
		put(t, e, item)
		for asked, want := range map[string]string{"ALL_OLD": `,"Item":` + item, "NONE": ""} {
			_, response := send(t, e, "DeleteItem", `{`+key+`,"ConditionExpression":"attribute_not_exists(n)","ReturnValuesOnConditionCheckFailure":"`+asked+`"}`)
			equal(t, asked, object(t, response), `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"`+want+`}`)
		}
	})
	t.Run("but has none to show if there is no item", func(t *testing.T) {
		_, response := send(t, e, "DeleteItem", `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"2"}},"ConditionExpression":"attribute_exists(n)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`)
		equal(t, "error", object(t, response), `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}`)
	})
}

func TestPutItem_Errors(t *testing.T) {
	const item = `"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"1"}}`
	const key = `"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}}`
	const invalid = "ValidationException: One or more parameter values were invalid: "
	const mismatch = "ValidationException: The provided key element does not match the schema"
	const violation = "ValidationException: 1 validation error detected: Value "
	const notExists = `"ConditionExpression":"attribute_not_exists(holder)"`
	perform(t, newEngine(t), []exchange{
		{"no key", "GetItem", `{"TableName":"specs"}`, violation + "null at 'key' failed to satisfy constraint: Member must not be null"},
		{"a key with too many attributes", "GetItem", `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"},"id":{"S":"x"}}}`, mismatch},
		{"unknown return values on failure", "PutItem", `{` + item + `,"ReturnValuesOnConditionCheckFailure":"X"}`, violation + "'X' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]"},
		{"an unknown detail of the capacity", "GetItem", `{` + key + `,"ReturnConsumedCapacity":"ALL"}`, violation + "'ALL' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"},
		{"several violations are told at once", "DeleteItem", `{` + key + `,"ReturnConsumedCapacity":"X","ReturnItemCollectionMetrics":"Y"}`, "ValidationException: 2 validation errors detected: Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value 'Y' at 'returnItemCollectionMetrics' failed to satisfy constraint: Member must satisfy enum value set: [SIZE, NONE]"},
		{"a bad key of a bad value", "PutItem", `{` + item + `,` + notExists + `,"ExpressionAttributeValues":{"a":{"N":"x"}}}`, `ValidationException: 1 validation error detected: ExpressionAttributeValues contains invalid key: Syntax error; key: "a"`},
		{"what only other operations take", "GetItem", `{` + key + `,"Item":1,"ReturnValues":2,"ReturnItemCollectionMetrics":3,"Limit":"x"}`, `{}`},
		{"what only reads take", "PutItem", `{` + item + `,"ConsistentRead":1,"Key":2}`, `{}`},
		{"a path into a key", "PutItem", `{` + item + `,"ConditionExpression":"attribute_exists(holder.x)"}`, "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: holder"},
		{"a path into an index key", "GetItem", `{` + key + `,"ProjectionExpression":"id[0]"}`, "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: id"},
		{"an expression beside a legacy parameter", "PutItem", `{` + item + `,` + notExists + `,"Expected":{},"ConditionalOperator":"AND"}`, "ValidationException: 1 validation error detected: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected, ConditionalOperator} Expression parameters: {ConditionExpression}"},
		{"legacy parts named twice", "GetItem", `{` + key + `,"AttributesToGet":["n","n"]}`, invalid + "Duplicate value in attribute name: n"},
		{"no legacy parts", "GetItem", `{` + key + `,"AttributesToGet":[]}`, violation + "'[]' at 'attributesToGet' failed to satisfy constraint: Member must have length greater than or equal to 1"},
	})
}

// TestWrites_NewerAndOlderRules asserts which wording a violation has, and which violations stand alone.
func TestWrites_NewerAndOlderRules(t *testing.T) {
	const (
		key      = `"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}}`
		wrong    = `"ReturnValues":"NEW","ReturnConsumedCapacity":"X"`
		expected = `,"Expected":{"a":{"Exists":false},"b":{"Exists":false}},"ConditionalOperator":"XOR"`
		one      = "ValidationException: 1 validation error detected: "
		values   = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
		capacity = "Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
		noKey    = "Value null at 'key' failed to satisfy constraint: Member must not be null"
	)
	perform(t, newEngine(t), []exchange{
		{"a delete reports both enums", "DeleteItem", `{` + key + `,` + wrong + `}`, "ValidationException: 2 validation errors detected: " + capacity + "; " + values},
		{"an update only its return values", "UpdateItem", `{` + key + `,` + wrong + `}`, one + values},
		{"an empty name stands alone", "UpdateItem", `{"TableName":"","Key":{},` + wrong + `}`, one + "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"unless there is no key", "UpdateItem", `{"TableName":"",` + wrong + `}`, "ValidationException: 4 validation errors detected: " + capacity +
			"; Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1" +
			"; Value 'NEW' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]; " + noKey},
		{"an unknown operator", "DeleteItem", `{` + key + expected + `}`, one + "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"},
		{"an unknown operator and no key", "DeleteItem", `{"TableName":"specs"` + expected + `}`,
			"ValidationException: 2 validation errors detected: Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]; " + noKey},
	})
}

func TestPutItem_SizeLimits(t *testing.T) {
	text := func(n int) string { return strings.Repeat("x", n) }
	const partition = "ValidationException: One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
	const sort = "ValidationException: One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
	item := func(holder, mark, more string) string {
		return fmt.Sprintf(`{"TableName":"specs","Item":{"holder":{"S":%q},"mark":{"S":%q}%s}}`, holder, mark, more)
	}
	const tooLarge = "ValidationException: Item size has exceeded the maximum allowed size"
	const names = len("holder" + "mark" + "x")
	perform(t, newEngine(t), []exchange{
		{"the longest keys", "PutItem", item(text(2048), text(1024), ""), `{}`},
		{"a longer partition key", "PutItem", item(text(2049), "1", ""), partition},
		{"a longer sort key", "PutItem", item("u", text(1025), ""), sort},
		{"a longer index sort key", "PutItem", item("u", "1", `,"id":{"S":"`+text(1025)+`"}`), sort},
		{"keys are measured in bytes", "PutItem", item(strings.Repeat("é", 1025), "1", ""), partition},
		{"a longer key to read", "GetItem", `{"TableName":"specs","Key":{"holder":{"S":"` + text(2049) + `"},"mark":{"S":"1"}}}`, partition},
		{"the largest item", "PutItem", item("u", "1", `,"x":{"S":"`+text(409600-names-2)+`"}`), `{}`},
		{"a larger item", "PutItem", item("u", "1", `,"x":{"S":"`+text(409600-names-1)+`"}`), tooLarge},
		{"the largest item that a local index holds too", "PutItem", item("u", "1", `,"id":{"S":"i"},"x":{"S":"`+text(409600/2-names-len("u1idi"))+`"}`), `{}`},
		{"a larger one", "PutItem", item("u", "1", `,"id":{"S":"i"},"x":{"S":"`+text(409600/2-names-len("u1idi")+1)+`"}`), tooLarge},
		{"a larger one in a transaction", "TransactWriteItems", `{"TransactItems":[{"Put":` + item("u", "1", `,"id":{"S":"i"},"x":{"S":"`+text(409600/2-names-len("u1idi")+1)+`"}`) + `}]}`, tooLarge},
		{"binary is measured without its base64", "PutItem", item("u", "1", `,"x":{"B":"`+base64.StdEncoding.EncodeToString(make([]byte, 409600-names-2))+`"}`), `{}`},
	})
}

func TestPutItem_ItemCollectionMetrics(t *testing.T) {
	e := newEngine(t)
	const metrics = `{"ItemCollectionMetrics":{"ItemCollectionKey":{"holder":{"S":"u"}},"SizeEstimateRangeGB":[0.0,1.0]}}`
	perform(t, e, []exchange{
		{"a put on a table with local indexes", "PutItem", `{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"1"}},"ReturnItemCollectionMetrics":"SIZE"}`, metrics},
		{"a delete", "DeleteItem", `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}},"ReturnItemCollectionMetrics":"SIZE"}`, metrics},
		{"nothing if not asked", "PutItem", `{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"1"}},"ReturnItemCollectionMetrics":"NONE"}`, `{}`},
	})
	call(t, e, "CreateTable", definition(nil))
	perform(t, e, []exchange{
		{"a table without local indexes has no collections", "PutItem", `{"TableName":"things","Item":{"a":{"S":"u"},"b":{"S":"1"}},"ReturnItemCollectionMetrics":"SIZE"}`, `{}`},
	})
}
