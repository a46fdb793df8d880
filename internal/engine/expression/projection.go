package expression

import (
	"iter"
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// Projection is a parsed projection expression. It can be used by several
// goroutines at once.
type Projection struct {
	paths []Path
	root  branch
}

// branch is a place in an item and the parts of it that a projection or an update names: all of it,
// or some of the entries of a map or elements of a list.
type branch struct {
	whole    bool
	clause   int // of an update that is about this place as a whole
	fields   map[string]*branch
	elements map[int]*branch
	indexes  []int // of the elements, ascending
}

// ParseProjection parses the text of a ProjectionExpression. The error is an
// *attribute.ValidationError.
func ParseProjection(text string, a *Attributes) (*Projection, error) {
	paths, err := resolvePaths(text, a)
	if err == nil {
		err = checkOverlap(paths)
	}
	if err != nil {
		return nil, invalidExpression("ProjectionExpression", err)
	}
	return newProjection(paths), nil
}

// NewProjection returns the projection on top-level attributes that the legacy
// parameter AttributesToGet names.
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

func resolvePaths(text string, a *Attributes) ([]Path, error) {
	trees, err := parsePaths(text)
	if err != nil {
		return nil, err
	}
	for _, tree := range trees {
		if err := checkPath(tree.steps); err != nil {
			return nil, err
		}
	}
	paths := make([]Path, len(trees))
	for i, tree := range trees {
		if paths[i], err = a.resolve(tree.steps); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// checkOverlap rejects two paths of which one leads through the other, or that take the same place
// for a map and for a list. Like the service it begins with the last path.
func checkOverlap(paths []Path) error {
	for i := len(paths) - 2; i >= 0; i-- {
		for _, later := range paths[i+1:] {
			if problem := paths[i].clash(later); problem != "" {
				return invalid("Two document paths %s with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", problem, paths[i], later)
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

func (b *branch) add(path Path, clause int) {
	for _, step := range path {
		b = b.next(step)
	}
	b.whole, b.clause = true, clause
}

// next returns the branch under a step, a new one if there is none yet.
func (b *branch) next(step Step) *branch {
	if step.Name != "" {
		if b.fields == nil {
			b.fields = make(map[string]*branch)
		}
		if b.fields[step.Name] == nil {
			b.fields[step.Name] = &branch{}
		}
		return b.fields[step.Name]
	}
	if b.elements == nil {
		b.elements = make(map[int]*branch)
	}
	if b.elements[step.Index] == nil {
		b.elements[step.Index] = &branch{}
		at, _ := slices.BinarySearch(b.indexes, step.Index)
		b.indexes = slices.Insert(b.indexes, at, step.Index)
	}
	return b.elements[step.Index]
}

// Apply returns the part of the item that the projection names. Elements of lists move together,
// and maps and lists of which nothing is found are left out. A nil Projection returns the item itself.
func (p *Projection) Apply(it attribute.Item) attribute.Item {
	if p == nil {
		return it
	}
	return p.root.pick(it)
}

func (b *branch) pick(it attribute.Item) attribute.Item {
	picked := make(attribute.Item, len(b.fields))
	for name, below := range b.fields {
		if value := below.cut(it[name]); value.Exists() {
			picked[name] = value
		}
	}
	return picked
}

// cut returns the selected part of a value, absent if there is none.
func (b *branch) cut(value attribute.Value) attribute.Value {
	switch {
	case b.whole:
		return value
	case b.fields != nil && value.Kind() == attribute.KindM:
		if picked := b.pick(value.Fields()); len(picked) > 0 {
			return attribute.M(picked)
		}
	case b.elements != nil && value.Kind() == attribute.KindL:
		if picked := b.gather(value.Elements()); len(picked) > 0 {
			return attribute.L(picked...)
		}
	}
	return attribute.Value{}
}

func (b *branch) gather(elements []attribute.Value) []attribute.Value {
	var picked []attribute.Value
	for _, index := range b.indexes {
		if index >= len(elements) {
			break
		}
		if value := b.elements[index].cut(elements[index]); value.Exists() {
			picked = append(picked, value)
		}
	}
	return picked
}

// Paths returns the paths in the projection, in the order of its text.
func (p *Projection) Paths() iter.Seq[Path] {
	if p == nil {
		return slices.Values[[]Path](nil)
	}
	return slices.Values(p.paths)
}
