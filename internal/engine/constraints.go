package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxConstraintMessages is where the service stops to list violations.
const maxConstraintMessages = 10

// constraints collects violations of the declared shape of a request, which
// the service reports all at once and before everything else.
type constraints struct {
	messages []string
}

// err is the refusal, nil if nothing was violated.
func (c *constraints) err() error {
	switch len(c.messages) {
	case 0:
		return nil
	case 1:
		return validation("1 validation error detected: %s", c.messages[0])
	}
	return validation("%d validation errors detected: %s", len(c.messages), strings.Join(c.messages, "; "))
}

// violation notes that the value at a place breaks a rule. The value is quoted
// unless it is null.
func (c *constraints) violation(value, at, rule string) {
	if len(c.messages) == maxConstraintMessages {
		return
	}
	if value != "null" {
		value = "'" + value + "'"
	}
	c.messages = append(c.messages, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, at, rule))
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
	c.violation(*value, at, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
}

// atLeast and atMost accept an absent value.
func (c *constraints) atLeast(at string, value *int64, least int64) {
	if value != nil && *value < least {
		c.violation(strconv.FormatInt(*value, 10), at, fmt.Sprintf("Member must have value greater than or equal to %d", least))
	}
}

func (c *constraints) atMost(at string, value *int64, most int64) {
	if value != nil && *value > most {
		c.violation(strconv.FormatInt(*value, 10), at, fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
}

// length checks the number of elements or characters; shown is how the service
// prints the value.
func (c *constraints) length(at string, length, least, most int, shown func() string) {
	if length < least {
		c.violation(shown(), at, fmt.Sprintf("Member must have length greater than or equal to %d", least))
	}
	if length > most {
		c.violation(shown(), at, fmt.Sprintf("Member must have length less than or equal to %d", most))
	}
}

// name checks the name of a table or an index. An absent one passes.
func (c *constraints) name(at string, name *string, least int) {
	if name == nil {
		return
	}
	shown := func() string { return *name }
	if *name != "" && !validName(*name) || *name == "" && least > 1 {
		c.violation(*name, at, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
	c.length(at, len(*name), least, 255, shown)
}

// tableName checks the name of a table that is to be used, not created.
func (c *constraints) tableName(name *string) {
	c.notNull("tableName", name != nil)
	c.name("tableName", name, 1)
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
