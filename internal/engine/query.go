package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// query is the operation Query.
type query struct {
	reading
	terms []expression.KeyTerm // of the key condition
}

func newQuery() *query {
	return &query{reading: reading{expressionInput: expressionInput{rules: &queryRules}}}
}

func (r *query) check() error {
	if err := r.checkOperator(); err != nil {
		return err
	}
	var c constraints
	r.constrain(&c)
	if err := c.err(); err != nil {
		return err
	}
	if err := r.expressionInput.check(); err != nil {
		return err
	}
	if err := r.checkStartValues(); err != nil {
		return err
	}
	if r.text("KeyConditionExpression") == nil && r.legacy.keyConditions == nil {
		return validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	if err := r.parse(); err != nil {
		return err
	}
	if err := r.parseTerms(); err != nil {
		return err
	}
	return r.checkSelection()
}

// parseTerms sets the terms of the key condition. Only the key of an index can have more than two.
func (r *query) parseTerms() (err error) {
	if r.keyCondition != nil {
		r.terms, err = r.keyCondition.Terms()
	} else {
		r.terms, err = expression.NewKeyTerms(comparisons(r.legacy.keyConditions))
	}
	if err == nil && (len(r.terms) == 0 || len(r.terms) > 2 && r.indexName == nil) {
		return errConditions
	}
	return err
}

var (
	errConditions   = validation("Conditions can be of length 1 or 2 only")
	errKeyCondition = validation("Query key condition not supported")
)

// lookUp checks what depends on the key schema, in the service's order.
func (r *query) lookUp(e *Engine) error {
	if err := r.lookUpView(e); err != nil {
		return err
	}
	if err := r.table.checkPaths(r.keyCondition.Paths()); err != nil {
		return err
	}
	if err := r.checkScalars(); err != nil {
		return err
	}
	if r.startKey.present {
		if err := r.checkStartKey(); err != nil {
			return err
		}
	}
	schema := &r.view.schema
	slices.SortFunc(r.terms, func(a, b expression.KeyTerm) int {
		return cmp.Compare(schema.place(a.Attribute), schema.place(b.Attribute))
	})
	for _, check := range []func() error{r.checkLength, r.checkPartition, r.checkSort, r.checkTermValues} {
		if err := check(); err != nil {
			return err
		}
	}
	r.span = r.spanOf()
	if r.startKey.present {
		if err := r.checkBoundaries(); err != nil {
			return err
		}
		r.resume()
	}
	r.single = r.view.kind == tableView && !r.view.schema.hasSort()
	if err := r.checkFilter(); err != nil {
		return err
	}
	return r.checkProjections()
}

// checkFilter rejects a filter on the key of the table or index, which belongs into the key
// condition, and on attributes that an index does not hold. A scan accepts both.
func (r *query) checkFilter() error {
	names := names(r.filter.Paths())
	for _, a := range r.view.schema.attributes {
		if slices.Contains(names, a.name) {
			what := "Filter Expression"
			if r.text("FilterExpression") == nil {
				what = "QueryFilter"
			}
			return validation("%s can only contain non-primary key attributes: Primary key attribute: %s", what, a.name)
		}
	}
	if missing := r.view.missing(names); missing != "" {
		return invalidParameter("Secondary index %s does not project one or more filter attributes: [%s]", r.view.name, missing)
	}
	return nil
}

// checkLength rejects conditions on more attributes than the key has.
func (r *query) checkLength() error {
	switch schema := &r.view.schema; {
	case len(r.terms) > 2 && !schema.composite():
		return errConditions
	case len(r.terms) > len(schema.attributes):
		return errKeyCondition
	}
	return nil
}

// checkPartition requires an equality for each attribute of the partition key.
func (r *query) checkPartition() error {
	schema := &r.view.schema
	if unequal := r.unequal(schema.partition); schema.composite() && unequal != "" {
		return validation("HASH key attributes %s must have equality conditions specified in the query", unequal)
	}
	for i := range schema.partition {
		a := &schema.partition[i]
		term := r.term(a.name)
		if term == nil {
			return missedElement(a)
		}
		if err := checkTerm(term, a); err != nil {
			return err
		}
		if term.Op != expression.KeyEqual {
			return errKeyCondition
		}
	}
	return nil
}

// checkSort requires that all other conditions are on the first attributes of the sort key, and
// that only the last of them is not an equality.
func (r *query) checkSort() error {
	schema := &r.view.schema
	terms := r.terms[len(schema.partition):]
	for i := range terms {
		place := schema.place(terms[i].Attribute)
		if place == len(schema.attributes) {
			return missedElement(&schema.sort[i])
		}
		a := &schema.attributes[place]
		if unequal := r.unequal(schema.attributes[:place]); unequal != "" {
			return validation("RANGE key attributes %s must have equality conditions specified in the query because a condition is present on key attribute %s", unequal, a.name)
		}
		if err := checkTerm(&terms[i], a); err != nil {
			return err
		}
	}
	return nil
}

// term returns the condition on an attribute, nil if there is none.
func (r *query) term(name string) *expression.KeyTerm {
	for i := range r.terms {
		if r.terms[i].Attribute == name {
			return &r.terms[i]
		}
	}
	return nil
}

// unequal returns the names of the attributes that have no equality condition.
func (r *query) unequal(attributes []keyAttribute) string {
	var names []string
	for i := range attributes {
		if term := r.term(attributes[i].name); term == nil || term.Op != expression.KeyEqual {
			names = append(names, attributes[i].name)
		}
	}
	return strings.Join(names, ", ")
}

func missedElement(a *keyAttribute) error {
	return validation("Query condition missed key schema element: %s", a.name)
}

func checkTerm(term *expression.KeyTerm, a *keyAttribute) error {
	for _, value := range term.Values {
		if value.Kind() != a.kind {
			return invalidParameter("Condition parameter type does not match schema type")
		}
	}
	return nil
}

// checkTermValues applies the rules for key values to those of the condition.
func (r *query) checkTermValues() error {
	check := r.view.schema.check
	if r.view.kind != tableView {
		check = r.view.checkIndexKey
	}
	item := make(attribute.Item, len(r.terms))
	for i := range r.terms {
		item[r.terms[i].Attribute] = r.terms[i].Values[0]
	}
	last := &r.terms[len(r.terms)-1]
	for _, value := range last.Values {
		item[last.Attribute] = value
		if err := check(item); err != nil {
			return err
		}
	}
	return nil
}

// spanOf returns the part of the view that the key condition describes.
func (r *query) spanOf() span {
	hashed := len(r.view.schema.partition)
	fixed := max(hashed, len(r.terms)-1) // the last condition on the sort key may leave a choice
	var partition, sort tuple
	for i := range r.terms[:fixed] {
		if value := r.terms[i].Values[0]; i < hashed {
			partition = partition.with(value)
		} else {
			sort = sort.with(value)
		}
	}
	base := newKey(partition, sort)
	at := func(where edge, further ...attribute.Value) *record {
		k := base
		for _, value := range further {
			k.sort = k.sort.with(value)
		}
		k.edge = where
		return r.at(k)
	}
	s := span{lower: at(beforeKey), upper: at(afterKey), backward: r.forward != nil && !*r.forward}
	if fixed == len(r.terms) {
		return s
	}
	term := &r.terms[fixed]
	first, last := term.Values[0], term.Values[len(term.Values)-1]
	switch term.Op {
	case expression.KeyEqual, expression.KeyBetween:
		s.lower, s.upper = at(beforeKey, first), at(afterKey, last)
	case expression.KeyLess:
		s.upper = at(beforeKey, first)
	case expression.KeyLessOrEqual:
		s.upper = at(afterKey, first)
	case expression.KeyGreater:
		s.lower = at(afterKey, first)
	case expression.KeyGreaterOrEqual:
		s.lower = at(beforeKey, first)
	case expression.KeyBeginsWith:
		s.lower = at(beforeKey, first)
		if next, ok := afterPrefix(first); ok {
			s.upper = at(beforeKey, next)
		}
	}
	return s
}

// afterPrefix returns the smallest value that is greater than all that begin with the prefix. There
// is none if the prefix consists of the greatest byte only.
func afterPrefix(prefix attribute.Value) (attribute.Value, bool) {
	next := []byte(prefix.Raw())
	for len(next) > 0 && next[len(next)-1] == 0xff {
		next = next[:len(next)-1]
	}
	if len(next) == 0 {
		return attribute.Value{}, false
	}
	next[len(next)-1]++
	if prefix.Kind() == attribute.KindB {
		return attribute.B(next), true
	}
	return attribute.S(string(next)), true
}

// checkBoundaries rejects an ExclusiveStartKey outside of the key condition.
func (r *query) checkBoundaries() error {
	start := r.view.schema.of(r.startKey.item)
	queried := &r.span.lower.keys[r.view.number]
	same := start.partition.compare(&queried.partition) == 0
	if len(r.terms) == len(r.view.schema.partition) {
		if !same {
			return validation("The provided starting key is outside query boundaries based on provided conditions")
		}
		return nil
	}
	start.partition, start.hash = queried.partition, queried.hash
	position := r.at(start)
	if r.view.compare(position, r.span.lower) < 0 || r.view.compare(position, r.span.upper) > 0 {
		return validation("The provided starting key does not match the range key predicate")
	}
	if !same {
		return validation("The query can return at most one row and cannot be restarted")
	}
	return nil
}
