package engine_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

func compressed(t *testing.T, writer io.WriteCloser, buffer *bytes.Buffer, content string) string {
	t.Helper()
	_, err := io.WriteString(writer, content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return buffer.String()
}

func gzipped(t *testing.T, content string) string {
	t.Helper()
	var buffer bytes.Buffer
	return compressed(t, gzip.NewWriter(&buffer), &buffer, content)
}

func deflated(t *testing.T, content string) string {
	t.Helper()
	var buffer bytes.Buffer
	return compressed(t, zlib.NewWriter(&buffer), &buffer, content)
}

// The responses are those of the service to the tests of compressed requests of ScyllaDB's Alternator.
func TestServeHTTP_ContentEncoding(t *testing.T) {
	const request, tables = `{"Limit": 1}`, `{"TableNames":[]}`
	broken := func(s string) string { return s[:len(s)-1] }
	for name, test := range map[string]struct {
		encoding, body string
		status         int
		response       string
	}{
		"gzip":                              {"gzip", gzipped(t, request), 200, tables},
		"deflate":                           {"deflate", deflated(t, request), 200, tables},
		"the name in capitals":              {"GZIP", gzipped(t, request), 200, tables},
		"gzip in two members":               {"gzip", gzipped(t, request[:5]) + gzipped(t, request[5:]), 200, tables},
		"gzip with an empty member":         {"gzip", gzipped(t, "") + gzipped(t, request), 200, tables},
		"gzip before something else":        {"gzip", gzipped(t, request) + "junk", 200, tables},
		"only the first of two deflates":    {"deflate", deflated(t, request) + deflated(t, "}"), 200, tables},
		"no JSON":                           {"gzip", gzipped(t, "{"), 400, `SerializationException`},
		"an invalid parameter":              {"deflate", deflated(t, `{"Limit": 0}`), 400, `ValidationException`},
		"compressed nothing":                {"gzip", gzipped(t, ""), 400, `SerializationException`},
		"nothing is not gzip":               {"gzip", "", 500, `InternalServerError`},
		"nothing is not deflate":            {"deflate", "", 500, `InternalServerError`},
		"JSON is not gzip":                  {"gzip", request, 500, `InternalServerError`},
		"JSON is not deflate":               {"deflate", request, 500, `InternalServerError`},
		"gzip is not deflate":               {"deflate", gzipped(t, request), 500, `InternalServerError`},
		"gzip that is cut off":              {"gzip", broken(gzipped(t, request)), 500, `InternalServerError`},
		"a second member that is cut off":   {"gzip", gzipped(t, request) + broken(gzipped(t, " ")), 500, `InternalServerError`},
		"deflate that is cut off":           {"deflate", broken(deflated(t, request)), 500, `InternalServerError`},
		"an encoding that DynamoDB has not": {"br", request, 500, `neither gzip nor deflate`},
		"two encodings":                     {"gzip, deflate", gzipped(t, request), 500, `neither gzip nor deflate`},
		"an encoding that is a long name":   {strings.Repeat("x", 1000), request, 500, `xxxxx`},
	} {
		t.Run(name, func(t *testing.T) {
			r := signed(http.MethodPost, "DynamoDB_20120810.ListTables", test.body)
			r.Header.Set("Content-Encoding", test.encoding)
			recorder := serve(r)
			assert.Equal(t, test.status, recorder.Code)
			assert.Contains(t, recorder.Body.String(), test.response)
			assert.Less(t, recorder.Body.Len(), 300)
		})
	}
}

func TestServeHTTP_TheLimitIsThatOfTheDecompressedBody(t *testing.T) {
	const limit = 16 << 20
	request := `{"Limit": 1}` + strings.Repeat(" ", limit)
	for encoding, compress := range map[string]func(*testing.T, string) string{"gzip": gzipped, "deflate": deflated} {
		for size, want := range map[int]int{limit: http.StatusOK, limit + 1: http.StatusInternalServerError} {
			r := signed(http.MethodPost, "DynamoDB_20120810.ListTables", compress(t, request[:size]))
			r.Header.Set("Content-Encoding", encoding)
			assert.Equal(t, want, serve(r).Code, "%d bytes in %s", size, encoding)
		}
	}
}

func TestDecompress_ReadsNoMoreThanTheLimit(t *testing.T) {
	bomb := []byte(strings.Repeat(gzipped(t, strings.Repeat("x", 1<<20)), 1<<10)) // 1 GB
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := engine.Decompress(http.Header{"Content-Encoding": {"gzip"}}, bomb)
	runtime.ReadMemStats(&after)
	assert.ErrorAs(t, err, new(*http.MaxBytesError))
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(200<<20))
}

func TestServeHTTP_ALargeBodyIsNotRead(t *testing.T) {
	request := httptest.NewRequest(http.MethodPost, "/", unread{t})
	request.ContentLength = 16<<20 + 1
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	assert.Equal(t, http.StatusRequestEntityTooLarge, serve(request).Code)
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}
