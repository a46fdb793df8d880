package engine

import (
	"cmp"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// maxPageBytes is the size at which Query and Scan end a page, after the item that reaches it.
const maxPageBytes = 1 << 20

// pageInput has the parameters that Query and Scan have in common.
//
//	{"TableName": "pets", "Limit": 10, "FilterExpression": "age < :a", "ExpressionAttributeValues": {":a": {"N": "3"}}}
type pageInput struct {
	TableName              *string
	IndexName              *string
	Limit                  *int
	ExclusiveStartKey      itemParameter
	ConsistentRead         *bool
	Select                 *string
	ReturnConsumedCapacity *string
	projectionInput
	FilterExpression          *string
	ExpressionAttributeValues itemParameter
	ConditionalOperator       *string

	filter *expression.Condition // set by parse
}

// selects are the values of the parameter Select.
var selects = []string{"SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"}

// checkUse rejects contradictory and wrong parameters, before expressions are parsed. KeyConditions go
// together with every expression but their own.
func (in *pageInput) checkUse(filterName string, filter, keyConditions conditions, keyExpression *string) error {
	expressions := parameters{
		{"ProjectionExpression", in.ProjectionExpression != nil},
		{"FilterExpression", in.FilterExpression != nil},
		{"KeyConditionExpression", keyExpression != nil},
	}
	legacy := parameters{
		{"AttributesToGet", in.AttributesToGet != nil},
		{filterName, filter != nil},
		{"ConditionalOperator", in.ConditionalOperator != nil},
		{"KeyConditions", keyConditions != nil && keyExpression != nil},
	}
	if err := checkExpressions(expressions, legacy, in.ExpressionAttributeNames); err != nil {
		return err
	}
	if in.ExpressionAttributeValues.present && in.FilterExpression == nil && keyExpression == nil {
		if filterName == "ScanFilter" {
			return validation(valuesAlone + ": FilterExpression is null")
		}
		return validation(valuesAlone + ": FilterExpression and KeyConditionExpression are null")
	}
	old := legacyParameters{filter: filter, keyConditions: keyConditions, attributesToGet: in.AttributesToGet, operator: in.ConditionalOperator}
	if err := old.check(); err != nil {
		return err
	}
	switch invalid := in.ExclusiveStartKey.invalid; {
	case invalid == nil:
		return nil
	case invalid.Older != "":
		return invalid
	default:
		return validation("%s: %s", startingKeyError, invalid.Message)
	}
}

// parse parses the expressions, in the service's order, and returns the key condition. From olderFrom
// levels of nesting on, values are checked in the older way.
func (in *pageInput) parse(filter conditions, keyExpression *string, olderFrom int) (keyCondition *expression.Condition, err error) {
	attributes, err := newAttributes(in.ExpressionAttributeNames, &in.ExpressionAttributeValues, olderFrom)
	switch {
	case err != nil:
	case in.FilterExpression != nil:
		in.filter, err = expression.ParseCondition("FilterExpression", *in.FilterExpression, attributes)
	case len(filter) > 0:
		in.filter = filter.translate(in.ConditionalOperator)
	}
	if err == nil {
		err = in.parseWith(attributes)
	}
	if err == nil && keyExpression != nil {
		keyCondition, err = expression.ParseCondition("KeyConditionExpression", *keyExpression, attributes)
	}
	if err == nil {
		err = attributes.Unused()
	}
	return keyCondition, err
}

// checkSelect rejects a Select that contradicts the rest of the request.
func (in *pageInput) checkSelect() error {
	wanted := ""
	switch {
	case in.ProjectionExpression != nil:
		wanted = "ProjectionExpression"
	case in.AttributesToGet != nil:
		wanted = "AttributesToGet"
	}
	switch {
	case in.Select == nil:
	case wanted == "" && *in.Select == "SPECIFIC_ATTRIBUTES":
		return validation("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case wanted != "" && *in.Select == "COUNT":
		return validation("Cannot specify the %s when choosing to get only the Count", wanted)
	case wanted != "" && *in.Select != "SPECIFIC_ATTRIBUTES":
		return validation("Cannot specify the %s when choosing to get %s", wanted, *in.Select)
	case *in.Select == "ALL_PROJECTED_ATTRIBUTES" && in.IndexName == nil:
		return validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	}
	return nil
}

// page is what one Query or Scan reads: from the table or index, the items between two bounds.
type page struct {
	*pageInput
	table        *table
	view         *view
	lower, upper element // without an upper bound it ends with the view
	backward     bool
	scans        bool // all partitions
	// fetch is set if the table must be read for what a local index lacks.
	fetch bool
	// single is set if there is at most one item to find, so that no page needs to be continued.
	single bool

	records []*record
	bytes   int
	// full is set if the page ended at a limit, not at its upper bound.
	full bool
}

// newPage returns the page that a request asks for, with its table and index.
func (e *Engine) newPage(in *pageInput) (*page, error) {
	t, err := e.table(*in.TableName)
	if err != nil {
		return nil, err
	}
	p := &page{pageInput: in, table: t, view: t.views[0]}
	if in.IndexName != nil {
		if p.view = t.view(*in.IndexName); p.view == nil || p.view.kind == tableView {
			return nil, validation("The table does not have the specified index: %s", *in.IndexName)
		}
	}
	if p.view.kind == globalIndex && isTrue(in.ConsistentRead) {
		return nil, validation("Consistent reads are not supported on global secondary indexes")
	}
	return p, nil
}

// check checks the paths of the expressions and the ExclusiveStartKey against the keys.
func (p *page) check() error {
	err := cmp.Or(p.table.checkPaths(p.filter.Paths()), p.table.checkPaths(p.projection.Paths()))
	if err == nil && p.ExclusiveStartKey.present {
		return p.checkStartKey()
	}
	return err
}

// startingKeyError begins the messages about an ExclusiveStartKey.
const startingKeyError = "The provided starting key is invalid"

// checkStartKey checks that the ExclusiveStartKey is the keys of the table and of the index together, and
// nothing else. A scan of the table checks the key at once, everything else first that of the index, or
// of the table, which is queried.
func (p *page) checkStartKey() error {
	item := p.ExclusiveStartKey.item
	known := len(item) == len(p.view.keys)
	if !p.scans || p.view.kind != tableView {
		if !known {
			return validation(startingKeyError)
		}
		for _, a := range p.view.schema.attributes {
			switch value := item[a.name]; {
			case !value.Exists():
				return validation(startingKeyError)
			case value.Kind() != a.kind:
				return validation(schemaMismatch)
			}
		}
	}
	if !known || p.table.schema.mismatches(item) {
		return validation(startingKeyError + ": " + schemaMismatch)
	}
	if err := cmp.Or(p.view.schema.check(item), p.table.schema.check(item)); err != nil {
		return validation("%s: %s", startingKeyError, asException(err).message)
	}
	return nil
}

// checkProjected rejects attributes that a global index does not hold, and sets fetch if those that a
// local index lacks are wanted.
func (p *page) checkProjected() error {
	v := p.view
	if is(p.Select, "ALL_ATTRIBUTES") {
		if v.kind == globalIndex {
			return invalidParameter("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", v.name)
		}
		p.fetch = true
	}
	if missing := v.missing(topLevel(p.projection.Paths())); missing != "" {
		if v.kind == globalIndex {
			return invalidParameter("Global secondary index %s does not project [%s]", v.name, missing)
		}
		p.fetch = true
	}
	return nil
}

// startAfter moves the bound at which the page starts to the ExclusiveStartKey.
func (p *page) startAfter() {
	item := p.ExclusiveStartKey.item
	primary := p.table.schema.of(item)
	start := element{key: &primary, primary: &primary}
	if p.view.kind != tableView {
		k := p.view.schema.of(item)
		start.key = &k
	}
	if p.backward {
		primary.bound = before
		p.upper = start
	} else {
		primary.bound = after
		p.lower = start
	}
}

// read reads the page, and returns the response.
func (e *Engine) read(p *page) (*pageOutput, error) {
	if p.view.projected != nil {
		if err := p.checkProjected(); err != nil {
			return nil, err
		}
	}
	e.pick(p)
	out := &pageOutput{ScannedCount: len(p.records)}
	counting := is(p.Select, "COUNT")
	if !counting {
		out.Items = make([]attribute.Item, 0, len(p.records))
	}
	for _, r := range p.records {
		if p.filter != nil && !p.filter.Match(p.view.item(r)) {
			continue
		}
		out.Count++
		switch {
		case counting:
		case p.projection != nil || p.fetch:
			out.Items = append(out.Items, p.projection.Apply(r.item))
		default:
			out.Items = append(out.Items, p.view.item(r))
		}
	}
	if p.full {
		last := p.records[len(p.records)-1].item
		out.LastEvaluatedKey = make(attribute.Item, len(p.view.keys))
		for _, a := range p.view.keys {
			out.LastEvaluatedKey[a.name] = last[a.name]
		}
	}
	if p.ReturnConsumedCapacity != nil {
		out.ConsumedCapacity = p.consumed()
	}
	return out, nil
}

// pick sets the records of the page. They never change, so that only this needs the lock.
func (e *Engine) pick(p *page) {
	limit := -1
	if p.Limit != nil {
		limit = *p.Limit
	}
	v := p.view
	pick := func(x element) bool {
		if p.backward {
			if v.compare(x, p.lower) < 0 {
				return false
			}
		} else if p.upper.key != nil && v.compare(x, p.upper) > 0 {
			return false
		}
		p.records = append(p.records, x.record)
		p.bytes += v.bytesOf(x.record)
		p.full = !p.single && (p.bytes >= maxPageBytes || len(p.records) == limit)
		return !p.full
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if p.backward {
		v.tree.Descend(p.upper, pick)
	} else {
		v.tree.Ascend(p.lower, pick)
	}
}

// consumed returns the cost of the page: that of its bytes together, and that of each item that was
// fetched from the table.
func (p *page) consumed() *consumedCapacity {
	c := newConsumption(p.table, p.ReturnConsumedCapacity)
	if c == nil {
		return nil
	}
	consistent := isTrue(p.ConsistentRead)
	c.units[p.view.number] = readUnits(p.bytes, consistent)
	if p.fetch {
		for _, r := range p.records {
			c.read(r.size, consistent)
		}
	}
	return c.output()
}

// pageOutput is the response of Query and Scan.
//
//	{"Items": [{"age": {"N": "3"}, "id": {"S": "a"}}], "Count": 1, "ScannedCount": 1, "LastEvaluatedKey": {"id": {"S": "a"}}}
type pageOutput struct {
	Items               []attribute.Item // nil if only their number is asked for
	Count, ScannedCount int
	LastEvaluatedKey    attribute.Item
	ConsumedCapacity    *consumedCapacity
}
