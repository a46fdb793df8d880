package expression

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

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

// maxPath is the greatest number of steps in a path.
const maxPath = 32

// Attribute returns the name of the top-level attribute.
func (p Path) Attribute() string { return p[0].Name }

// Nested reports whether the path leads into a map or list.
func (p Path) Nested() bool { return len(p) > 1 }

// Find returns the value at the path, the zero Value if the item has none there.
func (p Path) Find(it attribute.Item) attribute.Value {
	value := it[p[0].Name]
	for _, step := range p[1:] {
		value = step.find(value)
	}
	return value
}

// compare orders the names, or the indexes.
func (s Step) compare(other Step) int {
	return cmp.Or(strings.Compare(s.Name, other.Name), cmp.Compare(s.Index, other.Index))
}

func (s Step) find(value attribute.Value) attribute.Value {
	if s.Name != "" {
		return value.Fields()[s.Name]
	}
	if elements := value.Elements(); s.Index < len(elements) {
		return elements[s.Index]
	}
	return attribute.Value{}
}

// String returns the path as DynamoDB's messages show it: "[a, b, [0]]".
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, step := range p {
		if parts[i] = step.String(); step.Name == "" {
			parts[i] = "[" + parts[i] + "]"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// String returns the name or the index.
func (s Step) String() string {
	if s.Name == "" {
		return strconv.Itoa(s.Index)
	}
	return s.Name
}

// path returns the path with the placeholders replaced. The steps have been checked.
func (a *Attributes) path(steps []string) (path Path, err error) {
	if len(steps) > maxPath {
		return nil, invalid("The document path has too many nesting levels; nesting levels: %d", len(steps))
	}
	path = make(Path, len(steps))
	for i, step := range steps {
		switch {
		case isDigit(step[0]):
			path[i].Index, err = strconv.Atoi(step)
		case isLetter(step[0]):
			path[i].Name = step
		default:
			path[i].Name, err = a.name(step)
		}
		if err != nil {
			return nil, err
		}
	}
	return path, nil
}
