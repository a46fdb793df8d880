package testutil

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// forwarder is an [http.Handler] that passes requests on to another DynamoDB, where it puts a prefix of
// its own before the name of every table, and takes it away in the answers. So the tables of one
// forwarder are invisible to the others.
//
// The prefix counts towards the limit of 255 characters: a longer name is refused by the server.
type forwarder struct {
	endpoint  string
	prefix    string
	transport *http.Transport

	mayHaveTables atomic.Bool // the server has answered a CreateTable
}

func newForwarder(endpoint string) (*forwarder, error) {
	target, err := url.Parse(endpoint)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, fmt.Errorf("%q is not a URL such as http://localhost:8000", endpoint)
	}
	f := &forwarder{
		endpoint: strings.TrimSuffix(endpoint, "/"),
		prefix:   "test-" + strings.ToLower(rand.Text()[:12]) + ".",
		transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			MaxIdleConnsPerHost:   256,
			IdleConnTimeout:       2 * time.Second, // dynalite closes a connection after 5
			ResponseHeaderTimeout: 30 * time.Second,
		},
	}
	return f, nil
}

// close gives up the connections.
func (f *forwarder) close() { f.transport.CloseIdleConnections() }

// ServeHTTP implements [http.Handler].
func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // nobody is there to read an answer
	}
	answer, err := f.send(r, f.addPrefix(operationOf(r), body))
	switch {
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler)
	case err != nil:
		answer = refusal(http.StatusServiceUnavailable, "ServiceUnavailable", err.Error())
	case operationOf(r) == "CreateTable":
		f.mayHaveTables.Store(true)
	case operationOf(r) == "ListTables":
		answer.body = f.onlyOwn(answer.body)
	}
	answer.body = bytes.ReplaceAll(answer.body, []byte(f.prefix), nil)
	answer.header.Set("Content-Length", strconv.Itoa(len(answer.body)))
	answer.header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(answer.body)), 10))
	answer.give(w)
}

func (f *forwarder) send(r *http.Request, body []byte) (*answer, error) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, f.endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	request.Header.Del("Content-Length")
	request.Header.Del("Connection")
	request.Header.Set("Accept-Encoding", "identity") // a compressed answer would hide the names
	response, err := f.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	return read(response)
}

// addPrefix puts the prefix before the names of tables in a request. What is malformed stays as it is,
// for the server to refuse.
func (f *forwarder) addPrefix(operation string, body []byte) []byte {
	var request map[string]json.RawMessage
	if json.Unmarshal(body, &request) != nil || request == nil {
		return body
	}
	if operation == "ListTables" {
		f.startAtOwn(request)
	}
	f.inMember(request, "TableName")
	f.inRequestItems(request)
	f.inTransactItems(request)
	return encode(request)
}

var legalName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// name puts the prefix before a name. An illegal one stays illegal.
func (f *forwarder) name(name string) string {
	if !legalName.MatchString(name) {
		return name
	}
	return f.prefix + name
}

// inMember puts the prefix before the name that a member holds, if any.
func (f *forwarder) inMember(object map[string]json.RawMessage, member string) {
	var name *string
	if json.Unmarshal(object[member], &name) == nil && name != nil {
		object[member] = encode(f.name(*name))
	}
}

// inRequestItems puts the prefix before the tables of a batch.
func (f *forwarder) inRequestItems(request map[string]json.RawMessage) {
	var tables map[string]json.RawMessage
	if json.Unmarshal(request["RequestItems"], &tables) != nil || tables == nil {
		return
	}
	named := make(map[string]json.RawMessage, len(tables))
	for table, items := range tables {
		named[f.name(table)] = items
	}
	request["RequestItems"] = encode(named)
}

// inTransactItems puts the prefix before the table of every action of a transaction.
func (f *forwarder) inTransactItems(request map[string]json.RawMessage) {
	var items []map[string]map[string]json.RawMessage
	if json.Unmarshal(request["TransactItems"], &items) != nil || items == nil {
		return
	}
	for _, item := range items {
		for _, action := range item {
			f.inMember(action, "TableName")
		}
	}
	request["TransactItems"] = encode(items)
}

// startAtOwn makes a ListTables start at the forwarder's tables, which follow each other in the order
// of names.
func (f *forwarder) startAtOwn(request map[string]json.RawMessage) {
	if _, ok := request["ExclusiveStartTableName"]; !ok {
		request["ExclusiveStartTableName"] = encode(f.prefix)
		return
	}
	f.inMember(request, "ExclusiveStartTableName")
}

// onlyOwn ends the answer of a ListTables where the forwarder's tables end.
func (f *forwarder) onlyOwn(answer []byte) []byte {
	var list struct {
		TableNames             []string
		LastEvaluatedTableName string `json:",omitempty"`
	}
	if json.Unmarshal(answer, &list) != nil || list.TableNames == nil {
		return answer // it is an error
	}
	own := []string{}
	for _, name := range list.TableNames {
		if strings.HasPrefix(name, f.prefix) {
			own = append(own, name)
		}
	}
	if len(own) < len(list.TableNames) {
		list.LastEvaluatedTableName = ""
	}
	list.TableNames = own
	return encode(list)
}
