package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// sized returns an item of the table of createIndexed with the given size.
func sized(s string, bytes int, more string) string {
	const rest = len("p" + "u" + "s" + "1" + "z")
	return fmt.Sprintf(`{"p":{"S":"u"},"s":{"S":%q},"z":{"S":%q}%s}`, s, strings.Repeat("z", bytes-rest), more)
}

// consumed performs a request and returns its ConsumedCapacity.
func consumed(tb testing.TB, e *engine.Engine, operation, body string) any {
	tb.Helper()
	return call(tb, e, operation, `{"ReturnConsumedCapacity":"INDEXES",`+body[1:])["ConsumedCapacity"]
}

func TestCapacity_Writes(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", createIndexed)
	// units is the cost of a write: the total, that of the table, and those of the indexes.
	units := func(total, table int, indexes string) string {
		return fmt.Sprintf(`{"TableName":"specs","CapacityUnits":%d,"Table":{"CapacityUnits":%d}%s}`, total, table, indexes)
	}
	both := func(local, global int) string {
		return fmt.Sprintf(`,"LocalSecondaryIndexes":{"local":{"CapacityUnits":%d}},"GlobalSecondaryIndexes":{"global":{"CapacityUnits":%d}}`, local, global)
	}
	globalOnly := func(global int) string {
		return fmt.Sprintf(`,"GlobalSecondaryIndexes":{"global":{"CapacityUnits":%d}}`, global)
	}
	put := func(item string) string { return `{"TableName":"specs","Item":` + item + `}` }
	for _, step := range []struct{ name, operation, body, want string }{
		{"a small item costs the minimum", "PutItem", put(sized("1", 100, "")), units(1, 1, "")},
		{"1 KB too", "PutItem", put(sized("1", 1024, "")), units(1, 1, "")},
		{"one byte more costs one more", "PutItem", put(sized("1", 1025, "")), units(2, 2, "")},
		{"the larger of old and new counts", "PutItem", put(sized("1", 100, "")), units(2, 2, "")},
		{"an item that enters the indexes", "PutItem", put(sized("1", 100, `,"g":{"S":"a"}`)), units(3, 1, both(1, 1))},
		{"an index that does not change costs nothing", "PutItem", put(sized("1", 2000, `,"g":{"S":"a"}`)), units(2, 2, "")},
		{"an attribute that one index holds", "PutItem", put(sized("1", 100, `,"g":{"S":"a"},"x":{"S":"y"}`)), units(3, 2, globalOnly(1))},
		{"an index entry of over 1 KB", "PutItem", put(sized("1", 100, `,"g":{"S":"a"},"x":{"S":"`+strings.Repeat("x", 1024)+`"}`)), units(4, 2, globalOnly(2))},
		{"an index key that changes is deleted and put", "PutItem", put(sized("1", 100, `,"g":{"S":"b"}`)), units(7, 2, both(2, 3))},
		{"an entry of 1 KB", "PutItem", put(`{"p":{"S":"u"},"s":{"S":"5"},"g":{"S":"` + strings.Repeat("g", 1024-5) + `"}}`), units(3, 1, both(1, 1))},
		{"has no more bytes than its attributes", "PutItem", put(`{"p":{"S":"u"},"s":{"S":"6"},"g":{"S":"` + strings.Repeat("g", 1024-4) + `"}}`), units(6, 2, both(2, 2))},
	} {
		equal(t, step.name, consumed(t, e, step.operation, step.body), step.want)
	}
	equal(t, "NONE has nothing", call(t, e, "PutItem", `{"TableName":"specs","Item":`+sized("4", 100, "")+`,"ReturnConsumedCapacity":"NONE"}`), `{}`)
}

func TestCapacity_Reads(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", createIndexed)
	put(t, e, sized("1", 4096, `,"g":{"S":"g"}`)) // one byte over 4 KB with the name and value of g
	put(t, e, sized("2", 4096, ""))
	put(t, e, sized("3", 100, `,"g":{"S":"g"}`))
	get := func(s, more string) string {
		return `{"TableName":"specs","Key":{"p":{"S":"u"},"s":{"S":"` + s + `"}}` + more + `}`
	}
	query := func(more string) string {
		return `{"TableName":"specs","KeyConditionExpression":"p = :p","ExpressionAttributeValues":{":p":{"S":"u"}}` + more + `}`
	}
	table := func(units string) string {
		return `{"TableName":"specs","CapacityUnits":` + units + `,"Table":{"CapacityUnits":` + units + `}}`
	}
	index := func(total, table, kind, name, units string) string {
		return fmt.Sprintf(`{"TableName":"specs","CapacityUnits":%s,"Table":{"CapacityUnits":%s},%q:{%q:{"CapacityUnits":%s}}}`, total, table, kind+"SecondaryIndexes", name, units)
	}
	for _, step := range []struct{ name, operation, body, want string }{
		{"an item of up to 4 KB", "GetItem", get("2", `,"ConsistentRead":true`), table("1")},
		{"is half the price if eventually consistent", "GetItem", get("2", ""), table("0.5")},
		{"one byte more", "GetItem", get("1", `,"ConsistentRead":true`), table("2")},
		{"a projection makes it no cheaper", "GetItem", get("1", `,"ConsistentRead":true,"ProjectionExpression":"p"`), table("2")},
		{"a missing item costs the minimum", "GetItem", get("9", `,"ConsistentRead":true`), table("1")},
		{"a query costs its items together", "Query", query(`,"ConsistentRead":true`), table("3")},
		{"before the filter", "Query", query(`,"FilterExpression":"attribute_exists(q)"`), table("1.5")},
		{"up to its limit", "Query", query(`,"Limit":1`), table("1")},
		{"a query that finds nothing costs the minimum", "Query", `{"TableName":"specs","KeyConditionExpression":"p = :p","ExpressionAttributeValues":{":p":{"S":"none"}}}`, table("0.5")},
		{"a scan costs its items together", "Scan", `{"TableName":"specs"}`, table("1.5")},
		{"an index costs what it holds", "Query", query(`,"IndexName":"local"`), index("0.5", "0", "Local", "local", "0.5")},
		{"and each item that must be fetched", "Query", query(`,"IndexName":"local","Select":"ALL_ATTRIBUTES","ConsistentRead":true`), index("4", "3", "Local", "local", "1")},
		{"a global index", "Scan", `{"TableName":"specs","IndexName":"global"}`, index("0.5", "0", "Global", "global", "0.5")},
		{"a batch costs each item on its own", "BatchGetItem", `{"RequestItems":{"specs":{"Keys":[{"p":{"S":"u"},"s":{"S":"1"}},{"p":{"S":"u"},"s":{"S":"3"}},{"p":{"S":"u"},"s":{"S":"9"}}]}}}`, `[` + table("2") + `]`},
	} {
		equal(t, step.name, consumed(t, e, step.operation, step.body), step.want)
	}
}
