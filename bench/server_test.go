package bench

import (
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// delayed answers after a while, as a server does that is that far away.
func delayed(handler http.Handler, delay time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
			handler.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

// canned gives every request the same answer.
func canned(answer string) http.Handler {
	checksum := strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(answer))), 10)
	body := []byte(answer)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.Header().Set("X-Amz-Crc32", checksum)
		_, _ = w.Write(body)
	})
}

// newServer serves a handler over TCP and returns its URL.
func newServer(b *testing.B, handler http.Handler) string {
	b.Helper()
	server := httptest.NewServer(handler)
	b.Cleanup(server.Close)
	return server.URL
}

// sdkClient is a client with the SDK's defaults.
func sdkClient(url string, options ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: &url,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}, options...)
}

// specAnswer is the answer to a GetItem of a spec's latest item.
func specAnswer(id string) string { return `{"Item":` + specJSON(id) + `}` }

func specJSON(id string) string {
	return fmt.Sprintf(`{"sub":{"S":"sub"},"id":{"S":%[1]q},"name":{"S":%[1]q},"version":{"S":"1.0.0"},`+
		`"updated_at":{"S":"1700000000"},"model_count":{"N":"7"},"title":{"S":"A title of some length"},`+
		`"description":{"S":"A description that is somewhat longer than the title, as descriptions are"},`+
		`"updated_at_id":{"S":"latest#%[1]s"},"id_updated_at":{"S":"%[1]s#latest"}}`, id)
}
