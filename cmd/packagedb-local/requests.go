package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
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
)

// exchange is a request with its response.
type exchange struct {
	At        time.Time
	Operation string
	Tables    string // separated by commas
	Status    int
	Error     string // the exception's name
	Units     float64
	Duration  time.Duration
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
	asked := false
	if _, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		x.Operation = operation
		asked = x.readRequest(r)
	}
	x.Operation = legible(x.Operation, maxOperation)
	response := protocol.Serve(s.engine, r)
	if response == nil {
		panic(http.ErrAbortHandler)
	}
	x.Status = response.Status
	members := x.readResponse(response.Body)
	if asked && members["ConsumedCapacity"] != nil {
		delete(members, "ConsumedCapacity")
		response.SetBody(protocol.Encode(members))
	}
	x.Duration = time.Since(x.At)
	s.add(x)
	response.Write(w)
}

// readRequest reads the tables of a request. It adds ReturnConsumedCapacity, if the operation has that
// parameter and the request does not, and reports whether it did.
func (x *exchange) readRequest(r *http.Request) (added bool) {
	body, err := engine.ReadBody(r)
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		r.ContentLength = maxRequestBytes + 1 // for the engine to report, if it was unknown
		return false
	case err != nil:
		panic(http.ErrAbortHandler) // no client waits for a response
	}
	if decompressed, err := engine.Decompress(r.Header, body); err == nil { // or else the engine reports it
		body = decompressed
		r.Header.Del("Content-Encoding")
	}
	request := x.readTables(body)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(request)), int64(len(request))
	return len(request) > len(body)
}

// readTables reads the tables in the body of a request, which it returns with ReturnConsumedCapacity.
func (x *exchange) readTables(body []byte) []byte {
	var in struct {
		TableName              string
		RequestItems           map[string]json.RawMessage
		TransactItems          []map[string]struct{ TableName string }
		ReturnConsumedCapacity *string
	}
	if json.Unmarshal(body, &in) != nil {
		return body // the engine reports the error
	}
	tables := slices.Collect(maps.Keys(in.RequestItems))
	for _, actions := range in.TransactItems {
		for _, action := range actions {
			tables = append(tables, action.TableName)
		}
	}
	if in.TableName != "" {
		tables = append(tables, in.TableName)
	}
	slices.Sort(tables)
	x.Tables = legible(strings.Join(slices.Compact(tables), ", "), maxTables)

	const parameter = `"ReturnConsumedCapacity":"TOTAL",`
	ofItems := strings.Contains(x.Operation, "Item") || x.Operation == "Query" || x.Operation == "Scan"
	if !ofItems || len(tables) == 0 || in.ReturnConsumedCapacity != nil || len(body)+len(parameter) > maxRequestBytes {
		return body
	}
	start := bytes.IndexByte(body, '{') + 1
	return slices.Concat(body[:start], []byte(parameter), body[start:])
}

// legible returns a copy of what a client named, for the page and the log: without what no name of an
// operation or a table has, nor an ARN, and cut off at the limit.
func legible(named string, limit int) string {
	end := ""
	if len(named) > limit {
		named, end = named[:limit], "…"
	}
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_.-:/, ", r)) {
			return r
		}
		return '?'
	}, strings.Clone(named)) + end
}

// readResponse reads the error or the units of a response, and returns its members.
func (x *exchange) readResponse(body []byte) (members map[string]json.RawMessage) {
	var exception string
	type consumed struct{ CapacityUnits float64 }
	var one consumed
	var several []consumed
	// What a response does not have stays zero.
	_ = json.Unmarshal(body, &members)
	_ = json.Unmarshal(members["__type"], &exception)
	_ = json.Unmarshal(members["ConsumedCapacity"], &one)
	_ = json.Unmarshal(members["ConsumedCapacity"], &several)
	x.Error = exception[strings.LastIndexByte(exception, '#')+1:]
	for _, table := range append(several, one) {
		x.Units += table.CapacityUnits
	}
	return members
}

func (s *requests) add(x exchange) {
	s.mu.Lock()
	s.count++
	s.last = append(s.last[max(0, len(s.last)-keptRequests+1):], x)
	s.mu.Unlock()
	s.logger.Info(x.Operation,
		"table", x.Tables, "status", x.Status, "error", x.Error, "units", x.Units, "duration", x.Duration)
}

// recent returns how many requests there were, and the last ones, newest first.
func (s *requests) recent() (count int, last []exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last = slices.Clone(s.last)
	slices.Reverse(last)
	return s.count, last
}
