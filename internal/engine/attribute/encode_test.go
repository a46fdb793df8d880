package attribute

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
