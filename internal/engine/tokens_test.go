package engine

import (
	"strings"
	"testing"
	"time"
)

func TestFingerprints(t *testing.T) {
	for _, same := range [][2]string{
		{`{"a":1,"b":[true,null]}`, ` { "b" : [ true , null ] , "a" : 1 } `},
		{`"\u0061"`, `"a"`},
		{`{}`, `{ }`},
	} {
		a, b := trimmed(same[0]), trimmed(same[1])
		if fingerprint(a) != fingerprint(b) {
			t.Errorf("%s and %s differ", a, b)
		}
	}
	seen := map[uint64]string{}
	for _, text := range []string{
		`1`, `"1"`, `[1]`, `["1"]`, `[[1]]`, `{}`, `[]`, `""`, `null`, `"null"`, `true`, `[1,2]`, `[2,1]`, `[[1],2]`, `[1,[2]]`,
		`{"a":1}`, `{"a":"1"}`, `{"1":"a"}`, `{"a":{"b":1}}`, `{"b":{"a":1}}`, `{"a":1,"b":2}`, `{"a":2,"b":1}`, `{"a":[1,2]}`, `{"a":[1],"b":[2]}`,
	} {
		h := fingerprint(document(text))
		if other, ok := seen[h]; ok {
			t.Errorf("%s and %s are the same", text, other)
		}
		seen[h] = text
	}
}

func trimmed(text string) document { return document(strings.TrimSpace(text)) }

func TestTokensAreForgottenInTheOrderOfTheirAge(t *testing.T) {
	var known tokens
	start := time.Unix(0, 0)
	for i, token := range []string{"a", "b", "c"} {
		known.add(token, tokenEntry{at: start.Add(time.Duration(i) * time.Minute)})
	}
	for _, test := range []struct {
		after time.Duration
		want  string
	}{
		{0, "abc"},
		{tokenWindow - 1, "abc"},
		{tokenWindow, "bc"},
		{tokenWindow + time.Minute, "c"},
		{tokenWindow + time.Hour, ""},
	} {
		var got string
		for _, token := range []string{"a", "b", "c"} {
			if _, found := known.find(token, start.Add(test.after)); found {
				got += token
			}
		}
		if got != test.want || len(known.entries) != len(got) || len(known.order) != len(got) {
			t.Errorf("after %v: %q is known of %d, want %q", test.after, got, len(known.entries), test.want)
		}
	}
}
