package expression

import (
	"cmp"
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// KeyOp is the operator of a key condition's term.
type KeyOp = operator

// The operators that DynamoDB allows on keys.
const (
	KeyEqual          = opEqual
	KeyLess           = opLess
	KeyLessOrEqual    = opLessOrEqual
	KeyGreater        = opGreater
	KeyGreaterOrEqual = opGreaterOrEqual
	KeyBetween        = opBetween
	KeyBeginsWith     = opBeginsWith
)

// KeyTerm is a condition on one key attribute. Values has two elements for KeyBetween, the bounds, and
// one for every other operator.
type KeyTerm struct {
	Attribute string
	Op        KeyOp
	Values    []attribute.Value
}

// Terms returns the terms of the condition, on different attributes and each with the attribute on
// the left of its operator. The error is an *attribute.ValidationError if the condition is no key
// condition. The caller checks whether the attributes are those of a key.
func (c *Condition) Terms() ([]KeyTerm, error) {
	terms := make([]KeyTerm, 0, 2)
	for nodes := []*node{c.root}; len(nodes) > 0; {
		n := nodes[0]
		if n.op == opAnd {
			nodes = slices.Concat(n.args, nodes[1:])
			continue
		}
		nodes = nodes[1:]
		term, err := newTerm(n)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(terms, func(other KeyTerm) bool { return other.Attribute == term.Attribute }) {
			return nil, invalid("Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key")
		}
		terms = append(terms, term)
	}
	return terms, nil
}

// newTerm returns the term of one comparison or function.
func newTerm(n *node) (KeyTerm, error) {
	if !isKeyOperator(n.op) {
		return KeyTerm{}, invalid("Invalid operator used in KeyConditionExpression: %s", n.op)
	}
	if (n.op == KeyBetween || n.op == KeyBeginsWith) && n.args[0].value.Exists() {
		return KeyTerm{}, invalid("Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", n.op)
	}
	term := KeyTerm{Op: n.op}
	for i, arg := range n.args {
		switch {
		case arg.op == opSize:
			return KeyTerm{}, invalid("KeyConditionExpressions cannot contain nested operations")
		case arg.op == opValue:
			term.Values = append(term.Values, arg.value)
		case term.Attribute != "":
			return KeyTerm{}, invalid("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
		case arg.path.Nested():
			return KeyTerm{}, invalid("KeyConditionExpressions cannot have conditions on nested attributes")
		default:
			term.Attribute = arg.path.Attribute()
			if i > 0 {
				term.Op = cmp.Or(mirrored[n.op], n.op)
			}
		}
	}
	if term.Attribute == "" {
		return KeyTerm{}, invalid("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	return term, nil
}

// isKeyOperator reports whether DynamoDB allows the operator on keys.
func isKeyOperator(op operator) bool {
	return slices.Contains([]operator{KeyEqual, KeyLess, KeyLessOrEqual, KeyGreater, KeyGreaterOrEqual, KeyBetween, KeyBeginsWith}, op)
}

// mirrored has the operators that change if their operands are exchanged.
var mirrored = map[KeyOp]KeyOp{
	KeyLess: KeyGreater, KeyLessOrEqual: KeyGreaterOrEqual, KeyGreater: KeyLess, KeyGreaterOrEqual: KeyLessOrEqual,
}

// NewKeyTerms returns the terms of KeyConditions. The error is an *attribute.ValidationError if no
// key can have the conditions.
func NewKeyTerms(comparisons []Comparison) ([]KeyTerm, error) {
	terms := make([]KeyTerm, len(comparisons))
	for i, c := range comparisons {
		op := comparisonOperators[c.Operator]
		if !isKeyOperator(op) {
			return nil, invalid("Attempted conditional constraint is not an indexable operation")
		}
		terms[i] = KeyTerm{Attribute: c.Attribute, Op: op, Values: c.Values}
	}
	return terms, nil
}
