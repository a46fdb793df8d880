package testutil

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"hash/crc32"
	"io"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/loopback"
)

// request is a request of the DynamoDB protocol, read to its end.
type request struct {
	*http.Request
	operation string
	body      []byte
	members   map[string]any // nil if the body is malformed, for the server to reject

	next   http.Handler   // responds to the request
	random *mathrand.Rand // for the choices of the fault that the request gets
}

// readRequest reads a request.
//
//	X-Amz-Target: DynamoDB_20120810.GetItem
//
//	{"TableName": "pets", "Key": {"id": {"S": "a"}}}
func readRequest(r *http.Request) *request {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	q := &request{Request: r, operation: operation, members: decode(body)}
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

// batchItem is an item of a BatchWriteItem or a key of a BatchGetItem.
type batchItem struct {
	table string
	item  any
}

// batchItems returns the items in RequestItems, UnprocessedItems or UnprocessedKeys.
//
//	{"pets": [{"PutRequest": {"Item": {"id": {"S": "a"}}}}]}
//	{"pets": {"Keys": [{"id": {"S": "a"}}], "ConsistentRead": true}}
func batchItems(tables any) (all []batchItem) {
	for _, table := range slices.Sorted(maps.Keys(object(tables))) {
		items := object(tables)[table]
		if get := object(items); get != nil {
			items = get["Keys"]
		}
		for _, item := range list(items) {
			all = append(all, batchItem{table, item})
		}
	}
	return all
}

// requestItems returns the RequestItems of the request with some of the items.
func (r *request) requestItems(items []batchItem) map[string]any {
	byTable := map[string][]any{}
	for _, item := range items {
		byTable[item.table] = append(byTable[item.table], item.item)
	}
	tables := map[string]any{}
	for table, items := range byTable {
		tables[table] = items
		if get := object(object(r.members["RequestItems"])[table]); get != nil {
			get = maps.Clone(get) // how the keys are read
			get["Keys"] = items
			tables[table] = get
		}
	}
	return tables
}

// response is a complete response, or nil if the connection is dropped.
type response struct {
	status int
	header http.Header
	body   []byte
}

// newResponse returns a response of the DynamoDB protocol.
func newResponse(status int, members any) *response {
	r := &response{status: status, header: http.Header{}}
	r.header.Set("Content-Type", "application/x-amz-json-1.0")
	r.header.Set("X-Amzn-Requestid", rand.Text()+rand.Text())
	r.setBody(encode(members))
	return r
}

const namespace = "com.amazonaws.dynamodb.v20120810#"

// failure returns an exception of the DynamoDB protocol. A code without a namespace gets that of
// DynamoDB. The members are added to the code and the message.
func failure(status int, code, message string, members map[string]any) *response {
	if !strings.Contains(code, "#") {
		code = namespace + code
	}
	all := map[string]any{"__type": code, "message": message}
	maps.Copy(all, members)
	return newResponse(status, all)
}

// serve returns the response of handler, which finishes even if the client gives up.
func serve(handler http.Handler, r *http.Request) *response {
	received, err := loopback.Client{Handler: handler}.Do(r.WithContext(context.WithoutCancel(r.Context())))
	if err != nil {
		return nil
	}
	complete, err := readResponse(received)
	if err != nil {
		return nil
	}
	return complete
}

func readResponse(r *http.Response) (*response, error) {
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return &response{r.StatusCode, r.Header, body}, err
}

// setBody replaces the body and the headers that depend on it.
func (r *response) setBody(body []byte) {
	r.body = body
	r.header.Set("Content-Length", strconv.Itoa(len(body)))
	r.header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
}

// write writes the response. It drops the connection if the response is nil.
func (r *response) write(w http.ResponseWriter) {
	if r == nil {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body)
}

// encode returns the JSON of value, which must have one.
func encode(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return encoded
}

// decode returns the members of a JSON object, or nil if it is malformed.
func decode(encoded []byte) map[string]any {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
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
