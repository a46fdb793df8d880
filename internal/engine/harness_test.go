package engine_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// send performs one request of the DynamoDB protocol and gives the status and
// the body of the answer. An internal error fails the test: no request may
// bring the engine there.
func send(tb testing.TB, handler http.Handler, operation, body string) (int, string) {
	tb.Helper()
	recorder := newRecorder(handler, operation, body)
	answer, err := io.ReadAll(recorder.Result().Body)
	if err != nil {
		tb.Fatal(err)
	}
	if recorder.Code == http.StatusInternalServerError {
		tb.Errorf("%s %s: internal error: %s", operation, body, answer)
	}
	return recorder.Code, string(answer)
}

// newRecorder performs one request and records the answer.
func newRecorder(handler http.Handler, operation, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=key/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

// call performs a request that must succeed.
func call(tb testing.TB, handler http.Handler, operation, body string) map[string]any {
	tb.Helper()
	status, answer := send(tb, handler, operation, body)
	if status != http.StatusOK {
		tb.Fatalf("%s %s: status %d: %s", operation, body, status, answer)
	}
	return object(tb, answer)
}

// refuse performs a request that must fail and gives the exception's name
// without its namespace, and its message.
func refuse(tb testing.TB, handler http.Handler, operation, body string) (name, message string) {
	tb.Helper()
	status, answer := send(tb, handler, operation, body)
	if status != http.StatusBadRequest {
		tb.Fatalf("%s %s: status %d: %s", operation, body, status, answer)
	}
	fields := object(tb, answer)
	_, name, _ = strings.Cut(fields["__type"].(string), "#")
	for _, member := range []string{"message", "Message"} {
		if text, ok := fields[member].(string); ok {
			message = text
		}
	}
	return name, message
}

func object(tb testing.TB, text string) map[string]any {
	tb.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		tb.Fatalf("%v in %s", err, text)
	}
	return fields
}

// text is the JSON of a part of an answer, with sorted names.
func text(tb testing.TB, part any) string {
	tb.Helper()
	encoded, err := json.Marshal(part)
	if err != nil {
		tb.Fatal(err)
	}
	return string(encoded)
}

// equal compares a part of an answer with JSON text.
func equal(tb testing.TB, what string, got any, want string) {
	tb.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		tb.Fatalf("%v in %s", err, want)
	}
	if g, w := text(tb, got), text(tb, wanted); g != w {
		tb.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// exchange is a request and the answer to it: the whole answer as JSON, or the
// exception as "Name: message".
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
			if got := strings.TrimSuffix(name+": "+message, ": "); got != x.want {
				t.Errorf("%s:\n got %s\nwant %s", x.operation, got, x.want)
			}
		})
	}
}

const createSpecs = `{"TableName":"specs","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"holder","AttributeType":"S"},{"AttributeName":"mark","AttributeType":"S"},{"AttributeName":"id","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"holder","KeyType":"HASH"},{"AttributeName":"mark","KeyType":"RANGE"}],
	"LocalSecondaryIndexes":[{"IndexName":"byID","KeySchema":[{"AttributeName":"holder","KeyType":"HASH"},{"AttributeName":"id","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]}`

// newEngine is an engine with the table of createSpecs.
func newEngine(tb testing.TB) *engine.Engine {
	tb.Helper()
	e := engine.New()
	call(tb, e, "CreateTable", createSpecs)
	return e
}
