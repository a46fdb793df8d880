package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// transaction returns the body of a TransactWriteItems with actions on "things".
func transaction(actions ...string) string {
	return `{"TransactItems":[` + strings.Join(actions, ",") + `]}`
}

func putThing(a, more string) string {
	return fmt.Sprintf(`{"Put":{"TableName":"things","Item":{"a":{"S":%q}}%s}}`, a, more)
}

func deleteThing(a, more string) string {
	return fmt.Sprintf(`{"Delete":{"TableName":"things","Key":{"a":{"S":%q}}%s}}`, a, more)
}

func checkThing(a, condition string) string {
	return fmt.Sprintf(`{"ConditionCheck":{"TableName":"things","Key":{"a":{"S":%q}},"ConditionExpression":%q}}`, a, condition)
}

func things(tb testing.TB, e *engine.Engine) int {
	tb.Helper()
	return int(call(tb, e, "Scan", `{"TableName":"things","Select":"COUNT"}`)["Count"].(float64))
}

func TestTransactWriteItems_Responses(t *testing.T) {
	e := newTables(t)
	perform(t, e, []exchange{
		{"puts over two tables", "TransactWriteItems", transaction(putThing("1", ""), putThing("2", ""), `{"Put":{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"1"}}}}`), `{}`},
		{"can be read at once", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"things","Key":{"a":{"S":"2"}}}},{"Get":{"TableName":"things","Key":{"a":{"S":"3"}}}},
			{"Get":{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}},"ProjectionExpression":"mark"}}]}`,
			`{"Responses":[{"Item":{"a":{"S":"2"}}},{},{"Item":{"mark":{"S":"1"}}}]}`},
		{"a put, a delete and a check", "TransactWriteItems", transaction(putThing("3", `,"ConditionExpression":"attribute_not_exists(a)"`), deleteThing("1", `,"ConditionExpression":"attribute_exists(a)"`), checkThing("2", "attribute_exists(a)")), `{}`},
		{"are done together", "Scan", `{"TableName":"things","FilterExpression":"a IN (:1, :3)","ExpressionAttributeValues":{":1":{"S":"1"},":3":{"S":"3"}}}`, `{"Items":[{"a":{"S":"3"}}],"Count":1,"ScannedCount":2}`},
		{"100 actions", "TransactWriteItems", `{"TransactItems":` + list(100, `{"Put":{"TableName":"things","Item":{"a":{"S":"n%d"}}}}`) + `}`, `{}`},
	})
}

func TestTransactWriteItems_CancellationReasons(t *testing.T) {
	e := newTables(t)
	call(t, e, "PutItem", `{"TableName":"things","Item":{"a":{"S":"1"},"x":{"N":"7"}}}`)
	_, response := send(t, e, "TransactWriteItems", transaction(
		putThing("2", ""),
		putThing("1", `,"ConditionExpression":"attribute_not_exists(a)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"`),
		`{"Update":{"TableName":"things","Key":{"a":{"S":"5"}},"UpdateExpression":"SET x = y"}}`,
		checkThing("4", "attribute_exists(a)"),
		deleteThing("3", ""),
	))
	equal(t, "error", object(t, response), `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
		"Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ValidationError, ConditionalCheckFailed, None]",
		"CancellationReasons":[{"Code":"None"},
			{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{"a":{"S":"1"},"x":{"N":"7"}}},
			{"Code":"ValidationError","Message":"The provided expression refers to an attribute that does not exist in the item"},
			{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},
			{"Code":"None"}]}`)
	assert.Equal(t, 1, things(t, e))
	_, response = send(t, e, "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"things","Key":{"a":{"S":"1"}}}},{"Get":{"TableName":"things","Key":{}}}]}`)
	equal(t, "error of a get", object(t, response), `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
		"Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]",
		"CancellationReasons":[{"Code":"None"},{"Code":"ValidationError","Message":"The provided key element does not match the schema"}]}`)
}

func TestTransactWriteItems_FirstWrongKeyIsTheOnlyReason(t *testing.T) {
	const number, missing = `{"Put":{"TableName":"things","Item":{"a":{"N":"5"}}}}`, `{"Put":{"TableName":"specs","Item":{"holder":{"S":"u"}}}}`
	const unknown = `{"Delete":{"TableName":"things","Key":{"b":{"S":"x"}}}}`
	const index = `{"Put":{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"1"},"id":{"N":"5"}}}}`
	failing, failing5 := checkThing("4", "attribute_exists(a)"), checkThing("5", "attribute_exists(a)")
	for _, test := range []struct{ first, message string }{
		{number, "One or more parameter values were invalid: Type mismatch for key a expected: S actual: N"},
		{missing, "One or more parameter values were invalid: Missing the key mark in the item"},
		{unknown, "The provided key element does not match the schema"},
		{`{"Update":{"TableName":"things","Key":{"a":{"L":[]}},"UpdateExpression":"SET x = y"}}`, "The provided key element does not match the schema"},
		{`{"ConditionCheck":{"TableName":"things","Key":{},"ConditionExpression":"attribute_exists(a)"}}`, "The provided key element does not match the schema"},
		{index, "One or more parameter values were invalid: Type mismatch for Index Key id Expected: S Actual: N IndexName: byID"},
	} {
		e := newTables(t)
		_, response := send(t, e, "TransactWriteItems", transaction(failing, putThing("2", ""), test.first, number, failing5, unknown, index))
		equal(t, test.first, object(t, response), `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
			"Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [`+strings.Repeat("None, ", 2)+`ValidationError`+strings.Repeat(", None", 4)+`]",
			"CancellationReasons":[`+strings.Repeat(`{"Code":"None"},`, 2)+`{"Code":"ValidationError","Message":"`+test.message+`"}`+strings.Repeat(`,{"Code":"None"}`, 4)+`]}`)
		assert.Zero(t, things(t, e))
	}
}

func TestTransactWriteItems_Errors(t *testing.T) {
	const violation = "ValidationException: 1 validation error detected: Value "
	const multiple = "ValidationException: Transaction request cannot include multiple operations on one item"
	large := func(n int) string {
		var actions []string
		for i := range n {
			actions = append(actions, fmt.Sprintf(`{"Put":{"TableName":"things","Item":{"a":{"S":"%02d"},"x":{"S":%q}}}}`, i, strings.Repeat("x", 350_000)))
		}
		return transaction(actions...)
	}
	perform(t, newTables(t), []exchange{
		{"no actions", "TransactWriteItems", `{}`, violation + "null at 'transactItems' failed to satisfy constraint: Member must not be null"},
		{"101 actions", "TransactWriteItems", `{"TransactItems":` + list(101, `{"Put":{"TableName":"things","Item":{"a":{"S":"%d"}}}}`) + `}`, violation + "'[" + strings.TrimSuffix(strings.Repeat("TransactWriteItem(...), ", 101), ", ") + "]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"},
		{"an action that is none", "TransactWriteItems", transaction(`{}`), "ValidationException: Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"},
		{"an action that is two", "TransactWriteItems", transaction(`{"Put":{"TableName":"things","Item":{"a":{"S":"1"}}},"Delete":{"TableName":"things","Key":{"a":{"S":"1"}}}}`), "ValidationException: TransactItems can only contain one of Check, Put, Update or Delete"},
		{"a put without an item", "TransactWriteItems", transaction(`{"Put":{"TableName":"things"}}`), violation + "null at 'transactItems.1.member.put.item' failed to satisfy constraint: Member must not be null"},
		{"a delete without a table", "TransactWriteItems", transaction(putThing("1", ""), `{"Delete":{"Key":{"a":{"S":"1"}}}}`), violation + "null at 'transactItems.2.member.delete.tableName' failed to satisfy constraint: Member must not be null"},
		{"a check without a condition", "TransactWriteItems", transaction(`{"ConditionCheck":{"TableName":"things","Key":{"a":{"S":"1"}}}}`), violation + "null at 'transactItems.1.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member must not be null"},
		{"4 MB of items", "TransactWriteItems", large(11), `{}`},
		{"over 4 MB of items", "TransactWriteItems", large(12), "ValidationException: Transaction payload size cannot exceed 4MB. Payload Size: 4200048"},
		{"a long token", "TransactWriteItems", `{"ClientRequestToken":"` + strings.Repeat("t", 37) + `","TransactItems":[` + putThing("1", "") + `]}`, violation + "'" + strings.Repeat("t", 37) + "' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36"},
		{"a get that is none", "TransactGetItems", `{"TransactItems":[{}]}`, "ValidationException: Invalid Request: TransactGetRequest should contain a Get request"},
		{"two gets of an item", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"things","Key":{"a":{"S":"1"}}}},{"Get":{"TableName":"things","Key":{"a":{"S":"1"}}}}]}`, multiple},
	})
}

func TestTransactWriteItems_ClientRequestToken(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	e := engine.New(engine.WithClock(func() time.Time { return now }))
	call(t, e, "CreateTable", definition(map[string]string{"AttributeDefinitions": attributes("a"), "KeySchema": schema("a")}))
	const put = `{"ClientRequestToken":"token","TransactItems":[{"Put":{"TableName":"things","Item":{"a":{"S":"1"},"x":{"S":"y"}},"ConditionExpression":"attribute_not_exists(a)"}}]}`
	const reordered = `{"TransactItems":[{"Put":{"ConditionExpression":"attribute_not_exists(a)","Item":{"x":{"S":"y"},"a":{"S":"1"}},"TableName":"things"}}],"ClientRequestToken":"token","ReturnConsumedCapacity":"NONE"}`
	const other = `{"ClientRequestToken":"token","TransactItems":[{"Put":{"TableName":"things","Item":{"a":{"S":"2"}}}}]}`
	const mismatch = "IdempotentParameterMismatchException: Request uses the same client token as a previous, but non-identical request"
	cancelled := "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed]"
	perform(t, e, []exchange{
		{"the first time", "TransactWriteItems", put, `{}`},
		{"the second time it does nothing", "TransactWriteItems", put, `{}`},
		{"the order of its members does not count", "TransactWriteItems", reordered, `{}`},
		{"another one may not use the token", "TransactWriteItems", other, mismatch},
	})
	now = now.Add(10*time.Minute - time.Second)
	perform(t, e, []exchange{{"nor within ten minutes", "TransactWriteItems", other, mismatch}})
	now = now.Add(time.Second)
	perform(t, e, []exchange{
		{"after ten minutes it is done again", "TransactWriteItems", put, cancelled},
		{"a canceled transaction leaves its token unused", "TransactWriteItems", other, `{}`},
		{"until another one uses it", "TransactWriteItems", put, mismatch},
	})
}
