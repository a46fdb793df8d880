package expression

import "github.com/open-alchemy/packagedb/internal/engine/attribute"

// Path is the place of a value in an item: a top-level attribute, and the
// steps into its maps and lists. The names are those of the item: placeholders
// are already replaced.
type Path []Step

// Step is one element of a path: the name of an attribute or map entry, or,
// where Name is empty, the index of a list's element.
type Step struct {
	Name  string
	Index int
}

// Attribute is the name of the top-level attribute.
func (p Path) Attribute() string { return p[0].Name }

// Nested tells whether the path leads into a map or list.
func (p Path) Nested() bool { return len(p) > 1 }

// Find is the value at the path, the zero Value if the item has none there.
func (p Path) Find(it attribute.Item) attribute.Value { return attribute.Value{} }
