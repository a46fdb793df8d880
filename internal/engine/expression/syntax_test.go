package expression

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The expectations of these tables are what DynamoDB Local returns.

func TestParseCondition_SyntaxErrors(t *testing.T) {
	type refusal struct{ text, token, near string }
	for name, refusals := range map[string][]refusal{
		"the text ends too early": {
			{"(", "<EOF>", "("},
			{"v =", "<EOF>", "="},
			{"((a))", "<EOF>", ")"},
			{"a =\t\n ", "<EOF>", "=\t\n "},
			{"v = :v OR", "<EOF>", "OR"},
			{"v BETWEEN :n", "<EOF>", ":n"},
			{"(begins_with(a, ((:v))", "<EOF>", ")"},
			{"(a)between(b.c.d)and((c)", "<EOF>", ")"},
		},
		"a character has no meaning": {
			{"$", "$", "$"},
			{"ü > a", "ü", "ü >"},
			{"# = :v", "#", "# ="},
			{"_v = :v", "_", "_v"},
			{"v = :v\u00a0", "\u00a0", ":v\u00a0"},
			{"vé = :v", "é", "vé ="},
		},
		"a keyword is no name": {
			{"IN", "IN", "IN"},
			{"add", "add", "add"},
			{"BETWEEN", "BETWEEN", "BETWEEN"},
			{"a = set", "set", "= set"},
			{"v.and = :v", "and", ".and ="},
			{"a = (NOT b)", "NOT", "(NOT b"},
			{"delete = :v", "delete", "delete ="},
			{"remove = :v", "remove", "remove ="},
			{"((a)) AND b = :v", "AND", ") AND b"},
		},
		"operands and predicates do not follow each other": {
			{"a IN (a b)", "b", "a b)"},
			{"v[#a] = :v", "#a", "[#a]"},
			{"v=:vand w=:v", "w", ":vand w="},
		},
		"punctuation is in the wrong place": {
			{")", ")", ")"},
			{"()", ")", "()"},
			{"= :v", "=", "= :v"},
			{"v IN ()", ")", "()"},
			{"v. = :v", "=", ". = :v"},
			{"foo[0](v)", "(", "](v"},
			{"a = (b = :v)", "=", "b = :v"},
			{"a > :things.stuff", ".", ":things.stuff"},
		},
		"numbers are no operands": {
			{"v = 1", "1", "= 1"},
			{"v.1 = :v", "1", ".1 ="},
			{"v[00] = :v", "0", "00]"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range refusals {
				want := "Invalid ConditionExpression: Syntax error; token: \"" + r.token + "\", near: \"" + r.near + "\""
				assert.Equal(t, want, refusalOf(t, r.text), r.text)
			}
		})
	}
}

func TestParseCondition_RedundantParentheses(t *testing.T) {
	const refusal = "Invalid ConditionExpression: The expression has redundant parentheses;"
	for _, text := range []string{
		"(((a)) = :v",
		"(((a)) = :v)",
		"NOT ((v = :v))",
		"((begins_with(a,:v))) x",
		"(a)between(((b.c)).d)and(c)",
		"begins_with(((a)), :v)",
		"begins_with(a, ((:v))) AND",
		"a IN (size(((b))), c",
	} {
		assert.Equal(t, refusal, refusalOf(t, text), text)
	}
}

func TestParseCondition_Grammar(t *testing.T) {
	for _, text := range []string{
		":v = v",
		"v\t=\n:v\r",
		"NOTv = :v",
		"((v) = :v)",
		"(v = (:v))",
		"a1b2_ = :v",
		"not v = :v",
		"v[ 0 ] = :v",
		"contains = :v",
		"size(:o) = :n",
		"size(:ss) = :n",
		"contains(:b, a)",
		"NOT(NOT(v = :v))",
		"contains(:ns, :v)",
		"v between :n and :m",
		"a IN (:t, :n, :ss, :l)",
		"attribute_type(:S, :S)",
		"((v = :v OR w = :v) AND (x = :v))",
		"attribute_exists(a) AND NOT attribute_exists(b) OR NOT NOT size(a) > :n",
	} {
		assert.Empty(t, refusalOf(t, text), text)
	}
}
