package expression

import (
	"iter"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// Condition is a parsed condition or filter expression.
type Condition struct {
	root  node
	paths []Path
}

type node interface {
	match(it attribute.Item) bool
}

// ParseCondition parses the text of a ConditionExpression or FilterExpression:
// parameter is that name, with which the messages begin.
func ParseCondition(parameter, text string, a *Attributes) (*Condition, error) {
	return &Condition{}, nil
}

// Match tells whether the item fulfils the condition. A nil Condition is
// fulfilled by every item, and an item that does not exist is a nil Item.
func (c *Condition) Match(it attribute.Item) bool {
	return c == nil || c.root.match(it)
}

// Paths are the places that the condition looks at, in the order of its text.
func (c *Condition) Paths() iter.Seq[Path] {
	return func(yield func(Path) bool) {
		if c == nil {
			return
		}
		for _, path := range c.paths {
			if !yield(path) {
				return
			}
		}
	}
}
