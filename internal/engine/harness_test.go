package engine_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// send performs one request of the DynamoDB protocol and returns the status and the body of the
// response. An internal error fails the test: no request may cause one.
func send(tb testing.TB, handler http.Handler, operation, body string) (int, string) {
	tb.Helper()
	recorder := newRecorder(handler, operation, body)
	assert.NotEqual(tb, http.StatusInternalServerError, recorder.Code, "%s %s: %s", operation, body, recorder.Body)
	return recorder.Code, recorder.Body.String()
}

// newRecorder performs one request and records the response.
func newRecorder(handler http.Handler, operation, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, signed(http.MethodPost, "DynamoDB_20120810."+operation, body))
	return recorder
}

// signed returns a request with everything that the protocol requires.
func signed(method, target, body string) *http.Request {
	request := httptest.NewRequest(method, "/", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", target)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=key/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00")
	return request
}

// call performs a request that must succeed and returns its response.
func call(tb testing.TB, handler http.Handler, operation, body string) map[string]any {
	tb.Helper()
	status, response := send(tb, handler, operation, body)
	require.Equal(tb, http.StatusOK, status, "%s %s: %s", operation, body, response)
	if operation == "TagResource" || operation == "UntagResource" { // they have no response
		require.Empty(tb, response)
		return map[string]any{}
	}
	return object(tb, response)
}

// refuse performs a request that must fail and returns the exception's name without its namespace,
// and its message.
func refuse(tb testing.TB, handler http.Handler, operation, body string) (name, message string) {
	tb.Helper()
	status, response := send(tb, handler, operation, body)
	require.Equal(tb, http.StatusBadRequest, status, "%s %s: %s", operation, body, response)
	var exception struct {
		Type    string `json:"__type"`
		Message string // its name begins with a lower-case letter in some exceptions
	}
	require.NoError(tb, json.Unmarshal([]byte(response), &exception), response)
	_, name, _ = strings.Cut(exception.Type, "#")
	return name, exception.Message
}

func object(tb testing.TB, text string) map[string]any {
	tb.Helper()
	var fields map[string]any
	require.NoError(tb, json.Unmarshal([]byte(text), &fields), text)
	return fields
}

// text returns the JSON of a part of an response, with sorted names.
func text(tb testing.TB, part any) string {
	tb.Helper()
	encoded, err := json.Marshal(part)
	require.NoError(tb, err)
	return string(encoded)
}

// equal compares a part of an response with JSON text.
func equal(tb testing.TB, what string, got any, want string) {
	tb.Helper()
	assert.JSONEq(tb, want, text(tb, got), what)
}

// exchange is a request and its response: the whole response as JSON, or the exception as "Name:
// message".
type exchange struct{ name, operation, body, want string }

// perform sends the requests in order to one handler, each as a subtest.
func perform(t *testing.T, handler http.Handler, exchanges []exchange) {
	t.Helper()
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) {
			t.Helper()
			if strings.HasPrefix(x.want, "{") {
				equal(t, x.operation, call(t, handler, x.operation, x.body), x.want)
				return
			}
			name, message := refuse(t, handler, x.operation, x.body)
			assert.Equal(t, x.want, strings.TrimSuffix(name+": "+message, ": "), x.operation)
		})
	}
}

const createSpecs = `{"TableName":"specs","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"holder","AttributeType":"S"},{"AttributeName":"mark","AttributeType":"S"},{"AttributeName":"id","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"holder","KeyType":"HASH"},{"AttributeName":"mark","KeyType":"RANGE"}],
	"LocalSecondaryIndexes":[{"IndexName":"byID","KeySchema":[{"AttributeName":"holder","KeyType":"HASH"},{"AttributeName":"id","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]}`

// newEngine returns an engine with the table of createSpecs.
func newEngine(tb testing.TB) *engine.Engine {
	tb.Helper()
	e := engine.New()
	call(tb, e, "CreateTable", createSpecs)
	return e
}
