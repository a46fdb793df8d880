package engine_test

import (
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// heap returns the bytes of the heap that are in use.
func heap() int {
	runtime.GC()
	runtime.GC() // the second one empties pools
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// request is an operation with its body.
type request struct{ operation, body string }

// long is a string of the size of a large item.
var long = strings.Repeat("x", 100_000)

// listOf returns a JSON array of n elements.
func listOf(n int, element func(i int) string) string {
	elements := make([]string, n)
	for i := range elements {
		elements[i] = element(i)
	}
	return "[" + strings.Join(elements, ",") + "]"
}

// TestEngine_RetainsNoBodies sends requests of some hundred kilobytes that leave little behind, for each
// of many items or tables.
func TestEngine_RetainsNoBodies(t *testing.T) {
	const n, limit = 20, 10_000 // bytes for each
	key := func(i int) string { return fmt.Sprintf(`{"id":{"N":"%d"}}`, i) }
	item := func(i int, attributes string) string { return fmt.Sprintf(`{"id":{"N":"%d"},%s}`, i, attributes) }
	put := func(i int, attributes string) request {
		return request{"PutItem", `{"TableName":"users","Item":` + item(i, attributes) + `}`}
	}
	update := func(i int, parameters string) request {
		return request{"UpdateItem", `{"TableName":"users","Key":` + key(i) + `,` + parameters + `}`}
	}
	for _, test := range []struct {
		name     string
		requests func(i int) []request
	}{
		{"an unknown parameter", func(i int) []request {
			return []request{{"PutItem", `{"Unknown":"` + long + `","TableName":"users","Item":` + key(i) + `}`}}
		}},
		{"space", func(i int) []request { return []request{put(i, strings.Repeat(" ", 100_000)+`"a":{"S":"a"}`)} }},
		{"a binary value that is replaced", func(i int) []request {
			binary := base64.StdEncoding.EncodeToString([]byte(long))
			return []request{put(i, `"a":{"B":"AA=="},"b":{"B":"`+binary+`"}`), update(i, `"UpdateExpression":"SET b = a"`)}
		}},
		{"a string that is removed", func(i int) []request {
			return []request{put(i, `"a":{"S":"a"},"b":{"S":"`+long+`"}`), update(i, `"UpdateExpression":"REMOVE b"`)}
		}},
		{"a string that is removed with AttributeUpdates", func(i int) []request {
			return []request{put(i, `"a":{"S":"a"},"b":{"S":"`+long+`"}`), update(i, `"AttributeUpdates":{"b":{"Action":"DELETE"},"c":{"Action":"PUT","Value":{"N":"1"}}}`)}
		}},
		{"a part of a map that is removed", func(i int) []request {
			return []request{put(i, `"a":{"M":{"b":{"L":[{"S":"short"}]},"c":{"S":"`+long+`"}}}`), update(i, `"UpdateExpression":"SET d = a.b[0] REMOVE a"`)}
		}},
		{"many short attributes that are removed", func(i int) []request {
			attributes := listOf(2000, func(n int) string { return fmt.Sprintf(`"a%d":{"S":"%060d"}`, n, n) })
			deletes := listOf(2000, func(n int) string { return fmt.Sprintf(`"a%d":{"Action":"DELETE"}`, n) })
			return []request{put(i, attributes[1:len(attributes)-1]), update(i, `"AttributeUpdates":{`+deletes[1:len(deletes)-1]+`}`)}
		}},
		{"members of a set that are removed", func(i int) []request {
			set := func(from, to int) string {
				return listOf(to-from, func(n int) string { return fmt.Sprintf(`"%d"`, from+n) })
			}
			return []request{put(i, `"a":{"NS":`+set(0, 9000)+`}`), update(i, `"UpdateExpression":"DELETE a :m","ExpressionAttributeValues":{":m":{"NS":`+set(1, 9000)+`}}`)}
		}},
		{"a value of a condition", func(i int) []request {
			return []request{update(i, `"UpdateExpression":"SET a = :s","ConditionExpression":"NOT (a = :l)","ExpressionAttributeValues":{":l":{"S":"`+long+`"},":s":{"S":"a"}}`)}
		}},
		{"a name and an expression", func(i int) []request {
			return []request{update(i, `"Unknown":"`+long+`","UpdateExpression":"SET #a = :s, b = :s","ExpressionAttributeNames":{"#a":"name"},"ExpressionAttributeValues":{":s":{"S":"a"}}`)}
		}},
		{"an element of a batch", func(i int) []request {
			return []request{
				{"BatchWriteItem", `{"RequestItems":{"users":[{"PutRequest":{"Item":` + item(i, `"a":{"S":"a"}`) + `}},{"PutRequest":{"Item":` + item(n+i, `"a":{"S":"`+long+`"}`) + `}}]}}`},
				{"DeleteItem", `{"TableName":"users","Key":` + key(n+i) + `}`},
			}
		}},
		{"the token of a transaction", func(i int) []request {
			return []request{
				{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"users","Item":` + item(i, `"a":{"S":"`+long+`"}`) + `}}],"ClientRequestToken":"` + fmt.Sprint(i) + `"}`},
				{"DeleteItem", `{"TableName":"users","Key":` + key(i) + `}`},
			}
		}},
		{"definitions", func(i int) []request {
			definition := fmt.Sprintf(`"TableName":"t%03d","AttributeDefinitions":%s,"KeySchema":%s,"BillingMode":"PAY_PER_REQUEST","Tags":[{"Key":"k","Value":"v"}]`, i, attributes("a"), schema("a"))
			name := fmt.Sprintf(`"TableName":"t%03d"`, i)
			arn := fmt.Sprintf(`"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/t%03d"`, i)
			junk := `{"Unknown":"` + long + `",`
			return []request{
				{"CreateTable", junk + definition + `}`},
				{"UpdateTable", junk + name + `,"AttributeDefinitions":` + attributes("a", "b") + `,"GlobalSecondaryIndexUpdates":[{"Create":` + index("global", schema("b"), `{"ProjectionType":"INCLUDE","NonKeyAttributes":["c"]}`) + `}]}`},
				{"UpdateTimeToLive", junk + name + `,"TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true}}`},
				{"TagResource", junk + arn + `,"Tags":[{"Key":"l","Value":"v"}]}`},
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := engine.New()
			call(t, e, "CreateTable", createUsers)
			before := heap()
			for i := range n {
				for _, r := range test.requests(i) {
					call(t, e, r.operation, r.body)
				}
			}
			assert.Less(t, (heap()-before)/n, limit)
			runtime.KeepAlive(e)
		})
	}
}

func TestEngine_RetainsNothingThatIsDeleted(t *testing.T) {
	const n = 30
	e := newEngine(t)
	before := heap()
	key := func(i, of int) string { return fmt.Sprintf(`"holder":{"S":"u"},"mark":{"S":"%d-%d"}`, i, of) }
	put := func(i, of int) string {
		return `{"Put":{"TableName":"specs","Item":{` + key(i, of) + `,"id":{"S":"i"},"text":{"S":"` + long + `"}}}}`
	}
	for i := range n {
		call(t, e, "TransactWriteItems", fmt.Sprintf(`{"ClientRequestToken":"token-%d","TransactItems":[%s,%s]}`, i, put(i, 0), put(i, 1)))
	}
	assert.Greater(t, heap()-before, 2*n*len(long))
	for i := range n {
		for of := range 2 {
			call(t, e, "DeleteItem", `{"TableName":"specs","Key":{`+key(i, of)+`}}`)
		}
	}
	assert.Less(t, heap()-before, n*len(long)/20)
	runtime.KeepAlive(e)
}
