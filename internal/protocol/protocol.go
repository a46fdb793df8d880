// Package protocol reads requests of DynamoDB's protocol and makes responses, for handlers between a
// client and a server.
package protocol

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/loopback"
)

// Request is a request, read to its end.
type Request struct {
	HTTP      *http.Request
	Operation string
	Body      []byte
	Members   map[string]any // nil if the body is malformed, for the server to reject
}

// ReadRequest reads a request.
//
//	X-Amz-Target: DynamoDB_20120810.GetItem
//
//	{"TableName": "pets", "Key": {"id": {"S": "a"}}}
func ReadRequest(r *http.Request) *Request {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	read := &Request{HTTP: r, Operation: operation, Members: Decode(body)}
	read.SetBody(body)
	return read
}

// SetBody replaces the body.
func (r *Request) SetBody(body []byte) {
	r.Body = body
	r.HTTP.Body = io.NopCloser(bytes.NewReader(body))
	r.HTTP.ContentLength = int64(len(body))
}

// Response is a complete response. A nil Response is a dropped connection.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// NewResponse returns a response with the members of a JSON object.
func NewResponse(status int, members any) *Response {
	r := &Response{Status: status, Header: http.Header{}}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amzn-Requestid", rand.Text()+rand.Text())
	r.SetBody(Encode(members))
	return r
}

// Namespace comes before the names of DynamoDB's exceptions.
const Namespace = "com.amazonaws.dynamodb.v20120810#"

// Exception returns an exception with further members. A code without a namespace gets that of DynamoDB.
//
//	{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "no such table"}
func Exception(status int, code, message string, members map[string]any) *Response {
	if !strings.Contains(code, "#") {
		code = Namespace + code
	}
	all := map[string]any{"__type": code, "message": message}
	maps.Copy(all, members)
	return NewResponse(status, all)
}

// Serve returns the response of handler, which finishes even if the client gives up.
func Serve(handler http.Handler, r *http.Request) *Response {
	received, err := loopback.Client{Handler: handler}.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	if err != nil {
		return nil
	}
	defer received.Body.Close()
	complete, err := ReadResponse(received)
	if err != nil {
		return nil
	}
	return complete
}

// ReadResponse reads a response to its end. The caller closes its body.
func ReadResponse(r *http.Response) (*Response, error) {
	body, err := io.ReadAll(r.Body)
	return &Response{r.StatusCode, r.Header, body}, err
}

// SetBody replaces the body and the headers that depend on it.
func (r *Response) SetBody(body []byte) {
	r.Body = body
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	r.Header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
}

// Write writes the response.
func (r *Response) Write(w http.ResponseWriter) {
	if r == nil {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), r.Header)
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body)
}

// Encode returns the JSON of value, which must have one.
func Encode(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return encoded
}

// Decode returns the members of a JSON object, or nil if it is malformed.
func Decode(encoded []byte) map[string]any {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	var members map[string]any
	if decoder.Decode(&members) != nil {
		return nil
	}
	return members
}

// Object returns a JSON value if it is an object, or nil.
func Object(value any) map[string]any {
	members, _ := value.(map[string]any)
	return members
}

// List returns a JSON value if it is a list, or nil.
func List(value any) []any {
	elements, _ := value.([]any)
	return elements
}
