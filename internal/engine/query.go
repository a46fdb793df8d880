package engine

import (
	"slices"

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
	if r.texts.keyCondition == nil && r.legacy.keyConditions == nil {
		return validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	if err := r.parse(); err != nil {
		return err
	}
	var err error
	if r.keyCondition != nil {
		r.terms, err = r.keyCondition.Terms()
	} else {
		r.terms, err = expression.NewKeyTerms(comparisons(r.legacy.keyConditions))
	}
	if err != nil {
		return err
	}
	return r.checkSelection()
}

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
	partition, sort, err := r.keyTerms()
	if err != nil {
		return err
	}
	r.span = r.spanOf(partition, sort)
	if r.startKey.present {
		if err := r.checkBoundaries(partition, sort); err != nil {
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
	for _, a := range r.view.schema.attributes() {
		if slices.Contains(names, a.name) {
			what := "Filter Expression"
			if r.texts.filter == nil {
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

// keyTerms maps the key condition to the key schema. The second term is nil if the condition is
// about the partition key only.
func (r *query) keyTerms() (partition, sort *expression.KeyTerm, err error) {
	schema := &r.view.schema
	for i := range r.terms {
		switch term := &r.terms[i]; term.Attribute {
		case schema.partition.name:
			partition = term
		case schema.sort.name:
			sort = term
		}
	}
	switch {
	case !schema.hasSort() && len(r.terms) > 1:
		return nil, nil, validation("Query key condition not supported")
	case partition == nil:
		return nil, nil, validation("Query condition missed key schema element: %s", schema.partition.name)
	}
	if err := checkTerm(partition, &schema.partition); err != nil {
		return nil, nil, err
	}
	if partition.Op != expression.KeyEqual {
		return nil, nil, validation("Query key condition not supported")
	}
	if sort == nil {
		if len(r.terms) > 1 {
			return nil, nil, validation("Query condition missed key schema element: %s", schema.sort.name)
		}
	} else if err := checkTerm(sort, &schema.sort); err != nil {
		return nil, nil, err
	}
	return partition, sort, r.checkTermValues(partition, sort)
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
func (r *query) checkTermValues(partition, sort *expression.KeyTerm) error {
	check := r.view.schema.check
	if r.view.kind != tableView {
		check = r.view.checkIndexKey
	}
	item := attribute.Item{r.view.schema.partition.name: partition.Values[0]}
	if sort == nil {
		return check(item)
	}
	for _, value := range sort.Values {
		item[r.view.schema.sort.name] = value
		if err := check(item); err != nil {
			return err
		}
	}
	return nil
}

// spanOf returns the part of the view that the key condition describes.
func (r *query) spanOf(partition, sort *expression.KeyTerm) span {
	base := newKey(partition.Values[0], attribute.Value{})
	at := func(value attribute.Value, where edge) *record {
		k := base
		k.sort, k.edge = value, where
		return r.at(k)
	}
	s := span{
		lower:    at(attribute.Value{}, beforeKey),
		upper:    at(attribute.Value{}, afterPartition),
		backward: r.forward != nil && !*r.forward,
	}
	if sort == nil {
		return s
	}
	first, last := sort.Values[0], sort.Values[len(sort.Values)-1]
	switch sort.Op {
	case expression.KeyEqual, expression.KeyBetween:
		s.lower, s.upper = at(first, beforeKey), at(last, afterKey)
	case expression.KeyLess:
		s.upper = at(first, beforeKey)
	case expression.KeyLessOrEqual:
		s.upper = at(first, afterKey)
	case expression.KeyGreater:
		s.lower = at(first, afterKey)
	case expression.KeyGreaterOrEqual:
		s.lower = at(first, beforeKey)
	case expression.KeyBeginsWith:
		s.lower = at(first, beforeKey)
		if next, ok := afterPrefix(first); ok {
			s.upper = at(next, beforeKey)
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
func (r *query) checkBoundaries(partition, sort *expression.KeyTerm) error {
	start := r.view.schema.of(r.startKey.item)
	same := compareValues(start.partition, partition.Values[0]) == 0
	if sort == nil {
		if !same {
			return validation("The provided starting key is outside query boundaries based on provided conditions")
		}
		return nil
	}
	inside := start
	inside.partition, inside.hash = partition.Values[0], hashOf(partition.Values[0])
	position := r.at(inside)
	if r.view.compare(position, r.span.lower) < 0 || r.view.compare(position, r.span.upper) > 0 {
		return validation("The provided starting key does not match the range key predicate")
	}
	if !same {
		return validation("The query can return at most one row and cannot be restarted")
	}
	return nil
}
