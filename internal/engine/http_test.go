package engine_test

import (
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

func serve(request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	engine.New().ServeHTTP(recorder, request)
	return recorder
}

func TestServeHTTP_EveryResponseCanBeVerified(t *testing.T) {
	tooLarge := signed(http.MethodPost, "DynamoDB_20120810.ListTables", ``)
	tooLarge.ContentLength = 1 << 30
	for name, request := range map[string]*http.Request{
		"success":           signed(http.MethodPost, "DynamoDB_20120810.ListTables", `{}`),
		"exception":         signed(http.MethodPost, "DynamoDB_20120810.ListTables", `{"Limit":0}`),
		"health check":      httptest.NewRequest(http.MethodGet, "/", http.NoBody),
		"unknown method":    httptest.NewRequest(http.MethodPut, "/", http.NoBody),
		"too large request": tooLarge,
	} {
		t.Run(name, func(t *testing.T) {
			recorder := serve(request)
			header, body := recorder.Header(), recorder.Body.Bytes()
			assert.Equal(t, strconv.Itoa(int(crc32.ChecksumIEEE(body))), header.Get("X-Amz-Crc32"))
			assert.Equal(t, strconv.Itoa(len(body)), header.Get("Content-Length"))
			assert.Len(t, header.Get("X-Amzn-Requestid"), 52)
			assert.Equal(t, "Server", header.Get("Server"))
		})
	}
}

func TestServeHTTP_RequestsHaveDifferentIDs(t *testing.T) {
	e := engine.New()
	seen := map[string]bool{}
	for range 3 {
		seen[newRecorder(e, "ListTables", `{}`).Header().Get("X-Amzn-Requestid")] = true
	}
	assert.Len(t, seen, 3)
}

func TestServeHTTP_TheResponseHasTheContentTypeOfTheRequest(t *testing.T) {
	for sent, want := range map[string]string{
		"application/x-amz-json-1.0":      "application/x-amz-json-1.0",
		"application/x-amz-json-1.1":      "application/x-amz-json-1.1",
		"application/json; charset=utf-8": "application/json",
	} {
		request := signed(http.MethodPost, "DynamoDB_20120810.ListTables", `{}`)
		request.Header.Set("Content-Type", sent)
		assert.Equal(t, want, serve(request).Header().Get("Content-Type"))
	}
}

// TestServeHTTP_ABodyThatNeverComes runs in a synctest bubble.
func TestServeHTTP_ABodyThatNeverComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, connection := net.Pipe()
		server := &http.Server{Handler: engine.New()}
		served := make(chan error, 1)
		listener := make(oneConnection, 1)
		listener <- connection
		go func() { served <- server.Serve(listener) }()
		start := time.Now()
		_, err := io.WriteString(client, "POST / HTTP/1.1\r\nHost: local\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\n\r\n{")
		require.NoError(t, err)
		_, err = client.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		assert.Equal(t, 30*time.Second, time.Since(start))
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}

// oneConnection is a listener that accepts one connection.
type oneConnection chan net.Conn

func (l oneConnection) Accept() (net.Conn, error) {
	if connection, ok := <-l; ok {
		return connection, nil
	}
	return nil, net.ErrClosed
}

func (l oneConnection) Close() error {
	close(l)
	return nil
}

func (l oneConnection) Addr() net.Addr { return &net.TCPAddr{} }

func TestServeHTTP_Protocol(t *testing.T) {
	const target = "DynamoDB_20120810.ListTables"
	with := func(header, value string) *http.Request {
		request := signed(http.MethodPost, target, `{}`)
		request.Header.Set(header, value)
		return request
	}
	bare := signed(http.MethodPost, target, ``)
	bare.Header.Del("Content-Type")
	presigned := with("Authorization", "")
	presigned.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256"
	for name, test := range map[string]struct {
		request *http.Request
		status  int
		body    string
	}{
		"GET / is a health check": {
			httptest.NewRequest(http.MethodGet, "/", http.NoBody), 200, "healthy: dynamodb.us-east-1.amazonaws.com ",
		},
		"GET of another path is no operation": {
			httptest.NewRequest(http.MethodGet, "/health", http.NoBody), 404, "<UnknownOperationException/>\n",
		},
		"PartiQL is named":                       {with("X-Amz-Target", "DynamoDB_20120810.ExecuteStatement"), 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"ExecuteStatement is not supported by this engine, which has no PartiQL"}`},
		"streams are named":                      {with("X-Amz-Target", "DynamoDBStreams_20120810.ListStreams"), 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"ListStreams is not supported by this engine, which has no streams"}`},
		"a POST of JSON is served":               {signed(http.MethodPost, target, `{}`), 200, `{"TableNames":[]}`},
		"a presigned request is authenticated":   {presigned, 200, `{"TableNames":[]}`},
		"unknown parameters are ignored":         {signed(http.MethodPost, target, `{"Unknown":[{}]}`), 200, `{"TableNames":[]}`},
		"null parameters count as absent":        {signed(http.MethodPost, target, `{"Limit":null}`), 200, `{"TableNames":[]}`},
		"names of parameters are case-sensitive": {signed(http.MethodPost, target, `{"limit":0}`), 200, `{"TableNames":[]}`},
		"another method is no operation":         {signed(http.MethodPut, target, `{}`), 404, "<UnknownOperationException/>\n"},
		"another content type is no operation":   {with("Content-Type", "text/plain"), 404, "<UnknownOperationException/>\n"},
		"no content type is no operation":        {with("Content-Type", ""), 404, "<UnknownOperationException/>\n"},
		"an operation that this engine has not":  {with("X-Amz-Target", "DynamoDB_20120810.CreateBackup"), 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"Unknown operation: CreateBackup"}`},
		"an operation of another version":        {with("X-Amz-Target", "DynamoDB_20111205.ListTables"), 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"Unknown operation: DynamoDB_20111205.ListTables"}`},
		"a request without a target":             {with("X-Amz-Target", ""), 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"Unknown operation: "}`},
		"a request without authentication":       {with("Authorization", ""), 400, `{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException","message":"Request is missing Authentication Token"}`},
		"a body that is no JSON":                 {signed(http.MethodPost, target, `{"Limit":`), 400, `{"__type":"com.amazon.coral.service#SerializationException"}`},
		"a body that is no object":               {signed(http.MethodPost, target, `[]`), 400, `{"__type":"com.amazon.coral.service#SerializationException"}`},
		"a body that is not UTF-8":               {signed(http.MethodPost, target, "{\"a\":\"\xff\"}"), 400, `{"__type":"com.amazon.coral.service#SerializationException"}`},
		"neither a body nor its type":            {bare, 400, `{"__type":"com.amazon.coral.service#SerializationException"}`},
		"no body at all":                         {signed(http.MethodPost, target, ``), 400, `{"__type":"com.amazon.coral.service#SerializationException"}`},
		"a parameter of the wrong JSON type":     {signed(http.MethodPost, target, `{"Limit":"1"}`), 400, `{"__type":"com.amazon.coral.service#SerializationException","Message":"STRING_VALUE cannot be converted to Integer"}`},
		"a number with a fraction is cut off":    {signed(http.MethodPost, target, `{"Limit":1.9}`), 200, `{"TableNames":[]}`},
		"a number beyond all limits is rejected": {signed(http.MethodPost, target, `{"Limit":1e300}`), 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value '9223372036854775807' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100"}`},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := serve(test.request)
			assert.Equal(t, test.status, recorder.Code)
			assert.Equal(t, test.body, recorder.Body.String())
		})
	}
}

func TestServeHTTP_ABodyOverTheLimitIsTooLarge(t *testing.T) {
	const limit = 16 << 20
	padded := func(size int) string {
		const frame = `{"Unknown":""}`
		return `{"Unknown":"` + strings.Repeat("x", size-len(frame)) + `"}`
	}
	for size, want := range map[int]int{limit: http.StatusOK, limit + 1: http.StatusRequestEntityTooLarge} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d bytes, length known %t", size, known), func(t *testing.T) {
				request := signed(http.MethodPost, "DynamoDB_20120810.ListTables", padded(size))
				if !known {
					request.ContentLength = -1
				}
				assert.Equal(t, want, serve(request).Code)
			})
		}
	}
}
