package expression

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// Path is the place of a value in an item: a top-level attribute, and the steps into its maps and
// lists. The names are those of the item: placeholders are already replaced.
type Path []Step

// Step is one element of a path: the name of an attribute or map entry, or, where Name is empty, the
// index of a list's element.
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

// find returns the entry or element of a value to which the step leads.
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

// checkOverlap rejects a path that leads through another one, and two paths that take the same place
// for a map and for a list. Like the service it starts with the last path.
func checkOverlap(parameter string, paths []Path) error {
	for i := len(paths) - 2; i >= 0; i-- {
		for _, later := range paths[i+1:] {
			if problem := paths[i].clash(later); problem != "" {
				return invalidExpression(parameter, invalid("Two document paths %s with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", problem, paths[i], later))
			}
		}
	}
	return nil
}

// clash returns why two paths cannot be combined, or "".
func (p Path) clash(q Path) string {
	for i := range min(len(p), len(q)) {
		if (p[i].Name == "") != (q[i].Name == "") {
			return "conflict"
		}
		if p[i] != q[i] {
			return ""
		}
	}
	return "overlap"
}

// Projection is a parsed projection expression. It can be used by several goroutines at once.
type Projection struct {
	paths []Path
	root  branch
}

// ParseProjection parses a ProjectionExpression. The error is an *attribute.ValidationError.
func ParseProjection(expression string, a *Attributes) (*Projection, error) {
	const parameter = "ProjectionExpression"
	_, paths, err := a.compile(parameter, expression, inProjection)
	if err == nil {
		err = checkOverlap(parameter, paths)
	}
	if err != nil {
		return nil, err
	}
	return newProjection(paths), nil
}

// NewProjection returns the projection on the top-level attributes that the legacy parameter
// AttributesToGet names.
func NewProjection(names []string) *Projection {
	paths := make([]Path, len(names))
	for i, name := range names {
		paths[i] = Path{{Name: name}}
	}
	return newProjection(paths)
}

func newProjection(paths []Path) *Projection {
	p := &Projection{paths: paths}
	for _, path := range paths {
		p.root.add(path, 0)
	}
	return p
}

// Apply returns the part of the item that the projection names. Elements of lists move together,
// and maps and lists of which nothing is found are left out. A nil Projection returns the item itself.
func (p *Projection) Apply(it attribute.Item) attribute.Item {
	if p == nil {
		return it
	}
	return p.root.pick(it)
}

// Paths returns the paths in the projection, in the order in which they are written.
func (p *Projection) Paths() []Path {
	if p == nil {
		return nil
	}
	return p.paths
}

// branch is a place in an item and the parts of it that a projection or an update names: all of it,
// or some of the entries of a map or elements of a list.
type branch struct {
	step   Step // that leads to the place
	whole  bool
	clause int       // of an update that is about this place as a whole
	below  []*branch // ascending
}

// add adds the place that the path leads to.
func (b *branch) add(path Path, clause int) {
	for _, step := range path {
		at, found := slices.BinarySearchFunc(b.below, step, func(b *branch, step Step) int { return b.step.compare(step) })
		if !found {
			b.below = slices.Insert(b.below, at, &branch{step: step})
		}
		b = b.below[at]
	}
	b.whole, b.clause = true, clause
}

// pick returns the selected attributes of an item or map.
func (b *branch) pick(it attribute.Item) attribute.Item {
	picked := make(attribute.Item, len(b.below))
	for _, below := range b.below {
		if value := below.cut(it[below.step.Name]); value.Exists() {
			picked[below.step.Name] = value
		}
	}
	return picked
}

// cut returns the selected part of a value, absent if there is none.
func (b *branch) cut(value attribute.Value) attribute.Value {
	if b.whole {
		return value
	}
	switch value.Kind() {
	case attribute.KindM:
		if picked := b.pick(value.Fields()); len(picked) > 0 {
			return attribute.M(picked)
		}
	case attribute.KindL:
		var picked []attribute.Value
		for _, below := range b.below {
			if element := below.cut(below.step.find(value)); element.Exists() {
				picked = append(picked, element)
			}
		}
		if len(picked) > 0 {
			return attribute.L(picked...)
		}
	}
	return attribute.Value{}
}
