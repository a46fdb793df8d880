package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxConstraintMessages is the most violations that the service reports.
const maxConstraintMessages = 10

// constraints collects violations of the declared shape of a request, which the service reports all
// at once and before everything else.
type constraints struct {
	messages []string
}

// err returns the violations as one error.
func (c *constraints) err() error {
	switch len(c.messages) {
	case 0:
		return nil
	case 1:
		return validation("1 validation error detected: %s", c.messages[0])
	}
	return validation("%d validation errors detected: %s", len(c.messages), strings.Join(c.messages, "; "))
}

func (c *constraints) add(message string) {
	if len(c.messages) < maxConstraintMessages {
		c.messages = append(c.messages, message)
	}
}

// violationOf returns an error in the form of a violation of the declared shape.
func violationOf(err error) error {
	return validation("1 validation error detected: %s", asException(err).message)
}

// violation adds that the value at a place violates a rule, unless the rule is "". The value is quoted
// unless it is null.
func (c *constraints) violation(value, at, rule string) {
	if rule == "" {
		return
	}
	if value != "null" {
		value = "'" + value + "'"
	}
	c.add("Value " + value + " at '" + at + "' failed to satisfy constraint: " + rule)
}

// unshown is like violation, where the service does not show the value.
func (c *constraints) unshown(at, rule string) {
	if rule != "" {
		c.add("Value at '" + at + "' failed to satisfy constraint: " + rule)
	}
}

func (c *constraints) notNull(at string, present bool) {
	if !present {
		c.violation("null", at, "Member must not be null")
	}
}

// oneOf accepts an absent value.
func (c *constraints) oneOf(at string, value *string, allowed ...string) {
	if value == nil || slices.Contains(allowed, *value) {
		return
	}
	c.violation(*value, at, "Member must satisfy enum value set: "+shownList(allowed))
}

// number checks a number. It accepts an absent one.
func number[N int | int64](c *constraints, at string, value *N, least, most N) {
	if value != nil {
		c.violation(strconv.FormatInt(int64(*value), 10), at, outside("value", *value, least, most))
	}
}

// outside returns the rule that a value or length violates, "" if it is within the limits.
func outside[N int | int64](what string, n, least, most N) string {
	switch {
	case n < least:
		return fmt.Sprintf("Member must have %s greater than or equal to %d", what, least)
	case n > most:
		return fmt.Sprintf("Member must have %s less than or equal to %d", what, most)
	}
	return ""
}

// list checks the number of elements of a list, which is shown as the service prints it.
func (c *constraints) list(at string, length, most int, shown func() string) {
	if rule := outside("length", length, 1, most); rule != "" {
		c.violation(shown(), at, rule)
	}
}

// strings checks the number of elements of a list of strings. It accepts an absent one.
func (c *constraints) strings(at string, list []string, most int) {
	if list != nil {
		c.list(at, len(list), most, func() string { return shownList(list) })
	}
}

// shownList returns a list of strings as the service prints it.
func shownList(list []string) string { return "[" + strings.Join(list, ", ") + "]" }

// string checks the length of a string in bytes. It accepts an absent one.
func (c *constraints) string(at string, value *string, least, most int) {
	if value != nil {
		c.violation(*value, at, outside("length", len(*value), least, most))
	}
}

// requireString checks a string that must be there and not empty.
func (c *constraints) requireString(at string, value *string, most int) {
	c.notNull(at, value != nil)
	c.string(at, value, 1, most)
}

// requireOneOf is like oneOf, for a value that must be there.
func (c *constraints) requireOneOf(at string, value *string, allowed ...string) {
	c.notNull(at, value != nil)
	c.oneOf(at, value, allowed...)
}

// requireName is like name, for a name that must be there. That of a table that is to be used, not
// created, may be of one character.
func (c *constraints) requireName(at string, name *string, least int) {
	c.notNull(at, name != nil)
	c.name(at, name, least)
}

// name checks the name of an index or of a table, for which an ARN will do. It accepts an absent one.
func (c *constraints) name(at string, name *string, least int) {
	if name == nil || validName(*name) && least <= len(*name) && len(*name) <= 255 || isARN(*name) {
		return
	}
	if *name != "" && !validName(*name) || *name == "" && least > 1 {
		c.violation(*name, at, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
	c.string(at, name, least, 255)
}

// capacity checks the parameter ReturnConsumedCapacity.
func (c *constraints) capacity(value *string) {
	c.oneOf("returnConsumedCapacity", value, "INDEXES", "TOTAL", "NONE")
}

// isARN reports whether a table is given by an ARN. No name has a colon.
func isARN(name string) bool { return strings.HasPrefix(name, "arn:") }

// mapKey checks the name of a table that is the key of a map; shown returns the map as the service
// prints it.
func (c *constraints) mapKey(at, name string, shown func() string) {
	if !isARN(name) && (!validName(name) || len(name) < 3 || len(name) > 255) {
		c.violation(shown(), at, "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]")
	}
}

func validName(name string) bool {
	for i := range len(name) {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '.':
		default:
			return false
		}
	}
	return name != ""
}
