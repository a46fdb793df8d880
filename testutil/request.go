package testutil

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
)

// request is a request of the DynamoDB protocol, read to its end.
type request struct {
	*http.Request
	operation string
	body      []byte
	members   map[string]any // nil if the body is malformed, for the server to reject

	next   http.Handler // answers the request
	random *rand.Rand   // for the choices of the fault that the request meets
}

func newRequest(r *http.Request, next http.Handler) *request {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	q := &request{Request: r, operation: operation, members: decode(body), next: next}
	q.setBody(body)
	return q
}

func (r *request) setBody(body []byte) {
	r.body = body
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
}

// table returns the name of the first table in the request, or "".
func (r *request) table() string {
	named := r.members
	if actions := r.actions(); len(actions) > 0 {
		for _, action := range object(actions[0]) {
			named = object(action)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object(r.members["RequestItems"]))) {
		return name
	}
	name, _ := named["TableName"].(string)
	return name
}

// actions returns the actions of a transaction.
func (r *request) actions() []any { return list(r.members["TransactItems"]) }

// hasItems reports whether the request names an item.
func (r *request) hasItems() bool {
	return r.members["Item"] != nil || r.members["Key"] != nil ||
		len(r.actions()) > 0 || len(batchItems(r.members["RequestItems"])) > 0
}

// isConsistent reports whether a read is strongly consistent, of one table at least.
func (r *request) isConsistent() bool {
	for _, table := range object(r.members["RequestItems"]) {
		if object(table)["ConsistentRead"] == true {
			return true
		}
	}
	return r.members["ConsistentRead"] == true
}

// decode returns the members of a JSON object, or nil if it is malformed.
func decode(text []byte) map[string]any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var members map[string]any
	if decoder.Decode(&members) != nil {
		return nil
	}
	return members
}

// object returns a JSON value if it is an object, or nil.
func object(value any) map[string]any {
	members, _ := value.(map[string]any)
	return members
}

// list returns a JSON value if it is a list, or nil.
func list(value any) []any {
	elements, _ := value.([]any)
	return elements
}
