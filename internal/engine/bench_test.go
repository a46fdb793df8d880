package engine_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// sink is a ResponseWriter that keeps nothing but the status.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header            { return s.header }
func (s *sink) WriteHeader(status int)         { s.status = status }
func (s *sink) Write(data []byte) (int, error) { return len(data), nil }

// requester sends the same kind of request again and again, at little cost of its own.
type requester struct {
	handler http.Handler
	request *http.Request
	sink    sink
	body    bytes.Reader
}

func newRequester(handler http.Handler, operation string) *requester {
	request := signed(http.MethodPost, "DynamoDB_20120810."+operation, "")
	return &requester{handler: handler, request: request, sink: sink{header: http.Header{}}}
}

func (r *requester) send(tb testing.TB, body string) {
	r.body.Reset([]byte(body))
	r.request.Body = io.NopCloser(&r.body)
	r.request.ContentLength = int64(len(body))
	r.handler.ServeHTTP(&r.sink, r.request)
	if r.sink.status != http.StatusOK { // without a call of require, which would be measured
		require.FailNow(tb, "the request failed", "status %d for %s", r.sink.status, body)
	}
}

// keyJSON returns the members of the key of the i-th item. A hundred items share a partition.
func keyJSON(i int) string {
	return fmt.Sprintf(`"holder":{"S":"user-%06d"},"mark":{"S":"%020d#spec"}`, i/100, i)
}

// itemJSON returns the i-th item.
func itemJSON(i int) string {
	return fmt.Sprintf(`{%s,"id":{"S":"spec#%020d"},"name":{"S":"spec"},"version":{"S":"1.0.%d"},"model_count":{"N":"%d"},"title":{"S":"A title of some length"}}`, keyJSON(i), i, i, i%17)
}

// filled returns an engine with the first n items.
func filled(tb testing.TB, n int) *engine.Engine {
	tb.Helper()
	e := newEngine(tb)
	r := newRequester(e, "BatchWriteItem")
	var puts []string
	for i := range n {
		puts = append(puts, `{"PutRequest":{"Item":`+itemJSON(i)+`}}`)
		if len(puts) == 25 || i == n-1 {
			r.send(tb, `{"RequestItems":{"specs":[`+strings.Join(puts, ",")+`]}}`)
			puts = puts[:0]
		}
	}
	return e
}

func BenchmarkPutItem(b *testing.B) {
	r := newRequester(newEngine(b), "PutItem")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r.send(b, `{"TableName":"specs","Item":`+itemJSON(i)+`}`)
		i++
	}
}

func BenchmarkGetItem(b *testing.B) {
	r := newRequester(filled(b, 1000), "GetItem")
	body := `{"TableName":"specs","Key":{` + keyJSON(500) + `},"ConsistentRead":true}`
	b.ReportAllocs()
	for b.Loop() {
		r.send(b, body)
	}
}

func BenchmarkQueryPage(b *testing.B) {
	r := newRequester(filled(b, 10000), "Query")
	body := `{"TableName":"specs","KeyConditionExpression":"#s = :s","ExpressionAttributeNames":{"#s":"holder"},"ExpressionAttributeValues":{":s":{"S":"user-000007"}}}`
	b.ReportAllocs()
	for b.Loop() {
		r.send(b, body)
	}
}

func BenchmarkTransactWriteItems(b *testing.B) {
	r := newRequester(newEngine(b), "TransactWriteItems")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r.send(b, fmt.Sprintf(`{"ClientRequestToken":"token-%d","TransactItems":[
			{"Put":{"TableName":"specs","Item":%s,"ConditionExpression":"attribute_not_exists(#s)","ExpressionAttributeNames":{"#s":"holder"}}},
			{"Put":{"TableName":"specs","Item":%s}}]}`, i, itemJSON(2*i), itemJSON(2*i+1)))
		i++
	}
}

// BenchmarkGrowth shows that a get does not depend on the size of the table,
// and a query only on its page.
func BenchmarkGrowth(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		e := filled(b, n)
		get := `{"TableName":"specs","Key":{` + keyJSON(n/2) + `}}`
		query := fmt.Sprintf(`{"TableName":"specs","KeyConditionExpression":"#s = :s","ExpressionAttributeNames":{"#s":"holder"},"ExpressionAttributeValues":{":s":{"S":"user-%06d"}},"Limit":10}`, n/200)
		for _, request := range []struct{ name, operation, body string }{
			{"GetItem", "GetItem", get},
			{"Query", "Query", query},
			{"PutItem", "PutItem", `{"TableName":"specs","Item":` + itemJSON(n/2) + `}`},
		} {
			b.Run(fmt.Sprintf("%s/items=%d", request.name, n), func(b *testing.B) {
				r := newRequester(e, request.operation)
				for b.Loop() {
					r.send(b, request.body)
				}
			})
		}
	}
}
