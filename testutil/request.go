package testutil

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// request is a request of the DynamoDB protocol, read to its end.
type request struct {
	*http.Request
	operation string
	body      []byte
}

func newRequest(r *http.Request) request {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	q := request{Request: r, operation: operation}
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
	var members struct {
		TableName     string
		RequestItems  map[string]json.RawMessage
		TransactItems []map[string]struct{ TableName string }
	}
	_ = json.Unmarshal(r.body, &members) // no table in a malformed request
	for _, item := range members.TransactItems {
		for _, action := range item {
			return action.TableName
		}
	}
	for _, table := range slices.Sorted(maps.Keys(members.RequestItems)) {
		return table
	}
	return members.TableName
}

// actions returns the number of actions of a transaction.
func (r *request) actions() int {
	var transaction struct{ TransactItems []json.RawMessage }
	_ = json.Unmarshal(r.body, &transaction) // no action in a malformed request
	return len(transaction.TransactItems)
}

// batch returns the items of a BatchWriteItem or the keys of a BatchGetItem.
func (r *request) batch() batch { return parseBatch(r.body, "RequestItems") }

// lacksItems reports whether the request is a batch or transaction without items.
func (r *request) lacksItems() bool {
	switch r.operation {
	case "BatchGetItem", "BatchWriteItem":
		return r.batch().size() == 0
	case "TransactGetItems", "TransactWriteItems":
		return r.actions() == 0
	}
	return false
}

// isConsistent reports whether a read is strongly consistent, of one table at least.
func (r *request) isConsistent() bool {
	type read struct{ ConsistentRead bool }
	var members struct {
		read
		RequestItems map[string]read
	}
	_ = json.Unmarshal(r.body, &members) // the server rejects a malformed request
	for _, table := range members.RequestItems {
		members.ConsistentRead = members.ConsistentRead || table.ConsistentRead
	}
	return members.ConsistentRead
}
