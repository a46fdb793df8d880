package engine_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// createMatches creates a table with an index "all" that has several attributes in both parts of
// its key, and an index "keys" whose sort key ends with the table's key.
const createMatches = `{"TableName":"matches","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},` + matchAttributes + `],
	"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],
	"GlobalSecondaryIndexes":[` + matchIndex + `,{"IndexName":"keys","KeySchema":[{"AttributeName":"cup","KeyType":"HASH"},
		{"AttributeName":"stage","KeyType":"RANGE"},{"AttributeName":"p","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`

const (
	matchAttributes = `{"AttributeName":"cup","AttributeType":"S"},{"AttributeName":"season","AttributeType":"N"},
		{"AttributeName":"stage","AttributeType":"N"},{"AttributeName":"court","AttributeType":"S"},{"AttributeName":"seed","AttributeType":"B"}`
	matchIndex = `{"IndexName":"all","KeySchema":[{"AttributeName":"cup","KeyType":"HASH"},{"AttributeName":"season","KeyType":"HASH"},
		{"AttributeName":"stage","KeyType":"RANGE"},{"AttributeName":"court","KeyType":"RANGE"},{"AttributeName":"seed","KeyType":"RANGE"}],
		"Projection":{"ProjectionType":"ALL"}}`
)

func newMatches(tb testing.TB) *engine.Engine {
	tb.Helper()
	e := engine.New()
	call(tb, e, "CreateTable", createMatches)
	return e
}

// matchItem returns an item with all keys of the index "all".
func matchItem(p, cup, season, stage, court, seed string) string {
	return fmt.Sprintf(`{"p":{"S":%q},"cup":{"S":%q},"season":{"N":%q},"stage":{"N":%q},"court":{"S":%q},"seed":{"B":%q}}`, p, cup, season, stage, court, seed)
}

func putMatch(item string) string { return `{"TableName":"matches","Item":` + item + `}` }

// queryMatches returns a Query with the values that occur in the condition.
func queryMatches(index, condition, more string) string {
	values := map[string]string{
		":cup": `{"S":"w"}`, ":season": `{"N":"24"}`, ":stage": `{"N":"2"}`, ":last": `{"N":"10"}`, ":court": `{"S":"ab"}`,
		":seed": `{"B":"AQ=="}`, ":p": `{"S":"2"}`, ":empty": `{"S":""}`,
	}
	var used []string
	for _, name := range regexp.MustCompile(`:\w+`).FindAllString(condition, -1) {
		used = append(used, fmt.Sprintf("%q:%s", name, values[name]))
	}
	return fmt.Sprintf(`{"TableName":"matches","IndexName":%q,"KeyConditionExpression":%q,"ExpressionAttributeValues":{%s}%s}`,
		index, condition, strings.Join(slices.Compact(used), ","), more)
}

func TestQuery_SeveralKeyAttributes(t *testing.T) {
	e := newMatches(t)
	one, two, three := matchItem("1", "w", "24", "2", "ab", "AQ=="), matchItem("2", "w", "24", "10", "a", "/w=="), matchItem("3", "w", "24", "2", "abc", "AQ==")
	for _, item := range []string{two, three, one, matchItem("4", "w", "2", "4", "ab", "AQ=="), matchItem("5", "w2", "4", "2", "ab", "AQ==")} {
		call(t, e, "PutItem", putMatch(item))
	}
	const partition, stage = "cup = :cup AND season = :season", " AND stage = :stage"
	found := func(items ...string) string {
		return fmt.Sprintf(`{"Items":[%s],"Count":%d,"ScannedCount":%d}`, strings.Join(items, ","), len(items), len(items))
	}
	const invalid = "ValidationException: One or more parameter values were invalid: "
	const unequal = "ValidationException: RANGE key attributes %s must have equality conditions specified in the query because a condition is present on key attribute %s"
	const hash = "ValidationException: HASH key attributes %s must have equality conditions specified in the query"
	perform(t, e, []exchange{
		{"the first ones can be given", "Query", queryMatches("all", partition+" AND stage > :stage", ""), found(two)},
		{"keys alone are those of table and index", "Query", queryMatches("keys", "cup = :cup AND stage = :last AND p = :p", ""), found(`{"p":{"S":"2"},"cup":{"S":"w"},"stage":{"N":"10"}}`)},
		{"the partition key lacks all attributes", "Query", queryMatches("all", "stage = :stage", ""), fmt.Sprintf(hash, "cup, season")},
		{"a range before the last attribute", "Query", queryMatches("all", partition+" AND stage > :stage AND court = :court", ""), fmt.Sprintf(unequal, "stage", "court")},
		{"a gap in legacy conditions", "Query", `{"TableName":"matches","IndexName":"keys","KeyConditions":{
			"p":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"2"}]},"cup":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"w"}]}}}`, fmt.Sprintf(unequal, "stage", "p")},
		{"another attribute", "Query", queryMatches("keys", "cup = :cup AND court = :court", ""), "ValidationException: Query condition missed key schema element: stage"},
		{"a value of another type", "Query", queryMatches("all", partition+" AND stage = :court", ""), invalid + "Condition parameter type does not match schema type"},
	})
}

func TestPutItem_SeveralKeyAttributes(t *testing.T) {
	e := newMatches(t)
	long := strings.Repeat("x", 1020)
	perform(t, e, []exchange{
		{"an item that lacks one is stored", "PutItem", putMatch(`{"p":{"S":"1"},"cup":{"S":"w"},"season":{"N":"24"},"court":{"S":"ab"},"seed":{"B":"AQ=="}}`), `{}`},
		{"but is not in the index", "Scan", `{"TableName":"matches","IndexName":"all"}`, `{"Items":[],"Count":0,"ScannedCount":0}`},
		{"nor if all but one change", "UpdateItem", `{"TableName":"matches","Key":{"p":{"S":"1"}},"UpdateExpression":"SET cup = :c","ExpressionAttributeValues":{":c":{"S":"w2"}},"ReturnConsumedCapacity":"INDEXES"}`,
			`{"ConsumedCapacity":{"TableName":"matches","CapacityUnits":1,"Table":{"CapacityUnits":1}}}`},
		{"with the last it enters both indexes", "UpdateItem", `{"TableName":"matches","Key":{"p":{"S":"1"}},"UpdateExpression":"SET stage = :s","ExpressionAttributeValues":{":s":{"N":"2"}},"ReturnConsumedCapacity":"INDEXES"}`,
			`{"ConsumedCapacity":{"TableName":"matches","CapacityUnits":3,"Table":{"CapacityUnits":1},"GlobalSecondaryIndexes":{"all":{"CapacityUnits":1},"keys":{"CapacityUnits":1}}}}`},
		{"another value moves it", "TransactWriteItems", `{"TransactItems":[{"Update":{"TableName":"matches","Key":{"p":{"S":"1"}},"UpdateExpression":"SET court = :c","ExpressionAttributeValues":{":c":{"S":"b"}}}}],"ReturnConsumedCapacity":"INDEXES"}`,
			`{"ConsumedCapacity":[{"TableName":"matches","CapacityUnits":4,"WriteCapacityUnits":4,"Table":{"CapacityUnits":2,"WriteCapacityUnits":2},"GlobalSecondaryIndexes":{"all":{"CapacityUnits":2,"WriteCapacityUnits":2}}}]}`},
		{"within its partition", "Scan", `{"TableName":"matches","IndexName":"all","ProjectionExpression":"cup, court"}`, `{"Items":[{"cup":{"S":"w2"},"court":{"S":"b"}}],"Count":1,"ScannedCount":1}`},
		{"without one it leaves the index", "UpdateItem", `{"TableName":"matches","Key":{"p":{"S":"1"}},"UpdateExpression":"REMOVE seed"}`, `{}`},
		{"but stays in the other", "Scan", `{"TableName":"matches","Select":"COUNT","IndexName":"keys"}`, `{"Count":1,"ScannedCount":1}`},
		{"and is not", "Scan", `{"TableName":"matches","Select":"COUNT","IndexName":"all"}`, `{"Count":0,"ScannedCount":0}`},
		{"another type", "PutItem", putMatch(`{"p":{"S":"1"},"seed":{"S":"s"}}`), "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key seed Expected: B Actual: S IndexName: all"},
		{"an empty value", "PutItem", putMatch(`{"p":{"S":"1"},"seed":{"B":""}}`), "ValidationException: One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty binary value. IndexName: all, IndexKey: seed"},
		{"an update to an empty value", "UpdateItem", `{"TableName":"matches","Key":{"p":{"S":"1"}},"UpdateExpression":"SET court = :c","ExpressionAttributeValues":{":c":{"S":""}}}`, "ValidationException: One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."},
		{"a sort key of 1,024 bytes", "PutItem", putMatch(matchItem("2", "w", "24", "2", long, "AQE=")), `{}`},
		{"a longer one", "PutItem", putMatch(matchItem("2", "w", "24", "2", long, "AQEB")), "ValidationException: One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"},
		{"an update to a longer one", "UpdateItem", `{"TableName":"matches","Key":{"p":{"S":"2"}},"UpdateExpression":"SET seed = :s","ExpressionAttributeValues":{":s":{"B":"AQEB"}}}`, "ValidationException: One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"},
		{"a partition key of 2,048 bytes", "PutItem", putMatch(matchItem("3", strings.Repeat("x", 2046), "24", "2", "a", "AQ==")), `{}`},
		{"a longer partition key", "PutItem", putMatch(matchItem("3", strings.Repeat("x", 2047), "24", "2", "a", "AQ==")), "ValidationException: One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"},
	})
}

func TestUpdateTable_SeveralKeyAttributes(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", `{"TableName":"matches","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}],"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}]}`)
	for _, item := range []string{
		matchItem("1", "w", "24", "2", "ab", "AQ=="),
		matchItem("too long", "w", "24", "2", strings.Repeat("x", 1024), "AQ=="),
		matchItem("empty", "w", "24", "2", "", "AQ=="),
		`{"p":{"S":"incomplete"},"cup":{"S":"w"},"season":{"N":"24"},"stage":{"N":"2"},"court":{"S":"ab"}}`,
		`{"p":{"S":"of another type"},"cup":{"S":"w"},"season":{"L":[{"N":"24"}]},"stage":{"N":"2"},"court":{"S":"ab"},"seed":{"B":"AQ=="}}`,
	} {
		call(t, e, "PutItem", putMatch(item))
	}
	call(t, e, "UpdateTable", `{"TableName":"matches","AttributeDefinitions":[`+matchAttributes+`],"GlobalSecondaryIndexUpdates":[{"Create":`+matchIndex+`}]}`)
	equal(t, "the index has what fits", call(t, e, "Scan", `{"TableName":"matches","IndexName":"all"}`), `{"Items":[`+matchItem("1", "w", "24", "2", "ab", "AQ==")+`],"Count":1,"ScannedCount":1}`)
	table := call(t, e, "DescribeTable", `{"TableName":"matches"}`)["Table"].(map[string]any)
	described := table["GlobalSecondaryIndexes"].([]any)[0].(map[string]any)
	equal(t, "the description has the attributes in order", described["KeySchema"], text(t, object(t, matchIndex)["KeySchema"]))
	assert.EqualValues(t, 1, described["ItemCount"])
}

// matchDomain has the values of the index attributes in random tests, in their order. The first is
// no value.
var matchDomain = []struct {
	name, kind string
	values     []string
}{
	{"cup", "S", []string{"", "v", "w"}},
	{"season", "N", []string{"", "9", "10"}},
	{"stage", "N", []string{"", "-1", "2", "10"}},
	{"court", "S", []string{"", "a", "ab", "b"}},
	{"seed", "B", []string{"", "AQ==", "/w=="}},
}

// match is the places of an item's values in matchDomain.
type match [5]int

func (m match) value(i int) string {
	return fmt.Sprintf(`{%q:%q}`, matchDomain[i].kind, matchDomain[i].values[m[i]])
}

func (m match) item(p string) string {
	item := fmt.Sprintf(`{"p":{"S":%q}`, p)
	for i, place := range m {
		if place > 0 {
			item += fmt.Sprintf(`,%q:%s`, matchDomain[i].name, m.value(i))
		}
	}
	return item + "}"
}

// matchOperators are the operators on the last attribute of a key condition, in both languages.
var matchOperators = []struct {
	text, legacy string
	holds        func(value, operand string, c int) bool // c compares the two
}{
	{"%s = :v", "EQ", func(_, _ string, c int) bool { return c == 0 }},
	{"%s < :v", "LT", func(_, _ string, c int) bool { return c < 0 }},
	{"%s <= :v", "LE", func(_, _ string, c int) bool { return c <= 0 }},
	{"%s > :v", "GT", func(_, _ string, c int) bool { return c > 0 }},
	{"%s >= :v", "GE", func(_, _ string, c int) bool { return c >= 0 }},
	{"begins_with(%s, :v)", "BEGINS_WITH", func(value, operand string, _ int) bool { return strings.HasPrefix(value, operand) }},
}

// TestQuery_SeveralKeyAttributesFollowTheTable compares an index with a plain list of items under
// random writes.
func TestQuery_SeveralKeyAttributesFollowTheTable(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	e := newMatches(t)
	model := map[string]match{}
	for range 1500 {
		p := fmt.Sprint(random.IntN(200))
		m := model[p]
		switch i := random.IntN(len(m)); random.IntN(5) {
		case 0:
			call(t, e, "DeleteItem", fmt.Sprintf(`{"TableName":"matches","Key":{"p":{"S":%q}}}`, p))
			delete(model, p)
			continue
		case 1:
			m[i] = 1 + random.IntN(len(matchDomain[i].values)-1)
			call(t, e, "UpdateItem", fmt.Sprintf(`{"TableName":"matches","Key":{"p":{"S":%q}},"UpdateExpression":"SET %s = :v","ExpressionAttributeValues":{":v":%s}}`, p, matchDomain[i].name, m.value(i)))
		default:
			for i := range m {
				m[i] = random.IntN(len(matchDomain[i].values))
				if m[i] == 0 && random.IntN(3) > 0 {
					m[i] = 1
				}
			}
			call(t, e, "PutItem", putMatch(m.item(p)))
		}
		model[p] = m
	}
	scanned := 0.0
	for segment := range 3 {
		response := call(t, e, "Scan", fmt.Sprintf(`{"TableName":"matches","IndexName":"all","Select":"COUNT","Segment":%d,"TotalSegments":3}`, segment))
		scanned += response["Count"].(float64)
	}
	indexed := 0.0
	for _, m := range model {
		if !slices.Contains(m[:], 0) {
			indexed++
		}
	}
	assert.InDelta(t, indexed, scanned, 0)
	for range 300 {
		var want match // of an item that the condition holds for if its last operator is =
		for i := range want {
			want[i] = 1 + random.IntN(len(matchDomain[i].values)-1)
		}
		last := 1 + random.IntN(len(want)-1)
		operator := matchOperators[0]
		if last > 1 {
			operator = matchOperators[random.IntN(len(matchOperators))]
		}
		if operator.legacy == "BEGINS_WITH" && matchDomain[last].name != "court" {
			continue
		}
		checkMatches(t, e, model, want, last, operator.text, operator.legacy, random.IntN(2) == 0, func(m match) bool {
			return !slices.Contains(m[:], 0) && slices.Equal(m[:last], want[:last]) &&
				operator.holds(matchDomain[last].values[m[last]], matchDomain[last].values[want[last]], cmp.Compare(m[last], want[last]))
		})
	}
}

// checkMatches queries the index by equalities for the first attributes and the operator for the
// last, in both languages and in pages, and compares the items with those of the model that hold.
func checkMatches(t *testing.T, e *engine.Engine, model map[string]match, want match, last int, operator, legacy string, forward bool, holds func(match) bool) {
	t.Helper()
	var conditions, values, comparisons []string
	for i := range last + 1 {
		text, comparison := "%s = :v", "EQ"
		if i == last {
			text, comparison = operator, legacy
		}
		name := matchDomain[i].name
		conditions = append(conditions, fmt.Sprintf(strings.Replace(text, ":v", ":"+name, 1), name))
		values = append(values, fmt.Sprintf(`":%s":%s`, name, want.value(i)))
		comparisons = append(comparisons, fmt.Sprintf(`%q:{"ComparisonOperator":%q,"AttributeValueList":[%s]}`, name, comparison, want.value(i)))
	}
	for _, condition := range []string{
		fmt.Sprintf(`"KeyConditionExpression":%q,"ExpressionAttributeValues":{%s}`, strings.Join(conditions, " AND "), strings.Join(values, ",")),
		`"KeyConditions":{` + strings.Join(comparisons, ",") + `}`,
	} {
		var found []string
		for start := ""; ; {
			response := call(t, e, "Query", fmt.Sprintf(`{"TableName":"matches","IndexName":"all","Limit":3,"ScanIndexForward":%t,%s%s}`, forward, condition, start))
			for _, item := range response["Items"].([]any) {
				found = append(found, item.(map[string]any)["p"].(map[string]any)["S"].(string))
			}
			end, more := response["LastEvaluatedKey"]
			if !more {
				break
			}
			start = `,"ExclusiveStartKey":` + text(t, end)
		}
		assert.True(t, slices.IsSortedFunc(found, func(a, b string) int {
			x, y := model[a], model[b]
			if !forward {
				x, y = y, x
			}
			return slices.Compare(x[:], y[:])
		}), "%s: %v", condition, found)
		var wanted []string
		for p, m := range model {
			if holds(m) {
				wanted = append(wanted, p)
			}
		}
		assert.ElementsMatch(t, wanted, found, condition)
	}
}
