package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

func TestQuery_KeyConditions(t *testing.T) {
	e := newEngine(t)
	for _, mark := range []string{"a1", "a2", "b1"} {
		put(t, e, `{"holder":{"S":"u"},"mark":{"S":"`+mark+`"},"id":{"S":"i`+mark+`"}}`)
	}
	query := func(sort string, more ...string) string {
		conditions := `"holder":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"u"}]}`
		if sort != "" {
			conditions += `,"mark":` + sort
		}
		return `{"TableName":"specs","KeyConditions":{` + conditions + `},"AttributesToGet":["mark"]` + strings.Join(append([]string{""}, more...), ",") + `}`
	}
	condition := func(operator, list string) string {
		return `{"ComparisonOperator":"` + operator + `","AttributeValueList":[` + list + `]}`
	}
	for _, test := range []struct{ name, sort, want string }{
		{"none on the sort key", "", "a1 a2 b1"},
		{"equal", condition("EQ", `{"S":"a2"}`), "a2"},
		{"less", condition("LT", `{"S":"a2"}`), "a1"},
		{"greater or equal", condition("GE", `{"S":"a2"}`), "a2 b1"},
		{"between", condition("BETWEEN", `{"S":"a2"},{"S":"z"}`), "a2 b1"},
		{"begins with", condition("BEGINS_WITH", `{"S":"a"}`), "a1 a2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var marks []string
			for _, item := range call(t, e, "Query", query(test.sort))["Items"].([]any) {
				marks = append(marks, item.(map[string]any)["mark"].(map[string]any)["S"].(string))
			}
			assert.Equal(t, test.want, strings.Join(marks, " "))
		})
	}
	perform(t, e, []exchange{
		{"an operator that no key can have", "Query", query(condition("NE", `{"S":"a"}`)), "ValidationException: Attempted conditional constraint is not an indexable operation"},
		{"a wrong type", "Query", query(condition("EQ", `{"N":"1"}`)), "ValidationException: One or more parameter values were invalid: Condition parameter type does not match schema type"},
		{"no conditions", "Query", `{"TableName":"specs","KeyConditions":{}}`, "ValidationException: Conditions can be of length 1 or 2 only"},
		{"beside an expression", "Query", query("", `"FilterExpression":"id = id"`), "ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {FilterExpression}"},
		{"beside a filter expression alone", "Query", strings.Replace(query(condition("EQ", `{"S":"a2"}`)), `"AttributesToGet":["mark"]`, `"FilterExpression":"attribute_exists(id)","Select":"COUNT"`, 1), `{"Count":1,"ScannedCount":1}`},
		{"beside their own expression", "Query", strings.Replace(query(""), `"AttributesToGet":["mark"]`, `"KeyConditionExpression":"holder = holder"`, 1), "ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {KeyConditions} Expression parameters: {KeyConditionExpression}"},
		{"a null condition", "Query", query("null"), "ValidationException: The filter condition for an attribute cannot be null: mark"},
		{"a filter on the key", "Query", query("", `"QueryFilter":{"mark":{"ComparisonOperator":"NOT_NULL"}}`), "ValidationException: QueryFilter can only contain non-primary key attributes: Primary key attribute: mark"},
		{"no operator", "Query", query(`{"AttributeValueList":[{"S":"a"}]}`), "ValidationException: 1 validation error detected: Value null at 'keyConditions.mark.member.comparisonOperator' failed to satisfy constraint: Member must not be null"},
	})
}

func TestScan_ScanFilter(t *testing.T) {
	e := newThing(t, `"n":{"N":"5"},"s":{"S":"text"},"l":{"L":[{"S":"e"}]},"ss":{"SS":["m"]}`)
	for _, test := range []struct {
		filter string
		want   int
	}{
		{`"n":{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"5.0"}]}`, 1},
		{`"n":{"ComparisonOperator":"NE","AttributeValueList":[{"N":"5"}]}`, 0},
		{`"x":{"ComparisonOperator":"NE","AttributeValueList":[{"N":"5"}]}`, 1},
		{`"n":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"4"}]}`, 1},
		{`"n":{"ComparisonOperator":"LE","AttributeValueList":[{"N":"4"}]}`, 0},
		{`"n":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"4"},{"N":"6"}]}`, 1},
		{`"n":{"ComparisonOperator":"IN","AttributeValueList":[{"N":"4"},{"N":"5"}]}`, 1},
		{`"n":{"ComparisonOperator":"NULL"}`, 0},
		{`"x":{"ComparisonOperator":"NULL"}`, 1},
		{`"n":{"ComparisonOperator":"NOT_NULL"}`, 1},
		{`"s":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"S":"te"}]}`, 1},
		{`"s":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"S":"ex"}]}`, 1},
		{`"l":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"S":"e"}]}`, 1},
		{`"ss":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"m"}]}`, 0},
		{`"ss":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"x"}]}`, 1},
		{`"x":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"x"}]}`, 0},
		{`"n":{"ComparisonOperator":"NULL"},"s":{"ComparisonOperator":"NOT_NULL"}`, 0},
		{`"n":{"ComparisonOperator":"NULL"},"s":{"ComparisonOperator":"NOT_NULL"}},"ConditionalOperator":"OR","x":{`, 1},
	} {
		response := call(t, e, "Scan", `{"TableName":"things","ScanFilter":{`+test.filter+`}}`)
		assert.EqualValues(t, test.want, response["Count"], test.filter)
	}
}

func TestScan_ScanFilterErrors(t *testing.T) {
	const invalid = "ValidationException: One or more parameter values were invalid: "
	scan := func(filter string) string { return `{"TableName":"missing","ScanFilter":{` + filter + `}}` }
	perform(t, newTables(t), []exchange{
		{"an unknown operator", "Scan", scan(`"a":{"ComparisonOperator":"LIKE"}`), "ValidationException: 1 validation error detected: Value 'LIKE' at 'scanFilter.a.member.comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"},
		{"too many values", "Scan", scan(`"a":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"},{"S":"b"}]}`), invalid + "Invalid number of argument(s) for the EQ ComparisonOperator"},
		{"values of two types", "Scan", scan(`"a":{"ComparisonOperator":"IN","AttributeValueList":[{"S":"a"},{"N":"1"}]}`), invalid + "AttributeValues inside AttributeValueList must be of same type"},
		{"a type without order after another type", "Scan", scan(`"a":{"ComparisonOperator":"IN","AttributeValueList":[{"S":"a"},{"M":{}}]}`), invalid + "ComparisonOperator IN is not valid for M AttributeValue type"},
		{"a type without order", "Scan", scan(`"a":{"ComparisonOperator":"LT","AttributeValueList":[{"BOOL":true}]}`), invalid + "ComparisonOperator LT is not valid for BOOL AttributeValue type"},
		{"bounds the wrong way round", "Scan", scan(`"a":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"S":"b"},{"S":"a"}]}`), "ValidationException: The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"},
		{"one condition with an operator", "Scan", scan(`"a":{"ComparisonOperator":"NULL"}},"ConditionalOperator":"OR","x":{`), "ValidationException: ConditionalOperator can only be used when Filter or Expected has two or more elements"},
		{"a condition before repeated attributes", "Scan", scan(`"a":{"ComparisonOperator":"EQ","AttributeValueList":[]}},"AttributesToGet":["a","a"],"x":{`), invalid + "Invalid number of argument(s) for the EQ ComparisonOperator"},
		{"an operator without conditions", "Scan", `{"TableName":"missing","ConditionalOperator":"OR"}`, "ValidationException: ConditionalOperator cannot be used without Filter or Expected"},
	})
}

func TestPutItem_Expected(t *testing.T) {
	const failed = "ConditionalCheckFailedException: The conditional request failed"
	const invalid = "ValidationException: 1 validation error detected: One or more parameter values were invalid: "
	put := func(expected string) string {
		return `{"TableName":"things","Item":{"a":{"S":"1"},"n":{"N":"5"}},"Expected":{` + expected + `}}`
	}
	perform(t, newThing(t, `"n":{"N":"5"}`), []exchange{
		{"a value that is there", "PutItem", put(`"n":{"Value":{"N":"5"}}`), `{}`},
		{"a value that is not there", "PutItem", put(`"n":{"Value":{"N":"6"},"Exists":true}`), failed},
		{"an attribute that may not be there", "PutItem", put(`"n":{"Exists":false}`), failed},
		{"a comparison", "PutItem", put(`"n":{"ComparisonOperator":"GT","Value":{"N":"4"}}`), `{}`},
		{"one of two", "PutItem", put(`"n":{"Exists":false},"a":{"Value":{"S":"1"}}},"ConditionalOperator":"OR","x":{`), `{}`},
		{"no value", "PutItem", put(`"n":{}`), invalid + "Value must be provided when Exists is null for Attribute: n"},
		{"a null condition", "PutItem", put(`"n":null`), invalid + "ExpectedAttributeValue must not be null for Attribute: n"},
		{"a list without an operator", "PutItem", put(`"n":{"AttributeValueList":[]}`), invalid + "AttributeValueList can only be used with a ComparisonOperator for Attribute: n"},
		{"an operator beside exists", "PutItem", put(`"n":{"Exists":false,"ComparisonOperator":"NULL"}`), invalid + "Exists and ComparisonOperator cannot be used together for Attribute: n"},
	})
}

func TestUpdateItem_AttributeUpdates(t *testing.T) {
	const item = `"n":{"N":"5"},"s":{"S":"text"},"l":{"L":[{"S":"e"}]},"ss":{"SS":["a","b"]}`
	const invalid = "ValidationException: 1 validation error detected: One or more parameter values were invalid: "
	update := func(updates string) string {
		return `{` + thing + `,"AttributeUpdates":{` + updates + `},"ReturnValues":"UPDATED_NEW"}`
	}
	for _, x := range []exchange{
		{"put", "UpdateItem", update(`"x":{"Value":{"S":"y"}},"n":{"Action":"PUT","Value":{"N":"1"}}`), `{"Attributes":{"x":{"S":"y"},"n":{"N":"1"}}}`},
		{"delete", "UpdateItem", update(`"n":{"Action":"DELETE"}`), `{}`},
		{"delete members", "UpdateItem", update(`"ss":{"Action":"DELETE","Value":{"SS":["a"]}}`), `{"Attributes":{"ss":{"SS":["b"]}}}`},
		{"add to a number", "UpdateItem", update(`"n":{"Action":"ADD","Value":{"N":"2"}}`), `{"Attributes":{"n":{"N":"7"}}}`},
		{"add to a set", "UpdateItem", update(`"ss":{"Action":"ADD","Value":{"SS":["c"]}}`), `{"Attributes":{"ss":{"SS":["a","b","c"]}}}`},
		{"add to a list", "UpdateItem", update(`"l":{"Action":"ADD","Value":{"L":[{"S":"f"}]}}`), `{"Attributes":{"l":{"L":[{"S":"e"},{"S":"f"}]}}}`},
		{"add to another type", "UpdateItem", update(`"s":{"Action":"ADD","Value":{"N":"2"}}`), "ValidationException: Type mismatch for attribute to update"},
		{"the key", "UpdateItem", update(`"a":{"Value":{"S":"y"}}`), "ValidationException: One or more parameter values were invalid: Cannot update attribute a. This attribute is part of the key"},
		{"an empty name", "UpdateItem", update(`"":{"Value":{"S":"y"}}`), "ValidationException: 1 validation error detected: Empty attribute name"},
		{"a null update", "UpdateItem", update(`"n":null`), invalid + "Only DELETE action is allowed when no attribute value is specified"},
		{"a null update of an empty name", "UpdateItem", update(`"":null`), "ValidationException: 1 validation error detected: Empty attribute name"},
		{"put without a value", "UpdateItem", update(`"n":{}`), invalid + "Only DELETE action is allowed when no attribute value is specified"},
		{"delete a string", "UpdateItem", update(`"n":{"Action":"DELETE","Value":{"S":"a"}}`), invalid + "DELETE action with value is not supported for the type S"},
		{"add a string", "UpdateItem", update(`"n":{"Action":"ADD","Value":{"S":"a"}}`), invalid + "ADD action is not supported for the type S"},
		{"beside an expression", "UpdateItem", `{` + thing + `,"AttributeUpdates":{},"Expected":{},"UpdateExpression":"REMOVE n"}`,
			"ValidationException: 1 validation error detected: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributeUpdates, Expected} Expression parameters: {UpdateExpression}"},
	} {
		perform(t, newThing(t, item), []exchange{x})
	}
}

// FuzzLegacyParameters sends arbitrary parameters to every operation that has legacy ones.
func FuzzLegacyParameters(f *testing.F) {
	for _, seed := range fuzzSeeds {
		if _, parameters, ok := strings.Cut(seed, `"TableName":"numbers",`); ok {
			f.Add(strings.TrimSuffix(parameters, "}"))
		}
	}
	f.Add(`"AttributeUpdates":{"x":{"Action":"ADD","Value":{"NS":["1"]}}},"Expected":{"x":{"Exists":true}}`)
	f.Fuzz(func(t *testing.T, parameters string) {
		e := engine.New()
		for _, request := range fuzzTables {
			call(t, e, request.operation, request.body)
		}
		body := `{"TableName":"numbers",` + parameters + `}`
		for _, operation := range []string{"PutItem", "UpdateItem", "GetItem", "Query", "Scan", "DeleteItem"} {
			send(t, e, operation, body) // fails for an internal error
		}
		call(t, e, "Scan", `{"TableName":"numbers","IndexName":"global"}`)
	})
}
