package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The attributes of an item come sorted by name, so that equal requests give equal bytes.
func TestEngine_EqualRequestsGiveEqualBytes(t *testing.T) {
	const key = `{"holder":{"S":"u"},"mark":{"S":"1"}}`
	const item = `{"e":{"M":{"z":{"S":"1"},"y":{"S":"2"},"x":{"S":"3"}}},"mark":{"S":"1"},"d":{"N":"4"},"c":{"N":"3"},"holder":{"S":"u"},"b":{"N":"2"}}`
	const sorted = `{"b":{"N":"2"},"c":{"N":"3"},"d":{"N":"4"},"e":{"M":{"x":{"S":"3"},"y":{"S":"2"},"z":{"S":"1"}}},"holder":{"S":"u"},"mark":{"S":"1"}}`
	const other = `{"mark":{"S":"2"},"holder":{"S":"u"}}`
	const otherSorted = `{"holder":{"S":"u"},"mark":{"S":"2"}}`
	e := newEngine(t)
	call(t, e, "PutItem", `{"TableName":"specs","Item":`+item+`}`)
	call(t, e, "PutItem", `{"TableName":"specs","Item":`+other+`}`)
	for _, request := range []struct{ operation, body, want string }{
		{"GetItem", `{"TableName":"specs","Key":` + key + `}`, sorted},
		{"PutItem", `{"TableName":"specs","Item":` + item + `,"ReturnValues":"ALL_OLD"}`, sorted},
		{"UpdateItem", `{"TableName":"specs","Key":` + key + `,"ReturnValues":"ALL_NEW"}`, sorted},
		{"BatchGetItem", `{"RequestItems":{"specs":{"Keys":[` + key + `]}}}`, sorted},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"specs","Key":` + key + `}}]}`, sorted},
		{"Query", `{"TableName":"specs","KeyConditionExpression":"holder = :h","ExpressionAttributeValues":{":h":{"S":"u"}}}`, `[` + sorted + `,` + otherSorted + `]`},
		{"Query", `{"TableName":"specs","KeyConditionExpression":"holder = :h","ExpressionAttributeValues":{":h":{"S":"u"}},"ScanIndexForward":false,"Limit":1}`, `"LastEvaluatedKey":` + otherSorted},
		{"Scan", `{"TableName":"specs"}`, `[` + sorted + `,` + otherSorted + `]`},
	} {
		_, first := send(t, e, request.operation, request.body)
		assert.Contains(t, first, request.want, request.operation)
		for range 10 {
			_, again := send(t, e, request.operation, request.body)
			assert.Equal(t, first, again, request.operation)
		}
	}
}
