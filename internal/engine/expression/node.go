package expression

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// node is a condition that can be evaluated: conditions under AND, OR and NOT,
// operands under everything else.
type node struct {
	op       operator
	children []*node
	operands []operand
}

func (n *node) match(it attribute.Item) bool {
	switch n.op {
	case opAnd:
		return n.children[0].match(it) && n.children[1].match(it)
	case opOr:
		return n.children[0].match(it) || n.children[1].match(it)
	case opNot:
		return !n.children[0].match(it)
	case opIn:
		value := n.operands[0].find(it)
		return slices.ContainsFunc(n.operands[1:], func(o operand) bool { return equal(value, o.find(it)) })
	}

	first := n.operands[0].find(it)
	switch n.op {
	case opAttributeExists:
		return first.Exists()
	case opAttributeNotExists:
		return !first.Exists()
	}

	second := n.operands[1].find(it)
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
		return ordered(opLessOrEqual, second, first) && ordered(opLessOrEqual, first, n.operands[2].find(it))
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

// operand is a document path, an expression attribute value, or the size of
// another operand. Exactly one of the fields is set.
type operand struct {
	path  Path
	value attribute.Value
	sized *operand
}

// kind returns what is known about the operand without an item: KindAbsent for a path.
func (o *operand) kind() attribute.Kind {
	if o.sized != nil {
		return attribute.KindN
	}
	return o.value.Kind()
}

// find returns the operand's value for an item, absent if the item has none.
func (o *operand) find(it attribute.Item) attribute.Value {
	switch {
	case o.path != nil:
		return o.path.Find(it)
	case o.sized != nil:
		return size(o.sized.find(it))
	}
	return o.value
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
