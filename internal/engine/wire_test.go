package engine_test

import (
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// signed is a request with all that the protocol wants.
func signed(method, target, body string) *http.Request {
	request := httptest.NewRequest(method, "/", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", target)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=key")
	return request
}

func serve(request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	engine.New().ServeHTTP(recorder, request)
	return recorder
}

func TestEveryAnswerCanBeVerified(t *testing.T) {
	for name, request := range map[string]*http.Request{
		"success":      signed(http.MethodPost, "DynamoDB_20120810.ListTables", `{}`),
		"refusal":      signed(http.MethodPost, "DynamoDB_20120810.ListTables", `{"Limit":0}`),
		"health check": httptest.NewRequest(http.MethodGet, "/", http.NoBody),
	} {
		t.Run(name, func(t *testing.T) {
			recorder := serve(request)
			body := recorder.Body.Bytes()
			if got, want := recorder.Header().Get("X-Amz-Crc32"), strconv.Itoa(int(crc32.ChecksumIEEE(body))); got != want {
				t.Errorf("X-Amz-Crc32 = %s, want %s", got, want)
			}
			if got := recorder.Header().Get("Content-Length"); got != strconv.Itoa(len(body)) {
				t.Errorf("Content-Length = %s, body has %d bytes", got, len(body))
			}
			if id := recorder.Header().Get("X-Amzn-Requestid"); len(id) != 52 {
				t.Errorf("X-Amzn-Requestid = %q", id)
			}
		})
	}
}

func TestRequestsHaveDifferentIDs(t *testing.T) {
	e := engine.New()
	seen := map[string]bool{}
	for range 3 {
		recorder := httptest.NewRecorder()
		e.ServeHTTP(recorder, signed(http.MethodPost, "DynamoDB_20120810.ListTables", `{}`))
		seen[recorder.Header().Get("X-Amzn-Requestid")] = true
	}
	if len(seen) != 3 {
		t.Errorf("ids: %v", seen)
	}
}

func TestTheProtocol(t *testing.T) {
	const target = "DynamoDB_20120810.ListTables"
	with := func(header, value string) *http.Request {
		request := signed(http.MethodPost, target, `{}`)
		request.Header.Set(header, value)
		return request
	}
	presigned := with("Authorization", "")
	presigned.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256"
	for name, test := range map[string]struct {
		request *http.Request
		status  int
		body    string
	}{
		"a GET is a health check": {
			httptest.NewRequest(http.MethodGet, "/", http.NoBody), 200, "healthy: dynamodb.us-east-1.amazonaws.com ",
		},
		"a POST of JSON is answered":              {signed(http.MethodPost, target, `{}`), 200, `{"TableNames":[]}`},
		"plain application/json is understood":    {with("Content-Type", "application/json; charset=utf-8"), 200, `{"TableNames":[]}`},
		"a presigned request is authenticated":    {presigned, 200, `{"TableNames":[]}`},
		"unknown parameters are ignored":          {signed(http.MethodPost, target, `{"Unknown":[{}]}`), 200, `{"TableNames":[]}`},
		"null parameters count as absent":         {signed(http.MethodPost, target, `{"Limit":null}`), 200, `{"TableNames":[]}`},
		"names of parameters are case-sensitive":  {signed(http.MethodPost, target, `{"limit":0}`), 200, `{"TableNames":[]}`},
		"another method is no operation":          {signed(http.MethodPut, target, `{}`), 404, "<UnknownOperationException/>\n"},
		"another content type is no operation":    {with("Content-Type", "text/plain"), 404, "<UnknownOperationException/>\n"},
		"no content type is no operation":         {with("Content-Type", ""), 404, "<UnknownOperationException/>\n"},
		"an operation that this engine has not":   {with("X-Amz-Target", "DynamoDB_20120810.CreateBackup"), 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"Unknown operation: CreateBackup"}`},
		"an operation of another version":         {with("X-Amz-Target", "DynamoDB_20111205.ListTables"), 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"Unknown operation: DynamoDB_20111205.ListTables"}`},
		"a request without a target":              {with("X-Amz-Target", ""), 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"Unknown operation: "}`},
		"a request without authentication":        {with("Authorization", ""), 400, `{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException","message":"Request is missing Authentication Token"}`},
		"a request with another authentication":   {with("Authorization", "Bearer x"), 400, `{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException","message":"Request is missing Authentication Token"}`},
		"a body that is no JSON":                  {signed(http.MethodPost, target, `{"Limit":`), 400, `{"__type":"com.amazon.coral.service#SerializationException"}`},
		"a body that is no object":                {signed(http.MethodPost, target, `[]`), 400, `{"__type":"com.amazon.coral.service#SerializationException"}`},
		"a body that is not UTF-8":                {signed(http.MethodPost, target, "{\"a\":\"\xff\"}"), 400, `{"__type":"com.amazon.coral.service#SerializationException"}`},
		"no body at all":                          {signed(http.MethodPost, target, ``), 400, `{"__type":"com.amazon.coral.service#SerializationException"}`},
		"a parameter of the wrong JSON type":      {signed(http.MethodPost, target, `{"Limit":"1"}`), 400, `{"__type":"com.amazon.coral.service#SerializationException","Message":"STRING_VALUE cannot be converted to Integer"}`},
		"a parameter that violates a constraint":  {signed(http.MethodPost, target, `{"Limit":0}`), 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"}`},
		"a number with a fraction is cut off":     {signed(http.MethodPost, target, `{"Limit":1.9}`), 200, `{"TableNames":[]}`},
		"a number beyond all limits is a refusal": {signed(http.MethodPost, target, `{"Limit":1e300}`), 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value '9223372036854775807' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100"}`},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := serve(test.request)
			if recorder.Code != test.status || recorder.Body.String() != test.body {
				t.Errorf("status %d, body %s\nwant %d, %s", recorder.Code, recorder.Body, test.status, test.body)
			}
		})
	}
}

func TestScalarsOfTheWrongType(t *testing.T) {
	for value, want := range map[string]string{
		`true`:    "TRUE_VALUE cannot be converted to String",
		`false`:   "FALSE_VALUE cannot be converted to String",
		`1`:       "NUMBER_VALUE cannot be converted to String",
		`1.5`:     "DECIMAL_VALUE cannot be converted to String",
		`["a"]`:   "Unrecognized collection type class java.lang.String",
		`{"a":1}`: "Start of structure or map found where not expected",
	} {
		name, message := refuse(t, engine.New(), "DescribeTable", `{"TableName":`+value+`}`)
		if name != "SerializationException" || message != want {
			t.Errorf("%s: %s: %s, want %s", value, name, message, want)
		}
	}
}

func TestABodyOverTheLimitIsTooLarge(t *testing.T) {
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
				if got := serve(request).Code; got != want {
					t.Errorf("status = %d, want %d", got, want)
				}
			})
		}
	}
}
