package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/protocol"
)

const (
	keptRequests    = 100
	maxRequestBytes = 16 << 20 // the engine's limit
	// The longest name of an operation, and names of tables, that are kept and logged whole.
	maxOperation = 64
	maxTables    = 1000
	maxIndex     = 255
	// How much is kept and logged of a key or a key condition, and of a message.
	maxKey           = 500
	maxKeyPart       = 200 // a name or a value
	maxKeyAttributes = 8
	maxMessage       = 1000
)

// exchange is a request with its response.
type exchange struct {
	At         time.Time
	Operation  string
	Tables     string // separated by commas
	Index      string
	Key        string // or the key condition
	Consistent bool
	Status     int
	Error      string // the exception's name
	Message    string // of the exception
	Units      float64
	Duration   time.Duration
}

// Asked returns what was asked of the tables.
func (x exchange) Asked() string {
	var asked []string
	if x.Index != "" {
		asked = append(asked, "index "+x.Index)
	}
	if x.Key != "" {
		asked = append(asked, x.Key)
	}
	if x.Consistent {
		asked = append(asked, "consistent")
	}
	return strings.Join(asked, " · ")
}

// requests passes requests to the engine, logs them and keeps the last ones.
type requests struct {
	engine http.Handler
	logger *slog.Logger

	mu    sync.Mutex
	count int
	last  []exchange
}

// ServeHTTP responds as the engine does. It asks for the consumed capacity if the client does not,
// and then removes it from the response.
func (s *requests) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchange{At: time.Now(), Operation: r.Method}
	asked, hidden := false, secretsIn(nil)
	if _, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		x.Operation = operation
		asked, hidden = x.readRequest(r)
	}
	x.Operation = legible(x.Operation, maxOperation)
	response := protocol.Serve(s.engine, r)
	if response == nil {
		panic(http.ErrAbortHandler)
	}
	x.Status = response.Status
	members := x.readResponse(response.Body, hidden)
	if asked && members["ConsumedCapacity"] != nil {
		delete(members, "ConsumedCapacity")
		response.SetBody(protocol.Encode(members))
	}
	x.Duration = time.Since(x.At)
	s.add(x)
	response.Write(w)
}

// readRequest reads what a request asks for, and its secrets. It adds ReturnConsumedCapacity, if the
// operation has that parameter and the request does not, and reports whether it did.
func (x *exchange) readRequest(r *http.Request) (added bool, hidden *secrets) {
	body, err := engine.ReadBody(r)
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		r.ContentLength = maxRequestBytes + 1 // for the engine to report, if it was unknown
		return false, secretsIn(nil)
	case err != nil:
		panic(http.ErrAbortHandler) // no client waits for a response
	}
	if decompressed, err := engine.Decompress(r.Header, body); err == nil { // or else the engine reports it
		body = decompressed
		r.Header.Del("Content-Encoding")
	}
	members := protocol.Decode(body) // nil for the engine to reject
	hidden = secretsIn(members)
	x.readParameters(members, hidden)
	request := body
	if x.hasCapacity() && members["ReturnConsumedCapacity"] == nil && len(body)+len(capacityParameter) <= maxRequestBytes {
		start := bytes.IndexByte(body, '{') + 1
		request = slices.Concat(body[:start], []byte(capacityParameter), body[start:])
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(request)), int64(len(request))
	return len(request) > len(body), hidden
}

const capacityParameter = `"ReturnConsumedCapacity":"TOTAL",`

// hasCapacity reports whether the request is one for items, which has ReturnConsumedCapacity.
func (x *exchange) hasCapacity() bool {
	return x.Tables != "" && (strings.Contains(x.Operation, "Item") || x.Operation == "Query" || x.Operation == "Scan")
}

// readParameters reads what the request asks for.
func (x *exchange) readParameters(request map[string]any, hidden *secrets) {
	x.Consistent = request["ConsistentRead"] == true
	var tables []string
	for table, in := range protocol.Object(request["RequestItems"]) {
		tables = append(tables, table)
		x.Consistent = x.Consistent || protocol.Object(in)["ConsistentRead"] == true
	}
	for _, actions := range protocol.List(request["TransactItems"]) {
		for _, action := range protocol.Object(actions) {
			table, _ := protocol.Object(action)["TableName"].(string)
			tables = append(tables, table)
		}
	}
	if table, _ := request["TableName"].(string); table != "" {
		tables = append(tables, table)
	}
	slices.Sort(tables)
	x.Tables = legible(strings.Join(slices.Compact(tables), ", "), maxTables)
	index, _ := request["IndexName"].(string)
	x.Index = legible(index, maxIndex)
	x.Key = printable(hidden.keyIn(request), maxKey)
}

var placeholder = regexp.MustCompile(`[#:]\w+`)

// keyIn returns the key or the key condition of a request, with names and values for its placeholders.
func (s *secrets) keyIn(request map[string]any) string {
	if condition, ok := request["KeyConditionExpression"].(string); ok {
		if s.named {
			return redacted
		}
		names := protocol.Object(request["ExpressionAttributeNames"])
		values := protocol.Object(request["ExpressionAttributeValues"])
		return placeholder.ReplaceAllStringFunc(printable(condition, maxKey), func(word string) string {
			if name, ok := names[word].(string); ok {
				return printable(name, maxKeyPart)
			}
			if value, ok := values[word]; ok {
				return s.valueIn(value)
			}
			return word
		})
	}
	key, conditions := protocol.Object(request["Key"]), protocol.Object(request["KeyConditions"])
	var parts []string
	for _, name := range first(slices.Sorted(maps.Keys(key)), maxKeyAttributes) {
		parts = append(parts, printable(name, maxKeyPart)+" = "+s.valueIn(key[name]))
	}
	for _, name := range first(slices.Sorted(maps.Keys(conditions)), maxKeyAttributes) {
		condition := protocol.Object(conditions[name])
		operator, _ := condition["ComparisonOperator"].(string)
		part := []string{printable(name, maxKeyPart), operator}
		for _, value := range first(protocol.List(condition["AttributeValueList"]), maxKeyAttributes) {
			part = append(part, s.valueIn(value))
		}
		parts = append(parts, strings.Join(part, " "))
	}
	return strings.Join(parts, " AND ")
}

func first[E any](list []E, n int) []E { return list[:min(n, len(list))] }

// valueIn returns an attribute value: a string in quotes, a number, or the JSON of any other.
func (s *secrets) valueIn(value any) string {
	typed := protocol.Object(value)
	if content, ok := typed["S"].(string); ok {
		return `"` + printable(s.hide(content), maxKeyPart) + `"`
	}
	if number, ok := typed["N"].(string); ok {
		return printable(s.hide(number), maxKeyPart)
	}
	return printable(s.hide(string(protocol.Encode(value))), maxKeyPart)
}

// legible returns a copy of what a client named, for the page and the log: without what no name of an
// operation or a table has, nor an ARN, and cut off at the limit.
func legible(named string, limit int) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("_.-:/, …", r) {
			return r
		}
		return '?'
	}, cutOff(named, limit))
}

// printable returns a copy of what a client or the service wrote, for the page and the log: without what
// has no form of its own, such as line breaks and changes of direction, and cut off at the limit.
func printable(written string, limit int) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, cutOff(written, limit))
}

// cutOff returns a copy that is cut off at the limit.
func cutOff(long string, limit int) string {
	if len(long) > limit {
		return strings.ToValidUTF8(long[:limit], "") + "…"
	}
	return strings.Clone(long)
}

// readResponse reads the error or the units of a response, and returns its members.
func (x *exchange) readResponse(body []byte, hidden *secrets) (members map[string]json.RawMessage) {
	type consumed struct{ CapacityUnits float64 }
	var one consumed
	var several []consumed
	// What a response does not have stays zero.
	_ = json.Unmarshal(body, &members)
	_ = json.Unmarshal(members["ConsumedCapacity"], &one)
	_ = json.Unmarshal(members["ConsumedCapacity"], &several)
	for _, table := range append(several, one) {
		x.Units += table.CapacityUnits
	}
	if x.Status != http.StatusOK {
		x.readException(members, hidden)
	}
	return members
}

// readException reads the name of an exception and its message, with the reasons of a canceled transaction.
func (x *exchange) readException(members map[string]json.RawMessage, hidden *secrets) {
	var name, lower, upper string
	var reasons []struct{ Message string }
	_ = json.Unmarshal(members["__type"], &name)
	_ = json.Unmarshal(members["message"], &lower)
	_ = json.Unmarshal(members["Message"], &upper)
	_ = json.Unmarshal(members["CancellationReasons"], &reasons)
	messages := []string{lower + upper}
	for _, reason := range reasons {
		if reason.Message != "" && !slices.Contains(messages, reason.Message) {
			messages = append(messages, reason.Message)
		}
	}
	x.Error = legible(name[strings.LastIndexByte(name, '#')+1:], maxOperation)
	x.Message = printable(hidden.hide(strings.Join(messages, "; ")), maxMessage)
}
func (s *requests) add(x exchange) {
	s.mu.Lock()
	s.count++
	s.last = append(s.last[max(0, len(s.last)-keptRequests+1):], x)
	s.mu.Unlock()
	attributes := []any{"table", x.Tables, "status", x.Status, "error", x.Error, "units", x.Units, "duration", x.Duration}
	if asked := x.Asked(); asked != "" {
		attributes = append(attributes, "asked", asked)
	}
	if x.Message != "" {
		attributes = append(attributes, "message", x.Message)
	}
	s.logger.Info(x.Operation, attributes...)
}

// recent returns how many requests there were, and the last ones, newest first.
func (s *requests) recent() (count int, last []exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last = slices.Clone(s.last)
	slices.Reverse(last)
	return s.count, last
}
