package expression

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// matchItem and matchValues are the item and values of the table below, whose results are those of
// DynamoDB Local.
const matchItem = `{
	"s": {"S": "hello"},
	"n": {"N": "5"},
	"b": {"B": "aGVsbG8="},
	"t": {"BOOL": true},
	"u": {"NULL": true},
	"ss": {"SS": ["a", "b"]},
	"ns": {"NS": ["1", "2"]},
	"bs": {"BS": ["YQ==", "Yg=="]},
	"l": {"L": [{"S": "a"}, {"N": "1"}, {"SS": ["a", "b"]}, {"M": {"k": {"S": "v"}}}, {"NULL": true}, {"B": "YQ=="}]},
	"m": {"M": {"k": {"S": "v"}, "n": {"N": "1"}}},
	"e": {"S": ""},
	"emoji": {"S": "aé😀"}
}`

const matchValues = `{
	":s": {"S": "hello"},
	":h": {"S": "he"},
	":e": {"S": ""},
	":n": {"N": "5"},
	":n1": {"N": "1"},
	":n9": {"N": "9"},
	":b": {"B": "aGVsbG8="},
	":hb": {"B": "aGU="},
	":t": {"BOOL": true},
	":ss": {"SS": ["b", "a"]},
	":ss1": {"SS": ["a"]},
	":a": {"S": "a"},
	":ba": {"B": "YQ=="},
	":kv": {"M": {"k": {"S": "v"}}},
	":z": {"S": "z"},
	":n0": {"N": "0"},
	":n2": {"N": "2"},
	":n4": {"N": "4"},
	":n6": {"N": "6"},
	":tS": {"S": "S"},
	":tN": {"S": "N"},
	":tNULL": {"S": "NULL"}
}`

func TestCondition_Match(t *testing.T) {
	var item attribute.Item
	require.NoError(t, item.UnmarshalJSON([]byte(matchItem)))
	type row struct {
		text string
		want bool
	}
	for name, rows := range map[string][]row{
		"= and <>": {
			{":s <> x", true},
			{"x <> y", true},
			{"x = y", false},
			{"l[2] = :ss", true},
			{"l[9] = :a", false},
			{"m[0] = :a", false},
			{"s.x = :a", false},
		},
		"<, <=, > and >=": {
			{"s < :n", false},
			{"n >= :n", true},
			{"b < :b", false},
			{"b <= :b", true},
			{"t < n", false},
			{"ss > ns", false},
		},
		"BETWEEN": {
			{"s BETWEEN :a AND :h", false},
			{"n BETWEEN :n AND :n", true},
			{"NOT x BETWEEN :n1 AND :n9", true},
			{":n BETWEEN n AND x", false},
			{"s BETWEEN e AND :z", true},
		},
		"IN": {
			{"s IN (:s)", true},
			{"s IN (:n, :b)", false},
			{"x IN (y)", false},
		},
		"attribute_exists, attribute_not_exists and attribute_type": {
			{"attribute_exists(x)", false},
			{"attribute_exists(s.x)", false},
			{"attribute_type(u, :tNULL)", true},
			{"attribute_type(s, :tN)", false},
			{"attribute_type(:s, :tS)", true},
		},
		"begins_with": {
			{"begins_with(s, :h)", true},
			{"begins_with(s, :z)", false},
			{"begins_with(b, :hb)", true},
			{"begins_with(s, :hb)", false},
			{"begins_with(n, :h)", false},
			{"begins_with(x, :h)", false},
			{"begins_with(s, x)", false},
			{"begins_with(:s, s)", true},
		},
		"contains": {
			{"contains(s, :h)", true},
			{"contains(s, :z)", false},
			{"contains(s, :e)", true},
			{"contains(s, :hb)", false},
			{"contains(b, :hb)", true},
			{"contains(ss, :a)", true},
			{"contains(ss, :ss1)", false},
			{"contains(bs, :ba)", true},
			{"contains(l, :kv)", true},
			{"contains(m, :a)", false},
			{"contains(t, :t)", false},
			{"contains(l, x)", false},
			{"NOT contains(x, :a)", true},
		},
		"size": {
			{"size(emoji) = :n4", true},
			{"size(b) = :n", true},
			{"size(bs) = :n2", true},
			{"size(l) = :n6", true},
			{"size(m) = :n2", true},
			{"size(t) <> :n0", true},
			{"size(x) = :n0", false},
			{"size(x) <> :n0", true},
			{"size(s) BETWEEN :n1 AND :n9", true},
			{":n IN (size(s))", true},
			{"contains(ns, size(m))", true},
			{"attribute_type(size(s), :tN)", true},
		},
		"AND, OR and NOT": {
			{"s = :s AND n = :n", true},
			{"s = :z OR n = :n", true},
			{"t = :t OR s = :z AND n = :n9", true},
			{"(t = :t OR s = :z) AND n = :n9", false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, row := range rows {
				condition, err := ParseCondition("FilterExpression", row.text, newAttributes(t, `null`, matchValues))
				require.NoError(t, err, row.text)
				assert.Equal(t, row.want, condition.Match(item), row.text)
			}
		})
	}
}
