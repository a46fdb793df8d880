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
		{"an expression beside a legacy parameter", "Scan", scan(`,"FilterExpression":"s = s","ScanFilter":{}`), "ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {ScanFilter} Expression parameters: {FilterExpression}"},
	})
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
