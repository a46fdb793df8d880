package expression

import "github.com/open-alchemy/packagedb/internal/engine/attribute"

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

// KeyCondition is a parsed key condition expression: one or two terms on
// different attributes.
type KeyCondition struct {
	Terms []KeyTerm
}

// ParseKeyCondition parses the text of a KeyConditionExpression.
func ParseKeyCondition(text string, a *Attributes) (*KeyCondition, error) {
	return &KeyCondition{}, nil
}
