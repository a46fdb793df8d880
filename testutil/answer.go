package testutil

import (
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

// answer is a complete answer, or nil if the connection is dropped.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// read reads a response.
func read(response *http.Response) (*answer, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return &answer{response.StatusCode, response.Header, body}, err
}

// record returns the answer of handler. The handler finishes even if the client gives up.
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

// write writes the answer. It drops the connection if the answer is nil.
func (a *answer) write(w http.ResponseWriter) {
	if a == nil {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// setBody replaces the body and the headers that depend on it.
func (a *answer) setBody(body []byte) {
	a.body = body
	a.header.Set("Content-Length", strconv.Itoa(len(body)))
	a.header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
}

// reply returns an answer of the DynamoDB protocol.
func reply(status int, members any) *answer {
	a := &answer{status: status, header: http.Header{}}
	a.header.Set("Content-Type", "application/x-amz-json-1.0")
	a.header.Set("X-Amzn-Requestid", rand.Text()+rand.Text())
	a.setBody(encode(members))
	return a
}

const namespace = "com.amazonaws.dynamodb.v20120810#"

// failure returns an exception of the DynamoDB protocol. A code without a namespace gets that of
// DynamoDB. The members are added to the code and the message.
func failure(status int, code, message string, members map[string]any) *answer {
	if !strings.Contains(code, "#") {
		code = namespace + code
	}
	all := map[string]any{"__type": code, "message": message}
	maps.Copy(all, members)
	return reply(status, all)
}

// encode returns the JSON of value, which must have one.
func encode(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}
