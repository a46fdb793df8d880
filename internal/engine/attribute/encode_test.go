package attribute

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestValue_AppendJSON(t *testing.T) {
	for _, test := range []struct {
		name  string
		value Value
		want  string
	}{
		{"a string", S("a<b>&c/d"), `{"S":"a<b>&c/d"}`},
		{"a string that needs escapes", S("\"\\\n\x00"), `{"S":"\"\\\u000a\u0000"}`},
		{"a string in UTF-8", S("é😀"), `{"S":"é😀"}`},
		{"a number", N(parse(t, "1e3")), `{"N":"1000"}`},
		{"zero", N(Number{}), `{"N":"0"}`},
		{"a binary", B([]byte{0, 255}), `{"B":"AP8="}`},
		{"an empty binary", B(nil), `{"B":""}`},
		{"true", BOOL(true), `{"BOOL":true}`},
		{"false", BOOL(false), `{"BOOL":false}`},
		{"null", NULL(), `{"NULL":true}`},
		{"a string set", SS("b", "a"), `{"SS":["a","b"]}`},
		{"a number set", NS(parse(t, "10"), parse(t, "9")), `{"NS":["9","10"]}`},
		{"a binary set", BS([]byte("b"), []byte("a")), `{"BS":["YQ==","Yg=="]}`},
		{"a list", L(S("a"), L(), NULL()), `{"L":[{"S":"a"},{"L":[]},{"NULL":true}]}`},
		{"a map", M(Item{"a\"b": S("c")}), `{"M":{"a\"b":{"S":"c"}}}`},
		{"an empty map", M(nil), `{"M":{}}`},
		{"nothing", Value{}, `null`},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, string(test.value.AppendJSON(nil)))
			got, err := json.Marshal(test.value)
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(got))
		})
	}
}

func TestItem_AppendJSON(t *testing.T) {
	for want, item := range map[string]Item{
		`{}`:                     {},
		`{"a":{"S":"x"}}`:        {"a": S("x")},
		`{"a\u000ab":{"N":"1"}}`: {"a\nb": N(Integer(1))},
		`{"a":{"S":"\ufffd"}}`:   {"a": S("\xff")},
	} {
		assert.Equal(t, "x"+want, string(item.AppendJSON([]byte("x"))))
	}
	got, err := json.Marshal(map[string]Item{"none": nil})
	require.NoError(t, err)
	assert.Equal(t, `{"none":{}}`, string(got))

	var item, again Item
	require.NoError(t, item.UnmarshalJSON([]byte(mixedItem)))
	require.NoError(t, again.UnmarshalJSON(item.AppendJSON(nil)))
	assert.Equal(t, item, again)
}
