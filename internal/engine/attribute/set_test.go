package attribute

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestValue_MembersInAscendingOrder(t *testing.T) {
	for _, test := range []struct {
		name string
		set  Value
		want []string
	}{
		{"strings by their bytes", SS("b", "a", "B", "é"), []string{"B", "a", "b", "é"}},
		{"numbers by magnitude", NS(parse(t, "10"), parse(t, "-1"), parse(t, "9.50"), Number{}), []string{"-1", "0", "9.5", "10"}},
		{"binaries by their bytes", BS([]byte{200}, []byte{1, 1}, []byte{1}), []string{"\x01", "\x01\x01", "\xc8"}},
		{"strings as they are decoded", decodeValue(t, `{"SS":["b","a"]}`), []string{"a", "b"}},
		{"numbers as they are decoded", decodeValue(t, `{"NS":["10","2"]}`), []string{"2", "10"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, test.set.Members())
		})
	}
}

func TestValue_ContainsMembersOnly(t *testing.T) {
	strings, numbers, binaries := SS("c", "a"), NS(parse(t, "10"), parse(t, "9")), BS([]byte("c"), []byte("a"))
	for _, test := range []struct {
		set, member Value
		want        bool
	}{
		{strings, S("a"), true},
		{strings, S("c"), true},
		{strings, S("b"), false},
		{strings, B([]byte("a")), false},
		{numbers, N(parse(t, "10.0")), true},
		{numbers, N(parse(t, "1")), false},
		{numbers, S("10"), false},
		{binaries, B([]byte("a")), true},
		{binaries, S("a"), false},
		{strings, strings, false},
		{S("a"), S("a"), false},
		{L(S("a")), S("a"), false},
		{strings, Value{}, false},
		{Value{}, Value{}, false},
	} {
		assert.Equal(t, test.want, test.set.Contains(test.member))
	}
}
