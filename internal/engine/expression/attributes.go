// Package expression parses and evaluates DynamoDB's condition, filter, key
// condition and projection expressions.
package expression

import "github.com/open-alchemy/packagedb/internal/engine/attribute"

// Attributes are the ExpressionAttributeNames and ExpressionAttributeValues of
// one request. They remember which of them the expressions parsed against them
// have used. A nil *Attributes is a request without either.
type Attributes struct {
	names      map[string]string
	values     map[string]attribute.Value
	usedNames  map[string]bool
	usedValues map[string]bool
}

// NewAttributes checks the keys of both maps. A nil map is a parameter that the
// request does not have; an empty one is refused.
func NewAttributes(names map[string]string, values map[string]attribute.Value) (*Attributes, error) {
	return &Attributes{names: names, values: values}, nil
}

// InvalidValue is the refusal of ExpressionAttributeValues that could not be
// decoded; err is what the decoding of the values as an attribute.Item gave.
func InvalidValue(err *attribute.ValidationError) error {
	return &attribute.ValidationError{Message: "ExpressionAttributeValues contains invalid value: " + err.Message + " for key " + err.Attribute}
}

// Unused is the refusal of names or values that no expression refers to. Call
// it after all expressions of the request were parsed.
func (a *Attributes) Unused() error { return nil }
