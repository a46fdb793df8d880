package expression

import (
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// KeyOp is the operator of a key condition's term.
type KeyOp uint8

// The operators that DynamoDB allows on keys.
const (
	KeyEqual KeyOp = iota
	KeyLess
	KeyLessOrEqual
	KeyGreater
	KeyGreaterOrEqual
	KeyBetween
	KeyBeginsWith
)

// KeyTerm is a condition on one key attribute. Values has two elements for
// KeyBetween, the bounds, and one for every other operator.
type KeyTerm struct {
	Attribute string
	Op        KeyOp
	Values    []attribute.Value
}

// Terms returns the terms of the condition, on different attributes and each with the attribute on
// the left of its operator. The error is an *attribute.ValidationError if the condition is no key
// condition. The caller checks whether the attributes are those of a key.
func (c *Condition) Terms() ([]KeyTerm, error) {
	return appendTerms(make([]KeyTerm, 0, 2), c.root)
}

func appendTerms(terms []KeyTerm, n *node) ([]KeyTerm, error) {
	if n.op == opAnd {
		terms, err := appendTerms(terms, n.args[0])
		if err != nil {
			return nil, err
		}
		return appendTerms(terms, n.args[1])
	}
	term, err := newTerm(n)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(terms, func(other KeyTerm) bool { return other.Attribute == term.Attribute }) {
		return nil, invalid("Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key")
	}
	return append(terms, term), nil
}

func newTerm(n *node) (KeyTerm, error) {
	op, ok := keyOperator(n.op)
	if !ok {
		return KeyTerm{}, invalid("Invalid operator used in KeyConditionExpression: %s", n.op)
	}
	if (op == KeyBetween || op == KeyBeginsWith) && n.args[0].value.Exists() {
		return KeyTerm{}, invalid("Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", n.op)
	}
	term := KeyTerm{Op: op}
	for i, o := range n.args {
		switch {
		case o.op == opSize:
			return KeyTerm{}, invalid("KeyConditionExpressions cannot contain nested operations")
		case o.op == opValue:
			term.Values = append(term.Values, o.value)
		case term.Attribute != "":
			return KeyTerm{}, invalid("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
		case o.path.Nested():
			return KeyTerm{}, invalid("KeyConditionExpressions cannot have conditions on nested attributes")
		default:
			term.Attribute = o.path.Attribute()
			if i > 0 {
				term.Op = mirrored(op)
			}
		}
	}
	if term.Attribute == "" {
		return KeyTerm{}, invalid("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	return term, nil
}

func keyOperator(op operator) (KeyOp, bool) {
	switch op {
	case opEqual:
		return KeyEqual, true
	case opLess:
		return KeyLess, true
	case opLessOrEqual:
		return KeyLessOrEqual, true
	case opGreater:
		return KeyGreater, true
	case opGreaterOrEqual:
		return KeyGreaterOrEqual, true
	case opBetween:
		return KeyBetween, true
	case opBeginsWith:
		return KeyBeginsWith, true
	}
	return 0, false
}

// mirrored returns the operator with its operands exchanged.
func mirrored(op KeyOp) KeyOp {
	switch op {
	case KeyLess:
		return KeyGreater
	case KeyLessOrEqual:
		return KeyGreaterOrEqual
	case KeyGreater:
		return KeyLess
	case KeyGreaterOrEqual:
		return KeyLessOrEqual
	}
	return op
}
