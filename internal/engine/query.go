package engine

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// queryInput has the parameters of Query.
//
//	{"TableName": "pets", "KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"S": "a"}}, "ScanIndexForward": false}
type queryInput struct {
	pageInput
	KeyConditionExpression *string
	KeyConditions          conditions
	QueryFilter            conditions
	ScanIndexForward       *bool

	keyCondition *expression.Condition // set by check
	terms        []expression.KeyTerm  // of the key condition
}

func (in *queryInput) check() error {
	if in.ConditionalOperator != nil && !slices.Contains(conditionalOperators, *in.ConditionalOperator) {
		return validation(unknownConditionalOperator)
	}
	var c constraints
	c.oneOf("select", in.Select, selects...)
	c.name("indexName", in.IndexName, 3)
	c.capacity(in.ReturnConsumedCapacity)
	c.requireName("tableName", in.TableName, 1)
	c.strings("attributesToGet", in.AttributesToGet, 255)
	for i := range in.KeyConditions {
		in.KeyConditions[i].checkShape(&c, "keyConditions")
	}
	for i := range in.QueryFilter {
		in.QueryFilter[i].checkShape(&c, "queryFilter")
	}
	if in.Limit != nil {
		c.unshown("Limit", outside("value", *in.Limit, 1, math.MaxInt))
	}
	if err := cmp.Or(c.err(), in.checkUse("QueryFilter", in.QueryFilter, in.KeyConditions, in.KeyConditionExpression)); err != nil {
		return err
	}
	if in.KeyConditionExpression == nil && in.KeyConditions == nil {
		return validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	var err error
	if in.keyCondition, err = in.parse(in.QueryFilter, in.KeyConditionExpression, olderFrom); err != nil {
		return err
	}
	if in.keyCondition != nil {
		in.terms, err = in.keyCondition.Terms()
	} else {
		in.terms, err = expression.NewKeyTerms(in.KeyConditions.comparisons())
	}
	if err != nil {
		return err
	}
	if len(in.terms) == 0 {
		return validation("Conditions can be of length 1 or 2 only")
	}
	if err := in.checkSelect(); err != nil {
		return violationOf(err)
	}
	return nil
}

// query checks what depends on the key schema, in the service's order, and reads a page.
func (e *Engine) query(in *queryInput) (*pageOutput, error) {
	p, err := e.newPage(&in.pageInput)
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(p.table.checkPaths(in.keyCondition.Paths()), p.check(), in.checkTerms(p.view)); err != nil {
		return nil, err
	}
	p.backward = in.ScanIndexForward != nil && !*in.ScanIndexForward
	p.single = p.view.kind == tableView && len(p.view.schema.sort) == 0
	in.setBounds(p)
	if in.ExclusiveStartKey.present {
		if err := in.checkStart(p); err != nil {
			return nil, err
		}
		p.startAfter()
	}
	if in.filter != nil {
		if err := in.checkFilterNames(p.view); err != nil {
			return nil, err
		}
	}
	return e.read(p)
}

// checkTerms checks the key condition against the key of the table or index, and sorts its terms by
// the order of the key's attributes.
func (in *queryInput) checkTerms(v *view) error {
	schema := &v.schema
	slices.SortFunc(in.terms, func(a, b expression.KeyTerm) int {
		return cmp.Compare(schema.index(a.Attribute), schema.index(b.Attribute))
	})
	if len(in.terms) > len(schema.attributes) {
		return validation("The number of query conditions (%d) exceeds the number of key attributes defined in the schema (%d)", len(in.terms), len(schema.attributes))
	}
	if err := in.checkPartition(schema); err != nil {
		return err
	}
	if err := in.checkSort(schema); err != nil {
		return err
	}
	return in.checkTermValues(v)
}

// checkFilterNames rejects a filter on the key of the table or index, which belongs in the key
// condition, and on attributes that an index does not hold. A scan accepts both.
func (in *queryInput) checkFilterNames(v *view) error {
	names := topLevel(in.filter.Paths())
	for _, a := range v.schema.attributes {
		if slices.Contains(names, a.name) {
			what := "Filter Expression"
			if in.FilterExpression == nil {
				what = "QueryFilter"
			}
			return validation("%s can only contain non-primary key attributes: Primary key attribute: %s", what, a.name)
		}
	}
	if missing := v.missing(names); missing != "" {
		return invalidParameter("Secondary index %s does not project one or more filter attributes: [%s]", v.name, missing)
	}
	return nil
}

// checkPartition requires an equality for each attribute of the partition key.
func (in *queryInput) checkPartition(schema *keySchema) error {
	if schema.composite {
		if unequal := in.unequal(schema.partition); unequal != "" {
			return validation("HASH key attributes %s must have equality conditions specified in the query", unequal)
		}
	}
	for i := range schema.partition {
		a := &schema.partition[i]
		if i == len(in.terms) || in.terms[i].Attribute != a.name {
			return missedElement(a)
		}
		term := &in.terms[i]
		if err := checkTerm(term, a); err != nil {
			return err
		}
		if term.Op != expression.KeyEqual {
			return validation("Query key condition not supported")
		}
	}
	return nil
}

// checkSort requires that all other conditions are on the first attributes of the sort key, and
// that only the last of them is not an equality.
func (in *queryInput) checkSort(schema *keySchema) error {
	terms := in.terms[len(schema.partition):]
	for i := range terms {
		index := schema.index(terms[i].Attribute)
		if index == len(schema.attributes) {
			return missedElement(&schema.sort[i])
		}
		a := &schema.attributes[index]
		if unequal := in.unequal(schema.attributes[:index]); unequal != "" {
			return validation("RANGE key attributes %s must have equality conditions specified in the query because a condition is present on key attribute %s", unequal, a.name)
		}
		if err := checkTerm(&terms[i], a); err != nil {
			return err
		}
	}
	return nil
}

// unequal returns the names of the attributes that have no equality condition.
func (in *queryInput) unequal(attributes []keyAttribute) string {
	var names []string
	for _, a := range attributes {
		if !slices.ContainsFunc(in.terms, func(t expression.KeyTerm) bool { return t.Attribute == a.name && t.Op == expression.KeyEqual }) {
			names = append(names, a.name)
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
func (in *queryInput) checkTermValues(v *view) error {
	item := make(attribute.Item, len(in.terms))
	for i := range in.terms {
		item[in.terms[i].Attribute] = in.terms[i].Values[0]
	}
	last := &in.terms[len(in.terms)-1]
	for _, value := range last.Values {
		item[last.Attribute] = value
		if err := v.checkKey(item); err != nil {
			return err
		}
	}
	return nil
}

// setBounds sets the bounds of what the key condition describes.
func (in *queryInput) setBounds(p *page) {
	hashed := len(p.view.schema.partition)
	fixed := max(hashed, len(in.terms)-1) // the last condition on the sort key may leave a choice
	var base key
	for i := range in.terms[:fixed] {
		if value := in.terms[i].Values[0]; i < hashed {
			base.partition = base.partition.with(value)
		} else {
			base.sort = base.sort.with(value)
		}
	}
	base.hash = hashOf(&base.partition)
	lower, upper := base, base
	lower.bound, upper.bound = before, after
	p.lower, p.upper = element{key: &lower}, element{key: &upper}
	if fixed == len(in.terms) {
		return
	}
	term := &in.terms[fixed]
	first, last := term.Values[0], term.Values[len(term.Values)-1]
	switch term.Op {
	case expression.KeyEqual, expression.KeyBetween:
		lower.sort, upper.sort = base.sort.with(first), base.sort.with(last)
	case expression.KeyLess:
		upper.sort, upper.bound = base.sort.with(first), before
	case expression.KeyLessOrEqual:
		upper.sort = base.sort.with(first)
	case expression.KeyGreater:
		lower.sort, lower.bound = base.sort.with(first), after
	case expression.KeyGreaterOrEqual:
		lower.sort = base.sort.with(first)
	case expression.KeyBeginsWith:
		lower.sort = base.sort.with(first)
		if next, ok := afterPrefix(first); ok {
			upper.sort, upper.bound = base.sort.with(next), before
		}
	}
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

// checkStart rejects an ExclusiveStartKey outside of the key condition, and one where there is at most
// one item.
func (in *queryInput) checkStart(p *page) error {
	start := p.view.schema.of(in.ExclusiveStartKey.item)
	queried := p.lower.key
	same := start.partition.compare(&queried.partition) == 0
	if len(in.terms) == len(p.view.schema.partition) {
		if !same {
			return validation("The provided starting key is outside query boundaries based on provided conditions")
		}
		if p.single { // there is nothing after the only item
			return validation("The provided exclusive start key is invalid: ExclusiveStartKey: {%s=%s}",
				p.view.schema.attributes[0].name, start.partition[0].Describe())
		}
		return nil
	}
	start.partition, start.hash = queried.partition, queried.hash
	if start.compare(p.lower.key) < 0 || start.compare(p.upper.key) > 0 {
		return validation("The provided starting key does not match the range key predicate")
	}
	if !same {
		return validation("The query can return at most one row and cannot be restarted")
	}
	return nil
}
