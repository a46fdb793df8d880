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
			n = &node{op: op, children: []*node{c.root, n}}
		}
		c.root = n
	}
	return c
}

func (c *Comparison) node(path Path) *node {
	op, negated := comparisonOperator(c.Operator)
	operands := []operand{{path: path}}
	for _, value := range c.Values {
		operands = append(operands, operand{value: value})
	}
	n := &node{op: op, operands: operands}
	if negated {
		// Unlike a NOT, NOT_CONTAINS is false of an absent attribute.
		exists := &node{op: opAttributeExists, operands: operands[:1]}
		n = &node{op: opAnd, children: []*node{exists, {op: opNot, children: []*node{n}}}}
	}
	return n
}

func comparisonOperator(name string) (op operator, negated bool) {
	switch name {
	case "NE":
		return opNotEqual, false
	case "LT":
		return opLess, false
	case "LE":
		return opLessOrEqual, false
	case "GT":
		return opGreater, false
	case "GE":
		return opGreaterOrEqual, false
	case "BETWEEN":
		return opBetween, false
	case "IN":
		return opIn, false
	case "NULL":
		return opAttributeNotExists, false
	case "NOT_NULL":
		return opAttributeExists, false
	case "BEGINS_WITH":
		return opBeginsWith, false
	case "CONTAINS":
		return opContains, false
	case "NOT_CONTAINS":
		return opContains, true
	}
	return opEqual, false
}

// NewKeyTerms returns the terms of KeyConditions. The error is an *attribute.ValidationError if no
// key can have the conditions.
func NewKeyTerms(comparisons []Comparison) ([]KeyTerm, error) {
	if len(comparisons) < 1 || len(comparisons) > maxKeyTerms {
		return nil, invalid("Conditions can be of length 1 or 2 only")
	}
	terms := make([]KeyTerm, len(comparisons))
	for i, c := range comparisons {
		op, _ := comparisonOperator(c.Operator)
		keyOp, ok := keyOperator(op)
		if !ok {
			return nil, invalid("Attempted conditional constraint is not an indexable operation")
		}
		terms[i] = KeyTerm{Attribute: c.Attribute, Op: keyOp, Values: c.Values}
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
	for i, update := range updates {
		c := clause{op: opSet, target: Path{{Name: update.Attribute}}, operand: &term{op: opValue, value: update.Value}}
		switch {
		case update.Action == "ADD":
			c.op = opAdd
		case update.Action == "DELETE" && update.Value.Exists():
			c.op = opDelete
		case update.Action == "DELETE":
			c.op, c.operand = opRemove, nil
		}
		u.clauses = append(u.clauses, c)
		u.root.add(c.target, i)
	}
	return u
}
