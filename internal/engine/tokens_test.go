package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFingerprint_OrderOfMembersDoesNotCount(t *testing.T) {
	for _, same := range [][2]string{
		{`{"a":1,"b":[true,null]}`, ` { "b" : [ true , null ] , "a" : 1 } `},
		{`"\u0061"`, `"a"`},
		{`{}`, `{ }`},
	} {
		a, b := document(same[0]), document(strings.TrimSpace(same[1]))
		assert.Equal(t, fingerprint(a), fingerprint(b), "%s and %s", a, b)
	}
	seen := map[uint64]string{}
	for _, text := range []string{
		`1`, `"1"`, `[1]`, `["1"]`, `[[1]]`, `{}`, `[]`, `""`, `null`, `"null"`, `true`, `[1,2]`, `[2,1]`, `[[1],2]`, `[1,[2]]`,
		`{"a":1}`, `{"a":"1"}`, `{"1":"a"}`, `{"a":{"b":1}}`, `{"b":{"a":1}}`, `{"a":1,"b":2}`, `{"a":2,"b":1}`, `{"a":[1,2]}`, `{"a":[1],"b":[2]}`,
	} {
		h := fingerprint(document(text))
		assert.Empty(t, seen[h], "the same as %s", text)
		seen[h] = text
	}
}

func TestTokens_AreRemovedInTheOrderOfTheirAge(t *testing.T) {
	start := time.Unix(0, 0)
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
		var known tokens
		for i, token := range []string{"a", "b", "c"} {
			known.add(token, tokenEntry{at: start.Add(time.Duration(i) * time.Minute)})
		}
		now := start.Add(test.after)
		var got string
		for _, token := range []string{"a", "b", "c"} {
			if _, found := known.find(token, now); found {
				got += token
			}
		}
		assert.Equal(t, test.want, got, "after %v", test.after)
		known.add("d", tokenEntry{at: now})
		assert.Len(t, known.entries, len(got)+1)
		assert.Len(t, known.order, len(got)+1)
	}
}

func TestTokens_AreDroppedAtTheNextRequest(t *testing.T) {
	now := time.Unix(1_700_000_000, 500)
	e := New(WithClock(func() time.Time { return now }))
	list := func() {
		_, err := e.run(operations["ListTables"], nil, "{}", nil)
		require.NoError(t, err)
	}
	for i, token := range []string{"a", "b"} {
		_, err := e.transact(&transactWriteItemsInput{ClientRequestToken: &token}, nil)
		require.NoError(t, err)
		assert.Len(t, e.tokens.entries, i+1)
		now = now.Add(5 * time.Minute)
	}
	now = now.Add(time.Second)
	list()
	assert.Len(t, e.tokens.entries, 1)
	now = now.Add(time.Hour)
	list()
	assert.Equal(t, tokens{}, e.tokens)
}
