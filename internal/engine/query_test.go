package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// sorts returns the values of an attribute in the items of an response.
func sorts(tb testing.TB, response map[string]any, name string) string {
	tb.Helper()
	var values []string
	for _, item := range response["Items"].([]any) {
		for _, value := range item.(map[string]any)[name].(map[string]any) {
			values = append(values, value.(string))
		}
	}
	return strings.Join(values, " ")
}

// newKeyed returns an engine with a table "things" whose sort key is of the given type, with one
// partition that has the given sort keys.
func newKeyed(tb testing.TB, kind string, keys ...string) *engine.Engine {
	tb.Helper()
	e := engine.New()
	call(tb, e, "CreateTable", definition(map[string]string{
		"AttributeDefinitions": `[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"` + kind + `"}]`,
	}))
	for _, key := range keys {
		for _, partition := range []string{"p", "q"} {
			call(tb, e, "PutItem", fmt.Sprintf(`{"TableName":"things","Item":{"a":{"S":%q},"b":{%q:%q}}}`, partition, kind, key))
		}
	}
	return e
}

func TestQuery_KeyConditionExpression(t *testing.T) {
	strs := newKeyed(t, "S", "b", "a", "ab", "abc", "B", "é", "\uffff", "😀")
	nums := newKeyed(t, "N", "10", "9", "-1", "-10", "0", "1.5", "1e20")
	bins := newKeyed(t, "B", "AQ==", "/w==", "//8=", "AQI=", "AA==")
	for _, test := range []struct {
		name, kind, condition string
		values                []string
		want                  string
	}{
		{"strings are in the order of their bytes", "S", "", nil, "B a ab abc b é \uffff 😀"},
		{"numbers are in the order of their magnitude", "N", "", nil, "-10 -1 0 1.5 9 10 100000000000000000000"},
		{"binaries are in the order of their bytes", "B", "", nil, "AA== AQ== AQI= /w== //8="},
		{"equal", "S", "AND b = :x", []string{"ab"}, "ab"},
		{"equal to nothing", "S", "AND b = :x", []string{"abcd"}, ""},
		{"equal numbers in another form", "N", "AND b = :x", []string{"15E-1"}, "1.5"},
		{"less", "S", "AND b < :x", []string{"ab"}, "B a"},
		{"less or equal", "S", "AND b <= :x", []string{"ab"}, "B a ab"},
		{"greater", "S", "AND b > :x", []string{"b"}, "é \uffff 😀"},
		{"greater or equal", "S", "AND b >= :x", []string{"b"}, "b é \uffff 😀"},
		{"between", "N", "AND b BETWEEN :x AND :y", []string{"-1", "9.5"}, "-1 0 1.5 9"},
		{"between equal bounds", "N", "AND b BETWEEN :x AND :y", []string{"0", "0"}, "0"},
		{"begins with", "S", "AND begins_with(b, :x)", []string{"ab"}, "ab abc"},
		{"begins with the greatest character", "S", "AND begins_with(b, :x)", []string{"😀"}, "😀"},
		{"begins with a byte", "B", "AND begins_with(b, :x)", []string{"AQ=="}, "AQ== AQI="},
		{"begins with the greatest byte", "B", "AND begins_with(b, :x)", []string{"/w=="}, "/w== //8="},
		{"the operands in the other order", "N", "AND :x < b", []string{"9"}, "10 100000000000000000000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := map[string]*engine.Engine{"S": strs, "N": nums, "B": bins}[test.kind]
			values := `":p":{"S":"p"}`
			for i, value := range test.values {
				values += fmt.Sprintf(`,":%c":{%q:%q}`, 'x'+i, test.kind, value)
			}
			for _, forward := range []bool{true, false} {
				body := fmt.Sprintf(`{"TableName":"things","KeyConditionExpression":"a = :p %s","ExpressionAttributeValues":{%s},"ScanIndexForward":%t}`, test.condition, values, forward)
				want := strings.Fields(test.want)
				if !forward {
					for i, k := 0, len(want)-1; i < k; i, k = i+1, k-1 {
						want[i], want[k] = want[k], want[i]
					}
				}
				assert.Equal(t, strings.Join(want, " "), sorts(t, call(t, e, "Query", body), "b"), forward)
				// Page by page it is the same.
				assert.Equal(t, strings.Join(want, " "), strings.Join(pages(t, e, "Query", body, 1), " "), forward)
			}
		})
	}
}

// pages follows LastEvaluatedKey in pages of a limit and returns the values of "b".
func pages(tb testing.TB, e *engine.Engine, operation, body string, limit int) []string {
	tb.Helper()
	var values []string
	start := ""
	for range 1000 {
		response := call(tb, e, operation, fmt.Sprintf(`{"Limit":%d%s,%s`, limit, start, body[1:]))
		if got := sorts(tb, response, "b"); got != "" {
			values = append(values, strings.Fields(got)...)
		}
		last, more := response["LastEvaluatedKey"]
		if !more {
			return values
		}
		start = `,"ExclusiveStartKey":` + text(tb, last)
	}
	tb.Fatal("the pages do not end")
	return nil
}

func TestQuery_Pages(t *testing.T) {
	e := newKeyed(t, "N", "1", "2", "3", "4")
	const query = `"TableName":"things","KeyConditionExpression":"a = :p","ExpressionAttributeValues":{":p":{"S":"p"}},"Select":"COUNT"`
	perform(t, e, []exchange{
		{"a limit that is reached before", "Query", `{` + query + `,"Limit":3}`, `{"Count":3,"ScannedCount":3,"LastEvaluatedKey":{"a":{"S":"p"},"b":{"N":"3"}}}`},
		{"a limit counts before the filter", "Query", `{"TableName":"things","KeyConditionExpression":"a = :p","ExpressionAttributeValues":{":p":{"S":"p"}},"Limit":2,"FilterExpression":"attribute_exists(x)"}`,
			`{"Items":[],"Count":0,"ScannedCount":2,"LastEvaluatedKey":{"a":{"S":"p"},"b":{"N":"2"}}}`},
	})
}

func TestQuery_OneItemHasNoNextPage(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", definition(map[string]string{"AttributeDefinitions": attributes("a"), "KeySchema": schema("a")}))
	call(t, e, "PutItem", `{"TableName":"things","Item":{"a":{"S":"p"}}}`)
	equal(t, "Query", call(t, e, "Query", `{"TableName":"things","KeyConditionExpression":"a = :p","ExpressionAttributeValues":{":p":{"S":"p"}},"Limit":1}`),
		`{"Items":[{"a":{"S":"p"}}],"Count":1,"ScannedCount":1}`)
}

func TestQuery_OneItemHasNoStart(t *testing.T) {
	const other = "ValidationException: The provided starting key is outside query boundaries based on provided conditions"
	for kind, shown := range map[string]string{"S": "S:5555", "N": "N:5555", "B": "B:java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]"} {
		e := engine.New()
		call(t, e, "CreateTable", definition(map[string]string{
			"AttributeDefinitions":   `[{"AttributeName":"a","AttributeType":"` + kind + `"},{"AttributeName":"g","AttributeType":"S"}]`,
			"KeySchema":              schema("a"),
			"GlobalSecondaryIndexes": "[" + index("global", schema("g"), `{"ProjectionType":"ALL"}`) + "]",
		}))
		query := func(start, more string) string {
			return fmt.Sprintf(`{"TableName":"things","KeyConditionExpression":"a = :a","ExpressionAttributeValues":{":a":{%[1]q:"5555"}},"ExclusiveStartKey":{"a":{%[1]q:%[2]q}}%[3]s}`, kind, start, more)
		}
		want := "ValidationException: The provided exclusive start key is invalid: ExclusiveStartKey: {a=AttributeValue: {" + shown + "}}"
		perform(t, e, []exchange{
			{kind + " of the table", "Query", query("5555", ""), want},
			{kind + " of the table, backward", "Query", query("5555", `,"ScanIndexForward":false,"Limit":1`), want},
			{kind + " of another partition", "Query", query("6666", ""), other},
			{kind + " of a scan", "Scan", fmt.Sprintf(`{"TableName":"things","ExclusiveStartKey":{"a":{%q:"5555"}}}`, kind), `{"Items":[],"Count":0,"ScannedCount":0}`},
			{kind + " of an index without a sort key", "Query", fmt.Sprintf(`{"TableName":"things","IndexName":"global","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"x"}},"ExclusiveStartKey":{"a":{%q:"5555"},"g":{"S":"x"}}}`, kind), `{"Items":[],"Count":0,"ScannedCount":0}`},
		})
	}
}

func TestQuery_PageEndsAtOneMegabyte(t *testing.T) {
	const megabyte = 1 << 20
	for name, test := range map[string]struct {
		size  int // of each item
		items int
		pages []int
	}{
		"with the item that reaches it":                    {megabyte / 4, 6, []int{4, 2}},
		"with the item that goes beyond it":                {megabyte/4 - 1, 6, []int{5, 1}},
		"also where that is the last item":                 {megabyte / 4, 4, []int{4, 0}},
		"but not before it is reached":                     {megabyte/4 - 1, 4, []int{4}},
		"which one partition can reach with few items too": {400 << 10, 4, []int{3, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newKeyed(t, "S")
			for i := range test.items {
				const rest = len("a" + "p" + "b" + "00" + "x")
				call(t, e, "PutItem", fmt.Sprintf(`{"TableName":"things","Item":{"a":{"S":"p"},"b":{"S":"%02d"},"x":{"S":%q}}}`, i, strings.Repeat("x", test.size-rest)))
			}
			for _, more := range []string{``, `,"FilterExpression":"attribute_not_exists(x)"`, `,"Select":"COUNT"`, `,"ProjectionExpression":"a"`, `,"ScanIndexForward":false`} {
				var got []int
				start := ""
				for len(got) <= len(test.pages) {
					response := call(t, e, "Query", `{"TableName":"things","KeyConditionExpression":"a = :p","ExpressionAttributeValues":{":p":{"S":"p"}}`+more+start+`}`)
					got = append(got, int(response["ScannedCount"].(float64)))
					last, ok := response["LastEvaluatedKey"]
					if !ok {
						break
					}
					start = `,"ExclusiveStartKey":` + text(t, last)
				}
				assert.Equal(t, fmt.Sprint(test.pages), fmt.Sprint(got), more)
			}
		})
	}
}

// equals returns a legacy condition.
func equals(name string) string {
	return `"` + name + `":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"v"}]}`
}

func TestQuery_Errors(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", createIndexed)
	query := func(condition, more string) string {
		return `{"TableName":"specs","KeyConditionExpression":"` + condition + `","ExpressionAttributeValues":{":v":{"S":"v"}}` + more + `}`
	}
	global := func(more string) string { return query("g = :v", `,"IndexName":"global"`+more) }
	start := func(key string) string { return `,"ExclusiveStartKey":` + key }
	const invalid = "ValidationException: One or more parameter values were invalid: "
	const starting = "ValidationException: The provided starting key is invalid"
	const unsupported = "ValidationException: Query key condition not supported"
	const selecting = "ValidationException: 1 validation error detected: "
	conditions := func(given, keys int) string {
		return fmt.Sprintf("ValidationException: The number of query conditions (%d) exceeds the number of key attributes defined in the schema (%d)", given, keys)
	}
	perform(t, e, []exchange{
		{"no key condition", "Query", `{"TableName":"specs"}`, "ValidationException: Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		{"a filter before a projection", "Query", query("p = :v", `,"FilterExpression":"","ProjectionExpression":""`), "ValidationException: Invalid FilterExpression: The expression can not be empty;"},
		{"a projection before the key condition", "Query", query("p =", `,"ProjectionExpression":""`), "ValidationException: Invalid ProjectionExpression: The expression can not be empty;"},
		{"a range of partitions", "Query", query("p > :v", ""), unsupported},
		{"two conditions where there is one key", "Query", query("g = :v AND p = :v", `,"IndexName":"global"`), conditions(2, 1)},
		{"three conditions where there are two keys", "Query", query("g = :v AND p = :v AND s = :v", `,"IndexName":"local"`), conditions(3, 2)},
		{"four conditions on a table", "Query", query("x = :v AND p = :v AND s < :v AND y > :v", ""), conditions(4, 2)},
		{"three legacy conditions", "Query", `{"TableName":"specs","KeyConditions":{` + equals("x") + `,` + equals("p") + `,` + equals("s") + `}}`, conditions(3, 2)},
		{"two legacy conditions where there is one key", "Query", `{"TableName":"specs","IndexName":"global","KeyConditions":{` + equals("g") + `,` + equals("s") + `}}`, conditions(2, 1)},
		{"three conditions on a table that is missing", "Query", `{"TableName":"missing","KeyConditionExpression":"p = :v AND s = :v AND x = :v","ExpressionAttributeValues":{":v":{"S":"v"}}}`, "ResourceNotFoundException: Requested resource not found"},
		{"three conditions, two of them on one attribute", "Query", query("p = :v AND s > :v AND s < :v", ""), "ValidationException: Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"},
		{"no legacy conditions", "Query", `{"TableName":"specs","KeyConditions":{}}`, "ValidationException: Conditions can be of length 1 or 2 only"},
		{"a value of another type", "Query", `{"TableName":"specs","KeyConditionExpression":"p = :v","ExpressionAttributeValues":{":v":{"N":"1"}}}`, invalid + "Condition parameter type does not match schema type"},
		{"an empty value for an index", "Query", `{"TableName":"specs","IndexName":"global","KeyConditionExpression":"g = :v","ExpressionAttributeValues":{":v":{"S":""}}}`, "ValidationException: One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: global, IndexKey: g"},
		{"a limit of 0", "Query", query("p = :v", `,"Limit":0`), "ValidationException: 1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"a count with a projection", "Query", query("p = :v", `,"Select":"COUNT","ProjectionExpression":"p"`), selecting + "Cannot specify the ProjectionExpression when choosing to get only the Count"},
		{"projected attributes of a table", "Query", query("p = :v", `,"Select":"ALL_PROJECTED_ATTRIBUTES"`), selecting + "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
		{"all attributes of a global index", "Query", global(`,"Select":"ALL_ATTRIBUTES"`), invalid + "Select type ALL_ATTRIBUTES is not supported for global secondary index global because its projection type is not ALL"},
		{"all attributes of a global index with a projection", "Query", global(`,"Select":"ALL_ATTRIBUTES","ProjectionExpression":"p"`), selecting + "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"},
		{"a projection of what a global index lacks", "Query", global(`,"ProjectionExpression":"x, y, z, p"`), invalid + "Global secondary index global does not project [y, z]"},
		{"a filter on both keys, before what an index lacks", "Query", query("p = :v", `,"IndexName":"local","FilterExpression":"g = p"`), "ValidationException: Filter Expression can only contain non-primary key attributes: Primary key attribute: p"},
		{"a filter on what an index lacks, before a projection of it", "Query", global(`,"FilterExpression":"attribute_exists(y)","ProjectionExpression":"z"`), invalid + "Secondary index global does not project one or more filter attributes: [y]"},
		{"an expression beside a legacy parameter", "Query", query("p = :v", `,"QueryFilter":{}`), "ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {QueryFilter} Expression parameters: {KeyConditionExpression}"},
		{"values without an expression", "Query", `{"TableName":"specs","ProjectionExpression":"p","ExpressionAttributeValues":{":v":{"S":"v"}}}`, "ValidationException: ExpressionAttributeValues can only be specified when using expressions: FilterExpression and KeyConditionExpression are null"},
		{"what only a scan takes", "Query", query("p = :v", `,"Segment":"x","TotalSegments":0`), `{"Items":[],"Count":0,"ScannedCount":0}`},
		{"what only a query takes", "Scan", `{"TableName":"specs","ScanIndexForward":1}`, `{"Items":[],"Count":0,"ScannedCount":0}`},
		{"projected attributes with the legacy parameter", "Query", `{"TableName":"specs","IndexName":"local","KeyConditions":{` + equals("p") + `},"AttributesToGet":["p"],"Select":"ALL_PROJECTED_ATTRIBUTES"}`, selecting + "Cannot specify the AttributesToGet when choosing to get ALL_PROJECTED_ATTRIBUTES"},
		{"specific attributes that are none", "Query", query("p = :v", `,"Select":"SPECIFIC_ATTRIBUTES"`), selecting + "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"},
		{"a start that lacks an attribute", "Query", query("p = :v", start(`{"p":{"S":"v"}}`)), starting},
		{"a start with another attribute", "Query", query("p = :v", start(`{"p":{"S":"v"},"x":{"S":"1"}}`)), starting},
		{"a start in an index without its key", "Query", global(start(`{"p":{"S":"v"},"s":{"S":"1"},"x":{"S":"1"}}`)), starting},
		{"a start in an index with another type", "Query", global(start(`{"p":{"S":"v"},"s":{"S":"1"},"g":{"N":"1"}}`)), "ValidationException: The provided key element does not match the schema"},
		{"a start in an index without the key of the table", "Query", global(start(`{"x":{"S":"v"},"s":{"S":"1"},"g":{"S":"v"}}`)), starting + ": The provided key element does not match the schema"},
		{"a start in an index with another type of the table", "Query", global(start(`{"p":{"S":"v"},"s":{"B":"AA=="},"g":{"S":"v"}}`)), starting + ": The provided key element does not match the schema"},
		{"a start of another type", "Query", query("p = :v", start(`{"p":{"S":"v"},"s":{"N":"1"}}`)), "ValidationException: The provided key element does not match the schema"},
		{"a start with an empty value", "Query", query("p = :v", start(`{"p":{"S":"v"},"s":{"S":""}}`)), starting + ": One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: s"},
		{"a start with a value that is none", "Query", query("p = :v", start(`{"p":{"S":"v"},"s":{}}`)), starting + ": Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{"a start in another partition", "Query", query("p = :v", start(`{"p":{"S":"w"},"s":{"S":"1"}}`)), "ValidationException: The provided starting key is outside query boundaries based on provided conditions"},
		{"a start outside of the range", "Query", query("p = :v AND s < :v", start(`{"p":{"S":"v"},"s":{"S":"w"}}`)), "ValidationException: The provided starting key does not match the range key predicate"},
		{"a start in the range of another partition", "Query", query("p = :v AND s < :v", start(`{"p":{"S":"w"},"s":{"S":"a"}}`)), "ValidationException: The query can return at most one row and cannot be restarted"},
	})
}
