package testutil

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strings"

	"github.com/open-alchemy/packagedb/internal/loopback"
)

// operationOf is the operation that a request of the DynamoDB protocol asks for.
func operationOf(r *http.Request) string {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return operation
}

// answer is a whole answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// read reads the rest of a response.
func read(response *http.Response) (*answer, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return &answer{response.StatusCode, response.Header, body}, err
}

// record returns the answer of a handler, or nil where the handler drops the connection. The handler
// does its work even if the client has gone.
func record(handler http.Handler, r *http.Request) *answer {
	response, err := loopback.Client{Handler: handler}.Do(r.WithContext(context.WithoutCancel(r.Context())))
	if err != nil {
		return nil
	}
	recorded, err := read(response)
	if err != nil {
		return nil
	}
	return recorded
}

// give writes the answer. Without one the connection is dropped.
func (a *answer) give(w http.ResponseWriter) {
	if a == nil {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// reply is an answer of the DynamoDB protocol.
func reply(status int, members any) *answer {
	return &answer{status, http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, encode(members)}
}

// refusal is an exception of the DynamoDB protocol.
func refusal(status int, kind, message string) *answer {
	return reply(status, map[string]any{"__type": namespace + kind, "message": message})
}

// namespace comes before the name of an exception.
const namespace = "com.amazonaws.dynamodb.v20120810#"
