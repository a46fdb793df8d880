package attribute

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestItem_AppendJSON(t *testing.T) {
	for want, item := range map[string]Item{
		`{}`:                         {},
		`{"a":{"S":"x"}}`:            {"a": S("x")},
		`{"a\u000ab":{"N":"1"}}`:     {"a\nb": Integer(1)},
		`{"a":{"S":"\ufffd"}}`:       {"a": S("\xff")},
		"{\"a\":{\"S\":\"\ufffd\"}}": {"a": S("\ufffd")},
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

func TestItem_AppendJSONSortsAttributes(t *testing.T) {
	for _, wire := range []string{
		`{"a":{"S":"x"},"aa":{"S":"y"},"b":{"M":{"c":{"N":"1"},"d":{"L":[{"M":{"e":{"BOOL":true},"f":{"NULL":true}}}]}}}}`,
		manyAttributes(40),
	} {
		for range 20 { // a map has another order every time
			var item Item
			require.NoError(t, item.UnmarshalJSON([]byte(wire)))
			assert.Equal(t, wire, string(item.AppendJSON(nil)))
		}
	}
}

// manyAttributes returns an item of n attributes in the order of their names.
func manyAttributes(n int) string {
	attributes := make([]string, n)
	for i := range n {
		attributes[i] = fmt.Sprintf(`"a%02d":{"N":"%d"}`, i, i)
	}
	return "{" + strings.Join(attributes, ",") + "}"
}

func TestEncoder_AppendsLikeAppendJSON(t *testing.T) {
	var e Encoder
	for _, item := range []Item{
		{"b": S("x"), "a": S("y")}, {"a": S("z"), "b": S("x")}, {"c": S("x"), "a": S("y")}, {"a": S("x")}, {},
		{"d": M(Item{"f": S("x"), "e": S("y")}), "c": S("x"), "b": S("y")},
	} {
		assert.Equal(t, "["+string(item.AppendJSON(nil)), string(e.Append([]byte("["), item)))
	}
}
