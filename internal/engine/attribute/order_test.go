package attribute

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// distinct returns values of every kind, no two of them equal.
func distinct(tb testing.TB) []Value {
	values := []Value{{}}
	for _, text := range []string{
		`{"S":""}`, `{"S":"a"}`, `{"S":"1"}`, `{"N":"0"}`, `{"N":"1"}`, `{"B":""}`, `{"B":"YQ=="}`, `{"BOOL":true}`, `{"BOOL":false}`,
		`{"NULL":true}`, `{"SS":["a"]}`, `{"SS":["a","b"]}`, `{"NS":["1"]}`, `{"NS":["1","2"]}`, `{"BS":["YQ=="]}`, `{"BS":["YQ==","Yg=="]}`,
		`{"L":[]}`, `{"L":[{"S":"a"}]}`, `{"L":[{"S":"a"},{"S":"b"}]}`, `{"L":[{"S":"b"},{"S":"a"}]}`, `{"L":[{"L":[]}]}`, `{"M":{}}`,
		`{"M":{"a":{"S":"a"}}}`, `{"M":{"b":{"S":"a"}}}`, `{"M":{"a":{"S":"b"}}}`, `{"M":{"a":{"M":{"a":{"NULL":true}}}}}`,
	} {
		values = append(values, decodeValue(tb, text))
	}
	return values
}

func TestEqual_KindsAndContents(t *testing.T) {
	for i, a := range distinct(t) {
		for j, b := range distinct(t) {
			assert.Equal(t, i == j, Equal(a, b), a.AppendJSON(nil))
		}
	}
}

func TestEqual_SetsInAnyOrder(t *testing.T) {
	for a, b := range map[string]string{
		`{"SS":["b","a","c"]}`:   `{"SS":["c","b","a"]}`,
		`{"NS":["10","9"]}`:      `{"NS":["9.0","1e1"]}`,
		`{"BS":["Ag==","AQ=="]}`: `{"BS":["AQ==","Ag=="]}`,
	} {
		assert.True(t, Equal(decodeValue(t, a), decodeValue(t, b)), a)
	}
}

func TestEqualItems_Attributes(t *testing.T) {
	one := Item{"a": S("x"), "b": S("y")}
	for name, test := range map[string]struct {
		other Item
		want  bool
	}{
		"the same":        {Item{"b": S("y"), "a": S("x")}, true},
		"another value":   {Item{"a": S("x"), "b": S("z")}, false},
		"another name":    {Item{"a": S("x"), "c": S("y")}, false},
		"fewer":           {Item{"a": S("x")}, false},
		"none":            {nil, false},
		"one more":        {Item{"a": S("x"), "b": S("y"), "c": S("z")}, false},
		"an absent value": {Item{"a": S("x"), "b": {}}, false},
	} {
		assert.Equal(t, test.want, EqualItems(one, test.other), name)
	}
}

func TestCompare_StringsNumbersAndBinaries(t *testing.T) {
	for name, ascending := range map[string][]Value{
		"strings by their bytes in UTF-8":  {S(""), S("A"), S("B"), S("a"), S("aa"), S("b"), S("é"), S("\uffff"), S("😀")},
		"binaries by their unsigned bytes": {B(nil), B([]byte{0}), B([]byte{0, 0}), B([]byte{1}), B([]byte{127}), B([]byte{128}), B([]byte{255})},
		"numbers by their magnitude":       {parse(t, "-10"), parse(t, "-9"), Integer(0), parse(t, "9"), parse(t, "10")},
	} {
		t.Run(name, func(t *testing.T) {
			for i, a := range ascending {
				for j, b := range ascending {
					got, ok := Compare(a, b)
					assert.True(t, ok)
					assert.Equal(t, sign(i-j), sign(got), "%s compared with %s", a.AppendJSON(nil), b.AppendJSON(nil))
				}
			}
		})
	}
}

func TestCompare_OtherKindsHaveNoOrder(t *testing.T) {
	values := distinct(t)
	for _, a := range values {
		for _, b := range values {
			ordered := a.Kind() == b.Kind() && (a.Kind() == KindS || a.Kind() == KindN || a.Kind() == KindB)
			_, ok := Compare(a, b)
			assert.Equal(t, ordered, ok, "%s compared with %s", a.AppendJSON(nil), b.AppendJSON(nil))
		}
	}
}
