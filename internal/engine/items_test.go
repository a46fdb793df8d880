package engine_test

import "testing"

func TestAnItemThatWasPutCanBeRead(t *testing.T) {
	e := newEngine(t)
	item := `{"sub":{"S":"u"},"at":{"S":"1"},"n":{"N":"1.5"},"b":{"B":"AAE="}}`
	call(t, e, "PutItem", `{"TableName":"specs","Item":`+item+`}`)
	got := call(t, e, "GetItem", `{"TableName":"specs","Key":{"sub":{"S":"u"},"at":{"S":"1"}}}`)
	equal(t, "GetItem", got, `{"Item":`+item+`}`)
	got = call(t, e, "GetItem", `{"TableName":"specs","Key":{"sub":{"S":"u"},"at":{"S":"2"}}}`)
	equal(t, "GetItem of a missing item", got, `{}`)
}
