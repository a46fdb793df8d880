package bench

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// BenchmarkGrowth sends requests straight to an embedded engine with more and more items: a get and a
// query of 100 items, and reports the memory that an item takes. Every user has 100 items.
func BenchmarkGrowth(b *testing.B) {
	handler := engine.New()
	engineClient(b, handler)
	before, stored := heap(), 0
	for _, items := range []int{1_000, 10_000, 100_000, 1_000_000} {
		for ; stored < items; stored += 25 {
			send(b, handler, "BatchWriteItem", batchOf(stored))
		}
		perItem := float64(heap()-before) / float64(items)
		user := fmt.Sprintf(`{"S":"user-%06d"}`, items/200)
		for _, request := range []struct{ operation, body string }{
			{"GetItem", `{"TableName":"package.specs","Key":{"sub":` + user + `,"updated_at_id":{"S":"` + position(items/2) + `"}}}`},
			{"Query", `{"TableName":"package.specs","KeyConditionExpression":"#sub = :sub","ExpressionAttributeNames":{"#sub":"sub"},"ExpressionAttributeValues":{":sub":` + user + `}}`},
		} {
			b.Run(fmt.Sprintf("operation=%s/items=%d", request.operation, items), func(b *testing.B) {
				repeat(b, func() error {
					send(b, handler, request.operation, request.body)
					return nil
				})
				b.ReportMetric(perItem, "B/item")
			})
		}
	}
	runtime.KeepAlive(handler)
}

// heap is how much memory is in use.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func position(item int) string { return fmt.Sprintf("%020d#spec", item) }

// batchOf puts 25 items.
func batchOf(first int) string {
	puts := make([]string, 25)
	for i := range puts {
		n := first + i
		puts[i] = fmt.Sprintf(`{"PutRequest":{"Item":{"sub":{"S":"user-%06d"},"id":{"S":"spec"},"name":{"S":"spec"},"version":{"S":"1.0.%d"},`+
			`"updated_at":{"S":"%d"},"model_count":{"N":"7"},"title":{"S":"A title of some length"},`+
			`"description":{"S":"A description that is somewhat longer than the title, as descriptions are"},`+
			`"updated_at_id":{"S":"%s"},"id_updated_at":{"S":"spec#%020d"}}}}`, n/100, n, n, position(n), n)
	}
	return `{"RequestItems":{"package.specs":[` + strings.Join(puts, ",") + `]}}`
}

// send sends a request to a handler, which must accept it.
func send(b *testing.B, handler http.Handler, operation, body string) {
	request := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/", bytes.NewReader([]byte(body)))
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		b.Fatal(answer.Body.String())
	}
}
