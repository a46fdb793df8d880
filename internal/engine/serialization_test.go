package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

func TestDocument_ParametersOfTheWrongShape(t *testing.T) {
	const key = `"Key":{"holder":{"S":"u"},"mark":{"S":"1"}}`
	e := newEngine(t)
	for _, test := range []struct{ name, operation, body, want string }{
		{"a list that is a text", "CreateTable", `{"AttributeDefinitions":"a"}`, "Unexpected field type"},
		{"an element that is a text", "CreateTable", `{"KeySchema":["a"]}`, "Unexpected value type in payload"},
		{"a structure that is a number", "CreateTable", `{"ProvisionedThroughput":1}`, "Unexpected field type"},
		{"a map that is a list", "BatchGetItem", `{"RequestItems":[]}`, "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.KeysAndAttributes>"},
		{"a text in a list that is null", "GetItem", `{"AttributesToGet":[null]}`, "NULL_VALUE cannot be converted to String"},
		{"a boolean that is a number", "GetItem", `{"ConsistentRead":1}`, "NUMBER_VALUE cannot be converted to Boolean"},
		{"an item that is a text", "PutItem", `{"TableName":"specs","Item":"a"}`, "Unexpected field type"},
		{"an action that is a list", "TransactWriteItems", `{"TransactItems":[{"Put":[]}]}`, "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.Put"},
	} {
		t.Run(test.name, func(t *testing.T) {
			name, message := refuse(t, e, test.operation, test.body)
			assert.Equal(t, "SerializationException", name)
			assert.Equal(t, test.want, message)
		})
	}
	for _, truth := range []string{`true`, `false`, `"yes"`, `"No"`, `"1"`, `"0"`, `"TRUE"`, `"False"`} {
		call(t, e, "GetItem", `{"TableName":"specs",`+key+`,"ConsistentRead":`+truth+`}`)
	}
}

func TestDocument_WrongTypesBeforeWrongValues(t *testing.T) {
	name, _ := refuse(t, newEngine(t), "PutItem", `{"TableName":"","Item":{"holder":{"S":"u","N":"1"}},"ReturnValues":[]}`)
	assert.Equal(t, "SerializationException", name)
	_, message := refuse(t, newEngine(t), "PutItem", `{"TableName":"","Item":{"holder":{"S":"u","N":"1"}}}`)
	assert.Contains(t, message, "TableName")
}

func TestDocument_TextsOfEveryKind(t *testing.T) {
	e := newEngine(t)
	const item = `{"holder":{"S":"\" \\ \/ \b \f \n \r \t \u00e9 \ud83d\ude00 ` + "\u2028 😀" + `"},"mark":{"S":"\u0000\u001f"}}`
	put(t, e, strings.ReplaceAll(item, `"mark"`, `"\u006dark"`))
	key := `{"TableName":"specs","Key":` + item + `}`
	equal(t, "GetItem", call(t, e, "GetItem", key), `{"Item":`+item+`}`)
	_, message := refuse(t, e, "DescribeTable", `{"TableName":"a\"b\\c\u0001é"}`)
	assert.Equal(t, "1 validation error detected: Value 'a\"b\\c\u0001é' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+", message)
}

func TestServeHTTP_ADefectIsAnInternalError(t *testing.T) {
	e := engine.New(engine.WithClock(func() time.Time { panic("no time") }))
	recorder := newRecorder(e, "CreateTable", createSpecs)
	const want = `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"Internal server error: no time"}`
	assert.Equal(t, http.StatusInternalServerError, recorder.Code)
	assert.Equal(t, want, recorder.Body.String())
	call(t, e, "ListTables", `{}`)
}
