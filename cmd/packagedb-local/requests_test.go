package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// post sends a request of the DynamoDB protocol to a handler.
func post(handler http.Handler, operation string, body io.Reader) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "/", body)
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func newRequests() *requests {
	return &requests{engine: engine.New(), logger: slog.New(slog.DiscardHandler)}
}

func TestRequests(t *testing.T) {
	const (
		item = `{"id":{"S":"a"},"ConsumedCapacity":{"M":{"CapacityUnits":{"N":"1"}}},"s":{"S":"\"ConsumedCapacity\":{\"CapacityUnits\":0.5,\"TableName\":\"tbl\"}"}}`
		key  = `{"id":{"S":"a"}}`
	)
	direct, s := engine.New(), newRequests()
	for _, test := range []struct {
		operation, body string
		tables, error   string
		units           float64
	}{
		{"CreateTable", `{"TableName":"tbl","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
			"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`, "tbl", "", 0},
		{"PutItem", `{"TableName":"tbl","Item":` + item + `}`, "tbl", "", 1},
		{"PutItem", ` {"TableName":"tbl","Item":` + key + `,"ConditionExpression":"attribute_not_exists(id)"}`, "tbl", "ConditionalCheckFailedException", 0},
		{"GetItem", `{"TableName":"tbl","Key":` + key + `,"ProjectionExpression":"id"}`, "tbl", "", 0.5},
		{"GetItem", `{"TableName":"tbl","Key":` + key + `,"ProjectionExpression":"id","ReturnConsumedCapacity":"INDEXES"}`, "tbl", "", 0.5},
		{"GetItem", `{"TableName":"tbl","Key":` + key + `,"ProjectionExpression":"id","ReturnConsumedCapacity":"NONE"}`, "tbl", "", 0},
		{"GetItem", `{"TableName":"tbl","Key":{"id":{"S":"b"}}}`, "tbl", "", 0.5},
		{"Query", `{"TableName":"tbl","ProjectionExpression":"s","KeyConditionExpression":"id=:i","ExpressionAttributeValues":{":i":{"S":"a"}},"ConsistentRead":true}`, "tbl", "", 1},
		{"Scan", `{"TableName":"tbl","ProjectionExpression":"ConsumedCapacity"}`, "tbl", "", 0.5},
		{"BatchGetItem", `{"RequestItems":{"tbl":{"Keys":[` + key + `],"ProjectionExpression":"id"}}}`, "tbl", "", 0.5},
		{"TransactWriteItems", `{"ClientRequestToken":"x","TransactItems":[{"Delete":{"TableName":"tbl","Key":` + key + `}},{"Put":{"TableName":"tbl","Item":{"id":{"S":"b"}}}}]}`, "tbl", "", 4},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"tbl","Item":{"id":{"S":"c"}}}},{"Put":{"TableName":"unknown","Item":{"id":{"S":"c"}}}}]}`,
			"tbl, unknown", "ResourceNotFoundException", 0},
		{"GetItem", `{}`, "", "ValidationException", 0},
		{"GetItem", `null`, "", "SerializationException", 0},
		{"GetItem", `{"TableName":5}`, "", "SerializationException", 0},
		{"GetItem", `{"TableName":"tbl","Key":`, "", "SerializationException", 0},
		{"Unknown", `{"TableName":"tbl"}`, "tbl", "UnknownOperationException", 0},
	} {
		want := post(direct, test.operation, strings.NewReader(test.body))
		got := post(s, test.operation, strings.NewReader(test.body))
		assert.Equal(t, want.Code, got.Code, test.body)
		if test.operation == "CreateTable" {
			require.Equal(t, http.StatusOK, got.Code) // the rest of it has the time
		} else {
			assert.JSONEq(t, want.Body.String(), got.Body.String(), test.body)
		}
		assert.Equal(t, fmt.Sprint(crc32.ChecksumIEEE(got.Body.Bytes())), got.Header().Get("X-Amz-Crc32"), test.body)
		assert.Equal(t, fmt.Sprint(got.Body.Len()), got.Header().Get("Content-Length"), test.body)
		_, last := s.recent()
		assert.Equal(t, exchange{last[0].At, test.operation, test.tables, want.Code, test.error, test.units, last[0].Duration}, last[0], test.body)
	}
}

func TestRequests_RemembersTheLast(t *testing.T) {
	s := newRequests()
	for i := range keptRequests + 5 {
		post(s, fmt.Sprint("Operation", i), strings.NewReader(`{}`))
	}
	count, last := s.recent()
	assert.Equal(t, keptRequests+5, count)
	require.Len(t, last, keptRequests)
	assert.Equal(t, "Operation104", last[0].Operation)
	assert.Equal(t, "Operation5", last[keptRequests-1].Operation)
}

func TestRequests_LongBody(t *testing.T) {
	long := strings.NewReader(strings.Repeat(" ", maxRequestBytes+1))
	assert.Equal(t, http.StatusRequestEntityTooLarge, post(newRequests(), "GetItem", long).Code)

	unread := request(http.MethodPost, "/", unread{t}, "Content-Type", "application/x-amz-json-1.0")
	unread.ContentLength = maxRequestBytes + 1
	recorder := httptest.NewRecorder()
	newRequests().ServeHTTP(recorder, unread)
	assert.Equal(t, http.StatusRequestEntityTooLarge, recorder.Code)

	// There is no room to ask for the consumed capacity.
	longest := `{"TableName":"tbl","Key":{}}` + strings.Repeat(" ", maxRequestBytes)
	assert.Equal(t, http.StatusBadRequest, post(newRequests(), "GetItem", strings.NewReader(longest[:maxRequestBytes])).Code)
}

func TestRequests_CompressedBody(t *testing.T) {
	s := newRequests()
	post(s, "CreateTable", strings.NewReader(`{"TableName":"tbl","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`))
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	_, err := io.WriteString(writer, `{"TableName":"tbl","Key":{"id":{"S":"a"}}}`)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	for _, test := range []struct {
		body   []byte
		status int
		tables string
		units  float64
	}{
		{compressed.Bytes(), http.StatusOK, "tbl", 0.5},
		{compressed.Bytes()[:10], http.StatusInternalServerError, "", 0},
	} {
		r := request(http.MethodPost, "/", bytes.NewReader(test.body), "Content-Encoding", "gzip", "Authorization", "AWS4-HMAC-SHA256",
			"Content-Type", "application/x-amz-json-1.0", "X-Amz-Target", "DynamoDB_20120810.GetItem")
		recorder := httptest.NewRecorder()
		s.ServeHTTP(recorder, r)
		assert.Equal(t, test.status, recorder.Code, recorder.Body)
		_, last := s.recent()
		assert.Equal(t, test.tables, last[0].Tables)
		assert.InDelta(t, test.units, last[0].Units, 0)
	}
}

// Whatever clients send, the list of requests stays small, and has no more than names in it.
func TestRequests_KeepsLittleOfARequest(t *testing.T) {
	const hostile = "\x1b[31m\x00\r\n<script>\xff\u202e\u2028😀"
	const legal = `^[\w.:/, ?-]*…?$`
	long := strings.Repeat("x", 100<<10)
	var log bytes.Buffer
	s := &requests{engine: engine.New(), logger: slog.New(slog.NewTextHandler(&log, nil))}
	send := func(name string) {
		quoted, err := json.Marshal(name)
		require.NoError(t, err)
		body := fmt.Sprintf(`{"TableName":%s,"RequestItems":{%[1]s:{}},"TransactItems":[{"Put":{"TableName":%[1]s}}]}`, quoted)
		for _, r := range []*http.Request{
			request(http.MethodPost, "/", strings.NewReader(body), "X-Amz-Target", "DynamoDB_20120810.GetItem"),
			request(http.MethodPost, "/", strings.NewReader(body), "X-Amz-Target", "DynamoDB_20120810.GetItem", "Content-Type", "application/json"),
			request(http.MethodPost, "/", strings.NewReader("{}"), "X-Amz-Target", "DynamoDB_20120810."+name, "Content-Type", "application/json"),
			request(http.MethodPost, "/", strings.NewReader(body), "X-Amz-Target", "x."+name, "Content-Type", "application/json", "Authorization", name),
			{Method: name, URL: &url.URL{Path: "/"}, Body: http.NoBody},
		} {
			s.ServeHTTP(httptest.NewRecorder(), r)
			_, last := s.recent()
			assert.Regexp(t, legal, last[0].Operation)
			assert.Regexp(t, legal, last[0].Tables)
			assert.LessOrEqual(t, len(last[0].Operation)+len(last[0].Tables)+len(last[0].Error), 1200)
			assert.Less(t, log.Len(), 1500)
			assert.Regexp(t, `^[ -~…µ]*\n$`, log.String())
			log.Reset()
		}
	}
	send("tbl")
	before := heap()
	for range keptRequests/15 + 1 {
		send(hostile)
		send(long)
		send(hostile + long)
	}
	assert.Less(t, heap()-before, 1<<20)
	_, last := s.recent()
	assert.Len(t, last, keptRequests)
}

// heap returns how many bytes are in use.
func heap() int {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int(memory.HeapAlloc)
}

func TestLegible(t *testing.T) {
	const arn = "arn:aws:dynamodb:us-east-1:000000000000:table/package.specs"
	for name, want := range map[string]string{
		"BatchGetItem":                 "BatchGetItem",
		arn + ", other_table-2":        arn + ", other_table-2",
		"":                             "",
		"\x1b[31mred\x7f\n<b>\xff \"ü": "??31mred???b?? ??",
		strings.Repeat("x", 101):       strings.Repeat("x", 100) + "…",
		strings.Repeat("x", 100):       strings.Repeat("x", 100),
	} {
		assert.Equal(t, want, legible(name, 100))
	}
}

func TestRequests_BrokenBody(t *testing.T) {
	broken := io.MultiReader(strings.NewReader(`{"TableName":"tbl"`), iotest.ErrReader(io.ErrUnexpectedEOF))
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { post(newRequests(), "GetItem", broken) })
}
