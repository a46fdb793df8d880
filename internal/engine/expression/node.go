package expression

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// node is a part of an expression: a condition, an operand, or a clause of an update. The parser
// sets the operator, the texts and args; compile looks up what the texts stand for.
type node struct {
	op        operator
	grouped   bool     // stands in parentheses of its own
	redundant bool     // stands in more than one pair of them
	text      string   // of a function its name, of a value its placeholder
	steps     []string // of a path
	args      []*node

	path  Path
	value attribute.Value
}

func (n *node) isOperand() bool { return n.op == opPath || n.op == opValue || n.op == opFunction }

// match evaluates a condition.
func (n *node) match(it attribute.Item) bool {
	switch n.op {
	case opAnd:
		return n.args[0].match(it) && n.args[1].match(it)
	case opOr:
		return n.args[0].match(it) || n.args[1].match(it)
	case opNot:
		return !n.args[0].match(it)
	}

	first := n.args[0].find(it)
	switch n.op {
	case opIn:
		return slices.ContainsFunc(n.args[1:], func(arg *node) bool { return equal(first, arg.find(it)) })
	case opAttributeExists:
		return first.Exists()
	case opAttributeNotExists:
		return !first.Exists()
	}

	second := n.args[1].find(it)
	switch n.op {
	case opEqual:
		return equal(first, second)
	case opNotEqual:
		return !equal(first, second)
	case opAttributeType:
		return first.Kind().String() == second.Str()
	case opBeginsWith:
		return beginsWith(first, second)
	case opContains:
		return contains(first, second)
	case opBetween:
		return ordered(opLessOrEqual, second, first) && ordered(opLessOrEqual, first, n.args[2].find(it))
	}
	return ordered(n.op, first, second)
}

// equal reports whether two values are equal. An absent value equals none, not even another absent
// one.
func equal(a, b attribute.Value) bool { return a.Exists() && attribute.Equal(a, b) }

// ordered compares two values. It returns false if their kinds differ.
func ordered(op operator, a, b attribute.Value) bool {
	order, ok := attribute.Compare(a, b)
	if !ok {
		return false
	}
	switch op {
	case opLess:
		return order < 0
	case opLessOrEqual:
		return order <= 0
	case opGreater:
		return order > 0
	}
	return order >= 0
}

func beginsWith(value, prefix attribute.Value) bool {
	switch value.Kind() {
	case attribute.KindS, attribute.KindB:
		return value.Kind() == prefix.Kind() && strings.HasPrefix(value.Raw(), prefix.Raw())
	}
	return false
}

func contains(value, part attribute.Value) bool {
	switch value.Kind() {
	case attribute.KindS, attribute.KindB:
		return value.Kind() == part.Kind() && strings.Contains(value.Raw(), part.Raw())
	case attribute.KindL:
		return slices.ContainsFunc(value.Elements(), func(element attribute.Value) bool { return equal(element, part) })
	}
	return value.Contains(part)
}

// kind returns what is known about an operand without an item: KindAbsent for a path.
func (n *node) kind() attribute.Kind {
	if n.op == opSize {
		return attribute.KindN
	}
	return n.value.Kind()
}

// find returns the operand's value for an item, absent if the item has none.
func (n *node) find(it attribute.Item) attribute.Value {
	switch n.op {
	case opPath:
		return n.path.Find(it)
	case opSize:
		return size(n.args[0].find(it))
	}
	return n.value
}

// size returns the value of the size function, absent for kinds that have no size.
func size(value attribute.Value) attribute.Value {
	var length int
	switch value.Kind() {
	case attribute.KindS:
		length = codeUnits(value.Raw())
	case attribute.KindB:
		length = len(value.Raw())
	case attribute.KindSS, attribute.KindNS, attribute.KindBS:
		length = len(value.Members())
	case attribute.KindL:
		length = len(value.Elements())
	case attribute.KindM:
		length = len(value.Fields())
	default:
		return attribute.Value{}
	}
	return attribute.N(attribute.Integer(length))
}

// codeUnits returns the length of the text in UTF-16, by which DynamoDB counts.
func codeUnits(text string) int {
	units := utf8.RuneCountInString(text)
	for _, r := range text {
		if r > 0xFFFF {
			units++
		}
	}
	return units
}
