package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

const thing = `"TableName":"things","Key":{"a":{"S":"1"}}`

// update returns the body of an UpdateItem of the thing, with further parameters.
func update(expression, values string, more ...string) string {
	body := `{` + thing + `,"UpdateExpression":"` + expression + `"`
	if values != "" {
		body += `,"ExpressionAttributeValues":{` + values + `}`
	}
	return body + strings.Join(append([]string{""}, more...), ",") + `}`
}

// newThing returns an engine with one item in the table "things".
func newThing(tb testing.TB, attributes string) *engine.Engine {
	tb.Helper()
	e := newTables(tb)
	call(tb, e, "PutItem", `{"TableName":"things","Item":{"a":{"S":"1"},`+attributes+`}}`)
	return e
}

func TestUpdateItem_Clauses(t *testing.T) {
	const item = `"n":{"N":"5"},"s":{"S":"text"},"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]},"m":{"M":{"x":{"N":"1"},"l":{"L":[{"S":"e"}]}}},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]}`
	const one = `":v":{"N":"1"}`
	for _, test := range []struct{ name, expression, values, updated string }{
		{"swap two attributes", "SET n = s, s = n", "", `"n":{"S":"text"},"s":{"N":"5"}`},
		{"add without loss", "SET n = n + :v", `":v":{"N":"0.00000000000000000000000000000000001"}`, `"n":{"N":"5.00000000000000000000000000000000001"}`},
		{"default in a sum", "SET x = if_not_exists(x, :v) + :v", one, `"x":{"N":"2"}`},
		{"set behind the end", "SET l[9] = :v, l[7] = n", one, `"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"5"},{"N":"1"}]}`},
		{"remove elements by their old indexes", "SET l[2] = :v REMOVE l[0], l[1]", one, `"l":{"L":[{"N":"1"}]}`},
		{"the sections in any order and case", "remove n Delete ss :w add ns :v sEt s = n", `":v":{"NS":["3"]},":w":{"SS":["a"]}`, `"ns":{"NS":["1","2","3"]},"ss":{"SS":["b"]},"s":{"N":"5"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newThing(t, item)
			response := call(t, e, "UpdateItem", update(test.expression, test.values, `"ReturnValues":"ALL_NEW"`))
			for name, value := range object(t, `{`+test.updated+`}`) {
				assert.Equal(t, value, response["Attributes"].(map[string]any)[name])
			}
			assert.Equal(t, response["Attributes"], call(t, e, "GetItem", `{`+thing+`}`)["Item"], "what is stored")
		})
	}
}

func TestUpdateItem_LastMemberOfASet(t *testing.T) {
	e := newThing(t, `"ss":{"SS":["a"]}`)
	response := call(t, e, "UpdateItem", update("DELETE ss :v", `":v":{"SS":["a"]}`, `"ReturnValues":"ALL_NEW"`))
	equal(t, "Attributes", response["Attributes"], `{"a":{"S":"1"}}`)
}

func TestUpdateItem_ReturnValues(t *testing.T) {
	const item = `"n":{"N":"5"},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}},"l":{"L":[{"S":"a"},{"S":"b"}]}`
	const stored = `{"a":{"S":"1"},` + item + `}`
	const expression, one = "SET m.x = :v, q = :v, l[1] = :v REMOVE n", `":v":{"N":"9"}`
	for returned, want := range map[string]string{
		"NONE":        ``,
		"ALL_OLD":     stored,
		"ALL_NEW":     `{"a":{"S":"1"},"q":{"N":"9"},"m":{"M":{"x":{"N":"9"},"y":{"N":"2"}}},"l":{"L":[{"S":"a"},{"N":"9"}]}}`,
		"UPDATED_OLD": `{"n":{"N":"5"},"m":{"M":{"x":{"N":"1"}}},"l":{"L":[{"S":"b"}]}}`,
		"UPDATED_NEW": `{"q":{"N":"9"},"m":{"M":{"x":{"N":"9"}}},"l":{"L":[{"N":"9"}]}}`,
	} {
		t.Run(returned, func(t *testing.T) {
			response := call(t, newThing(t, item), "UpdateItem", update(expression, one, `"ReturnValues":"`+returned+`"`))
			if want == "" {
				assert.Empty(t, response)
				return
			}
			equal(t, "Attributes", response["Attributes"], want)
		})
	}
	t.Run("an item that was not there has no old attributes", func(t *testing.T) {
		for _, returned := range []string{"ALL_OLD", "UPDATED_OLD"} {
			assert.Empty(t, call(t, newTables(t), "UpdateItem", update("SET q = :v", one, `"ReturnValues":"`+returned+`"`)))
		}
	})
}

func TestUpdateItem_MissingItem(t *testing.T) {
	const one = `":v":{"N":"9"}`
	for _, test := range []struct{ name, body, want string }{
		{"a set makes it", update("SET q = :v", one), `{"Item":{"a":{"S":"1"},"q":{"N":"9"}}}`},
		{"an add makes it", update("ADD q :v", one), `{"Item":{"a":{"S":"1"},"q":{"N":"9"}}}`},
		{"no expression makes it", `{` + thing + `}`, `{"Item":{"a":{"S":"1"}}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newTables(t)
			call(t, e, "UpdateItem", test.body)
			equal(t, "GetItem", call(t, e, "GetItem", `{`+thing+`}`), test.want)
		})
	}
}

func TestUpdateItem_RemovesNothingFromAMissingItem(t *testing.T) {
	const path = "ValidationException: The document path provided in the update expression is invalid for update"
	const set, one = `":s":{"SS":["x"]}`, `":v":{"N":"9"}`
	missing := newTables(t)
	for _, expression := range []string{"REMOVE m.x", "REMOVE l[0]", "REMOVE m.x.y[0].z, l[1], q"} {
		for _, returned := range []string{"NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"} {
			perform(t, missing, []exchange{{expression + " returns no " + returned, "UpdateItem", update(expression, "", `"ReturnValues":"`+returned+`"`), `{}`}})
		}
		perform(t, missing, []exchange{
			{expression + " after a condition", "UpdateItem", update(expression, "", `"ConditionExpression":"attribute_not_exists(a)"`), `{}`},
			{expression + " in a transaction", "TransactWriteItems", transaction(`{"Update":` + update(expression, "") + `}`), `{}`},
			{expression + " stores nothing", "GetItem", `{` + thing + `}`, `{}`},
		})
		perform(t, newThing(t, `"n":{"N":"5"}`), []exchange{{expression + " from an item without the attribute", "UpdateItem", update(expression, ""), path}})
	}
	perform(t, missing, []exchange{
		{"a condition fails first", "UpdateItem", update("REMOVE m.x", "", `"ConditionExpression":"attribute_exists(a)"`), "ConditionalCheckFailedException: The conditional request failed"},
		{"beside a set", "UpdateItem", update("SET q = :v REMOVE m.x", one), path},
		{"beside an add", "UpdateItem", update("REMOVE m.x ADD q :v", one), path},
		{"beside a delete", "UpdateItem", update("REMOVE m.x DELETE q :s", set), path},
		{"a delete from a path", "UpdateItem", update("DELETE m.x :s", set), path},
		{"a delete from nothing", "UpdateItem", update("REMOVE q DELETE p :s", set), `{}`},
		{"nothing was stored", "Scan", `{"TableName":"things"}`, `{"Items":[],"Count":0,"ScannedCount":0}`},
	})
}

func TestUpdateItem_ListAppendIsNoArgument(t *testing.T) {
	const lists = `":x":{"L":[{"S":"x"}]},":y":{"L":[]},":z":{"L":[]}`
	const refused = "ValidationException: 1 validation error detected: Invalid UpdateExpression: The function is not allowed to be used this way in an expression; function: list_append"
	e := newThing(t, `"l":{"L":[]}`)
	for _, expression := range []string{
		"SET l = list_append(list_append(:x, :y), :z)",
		"SET l = list_append(:x, list_append(:y, :z))",
		"SET l = list_append(:x, (list_append(:y, :z)))",
		"SET l = list_append(list_append(list_append(:x, :y), :z), :z)",
		"SET l = if_not_exists(l, list_append(:x, list_append(:y, :z)))",
		"SET l = if_not_exists(list_append(:x, :y), :z)",
		"SET l = list_append(if_not_exists(m, if_not_exists(n, list_append(:x, :y))), :z)",
		"SET l = :x + list_append(:y, :z)",
		"SET l = list_append(:x, :y) - :z",
		"SET l = (if_not_exists(l, list_append(:x, :y)) + :z)",
		"SET m = if_not_exists(l, :x), q[0].r = list_append(list_append(:x, :y), :z) REMOVE p",
		"REMOVE p SET name = l, l = list_append(list_append(:x), undefined, :q)",
		"SET l = list_append(list_append(size(l), :x), name)",
	} {
		want := refused
		if strings.Contains(expression, "name =") { // what is written first is reported first
			want = "ValidationException: 1 validation error detected: Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: name"
		}
		perform(t, e, []exchange{{expression, "UpdateItem", update(expression, lists), want}})
	}
	for expression, want := range map[string]string{
		"SET l = list_append(if_not_exists(q, :x), :y)":                     `{"a":{"S":"1"},"l":{"L":[{"S":"x"}]}}`,
		"SET l = list_append(if_not_exists(q, if_not_exists(p, :x)), :y)":   `{"a":{"S":"1"},"l":{"L":[{"S":"x"}]}}`,
		"SET l = list_append(if_not_exists(l, :y), if_not_exists(q, (:x)))": `{"a":{"S":"1"},"l":{"L":[{"S":"x"}]}}`,
		"SET l = (list_append(:x, :y)), m = if_not_exists(m, :y)":           `{"a":{"S":"1"},"l":{"L":[{"S":"x"}]},"m":{"L":[]}}`,
	} {
		values := `":x":{"L":[{"S":"x"}]}`
		if strings.Contains(expression, ":y") {
			values += `,":y":{"L":[]}`
		}
		response := call(t, newThing(t, `"l":{"L":[]}`), "UpdateItem", update(expression, values, `"ReturnValues":"ALL_NEW"`))
		equal(t, expression, response["Attributes"], want)
	}
}

func TestUpdateItem_Conditions(t *testing.T) {
	e := newThing(t, `"n":{"N":"5"}`)
	const one = `":v":{"N":"1"}`
	perform(t, e, []exchange{
		{"one that holds", "UpdateItem", update("SET n = n + :v", one, `"ConditionExpression":"n > :v"`), `{}`},
		{"one that fails", "UpdateItem", update("SET n = n + :v", one, `"ConditionExpression":"n < :v"`), "ConditionalCheckFailedException: The conditional request failed"},
		{"the failure changed nothing", "GetItem", `{` + thing + `}`, `{"Item":{"a":{"S":"1"},"n":{"N":"6"}}}`},
	})
	_, response := send(t, e, "UpdateItem", update("SET n = n + :v", one, `"ConditionExpression":"n < :v"`, `"ReturnValuesOnConditionCheckFailure":"ALL_OLD"`))
	equal(t, "the item in the error", object(t, response)["Item"], `{"a":{"S":"1"},"n":{"N":"6"}}`)
}

func TestUpdateItem_Errors(t *testing.T) {
	const item = `"n":{"N":"5"},"s":{"S":"text"},"l":{"L":[]},"m":{"M":{}},"big":{"N":"9e125"}`
	const syntax = "Invalid UpdateExpression: "
	for _, test := range []struct{ name, expression, values, want string }{
		{"a section twice", "SET n = :v SET s = :v", `":v":{"S":"x"}`, syntax + `The \"SET\" section can only be used once in an update expression;`},
		{"too long an expression", "SET n = " + strings.Repeat("n", 4089), "", syntax + "Expression size has exceeded the maximum allowed size;"},
		{"an add of a path", "ADD n n", "", syntax + `Syntax error; token: \"n\", near: \"n n\"`},
		{"redundant parentheses", "SET n = ((n))", "", syntax + "The expression has redundant parentheses;"},
		{"the function of a condition", "SET n = size(n)", "", syntax + "The function is not allowed in an update expression; function: size"},
		{"a delete of a number", "DELETE n :v", `":v":{"N":"1"}`, syntax + "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND"},
		{"one path twice", "SET n = :v REMOVE n", `":v":{"S":"x"}`, syntax + "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]"},
		{"a missing operand", "SET n = x", "", "The provided expression refers to an attribute that does not exist in the item"},
		{"a sum of strings", "SET n = s + s", "", "An operand in the update expression has an incorrect data type"},
		{"an add to a string", "ADD s :v", `":v":{"N":"1"}`, "An operand in the update expression has an incorrect data type"},
		{"a delete from a string", "DELETE s :v", `":v":{"SS":["x"]}`, "An operand in the update expression has an incorrect data type"},
		{"a path below a string", "REMOVE s.y", "", "The document path provided in the update expression is invalid for update"},
		{"too long a sum", "SET n = :v + :w", `":v":{"N":"1e50"},":w":{"N":"1"}`, "Number overflow. Attempting to store a number with magnitude larger than supported range"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newThing(t, item)
			name, message := refuse(t, e, "UpdateItem", update(test.expression, test.values))
			assert.Equal(t, "ValidationException", name)
			assert.Equal(t, strings.ReplaceAll(test.want, `\"`, `"`), strings.TrimPrefix(message, "1 validation error detected: "))
			equal(t, "the item", call(t, e, "GetItem", `{`+thing+`}`)["Item"], `{"a":{"S":"1"},`+item[:len(item)-len(`,"big":{"N":"9e125"}`)]+`,"big":{"N":"9`+strings.Repeat("0", 125)+`"}}`)
		})
	}
}

func TestUpdateItem_IndexKeys(t *testing.T) {
	e := newEngine(t)
	const key = `"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}}`
	const query = `{"TableName":"specs","IndexName":"byID","KeyConditionExpression":"holder = :u","ExpressionAttributeValues":{":u":{"S":"u"}},"ProjectionExpression":"id"}`
	set := func(value string) string {
		return `{` + key + `,"UpdateExpression":"SET id = :v","ExpressionAttributeValues":{":v":` + value + `}}`
	}
	perform(t, e, []exchange{
		{"an update puts the item into the index", "UpdateItem", set(`{"S":"x"}`), `{}`},
		{"where it is found", "Query", query, `{"Items":[{"id":{"S":"x"}}],"Count":1,"ScannedCount":1}`},
		{"a wrong type", "UpdateItem", set(`{"N":"1"}`), "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key id Expected: S Actual: N IndexName: byID"},
		{"a sum", "UpdateItem", `{` + key + `,"UpdateExpression":"SET id = n + :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`, "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key id Expected: S Actual: N IndexName: byID"},
		{"a number added", "UpdateItem", `{` + key + `,"UpdateExpression":"ADD id :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`, "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key id Expected: S Actual: N IndexName: byID"},
		{"an empty value", "UpdateItem", set(`{"S":""}`), "ValidationException: One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."},
		{"a path into the key", "UpdateItem", `{` + key + `,"UpdateExpression":"REMOVE id.x"}`, "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: id"},
		{"another type", "UpdateItem", `{` + key + `,"UpdateExpression":"SET n = :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`, `{}`},
		{"cannot be copied there", "UpdateItem", `{` + key + `,"UpdateExpression":"SET id = n"}`, "ValidationException: The update expression attempted to update the secondary index key to unsupported type"},
		{"a remove takes the item out", "UpdateItem", `{` + key + `,"UpdateExpression":"REMOVE id"}`, `{}`},
		{"where it is found no more", "Query", query, `{"Items":[],"Count":0,"ScannedCount":0}`},
	})
}

func TestTransactWriteItems_Update(t *testing.T) {
	e := newThing(t, `"n":{"N":"5"}`)
	const sum = `{"Update":{` + thing + `,"UpdateExpression":"SET n = n + :v","ExpressionAttributeValues":{":v":{"N":"1"}}}}`
	const put = `{"Put":{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"1"}}}}`
	perform(t, e, []exchange{
		{"an update beside a put", "TransactWriteItems", transaction(sum + `,` + put), `{}`},
		{"is done", "GetItem", `{` + thing + `}`, `{"Item":{"a":{"S":"1"},"n":{"N":"6"}}}`},
		{"an update that fails cancels", "TransactWriteItems", transaction(put + `,{"Update":{` + thing + `,"UpdateExpression":"SET n = x"}}`),
			"TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]"},
		{"an update without an expression", "TransactWriteItems", transaction(`{"Update":{` + thing + `}}`),
			"ValidationException: 1 validation error detected: Value null at 'transactItems.1.member.update.updateExpression' failed to satisfy constraint: Member must not be null"},
	})
}

func TestUpdateItem_Nesting(t *testing.T) {
	nested := func(levels int) string {
		return strings.Repeat(`{"M":{"n":`, levels) + `{"S":"x"}` + strings.Repeat(`}}`, levels)
	}
	e := newThing(t, `"m":`+nested(20))
	perform(t, e, []exchange{
		{"as deep as an item can be", "UpdateItem", update("SET m.n.n = :v", `":v":`+nested(29)), `{}`},
		{"a level deeper", "UpdateItem", update("SET m.n.n = :v", `":v":`+nested(30)), "ValidationException: Nesting Levels have exceeded supported limits"},
	})
}
