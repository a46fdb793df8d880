package expression

import (
	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// Comparison is one condition of the legacy parameters Expected, KeyConditions,
// QueryFilter and ScanFilter. Operator is a ComparisonOperator such as "EQ".
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

// NewKeyTerms returns the terms of KeyConditions. The error is an *attribute.ValidationError if no
// key can have the conditions.
func NewKeyTerms(comparisons []Comparison) ([]KeyTerm, error) {
	terms := make([]KeyTerm, len(comparisons))
	for i, c := range comparisons {
		op, ok := keyOperator(comparisonOperators[c.Operator])
		if !ok {
			return nil, invalid("Attempted conditional constraint is not an indexable operation")
		}
		terms[i] = KeyTerm{Attribute: c.Attribute, Op: op, Values: c.Values}
	}
	return terms, nil
}

// AttributeUpdate is one action of the legacy parameter AttributeUpdates. The
// value of a DELETE may be absent.
type AttributeUpdate struct {
	Attribute string
	Action    string // "PUT", "ADD" or "DELETE"
	Value     attribute.Value
}

// NewUpdate returns the update of AttributeUpdates, which are of distinct attributes.
func NewUpdate(updates []AttributeUpdate) *Update {
	u := &Update{legacy: true}
	for _, update := range updates {
		c := clause{op: opSet, target: Path{{Name: update.Attribute}}, operand: &node{op: opValue, value: update.Value}}
		switch {
		case update.Action == "ADD":
			c.op = opAdd
		case update.Action == "DELETE" && update.Value.Exists():
			c.op = opDelete
		case update.Action == "DELETE":
			c.op, c.operand = opRemove, nil
		}
		u.add(c)
	}
	u.paths = u.targets
	return u
}
