// Package expression parses and evaluates DynamoDB's expressions: condition, filter, key condition,
// projection and update expressions, such as
//
//	attribute_not_exists(id) OR #v = :version
//	SET n = if_not_exists(n, :zero) + :one REMOVE tags[0]
//
// An expression is parsed to a tree (parse.go), the tree is checked and its names and values are
// looked up (compile.go), and the result is evaluated for an item (condition.go, projection.go,
// update.go). The legacy parameters, such as Expected, become the same trees.
package expression

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

const (
	namesParameter  = "ExpressionAttributeNames"
	valuesParameter = "ExpressionAttributeValues"

	// maxPlaceholder is the longest key of either parameter in bytes.
	maxPlaceholder = 255
	// maxAttributes is how many bytes the keys and what they stand for may have
	// together, in either parameter.
	maxAttributes = 2 << 20
)

// Attributes are the ExpressionAttributeNames and ExpressionAttributeValues of one request. They
// record which of them the parsed expressions use.
type Attributes struct {
	names      map[string]string
	values     map[string]attribute.Value
	usedNames  []string
	usedValues []string
}

// NewAttributes checks both maps. A nil map is a parameter that the request does not have; an empty
// one is rejected.
func NewAttributes(names map[string]string, values map[string]attribute.Value) (*Attributes, error) {
	if names != nil {
		err := checkAttributes(namesParameter, '#', names, func(name string) (int, error) {
			return len(name), attribute.CheckName(name)
		})
		if err != nil {
			return nil, err
		}
	}
	if values != nil {
		err := checkAttributes(valuesParameter, ':', values, func(value attribute.Value) (int, error) {
			return value.Size(), nil
		})
		if err != nil {
			return nil, err
		}
	}
	return &Attributes{names: names, values: values}, nil
}

// InvalidValue returns the error for ExpressionAttributeValues that could not be decoded; err is that
// of decoding the values as an attribute.Item. The older way of checking values always names the key.
func InvalidValue(err *attribute.ValidationError, older bool) error {
	message := err.Message
	switch {
	case older:
		message = cmp.Or(err.Older, message)
	case err.Older != "":
		return err
	}
	return invalid("%s contains invalid value: %s for key %s", valuesParameter, message, err.Attribute)
}

// checkAttributes checks one of the maps: its keys, what they stand for, and the size of all
// together. Of several bad entries it reports the first by key.
func checkAttributes[V any](parameter string, sigil byte, entries map[string]V, measure func(V) (size int, err error)) error {
	if len(entries) == 0 {
		return invalid("%s must not be empty", parameter)
	}
	var first error
	var firstKey string
	total := 0
	for key, value := range entries {
		size, err := measure(value)
		total += len(key) + size
		switch {
		case len(key) > maxPlaceholder:
			err = keyTooLong(parameter, key)
		case key == "" || key[0] != sigil || len(key) == 1 || wordLength(key[1:]) != len(key)-1:
			err = invalid("%s contains invalid key: Syntax error; key: \"%s\"", parameter, key)
		case err != nil:
			err = invalid("%s contains invalid value: %s for key %s", parameter, err, key)
		}
		if err != nil && (first == nil || key < firstKey) {
			first, firstKey = err, key
		}
	}
	if first == nil && total > maxAttributes {
		return invalid("%s exceeds max size", parameter)
	}
	return first
}

// keyTooLong returns the error for a key that is too long. Like the service, it quotes the size of
// a name's key only.
func keyTooLong(parameter, key string) error {
	size := ""
	if parameter == namesParameter {
		size = " size of key: " + strconv.Itoa(len(key))
	}
	return invalid("%s contains invalid key: The expression attribute map contains a key that is too long;%s", parameter, size)
}

// Unused returns an error if no expression refers to a name or value. Call it after all expressions
// of the request were parsed.
func (a *Attributes) Unused() error {
	if len(a.usedNames) < len(a.names) {
		return unused(namesParameter, a.names, a.usedNames)
	}
	if len(a.usedValues) < len(a.values) {
		return unused(valuesParameter, a.values, a.usedValues)
	}
	return nil
}

func unused[V any](parameter string, entries map[string]V, used []string) error {
	var keys []string
	for key := range entries {
		if !slices.Contains(used, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return invalid("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(keys, ", "))
}

// name returns the name for a placeholder and records its use.
func (a *Attributes) name(placeholder string) (string, error) {
	name, ok := a.names[placeholder]
	if !ok {
		return "", invalid("An expression attribute name used in the document path is not defined; attribute name: %s", placeholder)
	}
	if !slices.Contains(a.usedNames, placeholder) {
		a.usedNames = append(a.usedNames, placeholder)
	}
	return name, nil
}

// value returns the value for a placeholder and records its use.
func (a *Attributes) value(placeholder string) (attribute.Value, error) {
	value, ok := a.values[placeholder]
	if !ok {
		return value, invalid("An expression attribute value used in expression is not defined; attribute value: %s", placeholder)
	}
	if !slices.Contains(a.usedValues, placeholder) {
		a.usedValues = append(a.usedValues, placeholder)
	}
	return value, nil
}

// invalid returns an *attribute.ValidationError in the service's words.
func invalid(format string, args ...any) error {
	return &attribute.ValidationError{Message: fmt.Sprintf(format, args...)}
}
