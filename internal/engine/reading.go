package engine

import (
	"slices"
)

// readInput is the input of Query and Scan.
type readInput struct {
	tableName, indexName   *string
	limit                  *int64
	startKey               itemParameter
	consistentRead         *bool
	selection              *string
	returnCapacity         *string
	forward                *bool  // Query only
	segment, totalSegments *int64 // Scan only
	expressionInput
}

func (in *readInput) field(name string, value document) error {
	if in.ignores(name) {
		return nil
	}
	switch name {
	case "TableName":
		return value.string(&in.tableName)
	case "IndexName":
		return value.string(&in.indexName)
	case "Limit":
		return value.integer("Integer", &in.limit)
	case "ExclusiveStartKey":
		return value.item(&in.startKey)
	case "ConsistentRead":
		return value.boolean(&in.consistentRead)
	case "Select":
		return value.string(&in.selection)
	case "ReturnConsumedCapacity":
		return value.string(&in.returnCapacity)
	case "ScanIndexForward":
		return value.boolean(&in.forward)
	case "Segment":
		return value.integer("Integer", &in.segment)
	case "TotalSegments":
		return value.integer("Integer", &in.totalSegments)
	}
	return in.expressionInput.field(name, value)
}

// ignores tells the parameters of a query from those of a scan.
func (in *readInput) ignores(name string) bool {
	if in.rules == &scanRules {
		return name == "ScanIndexForward"
	}
	return name == "Segment" || name == "TotalSegments"
}

func (in *readInput) constrain(c *constraints) {
	c.oneOf("select", in.selection, "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
	c.name("indexName", in.indexName, 3)
	c.capacity(in.returnCapacity)
	c.tableName(in.tableName)
	in.constrainAttributesToGet(c)
	c.atLeast("limit", in.limit, 1)
}

func (in *readInput) consistent() bool { return in.consistentRead != nil && *in.consistentRead }

func (in *readInput) selects(what string) bool { return in.selection != nil && *in.selection == what }

// checkSelection refuses a Select that contradicts the rest of the request.
func (in *readInput) checkSelection() error {
	wanted := ""
	switch {
	case in.projection != nil:
		wanted = "ProjectionExpression"
	case in.attributesToGet != nil:
		wanted = "AttributesToGet"
	}
	switch {
	case in.selection == nil:
	case wanted == "" && *in.selection == "SPECIFIC_ATTRIBUTES":
		return validation("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case wanted != "" && *in.selection == "COUNT":
		return validation("Cannot specify the %s when choosing to get only the Count", wanted)
	case wanted != "" && *in.selection != "SPECIFIC_ATTRIBUTES":
		return validation("Cannot specify the %s when choosing to get %s", wanted, *in.selection)
	case *in.selection == "ALL_PROJECTED_ATTRIBUTES" && in.indexName == nil:
		return validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	}
	return nil
}

// reading is a Query or Scan that is ready to run.
type reading struct {
	in     *readInput
	table  *table
	view   *view
	parsed *expressions
	// fetch tells that the table must be read for what a local index lacks.
	fetch bool
	// single tells that there is at most one record to find, so that no page
	// ever needs to be continued.
	single bool
}

// prepare finds the table or index, and checks the request against it.
func (e *Engine) prepare(in *readInput, parsed *expressions) (*reading, error) {
	t, err := e.table(*in.tableName)
	if err != nil {
		return nil, err
	}
	r := &reading{in: in, table: t, view: t.views[0], parsed: parsed}
	if in.indexName != nil {
		if r.view = t.view(*in.indexName); r.view == nil || r.view.kind == tableView {
			return nil, validation("The table does not have the specified index: %s", *in.indexName)
		}
	}
	if r.view.kind == globalIndex && in.consistent() {
		return nil, validation("Consistent reads are not supported on global secondary indexes")
	}
	return r, nil
}

// checkScalars refuses paths into key attributes.
func (r *reading) checkScalars() error {
	if err := r.table.validatePaths(r.parsed.filter.Paths()); err != nil {
		return err
	}
	return r.table.validatePaths(r.parsed.projection.Paths())
}

// checkProjections refuses a selection that makes no sense and attributes that
// a global index does not hold, and notes where those of a local index must be
// fetched.
func (r *reading) checkProjections() error {
	if err := r.in.checkSelection(); err != nil {
		return err
	}
	v := r.view
	if v.projected == nil {
		return nil
	}
	if r.in.selects("ALL_ATTRIBUTES") {
		if v.kind == globalIndex {
			return invalidParameter("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", v.name)
		}
		r.fetch = true
	}
	if missing := v.missing(r.parsed.projectedNames()); missing != "" {
		if v.kind == globalIndex {
			return invalidParameter("Global secondary index %s does not project [%s]", v.name, missing)
		}
		r.fetch = true
	}
	return nil
}

func (x *expressions) projectedNames() []string {
	names := slices.Clone(x.selected)
	for path := range x.projection.Paths() {
		names = append(names, path.Attribute())
	}
	return names
}

// missing lists the names that the view does not hold.
func (v *view) missing(names []string) string {
	if v.projected == nil {
		return ""
	}
	list := ""
	for i, name := range names {
		if slices.Contains(v.projected, name) || slices.Contains(names[:i], name) {
			continue
		}
		if list != "" {
			list += ", "
		}
		list += name
	}
	return list
}

// startingKeyError heads the refusals of an ExclusiveStartKey.
const startingKeyError = "The provided starting key is invalid"

// checkStartValues refuses an ExclusiveStartKey with impossible values.
func (in *readInput) checkStartValues() error {
	if in.startKey.invalid == nil {
		return nil
	}
	return validation("%s: %s", startingKeyError, in.startKey.invalid.Message)
}

// checkStartKey reads the ExclusiveStartKey: the keys of the table and of the
// index together, and nothing else.
func (r *reading) checkStartKey() error {
	item := r.in.startKey.item
	names := r.table.schema.attributes()
	for _, a := range r.view.schema.attributes() {
		if !r.table.schema.has(a.name) {
			names = append(names, a)
		}
	}
	if len(item) != len(names) {
		return validation(startingKeyError)
	}
	for _, a := range names {
		switch value := item[a.name]; {
		case !value.Exists():
			return validation(startingKeyError)
		case value.Kind() != a.kind:
			return validation(schemaMismatch)
		}
	}
	for _, schema := range []*keySchema{&r.view.schema, r.table.schema} {
		if err := schema.validate(item); err != nil {
			return validation("%s: %s", startingKeyError, asException(err).message)
		}
	}
	return nil
}

// resume moves the beginning of the span behind the ExclusiveStartKey.
func (r *reading) resume(s *span) {
	item := r.in.startKey.item
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
