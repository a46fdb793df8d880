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
		assert.Equal(t, []any{test.operation, test.tables, want.Code, test.error, test.units},
			[]any{last[0].Operation, last[0].Tables, last[0].Status, last[0].Error, last[0].Units}, test.body)
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
	const legal, printable = `^[\w.:/, ?-]*…?$`, `^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$`
	long := strings.Repeat("x", 100<<10)
	var log bytes.Buffer
	s := &requests{engine: engine.New(), logger: slog.New(slog.NewTextHandler(&log, nil))}
	send := func(name string) {
		quoted, err := json.Marshal(name)
		require.NoError(t, err)
		body := fmt.Sprintf(`{"TableName":%s,"RequestItems":{%[1]s:{}},"TransactItems":[{"Put":{"TableName":%[1]s}}],"IndexName":%[1]s,
			"Key":{%[1]s:{"S":%[1]s}},"KeyConditions":{%[1]s:{"ComparisonOperator":%[1]s,"AttributeValueList":[{"S":%[1]s}]}}}`, quoted)
		condition := fmt.Sprintf(`{"TableName":"tbl","KeyConditionExpression":%s,"ExpressionAttributeNames":{"#n":%[1]s},
			"ExpressionAttributeValues":{":v":{"S":%[1]s}}}`, strings.ReplaceAll(string(quoted), "xx", ":v #n "))
		for _, r := range []*http.Request{
			request(http.MethodPost, "/", strings.NewReader(body), "X-Amz-Target", "DynamoDB_20120810.GetItem"),
			request(http.MethodPost, "/", strings.NewReader(body), "X-Amz-Target", "DynamoDB_20120810.GetItem", "Content-Type", "application/json"),
			request(http.MethodPost, "/", strings.NewReader(condition), "X-Amz-Target", "DynamoDB_20120810.Query", "Content-Type", "application/json"),
			request(http.MethodPost, "/", strings.NewReader("{}"), "X-Amz-Target", "DynamoDB_20120810."+name, "Content-Type", "application/json"),
			request(http.MethodPost, "/", strings.NewReader(body), "X-Amz-Target", "x."+name, "Content-Type", "application/json", "Authorization", name),
			{Method: name, URL: &url.URL{Path: "/"}, Body: http.NoBody},
		} {
			s.ServeHTTP(httptest.NewRecorder(), r)
			_, last := s.recent()
			assert.Regexp(t, legal, last[0].Operation)
			assert.Regexp(t, legal, last[0].Tables)
			assert.Regexp(t, legal, last[0].Index)
			assert.Regexp(t, printable, last[0].Key)
			assert.Regexp(t, printable, last[0].Message)
			assert.LessOrEqual(t, len(last[0].Operation)+len(last[0].Tables)+len(last[0].Index)+len(last[0].Error), 1500)
			assert.LessOrEqual(t, len(last[0].Key), 510)
			assert.LessOrEqual(t, len(last[0].Message), 1010)
			assert.Less(t, log.Len(), 3500)
			assert.Regexp(t, printable, strings.TrimSuffix(log.String(), "\n"))
			log.Reset()
		}
	}
	send("tbl")
	before := heap()
	for range keptRequests/18 + 1 {
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

// What a failed request is shown with: what it asked for, and why it failed.
func TestRequests_ShowsWhatWasAskedAndWhyItFailed(t *testing.T) {
	var log bytes.Buffer
	s := &requests{engine: engine.New(), logger: slog.New(slog.NewTextHandler(&log, nil))}
	require.Equal(t, http.StatusOK, post(s, "CreateTable", strings.NewReader(`{"TableName":"tbl","BillingMode":"PAY_PER_REQUEST",
		"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"day","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"GlobalSecondaryIndexes":[{"IndexName":"byDay",
		"KeySchema":[{"AttributeName":"day","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]}`)).Code)
	for _, test := range []struct{ operation, body, asked, message string }{
		{"Query", `{"TableName":"tbl","IndexName":"byDay","KeyConditionExpression":"#d = :day","ExpressionAttributeNames":{"#d":"day"},
			"ExpressionAttributeValues":{":day":{"S":"today ü"}},"ConsistentRead":true}`,
			`index byDay · day = "today ü" · consistent`, "Consistent reads are not supported on global secondary indexes"},
		{"Query", `{"TableName":"tbl","KeyConditionExpression":"id = :id AND n BETWEEN :a AND :b","ExpressionAttributeValues":
			{":id":{"S":"a"},":a":{"N":"1"},":b":{"B":"AAA="}}}`,
			`id = "a" AND n BETWEEN 1 AND {"B":"AAA="}`, "Invalid KeyConditionExpression: The BETWEEN operator requires same data type for lower and upper bounds; " +
				"lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {B:java.nio.HeapByteBuffer[pos=0 lim=2 cap=2]}"},
		{"Query", `{"TableName":"tbl","IndexName":"none","KeyConditions":{"id":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}}}`,
			`index none · id EQ "a"`, "The table does not have the specified index: none"},
		{"GetItem", `{"TableName":"tbl","Key":{"id":{"S":"a"},"b":{"N":"1"}}}`, `b = 1 AND id = "a"`, "The provided key element does not match the schema"},
		{"BatchGetItem", `{"RequestItems":{"none":{"Keys":[{"id":{"S":"a"}}],"ConsistentRead":true}}}`, "consistent", "Requested resource not found"},
		{"PutItem", `{"TableName":"tbl","Item":{"id":{"S":"a"}},"ConditionExpression":"attribute_exists(id)"}`, "", "The conditional request failed"},
		{"TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"tbl","Key":{"id":{"S":"a"}},"ConditionExpression":"attribute_exists(id)"}}]}`, "",
			"Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed]; The conditional request failed"},
		{"Unknown", `{}`, "", "Unknown operation: Unknown"},
		{"GetItem", `{"TableName":"tbl","Key":{"id":{"S":"a"}},"ConsistentRead":true}`, `id = "a" · consistent`, ""},
		{"GetItem", `{"TableName":"tbl","Key":`, "", ""},
	} {
		post(s, test.operation, strings.NewReader(test.body))
		_, last := s.recent()
		assert.Equal(t, test.asked, last[0].Asked(), test.body)
		assert.Equal(t, test.message, last[0].Message, test.body)
	}
	assert.Regexp(t, `msg=Query table=tbl status=400 error=ValidationException units=0 duration=\S+ `+
		`asked="index none · id EQ \\"a\\"" message="The table does not have the specified index: none"\n`, log.String())
}

// Wherever a hash or a salt is in a request, neither its key nor the message of the service shows it.
func TestRequests_HidesSecrets(t *testing.T) {
	var log bytes.Buffer
	s := &requests{engine: engine.New(), logger: slog.New(slog.NewTextHandler(&log, nil))}
	require.Equal(t, http.StatusOK, post(s, "CreateTable", strings.NewReader(`{"TableName":"tbl","BillingMode":"PAY_PER_REQUEST",
		"AttributeDefinitions":[{"AttributeName":"salt","AttributeType":"S"}],"KeySchema":[{"AttributeName":"salt","KeyType":"HASH"}]}`)).Code)
	for _, test := range []struct{ operation, body, message string }{
		{"PutItem", `{"TableName":"tbl","Item":{"secret_key_hash":{"SS":["c2VjcmV0","c2VjcmV0"]}}}`, `["redacted", "redacted"] contains duplicates.`},
		{"PutItem", `{"TableName":"tbl","Item":{"m":{"M":{"salt":{"BS":["c2VjcmV0","c2VjcmV0"]}}}}}`, `["redacted","redacted"]of type BS contains duplicates.`},
		{"BatchWriteItem", `{"RequestItems":{"tbl":[{"PutRequest":{"Item":{"salt":{"SS":["c2VjcmV0","c2VjcmV0"]}}}}]}}`, "[redacted, redacted] contains duplicates."},
		{"BatchGetItem", `{"RequestItems":{"a b":{"Keys":[{"salt":{"S":"c2VjcmV0"}}]}}}`, `{"a b":{"Keys":[{"salt":{"S":"redacted"}}]}}`},
		{"BatchGetItem", `{"RequestItems":{"a b":{"Keys":[{"salt":{"S":"\u0063\u0032VjcmV0"}}]}}}`, "redacted"},
		{"Query", `{"TableName":"tbl","KeyConditionExpression":"salt = :v AND x BETWEEN :v AND :w","ExpressionAttributeValues":
			{":v":{"S":"c2VjcmV0"},":w":{"S":"a-value"}}}`, "lower bound operand: AttributeValue: {S:redacted}"},
		{"Scan", `{"TableName":"tbl","FilterExpression":"#s BETWEEN :v AND :w","ExpressionAttributeNames":{"#s":"salt"},"ExpressionAttributeValues":
			{":v":{"S":"c2VjcmV0"},":w":{"S":"a-value"}}}`, "lower bound operand: AttributeValue: {S:redacted}"},
		{"UpdateItem", `{"TableName":"tbl","Key":{"id":{"S":"a"}},"UpdateExpression":"SET secret_key_hash = :v","ExpressionAttributeValues":
			{":v":{"SS":["c2VjcmV0","c2VjcmV0"]}}}`, `["redacted", "redacted"] contains duplicates.`},
		{"TransactWriteItems", `{"TransactItems":[{"Update":{"TableName":"tbl","Key":{"id":{"S":"a"}},"UpdateExpression":"SET #s = :v",
			"ExpressionAttributeNames":{"#s":"salt"},"ExpressionAttributeValues":{":v":{"SS":["c2VjcmV0","c2VjcmV0"]}}}}]}`, "redacted"},
		{"Scan", `{"TableName":"tbl","FilterExpression":"salt BETWEEN :v AND :w","ExpressionAttributeValues":{":v":{"N":"4711471147114711.0"},":w":{"N":"1000000.0"}}}`, "redacted"},
		{"Scan", `{"TableName":"tbl","FilterExpression":"salt BETWEEN :v AND :w","ExpressionAttributeValues":{":v":{"S":"c2VjcmV0"},":w":{"S":"a"}}}`, "redacted"},
		{"Query", `{"TableName":"tbl","KeyConditionExpression":"salt = c2VjcmV0 c2VjcmV0"}`, "redacted"},
		{"Query", `{"TableName":"tbl","KeyConditionExpression":"#s = c2VjcmV0 c2VjcmV0","ExpressionAttributeNames":{"#s":"salt"}}`, "redacted"},
		{"UpdateItem", `{"TableName":"tbl","Key":{"salt":{"S":"c2VjcmV0"}},"AttributeUpdates":{"salt":{"Value":{"SS":["c2VjcmV0","c2VjcmV0"]},"Action":"PUT"}}}`,
			"contains duplicates."},
		{"GetItem", `{"TableName":"tbl","Key":{"salt":{"S":"c2VjcmV0"},"b":{"S":"b"}}}`, "The provided key element does not match the schema"},
		{"Query", `{"TableName":"tbl","IndexName":"none","KeyConditions":{"salt":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"c2VjcmV0"}]}}}`, "none"},
	} {
		response := post(s, test.operation, strings.NewReader(test.body))
		require.Equal(t, http.StatusBadRequest, response.Code, test.body)
		_, last := s.recent()
		shown := fmt.Sprintf("%+v", last[0]) + log.String()
		assert.NotRegexp(t, "c2Vj|4711471147114711", shown)
		assert.Contains(t, last[0].Message, test.message, test.body)
		log.Reset()
	}

	// The facade's query of a user by a public key reads hashes and salts, and names none.
	post(s, "Query", strings.NewReader(`{"TableName":"tbl","KeyConditionExpression":"public_key = :k","ProjectionExpression":"secret_key_hash, salt",
		"ExpressionAttributeValues":{":k":{"S":"pk_8Zq2"}}}`))
	_, last := s.recent()
	assert.Equal(t, `public_key = "pk_8Zq2"`, last[0].Key)
	// A hash that is empty is no reason to hide why that is an error.
	post(s, "PutItem", strings.NewReader(`{"TableName":"tbl","Item":{"secret_key_hash":{"B":""},"salt":{"S":""}}}`))
	_, last = s.recent()
	assert.Contains(t, last[0].Message, "empty string value. Key: salt")
}

func TestRequests_BrokenBody(t *testing.T) {
	broken := io.MultiReader(strings.NewReader(`{"TableName":"tbl"`), iotest.ErrReader(io.ErrUnexpectedEOF))
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { post(newRequests(), "GetItem", broken) })
}
