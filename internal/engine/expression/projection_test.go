package expression

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const projectedItem = `{
	"pk": {"S": "1"}, "s": {"S": "str"}, "c.d": {"S": "dotted"}, "e": {"M": {}}, "ss": {"SS": ["a"]},
	"a": {"M": {
		"b": {"M": {"c": {"S": "C"}, "d": {"N": "4"}}},
		"l": {"L": [{"S": "l0"}, {"M": {"x": {"S": "X1"}, "y": {"S": "Y1"}}}, {"L": [{"S": "n0"}, {"S": "n1"}]}]}
	}},
	"l": {"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}, {"M": {"q": {"S": "Q"}, "r": {"S": "R"}}}]}
}`

// The expectations are what DynamoDB Local returns.
func TestProjection_Apply(t *testing.T) {
	item := decodeItem(t, projectedItem)
	for _, test := range []struct{ name, text, want string }{
		{"an attribute", "s", `{"s": {"S": "str"}}`},
		{"attributes in any order, with spaces", " s\n,\tpk ", `{"s": {"S": "str"}, "pk": {"S": "1"}}`},
		{"a placeholder whose name has a dot", "#c", `{"c.d": {"S": "dotted"}}`},
		{"two entries of a map", "#a.#b.c, a.b.d", `{"a": {"M": {"b": {"M": {"c": {"S": "C"}, "d": {"N": "4"}}}}}}`},
		{"an element of a list", "a.l[0]", `{"a": {"M": {"l": {"L": [{"S": "l0"}]}}}}`},
		{"elements of a list in a list, in the list's order", "a.l[2][1], a.l[0]", `{"a": {"M": {"l": {"L": [{"S": "l0"}, {"L": [{"S": "n1"}]}]}}}}`},
		{"an element and a part of another", "l[3].q, l[1]", `{"l": {"L": [{"S": "1"}, {"M": {"q": {"S": "Q"}}}]}}`},
		{"the elements that there are", "l[0], l[9]", `{"l": {"L": [{"S": "0"}]}}`},
		{"no list without its elements", "l[9]", `{}`},
		{"an empty map as a whole", "e", `{"e": {"M": {}}}`},
		{"nothing in an empty map", "e.x", `{}`},
		{"no element of a map", "a[0], a[1]", `{}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			projection, err := ParseProjection(test.text, newAttributes(t, sampleNames, `null`))
			require.NoError(t, err)
			assert.Equal(t, decodeItem(t, test.want), projection.Apply(item))
			assert.Equal(t, decodeItem(t, projectedItem), item, "the item itself")
		})
	}

	t.Run("everything without a projection", func(t *testing.T) {
		var none *Projection
		assert.Equal(t, item, none.Apply(item))
		assert.Empty(t, none.Paths())
	})
}

// The expectations are what DynamoDB Local returns.
func TestParseProjection_Errors(t *testing.T) {
	const (
		overlap  = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
		conflict = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: "
	)
	for _, test := range []struct{ text, want string }{
		{"", "The expression can not be empty;"},
		{" ", `Syntax error; token: "<EOF>", near: " "`},
		{"s pk", `Syntax error; token: "pk", near: "s pk"`},
		{"size(a)", `Syntax error; token: "(", near: "size(a"`},
		{"a, and", `Syntax error; token: "and", near: ", and"`},
		{"a[01]", `Syntax error; token: "1", near: "01]"`},
		{"a, a.name", "Attribute name is a reserved keyword; reserved keyword: name"},
		{"name, a[9999999999]", "Attribute name is a reserved keyword; reserved keyword: name"},
		{"a[9999999999], name", "List index is not within the allowable range; index: [9999999999]"},
		{"a, a, #zz", "An expression attribute name used in the document path is not defined; attribute name: #zz"},
		{strings.Repeat("a.", 32) + "a", "The document path has too many nesting levels; nesting levels: 33"},
		{strings.Repeat("a", 4097), "Expression size has exceeded the maximum allowed size;"},
		{"#a, a", overlap + "[a], path two: [a]"},
		{"a.b, c, #a.b", overlap + "[a, b], path two: [a, b]"},
		{"a.b[0].c, a.b[0].c.d", overlap + "[a, b, [0], c], path two: [a, b, [0], c, d]"},
		{"a, b.c, b, a.x", overlap + "[b, c], path two: [b]"},
		{"x, a.b, y, a.b.c, y", overlap + "[y], path two: [y]"},
		{"a[0], a.b", conflict + "[a, [0]], path two: [a, b]"},
		{"a[0].b, a[0][1], a.c", conflict + "[a, [0], [1]], path two: [a, c]"},
	} {
		_, err := ParseProjection(test.text, newAttributes(t, sampleNames, `null`))
		assert.Equal(t, "Invalid ProjectionExpression: "+test.want, message(err))
	}
}

func TestProjection_Paths(t *testing.T) {
	projection, err := ParseProjection("b, #a.l[0]", newAttributes(t, sampleNames, `null`))
	require.NoError(t, err)
	var got []string
	for _, path := range projection.Paths() {
		got = append(got, path.String())
	}
	assert.Equal(t, []string{"[b]", "[a, l, [0]]"}, got)
}
