package engine

import (
	"encoding/json"
	"testing"
)

func TestEveryTextBecomesAJSONString(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"plain":                  "plain",
		"\" and \\":              "\" and \\",
		"\x00\n\x1f\x7f":         "\x00\n\x1f\x7f",
		"é \u2028 😀":             "é \u2028 😀",
		"cut \xf0\x9f and \xff.": "cut \ufffd\ufffd and \ufffd.",
	} {
		var got string
		if err := json.Unmarshal(appendString(nil, text), &got); err != nil || got != want {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	}
}
