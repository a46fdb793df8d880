package expression

import "github.com/open-alchemy/packagedb/internal/engine/attribute"

// Condition is a parsed condition, filter or key condition expression. It can be used by several
// goroutines at once.
type Condition struct {
	root  *node
	paths []Path
}

// ParseCondition parses the text of a ConditionExpression, FilterExpression or
// KeyConditionExpression: parameter is that name, with which the messages begin. The error is an
// *attribute.ValidationError.
func ParseCondition(parameter, text string, a *Attributes) (*Condition, error) {
	trees, paths, err := a.compile(parameter, text, (*parser).condition, inCondition)
	if err != nil {
		return nil, err
	}
	return &Condition{root: trees[0], paths: paths}, nil
}

// Match reports whether the item satisfies the condition. A nil Condition is satisfied by every
// item; a nil Item is one that does not exist.
func (c *Condition) Match(it attribute.Item) bool {
	return c == nil || c.root.match(it)
}

// Paths returns the paths in the condition, in the order of its text.
func (c *Condition) Paths() []Path {
	if c == nil {
		return nil
	}
	return c.paths
}
