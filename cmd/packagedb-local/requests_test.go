package main

import (
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
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
}

func TestRequests_BrokenBody(t *testing.T) {
	broken := io.MultiReader(strings.NewReader(`{"TableName":"tbl"`), iotest.ErrReader(io.ErrUnexpectedEOF))
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { post(newRequests(), "GetItem", broken) })
}
