package expression

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The expectations are the responses of DynamoDB Local. Where those list the kinds of its own
// implementation, the list is the service's.

func TestParseCondition_Errors(t *testing.T) {
	type refusal struct{ text, about string }
	for _, test := range []struct {
		name     string
		message  string
		refusals []refusal
	}{
		{"an unknown function", "Invalid function name; function: ", []refusal{
			{"foo(a) = name", "foo"},
			{"BEGINS_WITH(v, :v)", "BEGINS_WITH"},
		}},
		{"a function of update expressions", "The function is not allowed in a condition expression; function: ", []refusal{
			{"if_not_exists(v, :v)", "if_not_exists"},
			{"v = list_append(v, :v)", "list_append"},
		}},
		{"a misplaced function", "The function is not allowed to be used this way in an expression; function: ", []refusal{
			{"(size(v))", "size"},
			{"size(name)", "size"},
			{"a IN (attribute_exists(b))", "attribute_exists"},
			{"begins_with(a[9999999999]) = :t", "begins_with"},
		}},
		{"a reserved word", "Attribute name is a reserved keyword; reserved keyword: ", []refusal{
			{"nAmE = :v", "nAmE"},
			{"v.name = :v", "name"},
		}},
		{"a list index that no list can have", "List index is not within the allowable range; index: ", []refusal{
			{"a[9999999999].name = :v", "[9999999999]"},
		}},
		{"a name that is not defined", "An expression attribute name used in the document path is not defined; attribute name: ", []refusal{
			{"#zz.#zy = :v", "#zz"},
		}},
		{"a value that is not defined", "An expression attribute value used in expression is not defined; attribute value: ", []refusal{
			{"a = :zz AND #zz = :v", ":zz"},
		}},
		{"a function with too few or too many operands", "Incorrect number of operands for operator or function; operator or function: ", []refusal{
			{"size(v, w) > :n", "size, number of operands: 2"},
			{"begins_with(a, a, a)", "begins_with, number of operands: 3"},
		}},
		{"an operand of a kind that can never be right", "Incorrect operand type for operator or function; operator or function: ", []refusal{
			{":t < a", "<, operand type: BOOL"},
			{"a < :l", "<, operand type: L"},
			{"a < :o", "<, operand type: M"},
			{"a < :u", "<, operand type: NULL"},
			{"a < :bs", "<, operand type: BS"},
			{"a < :ns", "<, operand type: NS"},
			{"a < :ss", "<, operand type: SS"},
			{":t BETWEEN a AND b", "BETWEEN, operand type: BOOL"},
			{"size(size(v)) > :n", "size, operand type: N"},
			{"attribute_type(a, b)", "attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
			{"attribute_type(a, :n)", "attribute_type, operand type: N"},
		}},
		{"a value where a path is needed", "Operator or function requires a document path; operator or function: ", []refusal{
			{"attribute_exists(:v)", "attribute_exists"},
			{"attribute_exists(size(:v))", "attribute_exists"},
		}},
		{"a path that is compared with itself", "The first operand must be distinct from the remaining operands for this operator or function; operator: ", []refusal{
			{"#a = a", "=, first operand: [a]"},
			{"a IN (:v, a)", "IN, first operand: [a]"},
			{"a BETWEEN a AND :n", "BETWEEN, first operand: [a]"},
		}},
		{"bounds of different kinds or in the wrong order", "The BETWEEN operator requires ", []refusal{
			{"a BETWEEN :b AND :v", "same data type for lower and upper bounds; lower bound operand: AttributeValue: {B:java.nio.HeapByteBuffer[pos=0 lim=1 cap=1]}, upper bound operand: AttributeValue: {S:x}"},
			{"a BETWEEN :m AND :n", "upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {N:1}"},
			{"a BETWEEN :w AND :v", "upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:y}, upper bound operand: AttributeValue: {S:x}"},
		}},
		{"a kind that does not exist", "Invalid attribute type name found; type: ", []refusal{
			{"attribute_type(:v, :BAD)", "bad, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, r := range test.refusals {
				want := "Invalid ConditionExpression: " + test.message + r.about
				assert.Equal(t, want, refusalOf(t, r.text), r.text)
			}
		})
	}
}

func TestParseCondition_FirstProblemIsReported(t *testing.T) {
	// The problems that are found before anything is looked up, and those that
	// are found after, each in the order of the text.
	early := []string{"foo(a)", "attribute_exists(a) = :t", "size(a)", "name = :v", "a[9999999999] = :v"}
	late := []string{
		"#zz = :v", "a = :zz", "begins_with(a)", "a = a", "begins_with(a, :n)", strings.Repeat("a.", 32) + "a = :v",
		"a IN (" + strings.Repeat(":v, ", 100) + ":v)", "a BETWEEN :v AND :n", "attribute_type(a, :BAD)", "attribute_exists(:v)", "a < :t",
	}
	check := func(first, second, reported string) {
		t.Helper()
		for _, join := range []string{" AND ", " OR NOT "} {
			text := first + join + second
			assert.Equal(t, refusalOf(t, reported), refusalOf(t, text), text)
		}
	}
	for _, first := range early {
		for _, second := range append(early, late...) {
			check(first, second, first)
		}
	}
	for _, first := range late {
		for _, second := range early {
			check(first, second, second)
		}
		for _, second := range late {
			check(first, second, first)
		}
	}
}

func TestParseCondition_Limits(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a longer text is rejected", "a = :v" + strings.Repeat(" ", 4091), "Expression size has exceeded the maximum allowed size; expression size: 4097"},
		{"300 operators are allowed", strings.Repeat("NOT ", 299) + "a = :v", ""},
		{"301 operators are rejected", strings.Repeat("NOT ", 300) + "a = :v", "The expression contains too many operators; operator count: 301"},
		{"a comparison and what joins it count as two", "a = :v" + strings.Repeat(" OR a = :v", 150), "The expression contains too many operators; operator count: 301"},
		{"what is in front of the operator too many comes first", "a = :zz" + strings.Repeat(" OR a = :v", 150), "An expression attribute value used in expression is not defined; attribute value: :zz"},
		{"100 operands of IN are allowed", "a IN (" + strings.Repeat(":v, ", 99) + ":v)", ""},
		{"101 operands of IN are rejected", "a IN (" + strings.Repeat(":v, ", 100) + ":v)", "The IN operator is provided with too many operands; number of operands: 101"},
		{"a path of 32 steps is allowed", strings.Repeat("a.", 31) + "a = :v", ""},
		{"the greatest list index is allowed", "a[2147483647] = :v", ""},
		{"a greater list index is rejected", "a[2147483648] = :v", "List index is not within the allowable range; index: [2147483648]"},
		{"deep parentheses are no danger", strings.Repeat("(", 4096), `Syntax error; token: "<EOF>", near: "("`},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			if want != "" {
				want = "Invalid ConditionExpression: " + want
			}
			assert.Equal(t, want, refusalOf(t, test.text))
		})
	}
}
