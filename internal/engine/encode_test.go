package engine

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAppendString_EveryText(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"plain":                  "plain",
		"\" and \\":              "\" and \\",
		"\x00\n\x1f\x7f":         "\x00\n\x1f\x7f",
		"é \u2028 😀":             "é \u2028 😀",
		"cut \xf0\x9f and \xff.": "cut \ufffd\ufffd and \ufffd.",
	} {
		var got string
		require.NoError(t, json.Unmarshal(appendString(nil, text), &got), "%q", text)
		assert.Equal(t, want, got)
	}
}
