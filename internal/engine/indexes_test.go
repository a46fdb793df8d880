package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

func TestQuery_Indexes(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", createIndexed)
	global := func(g, more string) string {
		return `{"TableName":"specs","IndexName":"global","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"` + g + `"}}` + more + `}`
	}
	const nothing = `{"Items":[],"Count":0,"ScannedCount":0}`
	one := func(item string) string { return `{"Items":[` + item + `],"Count":1,"ScannedCount":1}` }
	put := func(item string) string { return `{"TableName":"specs","Item":` + item + `}` }
	perform(t, e, []exchange{
		{"an item without the index key is stored", "PutItem", put(`{"p":{"S":"a"},"s":{"S":"1"}}`), `{}`},
		{"but is not in the index", "Scan", `{"TableName":"specs","IndexName":"global"}`, nothing},
		{"with the key it is", "PutItem", put(`{"p":{"S":"a"},"s":{"S":"1"},"g":{"S":"x"},"x":{"S":"y"},"z":{"S":"-"}}`), `{}`},
		{"with what the index projects", "Query", global("x", ""), one(`{"p":{"S":"a"},"s":{"S":"1"},"g":{"S":"x"},"x":{"S":"y"}}`)},
		{"a change of the key moves it", "PutItem", put(`{"p":{"S":"a"},"s":{"S":"1"},"g":{"S":"w"}}`), `{}`},
		{"away from the old place", "Query", global("x", ""), nothing},
		{"to the new one", "Query", global("w", ""), one(`{"p":{"S":"a"},"s":{"S":"1"},"g":{"S":"w"}}`)},
		{"a second item may have the same index key", "PutItem", put(`{"p":{"S":"b"},"s":{"S":"2"},"g":{"S":"w"}}`), `{}`},
		{"both are found", "Query", global("w", `,"Select":"COUNT"`), `{"Count":2,"ScannedCount":2}`},
		{"a delete removes one of them", "DeleteItem", `{"TableName":"specs","Key":{"p":{"S":"a"},"s":{"S":"1"}}}`, `{}`},
		{"only", "Query", global("w", ""), one(`{"p":{"S":"b"},"s":{"S":"2"},"g":{"S":"w"}}`)},
		{"without the key it leaves the index", "PutItem", put(`{"p":{"S":"b"},"s":{"S":"2"}}`), `{}`},
		{"too", "Query", global("w", ""), nothing},
		{"a projection may name what the index holds", "PutItem", put(`{"p":{"S":"a"},"s":{"S":"1"},"g":{"S":"x"},"x":{"S":"y"},"z":{"S":"-"}}`), `{}`},
		{"and no more", "Query", global("x", `,"ProjectionExpression":"x, s","FilterExpression":"x = s OR p = :g"`), `{"Items":[],"Count":0,"ScannedCount":1}`},
		{"a local index can be asked for all", "Query", `{"TableName":"specs","IndexName":"local","KeyConditionExpression":"p = :p AND g = :g","ExpressionAttributeValues":{":p":{"S":"a"},":g":{"S":"x"}},"Select":"ALL_ATTRIBUTES","ConsistentRead":true}`,
			one(`{"p":{"S":"a"},"s":{"S":"1"},"g":{"S":"x"},"x":{"S":"y"},"z":{"S":"-"}}`)},
		{"a page of an index ends with all keys", "Query", global("x", `,"Limit":1`), `{"Items":[{"p":{"S":"a"},"s":{"S":"1"},"g":{"S":"x"},"x":{"S":"y"}}],"Count":1,"ScannedCount":1,"LastEvaluatedKey":{"p":{"S":"a"},"s":{"S":"1"},"g":{"S":"x"}}}`},
	})
}

// TestQuery_IndexesFollowTheTable compares the indexes with a plain list of items under random
// writes.
func TestQuery_IndexesFollowTheTable(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	e := engine.New()
	call(t, e, "CreateTable", createIndexed)
	model := map[string]string{} // "p s" to "g", "-" for none
	for range 2000 {
		p, s, g := fmt.Sprint(random.IntN(5)), fmt.Sprint(random.IntN(8)), fmt.Sprint(random.IntN(4))
		switch random.IntN(4) {
		case 0:
			call(t, e, "DeleteItem", fmt.Sprintf(`{"TableName":"specs","Key":{"p":{"S":%q},"s":{"S":%q}}}`, p, s))
			delete(model, p+" "+s)
		case 1:
			put(t, e, fmt.Sprintf(`{"p":{"S":%q},"s":{"S":%q}}`, p, s))
			model[p+" "+s] = "-"
		default:
			put(t, e, fmt.Sprintf(`{"p":{"S":%q},"s":{"S":%q},"g":{"S":%q}}`, p, s, g))
			model[p+" "+s] = g
		}
	}
	// found are the items of an index in pages, as "p s g".
	found := func(body string) []string {
		var items []string
		start := ""
		for {
			response := call(t, e, "Query", `{"TableName":"specs","Limit":3,"ExpressionAttributeValues":{":v":{"S":"`+body[:1]+`"}},`+body[1:]+start+`}`)
			for _, item := range response["Items"].([]any) {
				text := func(name string) string { return item.(map[string]any)[name].(map[string]any)["S"].(string) }
				items = append(items, text("p")+" "+text("s")+" "+text("g"))
			}
			last, more := response["LastEvaluatedKey"]
			if !more {
				return items
			}
			start = `,"ExclusiveStartKey":` + text(t, last)
		}
	}
	wanted := func(keep func(key, g string) bool) []string {
		var items []string
		for key, g := range model {
			if g != "-" && keep(key, g) {
				items = append(items, key+" "+g)
			}
		}
		slices.Sort(items)
		return items
	}
	for v := range 5 {
		value := fmt.Sprint(v)
		for _, forward := range []bool{true, false} {
			direction := fmt.Sprintf(`,"ScanIndexForward":%t`, forward)
			local := found(value + `"IndexName":"local","KeyConditionExpression":"p = :v"` + direction)
			order := slices.Clone(local)
			slices.SortStableFunc(order, func(a, b string) int {
				c := strings.Compare(a[4:], b[4:])
				if !forward {
					c = -c
				}
				return c
			})
			assert.Equal(t, local, order)
			slices.Sort(local)
			assert.Equal(t, wanted(func(key, _ string) bool { return key[:1] == value }), local, value)
			global := found(value + `"IndexName":"global","KeyConditionExpression":"g = :v"` + direction)
			slices.Sort(global)
			assert.Equal(t, wanted(func(_, g string) bool { return g == value }), global, value)
		}
	}
}
