package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// spread returns an engine with a table "things" of many partitions.
func spread(tb testing.TB, n int) *engine.Engine {
	tb.Helper()
	e := engine.New()
	call(tb, e, "CreateTable", definition(map[string]string{
		"AttributeDefinitions":   attributes("a", "b", "g"),
		"GlobalSecondaryIndexes": "[" + index("global", schema("g"), `{"ProjectionType":"KEYS_ONLY"}`) + "]",
	}))
	for i := range n {
		call(tb, e, "PutItem", fmt.Sprintf(`{"TableName":"things","Item":{"a":{"S":"%d"},"b":{"S":"%03d"},"g":{"S":"%d"},"x":{"N":"%d"}}}`, i/3, i, i%7, i))
	}
	return e
}

func TestScan_FindsEveryItemOnce(t *testing.T) {
	const n = 60
	e := spread(t, n)
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf("%03d", i))
	}
	for _, index := range []string{``, `,"IndexName":"global"`} {
		body := `{"TableName":"things"` + index + `}`
		whole := strings.Fields(sorts(t, call(t, e, "Scan", body), "b"))
		again := strings.Fields(sorts(t, call(t, spread(t, n), "Scan", body), "b"))
		assert.Equal(t, again, whole, whole)
		assert.False(t, slices.IsSorted(whole))
		for _, limit := range []int{1, 7, 30, 60, 61} {
			assert.Equal(t, whole, pages(t, e, "Scan", body, limit), limit)
		}
		slices.Sort(whole)
		assert.Equal(t, want, whole, whole)
	}
}

func TestScan_SegmentsDivideTheTable(t *testing.T) {
	e := spread(t, 60)
	for _, index := range []string{``, `,"IndexName":"global"`} {
		for _, total := range []int{1, 2, 3, 16, 1000000} {
			var found []string
			used := 0
			for segment := range min(total, 16) {
				body := fmt.Sprintf(`{"TableName":"things","Segment":%d,"TotalSegments":%d%s}`, segment, total, index)
				values := pages(t, e, "Scan", body, 4)
				found = append(found, values...)
				if len(values) > 0 {
					used++
				}
			}
			if total > 16 {
				continue // only that each segment can be asked for
			}
			slices.Sort(found)
			assert.False(t, len(found) != 60 || len(slices.Compact(found)) != 60, "%d segments%s found %d items", total, index, len(found))
			assert.False(t, total == 3 && used < 3 && index == "", "the items are in %d of 3 segments", used)
		}
	}
}

func TestScan_Responses(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", createIndexed)
	put(t, e, `{"p":{"S":"a"},"s":{"S":"b"},"g":{"S":"c"},"x":{"S":"d"},"y":{"S":"e"}}`)
	put(t, e, `{"p":{"S":"a"},"s":{"S":"c"},"x":{"S":"d"}}`)
	scan := func(more string) string { return `{"TableName":"specs"` + more + `}` }
	const invalid = "ValidationException: One or more parameter values were invalid: "
	perform(t, e, []exchange{
		{"a local index can fetch the rest", "Scan", scan(`,"IndexName":"local","Select":"ALL_ATTRIBUTES"`), `{"Items":[{"p":{"S":"a"},"s":{"S":"b"},"g":{"S":"c"},"x":{"S":"d"},"y":{"S":"e"}}],"Count":1,"ScannedCount":1}`},
		{"a global index cannot", "Scan", scan(`,"IndexName":"global","AttributesToGet":["y"]`), invalid + "Global secondary index global does not project [y]"},
		{"the legacy way to name parts works", "Scan", scan(`,"AttributesToGet":["x"],"Select":"SPECIFIC_ATTRIBUTES"`), `{"Items":[{"x":{"S":"d"}},{"x":{"S":"d"}}],"Count":2,"ScannedCount":2}`},
		{"a segment of nothing", "Scan", scan(`,"Segment":0`), "ValidationException: The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},
		{"segments without one", "Scan", scan(`,"TotalSegments":2`), "ValidationException: The Segment parameter is required but was not present in the request when parameter TotalSegments is present"},
		{"a negative segment", "Scan", scan(`,"TotalSegments":2,"Segment":-1`), "ValidationException: 1 validation error detected: Value '-1' at 'segment' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		{"too many segments", "Scan", scan(`,"TotalSegments":1000001,"Segment":1`), "ValidationException: 1 validation error detected: Value '1000001' at 'totalSegments' failed to satisfy constraint: Member must have value less than or equal to 1000000"},
		{"a limit of 0", "Scan", scan(`,"Limit":0`), "ValidationException: 1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"a segment behind the last", "Scan", scan(`,"TotalSegments":5,"Segment":5`), "ValidationException: The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 5 is not less than TotalSegments: 5"},
		{"an unknown operator", "Scan", scan(`,"ConditionalOperator":"XOR","ScanFilter":{"x":{"ComparisonOperator":"NULL"},"y":{"ComparisonOperator":"NULL"}}`), "ValidationException: 1 validation error detected: Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]"},
		{"specific attributes that are none", "Scan", scan(`,"Select":"SPECIFIC_ATTRIBUTES"`), "ValidationException: Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"},
		{"a count with a projection", "Scan", scan(`,"Select":"COUNT","ProjectionExpression":"p"`), "ValidationException: Cannot specify the ProjectionExpression when choosing to get only the Count"},
		{"all attributes with the legacy parameter", "Scan", scan(`,"Select":"ALL_ATTRIBUTES","AttributesToGet":["p"]`), "ValidationException: Cannot specify the AttributesToGet when choosing to get ALL_ATTRIBUTES"},
		{"projected attributes of a table", "Scan", scan(`,"Select":"ALL_PROJECTED_ATTRIBUTES"`), "ValidationException: ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
		{"all violations at once", "Scan", `{"TableName":"a;","Select":"count","IndexName":"i;","TotalSegments":0,"ReturnConsumedCapacity":"x","ConditionalOperator":"and","ScanFilter":{"x":{}},"Segment":-1,"Limit":-1,"AttributesToGet":[]}`,
			"ValidationException: 10 validation errors detected: Value 'count' at 'select' failed to satisfy constraint: Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]; " +
				"Value 'i;' at 'indexName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'i;' at 'indexName' failed to satisfy constraint: Member must have length greater than or equal to 3; " +
				"Value '0' at 'totalSegments' failed to satisfy constraint: Member must have value greater than or equal to 1; Value 'x' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; " +
				"Value 'a;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'and' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]; " +
				"Value null at 'scanFilter.x.member.comparisonOperator' failed to satisfy constraint: Member must not be null; Value '-1' at 'segment' failed to satisfy constraint: Member must have value greater than or equal to 0; " +
				"Value '-1' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"an expression beside a legacy parameter", "Scan", scan(`,"FilterExpression":"s = s","ScanFilter":{}`), "ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {ScanFilter} Expression parameters: {FilterExpression}"},
	})
}

func TestScan_StartKeys(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", createIndexed)
	const short = "ValidationException: The provided starting key is invalid"
	const element = "The provided key element does not match the schema"
	for _, test := range []struct{ index, start, want string }{
		{"", `{}`, short + ": " + element},
		{"", `{"bad":{"S":"1"}}`, short + ": " + element},
		{"", `{"p":{"S":"1"}}`, short + ": " + element},
		{"", `{"p":{"S":"1"},"x":{"S":"1"}}`, short + ": " + element},
		{"", `{"p":{"N":"1"},"s":{"S":"1"}}`, short + ": " + element},
		{"", `{"p":{"S":"1"},"s":{"BOOL":true}}`, short + ": " + element},
		{"", `{"p":{"S":"1"},"s":{"S":"1"},"g":{"S":"1"}}`, short + ": " + element},
		{"", `{"p":{"S":"1"},"s":{"S":""}}`, short + ": One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: s"},
		{"local", `{"p":{"S":"1"},"s":{"S":"1"}}`, short},
		{"local", `{"p":{"S":"1"},"s":{"S":"1"},"x":{"S":"1"}}`, short},
		{"local", `{"p":{"S":"1"},"s":{"S":"1"},"g":{"N":"1"}}`, "ValidationException: " + element},
		{"local", `{"p":{"S":"1"},"s":{"N":"1"},"g":{"S":"1"}}`, short + ": " + element},
		{"global", `{}`, short},
		{"global", `{"p":{"S":"1"},"s":{"S":"1"},"x":{"S":"1"}}`, short},
		{"global", `{"p":{"S":"1"},"s":{"S":"1"},"g":{"B":"AA=="}}`, "ValidationException: " + element},
		{"global", `{"p":{"L":[]},"s":{"S":"1"},"g":{"S":"1"}}`, short + ": " + element},
		{"global", `{"x":{"S":"1"},"s":{"S":"1"},"g":{"S":"1"}}`, short + ": " + element},
	} {
		body := `{"TableName":"specs","ExclusiveStartKey":` + test.start
		if test.index != "" {
			body += `,"IndexName":"` + test.index + `"`
		}
		name, message := refuse(t, e, "Scan", body+"}")
		assert.Equal(t, test.want, name+": "+message, body)
	}
}

func TestScan_StartInAnotherSegment(t *testing.T) {
	e := spread(t, 10)
	refusals := 0
	for segment := range 2 {
		status, response := send(t, e, "Scan", fmt.Sprintf(`{"TableName":"things","Segment":%d,"TotalSegments":2,"ExclusiveStartKey":{"a":{"S":"1"},"b":{"S":"1"}}}`, segment))
		if status == 400 {
			refusals++
			want := fmt.Sprintf("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: %d", segment)
			assert.Equal(t, want, object(t, response)["message"])
		}
	}
	assert.Equal(t, 1, refusals, refusals)
}

// TestScan_OrderOfPartitions has the orders that were recorded on AWS, of strings and numbers; that of
// the binary values was computed by md5sum.
func TestScan_OrderOfPartitions(t *testing.T) {
	for _, test := range []struct{ kind, want string }{
		{"S", "2 8 9 1 6 hello 0 5 4 äáöü aardman 7 3 zapf"},
		{"N", "7 999.9 8 3 2 -999.9 9 4 -0.09 6 1 0 0.012345 5"},
		{"B", "/w== aGVsbG8= YWFyZG1hbg== AA=="},
	} {
		t.Run(test.kind, func(t *testing.T) {
			keys := strings.Fields(test.want)
			e := engine.New()
			call(t, e, "CreateTable", definition(map[string]string{
				"AttributeDefinitions":   fmt.Sprintf(`[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"b","AttributeType":%q}]`, test.kind),
				"KeySchema":              schema("id"),
				"GlobalSecondaryIndexes": "[" + index("global", schema("b"), `{"ProjectionType":"ALL"}`) + "]",
			}))
			call(t, e, "CreateTable", definition(map[string]string{
				"TableName":             `"keys"`,
				"AttributeDefinitions":  fmt.Sprintf(`[{"AttributeName":"b","AttributeType":%q},{"AttributeName":"s","AttributeType":"N"},{"AttributeName":"l","AttributeType":"N"}]`, test.kind),
				"KeySchema":             schema("b", "s"),
				"LocalSecondaryIndexes": "[" + index("local", schema("b", "l"), `{"ProjectionType":"ALL"}`) + "]",
			}))
			for i, key := range slices.Sorted(slices.Values(keys)) {
				call(t, e, "PutItem", fmt.Sprintf(`{"TableName":"things","Item":{"id":{"S":"%d"},"b":{%q:%q}}}`, i, test.kind, key))
				for n := range 2 {
					call(t, e, "PutItem", fmt.Sprintf(`{"TableName":"keys","Item":{"b":{%q:%q},"s":{"N":"%d"},"l":{"N":"%d"}}}`, test.kind, key, n, -n))
				}
			}
			assert.Equal(t, test.want, sorts(t, call(t, e, "Scan", `{"TableName":"things","IndexName":"global"}`), "b"))
			assert.Equal(t, keys, pages(t, e, "Scan", `{"TableName":"things","IndexName":"global"}`, 3))
			for _, scan := range []string{`{"TableName":"keys"}`, `{"TableName":"keys","IndexName":"local"}`} {
				all := strings.Fields(sorts(t, call(t, e, "Scan", scan), "b"))
				assert.Equal(t, keys, slices.Compact(all), scan)
			}
			assert.Equal(t, "0 1", sorts(t, call(t, e, "Scan", `{"TableName":"keys","Limit":2}`), "s"))
			assert.Equal(t, "1 0", sorts(t, call(t, e, "Scan", `{"TableName":"keys","IndexName":"local","Limit":2}`), "s"))
		})
	}
}

// TestScan_SegmentsAreRangesOfTheHash has items in segments in which they were on AWS.
func TestScan_SegmentsAreRangesOfTheHash(t *testing.T) {
	for _, test := range []struct {
		kind, key      string
		segment, total int
	}{
		{"S", "3635", 0, 4096},
		{"S", "228", 0, 4096},
		{"S", "1668", 1, 4096},
		{"S", "3435", 4, 4096},
		{"N", "251", 1, 4096},
		{"N", "2388", 4095, 4096},
		{"N", "2388", 0, 1},
	} {
		t.Run(test.kind+test.key, func(t *testing.T) {
			e := engine.New()
			call(t, e, "CreateTable", definition(map[string]string{
				"AttributeDefinitions": fmt.Sprintf(`[{"AttributeName":"b","AttributeType":%q}]`, test.kind),
				"KeySchema":            schema("b"),
			}))
			key := fmt.Sprintf(`{"b":{%q:%q}}`, test.kind, test.key)
			call(t, e, "PutItem", `{"TableName":"things","Item":`+key+`}`)
			segment := func(n int, more string) string {
				return fmt.Sprintf(`{"TableName":"things","Segment":%d,"TotalSegments":%d%s}`, n, test.total, more)
			}
			from := `,"ExclusiveStartKey":` + key
			assert.Equal(t, test.key, sorts(t, call(t, e, "Scan", segment(test.segment, "")), "b"))
			assert.Empty(t, sorts(t, call(t, e, "Scan", segment(test.segment, from)), "b"))
			for _, other := range []int{test.segment - 1, test.segment + 1} {
				if other < 0 || other >= test.total {
					continue
				}
				assert.Empty(t, sorts(t, call(t, e, "Scan", segment(other, "")), "b"), "segment %d", other)
				name, message := refuse(t, e, "Scan", segment(other, from))
				assert.Equal(t, "ValidationException", name)
				assert.Equal(t, fmt.Sprintf("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d", test.total, other), message)
			}
		})
	}
}

func TestScan_StartsAtKeysThatAreNotThere(t *testing.T) {
	e := spread(t, 60)
	for _, scan := range []string{`{"TableName":"things"`, `{"TableName":"things","Segment":0,"TotalSegments":1`, `{"TableName":"things","IndexName":"global"`} {
		first := call(t, e, "Scan", scan+`,"Limit":20}`)
		last := text(t, first["LastEvaluatedKey"])
		rest := scan + `,"ExclusiveStartKey":` + last + `}`
		want := sorts(t, call(t, e, "Scan", rest), "b")
		assert.Len(t, strings.Fields(want), 40)
		key := first["LastEvaluatedKey"].(map[string]any)
		removed := text(t, map[string]any{"a": key["a"], "b": key["b"]})
		call(t, e, "DeleteItem", `{"TableName":"things","Key":`+removed+`}`)
		assert.Equal(t, want, sorts(t, call(t, e, "Scan", rest), "b"), "after the item is gone")
		key["b"] = map[string]any{"S": key["b"].(map[string]any)["S"].(string) + "+"}
		never := scan + `,"ExclusiveStartKey":` + text(t, key) + `}`
		assert.Equal(t, want, sorts(t, call(t, e, "Scan", never), "b"), "of an item that was never there, right behind the last")
		call(t, e, "PutItem", `{"TableName":"things","Item":`+text(t, first["Items"].([]any)[19])+`}`)
	}
}
