package expression

import (
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// Condition is a parsed condition, filter or key condition expression. It can be used by several
// goroutines at once.
type Condition struct {
	root  *node
	paths []Path
}

// ParseCondition parses a ConditionExpression, FilterExpression or KeyConditionExpression: parameter
// is that name, with which the messages begin. The error is an *attribute.ValidationError.
func ParseCondition(parameter, expression string, a *Attributes) (*Condition, error) {
	trees, paths, err := a.compile(parameter, expression, inCondition)
	if err != nil {
		return nil, err
	}
	return &Condition{root: trees[0], paths: paths}, nil
}

// Comparison is one condition of the legacy parameters Expected, KeyConditions, QueryFilter and
// ScanFilter. Operator is a ComparisonOperator such as "EQ".
type Comparison struct {
	Attribute string
	Operator  string
	Values    []attribute.Value
}

// NewCondition returns the condition that all comparisons are true, or any of them.
func NewCondition(comparisons []Comparison, anyOf bool) *Condition {
	op := opAnd
	if anyOf {
		op = opOr
	}
	c := &Condition{}
	for _, comparison := range comparisons {
		path := Path{{Name: comparison.Attribute}}
		c.paths = append(c.paths, path)
		n := comparison.node(path)
		if c.root != nil {
			n = &node{op: op, args: []*node{c.root, n}}
		}
		c.root = n
	}
	return c
}

// node returns the comparison as an expression has it.
func (c *Comparison) node(path Path) *node {
	n := &node{op: comparisonOperators[c.Operator], args: []*node{{op: opPath, path: path}}}
	for _, value := range c.Values {
		n.args = append(n.args, &node{op: opValue, value: value})
	}
	if c.Operator == "NOT_CONTAINS" {
		// Unlike a NOT, NOT_CONTAINS is false of an absent attribute.
		exists := &node{op: opAttributeExists, args: n.args[:1]}
		n = &node{op: opAnd, args: []*node{exists, {op: opNot, args: []*node{n}}}}
	}
	return n
}

var comparisonOperators = map[string]operator{
	"EQ": opEqual, "NE": opNotEqual, "LT": opLess, "LE": opLessOrEqual, "GT": opGreater, "GE": opGreaterOrEqual,
	"BETWEEN": opBetween, "IN": opIn, "NULL": opAttributeNotExists, "NOT_NULL": opAttributeExists,
	"BEGINS_WITH": opBeginsWith, "CONTAINS": opContains, "NOT_CONTAINS": opContains,
}

// Match reports whether the item satisfies the condition. A nil Condition is satisfied by every
// item; a nil Item is one that does not exist.
func (c *Condition) Match(it attribute.Item) bool {
	return c == nil || c.root.match(it)
}

// Paths returns the paths in the condition, in the order in which they are written.
func (c *Condition) Paths() []Path {
	if c == nil {
		return nil
	}
	return c.paths
}

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
		return first.Kind().String() == second.Raw()
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
		length = len(utf16.Encode([]rune(value.Raw()))) // as DynamoDB counts
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
	return attribute.Integer(length)
}
