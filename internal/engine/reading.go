package engine

// reading is a Query or Scan.
type reading struct {
	tableName, indexName   *string
	limit                  *int64
	startKey               itemParameter
	consistentRead         *bool
	selection              *string
	returnCapacity         *string
	forward                *bool  // Query only
	segment, totalSegments *int64 // Scan only
	expressionInput

	// lookUp sets the table, the view of it and the span to read.
	table *table
	view  *view
	span  span
	// fetch is set if the table must be read for what a local index lacks.
	fetch bool
	// single is set if there is at most one record to find, so that no page needs to be continued.
	single bool

	page page // set by apply
}

func (r *reading) field(name string, value document) error {
	if r.ignores(name) {
		return nil
	}
	switch name {
	case "TableName":
		return value.string(&r.tableName)
	case "IndexName":
		return value.string(&r.indexName)
	case "Limit":
		return value.integer("Integer", &r.limit)
	case "ExclusiveStartKey":
		return value.item(&r.startKey)
	case "ConsistentRead":
		return value.boolean(&r.consistentRead)
	case "Select":
		return value.string(&r.selection)
	case "ReturnConsumedCapacity":
		return value.string(&r.returnCapacity)
	case "ScanIndexForward":
		return value.boolean(&r.forward)
	case "Segment":
		return value.integer("Integer", &r.segment)
	case "TotalSegments":
		return value.integer("Integer", &r.totalSegments)
	}
	return r.expressionInput.field(name, value)
}

// ignores reports whether the parameter belongs to the other operation.
func (r *reading) ignores(name string) bool {
	if r.rules == &scanRules {
		return name == "ScanIndexForward"
	}
	return name == "Segment" || name == "TotalSegments"
}

func (r *reading) constrain(c *constraints) {
	c.oneOf("select", r.selection, "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
	c.name("indexName", r.indexName, 3)
	c.capacity(r.returnCapacity)
	c.tableName(r.tableName)
	r.legacy.constrain(c)
	if r.rules == &scanRules {
		c.atLeast("limit", r.limit, 1)
	} else {
		c.positiveLimit(r.limit)
	}
}

// checkOperator rejects an unknown ConditionalOperator, which the service
// reports before everything else.
func (r *reading) checkOperator() error {
	if r.legacy.unknownOperator() {
		return validation(unknownConditionalOperator)
	}
	return nil
}

func (r *reading) consistent() bool { return isTrue(r.consistentRead) }

func (r *reading) selects(what string) bool { return is(r.selection, what) }

// checkSelection rejects a Select that contradicts the rest of the request.
func (r *reading) checkSelection() error {
	wanted := ""
	switch {
	case r.text("ProjectionExpression") != nil:
		wanted = "ProjectionExpression"
	case r.legacy.attributesToGet != nil:
		wanted = "AttributesToGet"
	}
	switch {
	case r.selection == nil:
	case wanted == "" && *r.selection == "SPECIFIC_ATTRIBUTES":
		return validation("1 validation error detected: Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case wanted != "" && *r.selection == "COUNT":
		return validation("Cannot specify the %s when choosing to get only the Count", wanted)
	case wanted != "" && *r.selection != "SPECIFIC_ATTRIBUTES":
		return validation("Cannot specify the %s when choosing to get %s", wanted, *r.selection)
	case *r.selection == "ALL_PROJECTED_ATTRIBUTES" && r.indexName == nil:
		return validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	}
	return nil
}

// lookUpView finds the table and the index.
func (r *reading) lookUpView(e *Engine) error {
	t, err := e.table(*r.tableName)
	if err != nil {
		return err
	}
	r.table, r.view = t, t.views[0]
	if r.indexName != nil {
		if r.view = t.view(*r.indexName); r.view == nil || r.view.kind == tableView {
			return validation("The table does not have the specified index: %s", *r.indexName)
		}
	}
	if r.view.kind == globalIndex && r.consistent() {
		return validation("Consistent reads are not supported on global secondary indexes")
	}
	return nil
}

// checkScalars rejects paths into key attributes.
func (r *reading) checkScalars() error {
	if err := r.table.checkPaths(r.filter.Paths()); err != nil {
		return err
	}
	return r.table.checkPaths(r.projection.Paths())
}

// checkProjections rejects attributes that a global index does not hold, and notes whether those
// that a local index lacks must be fetched.
func (r *reading) checkProjections() error {
	v := r.view
	if v.projected == nil {
		return nil
	}
	if r.selects("ALL_ATTRIBUTES") {
		if v.kind == globalIndex {
			return invalidParameter("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", v.name)
		}
		r.fetch = true
	}
	if missing := v.missing(names(r.projection.Paths())); missing != "" {
		if v.kind == globalIndex {
			return invalidParameter("Global secondary index %s does not project [%s]", v.name, missing)
		}
		r.fetch = true
	}
	return nil
}

// startingKeyError begins the messages about an ExclusiveStartKey.
const startingKeyError = "The provided starting key is invalid"

// checkStartValues rejects an ExclusiveStartKey with impossible values.
func (r *reading) checkStartValues() error {
	if r.startKey.invalid == nil {
		return nil
	}
	if r.startKey.invalid.Batch != "" {
		return r.startKey.invalid
	}
	return validation("%s: %s", startingKeyError, r.startKey.invalid.Message)
}

// checkStartKey checks that the ExclusiveStartKey is the keys of the table and of the index
// together, and nothing else.
func (r *reading) checkStartKey() error {
	item := r.startKey.item
	if len(item) != len(r.view.keys) {
		return validation(startingKeyError)
	}
	for _, a := range r.view.keys {
		switch value := item[a.name]; {
		case !value.Exists():
			return validation(startingKeyError)
		case value.Kind() != a.kind:
			return validation(schemaMismatch)
		}
	}
	for _, schema := range []*keySchema{&r.view.schema, r.table.schema} {
		if err := schema.check(item); err != nil {
			return validation("%s: %s", startingKeyError, asException(err).message)
		}
	}
	return nil
}

// resume begins the span after the ExclusiveStartKey.
func (r *reading) resume() {
	s := &r.span
	item := r.startKey.item
	position := r.at(r.view.schema.of(item))
	position.keys[0] = r.table.schema.of(item)
	if s.backward {
		position.keys[0].edge = beforeKey
		s.upper = position
	} else {
		position.keys[0].edge = afterKey
		s.lower = position
	}
}
