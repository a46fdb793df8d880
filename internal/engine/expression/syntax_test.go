package expression

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The expectations of these tables are what DynamoDB Local answers.

func TestParseCondition_SyntaxErrors(t *testing.T) {
	type refusal struct{ text, token, near string }
	for name, refusals := range map[string][]refusal{
		"the text ends too early": {
			{"(", "<EOF>", "("},
			{"v", "<EOF>", "v"},
			{"a[", "<EOF>", "["},
			{"NOT", "<EOF>", "NOT"},
			{"v =", "<EOF>", "="},
			{"(:v)", "<EOF>", ")"},
			{"a = ", "<EOF>", "= "},
			{"a.b.", "<EOF>", "."},
			{"((a))", "<EOF>", ")"},
			{"a =\t\n ", "<EOF>", "=\t\n "},
			{"a IN (", "<EOF>", "("},
			{"v = :v OR", "<EOF>", "OR"},
			{"begins_with(", "<EOF>", "("},
			{"v BETWEEN :n", "<EOF>", ":n"},
			{"((size(a)) > :n", "<EOF>", ":n"},
			{"begins_with(a, ((:v))", "<EOF>", ")"},
			{"(begins_with(a, ((:v))", "<EOF>", ")"},
			{"(a)between(b.c.d)and((c)", "<EOF>", ")"},
		},
		"a character has no meaning": {
			{"$", "$", "$"},
			{"v = :", ":", "= :"},
			{"ü > a", "ü", "ü >"},
			{"# = :v", "#", "# ="},
			{"_v = :v", "_", "_v"},
			{"v = :v\u00a0", "\u00a0", ":v\u00a0"},
			{"vé = :v", "é", "vé ="},
		},
		"a keyword is no name": {
			{"IN", "IN", "IN"},
			{"add", "add", "add"},
			{"in(v)", "in", "in("},
			{"BETWEEN", "BETWEEN", "BETWEEN"},
			{"a = set", "set", "= set"},
			{"a AND b", "AND", "a AND b"},
			{"v.and = :v", "and", ".and ="},
			{"a = (NOT b)", "NOT", "(NOT b"},
			{"delete = :v", "delete", "delete ="},
			{"remove = :v", "remove", "remove ="},
			{"((a)) AND b = :v", "AND", ") AND b"},
			{"a BETWEEN AND :v", "AND", "BETWEEN AND :v"},
			{"v NOT BETWEEN :n AND :m", "NOT", "v NOT BETWEEN"},
		},
		"operands and predicates do not follow each other": {
			{"v:w = :v", ":w", "v:w ="},
			{"((a)) foo", "foo", ") foo"},
			{"a IN (a b)", "b", "a b)"},
			{"v[#a] = :v", "#a", "[#a]"},
			{"v[0] a = :v", "a", "] a ="},
			{"v=:vand w=:v", "w", ":vand w="},
			{"begins_with v, :v", "v", "begins_with v,"},
		},
		"punctuation is in the wrong place": {
			{")", ")", ")"},
			{"()", ")", "()"},
			{"= :v", "=", "= :v"},
			{"#a(v)", "(", "#a(v"},
			{"v IN ()", ")", "()"},
			{"v. = :v", "=", ". = :v"},
			{"v < > :v", ">", "< > :v"},
			{"foo[0](v)", "(", "](v"},
			{"foo.bar(v)", "(", "bar(v"},
			{"a = :v = :w", "=", ":v = :w"},
			{"a = (b = :v)", "=", "b = :v"},
			{"size(v).a = :n", ".", ").a"},
			{"begins_with(v,)", ")", ",)"},
			{"a > :things.stuff", ".", ":things.stuff"},
		},
		"numbers are no operands": {
			{"v = 1", "1", "= 1"},
			{"1 = :v", "1", "1 ="},
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
		"((v = :v))",
		"((v)) = :v",
		"v = ((:v))",
		"(((a)) = :v",
		"(((a)) = :v)",
		"(a = ((b)) AND",
		"NOT ((v = :v))",
		"(((a = :v)) AND",
		"((begins_with(a,:v))) x",
		"(a)between(((b.c)).d)and(c)",
		"begins_with(((a)), :v)",
		"begins_with(a, ((:v))) AND",
		"a IN (size(((b))), c",
		"a = foo(((b)) AND",
	} {
		assert.Equal(t, refusal, refusalOf(t, text), text)
	}
}

func TestParseCondition_Grammar(t *testing.T) {
	for _, text := range []string{
		":v = v",
		"v\t=\n:v\r",
		"(v) = :v",
		"NOTv = :v",
		"v in (:v)",
		"v.a1 = :v",
		"#size = :n",
		"((v) = :v)",
		"(v = (:v))",
		"a1b2_ = :v",
		"not v = :v",
		"v . a = :v",
		"v[ 0 ] = :v",
		"contains = :v",
		"size(:l) = :n",
		"size(:o) = :n",
		"size(:ss) = :n",
		"a.contains = :v",
		"contains(:b, a)",
		"contains(:u, a)",
		"NOT(NOT(v = :v))",
		"contains(:ns, :v)",
		"begins_with(:v, :b)",
		"v between :n and :m",
		"a IN (:t, :n, :ss, :l)",
		"attribute_type(:S, :S)",
		"a BETWEEN :m AND size(a)",
		"((v = :v OR w = :v) AND (x = :v))",
		"attribute_exists(a) AND NOT attribute_exists(b) OR NOT NOT size(a) > :n",
	} {
		assert.Empty(t, refusalOf(t, text), text)
	}
}
