package bench

import (
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

// delayed delays the answers, as a distance to the server does.
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

// canned answers every request with the same answer.
func canned(answer string) http.Handler {
	checksum := strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(answer))), 10)
	body := []byte(answer)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.Header().Set("X-Amz-Crc32", checksum)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
}

// sdkClient returns a client with the SDK's defaults.
func sdkClient(url string, options ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: &url,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}, options...)
}

// loopbackClient returns a client that calls a handler without a socket.
func loopbackClient(handler http.Handler) *dynamodb.Client {
	return sdkClient("http://localhost", func(options *dynamodb.Options) {
		options.HTTPClient = loopback.Client{Handler: handler}
	})
}

// fill stores a spec of the user "sub" with as many versions, in items of some 350 bytes.
func fill(b *testing.B, client *dynamodb.Client, name string, versions int) {
	b.Helper()
	second := int64(1_700_000_000)
	db := packagedb.New(client, packagedb.WithClock(func() time.Time { return time.Unix(second, 0) }))
	for range versions {
		second++
		require.NoError(b, failed(db.CreateUpdateSpec(b.Context(), "sub", packagedb.SpecInput{
			Name: name, Version: "1.0.0", ModelCount: 7, Title: "A title of some length",
			Description: "A description that is somewhat longer than the title, as descriptions are",
		})))
	}
}

// specJSON returns the latest item of a spec.
func specJSON(id string) string {
	return fmt.Sprintf(`{"sub":{"S":"sub"},"id":{"S":%[1]q},"name":{"S":%[1]q},"version":{"S":"1.0.0"},`+
		`"updated_at":{"S":"1700000000"},"model_count":{"N":"7"},"title":{"S":"A title of some length"},`+
		`"description":{"S":"A description that is somewhat longer than the title, as descriptions are"},`+
		`"updated_at_id":{"S":"latest#%[1]s"},"id_updated_at":{"S":"%[1]s#latest"}}`, id)
}
