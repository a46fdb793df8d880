package expression

import (
	"errors"
	"iter"
	"maps"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// Update is a parsed update expression. It can be used by several goroutines at once.
type Update struct {
	legacy  bool // made of AttributeUpdates
	clauses []clause
	root    branch // the targets, whose leaves are numbers of clauses
}

// clause changes what is at one path.
type clause struct {
	op      operator // opSet, opRemove, opAdd or opDelete
	target  Path
	operand *term // nil for opRemove
}

// ParseUpdate parses the text of an UpdateExpression. The error is an *attribute.ValidationError.
func ParseUpdate(text string, a *Attributes) (*Update, error) {
	u, err := compileUpdate(text, a)
	if err != nil {
		return nil, invalidExpression("UpdateExpression", err)
	}
	return u, nil
}

func compileUpdate(text string, a *Attributes) (*Update, error) {
	trees, err := parseUpdate(text)
	if err != nil {
		return nil, err
	}
	for _, tree := range trees {
		if err := checkUpdate(tree); err != nil {
			return nil, err
		}
	}
	c := compiler{attributes: a}
	clauses := make([]clause, len(trees))
	for i, tree := range trees {
		if clauses[i], err = c.clause(tree); err != nil {
			return nil, err
		}
	}
	return newUpdate(clauses)
}

func newUpdate(clauses []clause) (*Update, error) {
	u := &Update{clauses: clauses}
	targets := make([]Path, len(clauses))
	for i, c := range clauses {
		targets[i] = c.target
		u.root.add(c.target, i)
	}
	return u, checkOverlap(targets)
}

// Targets returns the paths that the update changes.
func (u *Update) Targets() iter.Seq[Path] {
	return func(yield func(Path) bool) {
		if u == nil {
			return
		}
		for _, c := range u.clauses {
			if !yield(c.target) {
				return
			}
		}
	}
}

// Paths returns the targets and all paths that the update reads.
func (u *Update) Paths() iter.Seq[Path] {
	return func(yield func(Path) bool) {
		if u == nil {
			return
		}
		for _, c := range u.clauses {
			if !yield(c.target) || !c.operand.paths(yield) {
				return
			}
		}
	}
}

// Values returns the values that the update sets to top-level attributes
// whatever the item is.
func (u *Update) Values() attribute.Item {
	values := attribute.Item{}
	if u == nil {
		return values
	}
	for _, c := range u.clauses {
		if c.op == opSet && c.operand.op == opValue && !c.target.Nested() {
			values[c.target.Attribute()] = c.operand.value
		}
	}
	return values
}

// Removes reports whether the update does nothing but remove, so that it creates no item.
func (u *Update) Removes() bool {
	if u == nil || len(u.clauses) == 0 {
		return false
	}
	for _, c := range u.clauses {
		if c.op == opSet || c.op == opAdd {
			return false
		}
	}
	return true
}

// Projection returns the projection on the targets.
func (u *Update) Projection() *Projection {
	if u == nil {
		return &Projection{}
	}
	return &Projection{root: u.root}
}

// Errors of an update that depend on the item.
var (
	errOperandType = invalid("An operand in the update expression has an incorrect data type")
	errNoAttribute = invalid("The provided expression refers to an attribute that does not exist in the item")
	errLegacyType  = invalid("Type mismatch for attribute to update")
	errTarget      = invalid("The document path provided in the update expression is invalid for update")
)

// Apply returns the updated item; the item itself is left as it is. Every
// operand is read from the item as it was. The error is an
// *attribute.ValidationError.
func (u *Update) Apply(item attribute.Item) (attribute.Item, error) {
	if u == nil {
		return item, nil
	}
	results := make([]attribute.Value, len(u.clauses))
	for i := range u.clauses {
		var err error
		results[i], err = u.clauses[i].evaluate(item)
		if u.legacy && errors.Is(err, errOperandType) {
			err = errLegacyType
		}
		if err != nil {
			return nil, err
		}
	}
	return u.root.replaceFields(item, results)
}

// evaluate returns the new value of the target, absent if it is removed.
func (c *clause) evaluate(item attribute.Item) (attribute.Value, error) {
	if c.op == opRemove {
		return attribute.Value{}, nil
	}
	operand, err := c.operand.evaluate(item)
	if err != nil || c.op == opSet {
		return operand, err
	}
	before := c.target.Find(item)
	if c.op == opDelete {
		if !before.Exists() {
			return before, nil
		}
		return subtract(before, operand)
	}
	if !before.Exists() {
		return operand, nil
	}
	switch {
	case before.Kind() == attribute.KindN && operand.Kind() == attribute.KindN:
		return sum(before, operand)
	case before.Kind() == attribute.KindL && operand.Kind() == attribute.KindL: // AttributeUpdates only
		return attribute.Concat(before, operand), nil
	}
	return join(before, operand)
}

// join returns the union of two sets.
func join(set, more attribute.Value) (attribute.Value, error) {
	union, ok := attribute.Union(set, more)
	if !ok {
		return union, errOperandType
	}
	return union, nil
}

// subtract returns a set without the members of another, absent if none is left.
func subtract(set, less attribute.Value) (attribute.Value, error) {
	rest, ok := attribute.Difference(set, less)
	if !ok {
		return rest, errOperandType
	}
	return rest, nil
}

func sum(a, b attribute.Value) (attribute.Value, error) {
	total, err := a.Num().Add(b.Num())
	return attribute.N(total), err
}

func difference(a, b attribute.Value) (attribute.Value, error) {
	return sum(a, attribute.N(b.Num().Negate()))
}

// term is an operand of a SET: a path, a value, or a sum or function of other terms.
type term struct {
	op    operator // opPath, opValue, opPlus, opMinus, opIfNotExists or opListAppend
	path  Path
	value attribute.Value
	args  []*term
}

func (t *term) evaluate(item attribute.Item) (attribute.Value, error) {
	switch t.op {
	case opValue:
		return t.value, nil
	case opPath:
		if value := t.path.Find(item); value.Exists() {
			return value, nil
		}
		return attribute.Value{}, errNoAttribute
	}
	first, err := t.args[0].evaluate(item)
	if t.op == opIfNotExists && errors.Is(err, errNoAttribute) {
		return t.args[1].evaluate(item)
	}
	if err != nil || t.op == opIfNotExists {
		return first, err
	}
	second, err := t.args[1].evaluate(item)
	if err != nil {
		return second, err
	}
	kind := attribute.KindN
	if t.op == opListAppend {
		kind = attribute.KindL
	}
	switch {
	case first.Kind() != kind || second.Kind() != kind:
		return attribute.Value{}, errOperandType
	case t.op == opPlus:
		return sum(first, second)
	case t.op == opMinus:
		return difference(first, second)
	}
	return attribute.Concat(first, second), nil
}

// paths passes the paths of the term to yield until that returns false.
func (t *term) paths(yield func(Path) bool) bool {
	if t == nil {
		return true
	}
	if t.op == opPath {
		return yield(t.path)
	}
	for _, arg := range t.args {
		if !arg.paths(yield) {
			return false
		}
	}
	return true
}

// replaceFields returns a copy of the fields with the results of the clauses below b.
func (b *branch) replaceFields(fields attribute.Item, results []attribute.Value) (attribute.Item, error) {
	next := make(attribute.Item, len(fields)+len(b.fields))
	maps.Copy(next, fields)
	for name, below := range b.fields {
		value, err := below.replace(fields[name], results)
		if err != nil {
			return nil, err
		}
		if value.Exists() {
			next[name] = value
		} else {
			delete(next, name)
		}
	}
	return next, nil
}

// replace returns what takes the place of a value.
func (b *branch) replace(value attribute.Value, results []attribute.Value) (attribute.Value, error) {
	switch {
	case b.whole:
		return results[b.clause], nil
	case b.fields != nil && value.Kind() == attribute.KindM:
		fields, err := b.replaceFields(value.Fields(), results)
		return attribute.M(fields), err
	case b.elements != nil && value.Kind() == attribute.KindL:
		elements, err := b.replaceElements(value.Elements(), results)
		return attribute.L(elements...), err
	}
	return attribute.Value{}, errTarget
}

// replaceElements returns a copy of a list. Indexes are those of the list as it
// was: removed elements leave no gap, and elements set after the end are appended.
func (b *branch) replaceElements(elements []attribute.Value, results []attribute.Value) ([]attribute.Value, error) {
	next := make([]attribute.Value, 0, len(elements)+len(b.indexes))
	for i, element := range elements {
		if below := b.elements[i]; below != nil {
			var err error
			if element, err = below.replace(element, results); err != nil {
				return nil, err
			}
		}
		if element.Exists() {
			next = append(next, element)
		}
	}
	for _, index := range b.indexes {
		if index < len(elements) {
			continue
		}
		element, err := b.elements[index].replace(attribute.Value{}, results)
		if err != nil {
			return nil, err
		}
		if element.Exists() {
			next = append(next, element)
		}
	}
	return next, nil
}
