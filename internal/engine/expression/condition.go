package expression

import (
	"iter"
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// Condition is a parsed condition or filter expression. It can be used by
// several goroutines at once.
type Condition struct {
	root  *node
	paths []Path
}

// ParseCondition parses the text of a ConditionExpression or FilterExpression:
// parameter is that name, with which the messages begin. The error is an
// *attribute.ValidationError.
func ParseCondition(parameter, text string, a *Attributes) (*Condition, error) {
	root, paths, err := compile(text, a)
	if err != nil {
		return nil, invalidExpression(parameter, err)
	}
	return &Condition{root: root, paths: paths}, nil
}

// Match reports whether the item satisfies the condition. A nil Condition is satisfied by every
// item; a nil Item is one that does not exist.
func (c *Condition) Match(it attribute.Item) bool {
	return c == nil || c.root.match(it)
}

// Paths returns the paths in the condition, in the order of its text.
func (c *Condition) Paths() iter.Seq[Path] {
	if c == nil {
		return slices.Values[[]Path](nil)
	}
	return slices.Values(c.paths)
}
