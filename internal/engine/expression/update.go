package expression

import (
	"errors"
	"maps"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// Update is a parsed update expression, or made by AddAction. It can be used by several goroutines at
// once.
type Update struct {
	legacy         bool // made of AttributeUpdates
	sets, deletes  bool // has a SET or ADD, and a DELETE
	clauses        []clause
	targets, paths []Path
	root           branch // the targets, whose leaves are numbers of clauses
}

// clause changes what is at one path.
type clause struct {
	op      operator // opSet, opRemove, opAdd or opDelete
	target  Path
	operand *node // nil for opRemove
}

// ParseUpdate parses an UpdateExpression. The error is an *attribute.ValidationError.
func ParseUpdate(expression string, a *Attributes) (*Update, error) {
	const parameter = "UpdateExpression"
	trees, paths, err := a.compile(parameter, expression, inUpdate)
	if err != nil {
		return nil, err
	}
	u := &Update{paths: paths}
	for _, tree := range trees {
		c := clause{op: tree.op, target: tree.args[0].path}
		if len(tree.args) > 1 {
			c.operand = tree.args[1]
		}
		u.add(c)
	}
	if err := checkOverlap(parameter, u.targets); err != nil {
		return nil, err
	}
	return u, nil
}

// AddAction adds an action of the legacy parameter AttributeUpdates: "PUT", "ADD" or "DELETE". The
// value of a DELETE may be absent.
func (u *Update) AddAction(name, action string, value attribute.Value) {
	c := clause{op: opSet, target: Path{{Name: name}}, operand: &node{op: opValue, value: value}}
	switch {
	case action == "ADD":
		c.op = opAdd
	case action == "DELETE" && value.Exists():
		c.op = opDelete
	case action == "DELETE":
		c.op, c.operand = opRemove, nil
	}
	u.add(c)
	u.legacy, u.paths = true, u.targets
}

// add adds a clause.
func (u *Update) add(c clause) {
	u.sets = u.sets || c.op == opSet || c.op == opAdd
	u.deletes = u.deletes || c.op == opDelete
	u.root.add(c.target, len(u.clauses))
	u.clauses = append(u.clauses, c)
	u.targets = append(u.targets, c.target)
}

// Targets returns the paths that the update changes.
func (u *Update) Targets() []Path { return u.targets }

// Paths returns the targets and all paths that the update reads.
func (u *Update) Paths() []Path { return u.paths }

// Values returns the values that the update sets to top-level attributes whatever the item is. Of a
// sum, it is a value of the same type.
func (u *Update) Values() attribute.Item {
	values := attribute.Item{}
	for _, c := range u.clauses {
		switch name := c.target.Attribute(); {
		case c.target.Nested():
		case c.op == opAdd, c.op == opSet && c.operand.op == opValue:
			values[name] = c.operand.value
		case c.op == opSet && (c.operand.op == opPlus || c.operand.op == opMinus):
			values[name] = attribute.Integer(0)
		}
	}
	return values
}

// Removes reports whether the update does nothing but remove, so that it creates no item.
func (u *Update) Removes() bool { return u != nil && len(u.clauses) > 0 && !u.sets }

// IgnoresMissing reports whether the update has nothing but a REMOVE section, which does nothing to an
// item that does not exist, whatever its paths lead through.
func (u *Update) IgnoresMissing() bool { return u.Removes() && !u.deletes }

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

// Apply returns the updated item; the item itself is left as it is. Every operand is read from the
// item as it was. The error is an *attribute.ValidationError.
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
	switch kind := before.Kind(); {
	case kind == attribute.KindAbsent && c.op == opDelete:
		return before, nil
	case kind == attribute.KindAbsent:
		return operand, nil
	case kind != operand.Kind():
		return before, errOperandType
	case kind == attribute.KindN:
		return attribute.Add(before, operand)
	case kind == attribute.KindL: // AttributeUpdates only
		return attribute.Concat(before, operand), nil
	case c.op == opDelete:
		return attribute.Difference(before, operand), nil
	}
	return attribute.Union(before, operand), nil
}

// evaluate returns the value of the operand of an update.
func (n *node) evaluate(item attribute.Item) (attribute.Value, error) {
	switch n.op {
	case opValue:
		return n.value, nil
	case opPath:
		if value := n.path.Find(item); value.Exists() {
			return value, nil
		}
		return attribute.Value{}, errNoAttribute
	}
	first, err := n.args[0].evaluate(item)
	if n.op == opIfNotExists && errors.Is(err, errNoAttribute) {
		return n.args[1].evaluate(item)
	}
	if err != nil || n.op == opIfNotExists {
		return first, err
	}
	second, err := n.args[1].evaluate(item)
	if err != nil {
		return second, err
	}
	kind := attribute.KindN
	if n.op == opListAppend {
		kind = attribute.KindL
	}
	switch {
	case first.Kind() != kind || second.Kind() != kind:
		return attribute.Value{}, errOperandType
	case n.op == opPlus:
		return attribute.Add(first, second)
	case n.op == opMinus:
		return attribute.Add(first, attribute.Negate(second))
	}
	return attribute.Concat(first, second), nil
}

// replaceFields returns a copy of the fields with the results of the clauses below b.
func (b *branch) replaceFields(fields attribute.Item, results []attribute.Value) (attribute.Item, error) {
	next := make(attribute.Item, len(fields)+len(b.below))
	maps.Copy(next, fields)
	for _, below := range b.below {
		name := below.step.Name
		value, err := below.replace(fields[name], results)
		if err != nil {
			return nil, err
		}
		if value.Exists() {
			next[strings.Clone(name)] = value // the item does not retain the expression
		} else {
			delete(next, name)
		}
	}
	if len(next) < len(fields)/2 {
		next = maps.Collect(maps.All(next)) // nor the space of what is removed
	}
	return next, nil
}

// replace returns what takes the place of a value.
func (b *branch) replace(value attribute.Value, results []attribute.Value) (attribute.Value, error) {
	if b.whole {
		return results[b.clause], nil
	}
	named := b.below[0].step.Name != ""
	switch {
	case named && value.Kind() == attribute.KindM:
		fields, err := b.replaceFields(value.Fields(), results)
		return attribute.M(fields), err
	case !named && value.Kind() == attribute.KindL:
		elements, err := b.replaceElements(value.Elements(), results)
		return attribute.L(elements...), err
	}
	return attribute.Value{}, errTarget
}

// replaceElements returns a copy of a list. Indexes are those of the list as it was: removed elements
// leave no gap, and elements set after the end are appended.
func (b *branch) replaceElements(elements []attribute.Value, results []attribute.Value) ([]attribute.Value, error) {
	next := make([]attribute.Value, 0, len(elements)+len(b.below))
	done := 0
	for _, below := range b.below {
		at := min(below.step.Index, len(elements))
		next = append(next, elements[done:at]...)
		var before attribute.Value
		if done = at; at < len(elements) {
			before = elements[at]
			done++
		}
		element, err := below.replace(before, results)
		if err != nil {
			return nil, err
		}
		if element.Exists() {
			next = append(next, element)
		}
	}
	return append(next, elements[done:]...), nil
}

// What the parts of an update cost besides names and values. DynamoDB does not document it; the
// numbers follow from the largest updates that it accepts.
const (
	updateCost      = 3
	clauseCost      = 16
	valueCost       = 3
	pathCost        = 4
	stepCost        = 14
	functionCost    = 34
	ifNotExistsCost = 36
)

// Cost returns the size of the update itself in bytes. Like the item, it may not be larger than
// 400 KB.
func (u *Update) Cost() int {
	cost := updateCost
	for _, c := range u.clauses {
		cost += clauseCost
		if c.op != opRemove {
			cost += namesSize(c.target) + c.operand.cost()
		}
	}
	return cost
}

func (n *node) cost() int {
	switch n.op {
	case opValue:
		return valueCost + n.value.Size()
	case opPath:
		return pathCost + stepCost*len(n.path) + namesSize(n.path)
	}
	cost := functionCost
	if n.op == opIfNotExists {
		cost = ifNotExistsCost
	}
	for _, arg := range n.args {
		cost += arg.cost()
	}
	return cost
}

// namesSize returns the size of the names and indexes of a path.
func namesSize(p Path) int {
	size := 0
	for _, step := range p {
		size += len(step.String())
	}
	return size
}
