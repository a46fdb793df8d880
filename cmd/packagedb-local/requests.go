package main

import (
	"bytes"
	"encoding/json"
	"hash/crc32"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/open-alchemy/packagedb/internal/loopback"
)

const (
	keptRequests    = 100
	maxRequestBytes = 16 << 20 // the engine's limit
)

// exchange is an answered request.
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
	last  [keptRequests]exchange
}

// ServeHTTP answers as the engine does. It asks for the consumed capacity if the client does not,
// and then removes it from the answer.
func (s *requests) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchange{At: time.Now(), Operation: r.Method}
	if _, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		x.Operation = operation
	}
	var body []byte
	if r.ContentLength <= maxRequestBytes {
		body, _ = io.ReadAll(io.LimitReader(r.Body, maxRequestBytes)) // an error comes back below
	}
	asked := x.readRequest(body)
	if len(asked) > len(body) && r.ContentLength >= 0 {
		r.ContentLength = int64(len(asked))
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(asked), r.Body))
	response, err := loopback.Client{Handler: s.engine}.RoundTrip(r)
	if err != nil {
		panic(http.ErrAbortHandler) // as the engine did, which cannot read the request
	}
	defer response.Body.Close()
	x.Status = response.StatusCode
	answer, _ := io.ReadAll(response.Body) // from memory
	consumed := x.readAnswer(answer)
	if len(asked) > len(body) {
		answer = cut(answer, consumed)
		response.Header.Set("Content-Length", strconv.Itoa(len(answer)))
		response.Header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(answer)), 10))
	}
	maps.Copy(w.Header(), response.Header)
	x.Duration = time.Since(x.At)
	s.add(x)
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(answer) // the client may be gone
}

// readRequest reads the tables of a request. It returns the request with ReturnConsumedCapacity, if
// the operation has that parameter and the request does not.
func (x *exchange) readRequest(body []byte) []byte {
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
	x.Tables = strings.Join(slices.Compact(tables), ", ")

	ofItems := strings.Contains(x.Operation, "Item") || x.Operation == "Query" || x.Operation == "Scan"
	if !ofItems || len(tables) == 0 || in.ReturnConsumedCapacity != nil {
		return body
	}
	start := bytes.IndexByte(body, '{') + 1
	return slices.Concat(body[:start], []byte(`"ReturnConsumedCapacity":"TOTAL",`), body[start:])
}

// readAnswer reads the error or the units of an answer. It returns the JSON of the consumed
// capacity.
func (x *exchange) readAnswer(answer []byte) json.RawMessage {
	var out struct {
		Type             string `json:"__type"`
		ConsumedCapacity json.RawMessage
	}
	if json.Unmarshal(answer, &out) != nil {
		return nil // the health check
	}
	x.Error = out.Type[strings.LastIndexByte(out.Type, '#')+1:]
	type units struct{ CapacityUnits float64 }
	var one units
	var several []units
	if json.Unmarshal(out.ConsumedCapacity, &several) != nil && json.Unmarshal(out.ConsumedCapacity, &one) == nil {
		several = []units{one}
	}
	for _, table := range several {
		x.Units += table.CapacityUnits
	}
	return out.ConsumedCapacity
}

// cut returns an answer without its consumed capacity. No item has the same text, because the value of
// an attribute begins with its type.
func cut(answer []byte, consumed json.RawMessage) []byte {
	before, after, found := bytes.Cut(answer, append([]byte(`"ConsumedCapacity":`), consumed...))
	switch {
	case !found:
		return answer
	case after[0] == ',':
		after = after[1:]
	default:
		before = bytes.TrimSuffix(before, []byte(","))
	}
	return slices.Concat(before, after)
}

func (s *requests) add(x exchange) {
	s.mu.Lock()
	s.last[s.count%keptRequests] = x
	s.count++
	s.mu.Unlock()
	s.logger.Info(x.Operation,
		"table", x.Tables, "status", x.Status, "error", x.Error, "units", x.Units, "duration", x.Duration)
}

// recent returns how many requests were answered, and the last ones, newest first.
func (s *requests) recent() (count int, last []exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := s.count - 1; i >= max(0, s.count-keptRequests); i-- {
		last = append(last, s.last[i%keptRequests])
	}
	return s.count, last
}
