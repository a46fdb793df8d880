package attribute

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseValue_MembersInAscendingOrder(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"strings by their bytes":  {`{"SS":["b","a","B","é"]}`, []string{"B", "a", "b", "é"}},
		"numbers by magnitude":    {`{"NS":["10","-1","9.50","0"]}`, []string{"-1", "0", "9.5", "10"}},
		"binaries by their bytes": {`{"BS":["yA==","AQE=","AQ=="]}`, []string{"\x01", "\x01\x01", "\xc8"}},
	} {
		assert.Equal(t, test.want, decodeValue(t, test.text).Members(), name)
	}
}

func TestValue_ContainsMembersOnly(t *testing.T) {
	strings, numbers := decodeValue(t, `{"SS":["c","a"]}`), decodeValue(t, `{"NS":["10","9"]}`)
	binaries := decodeValue(t, `{"BS":["Yw==","YQ=="]}`)
	for _, test := range []struct {
		set, member Value
		want        bool
	}{
		{strings, S("a"), true},
		{strings, S("c"), true},
		{strings, S("b"), false},
		{strings, B([]byte("a")), false},
		{numbers, parse(t, "10.0"), true},
		{numbers, parse(t, "1"), false},
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
