package differential

import (
	"fmt"
	"strings"
)

// step is one request of a trace, or a few that belong together.
type step struct {
	operation string
	body      object
	walk      walk
	big       bool // belongs to a trace of big items
	mistaken  bool // has a mistake on purpose
	foreign   bool // has a parameter of another operation
}

// walk is how a step continues after its first answer.
type walk int

const (
	single  walk = iota
	onwards      // with the LastEvaluatedKey, until there is none
)

// trace is a sequence of requests to tables of their own.
type trace struct {
	tables []tableSchema
	steps  []step
}

// generator makes one trace: a few tables and the requests to them.
type generator struct {
	source
	name   string
	tables []tableSchema
	// big is set for a trace with few items, so large that they fill pages.
	big         bool
	fillPercent int
	// mistakes is how many percent of the requests have a mistake.
	mistakes int
	// slips is the number of mistakes that the current request still gets: at most one, because
	// servers check for mistakes in different orders.
	slips int
}

// slip reports whether the request gets its mistake here, in percent of the cases if it has none
// yet.
func (g *generator) slip(percent int) bool {
	if g.slips == 0 || !g.chance(percent) {
		return false
	}
	g.slips--
	return true
}

// stepsPerTrace is the length of a trace; one with big items is shorter.
const stepsPerTrace = 200

// generate returns the trace of a stream. The names of its tables begin with name.
func generate(seed, stream uint64, name string) trace {
	steps := stepsPerTrace
	g := &generator{source: newSource(seed, stream), name: name, fillPercent: 5, mistakes: 25}
	if g.chance(6) {
		g.big, g.fillPercent, g.mistakes = true, 70, 5
		steps = stepsPerTrace / 4
	}
	for i := range g.between(1, 3) {
		g.tables = append(g.tables, g.table(fmt.Sprintf("%s.%c", name, 'a'+i)))
	}
	t := trace{tables: g.tables}
	for len(t.steps) < steps {
		t.steps = append(t.steps, g.step(len(t.steps) < 20))
	}
	return t
}

// step returns a random request; in the beginning it is likely to be a write.
func (g *generator) step(beginning bool) step {
	reads := 10
	if beginning {
		reads = 1
	}
	t := &g.tables[g.IntN(len(g.tables))]
	g.slips = 0
	mistaken := g.chance(g.mistakes)
	if mistaken {
		g.slips = 1
	}
	s := weigh(g.source, []option[func(*tableSchema) step]{
		{25, g.putItem},
		{15, g.batchWriteItem},
		{8, g.deleteItem},
		{20, g.updateItem},
		{12, g.transactWriteItems},
		{reads, g.getItem},
		{3 * reads, g.query},
		{reads, g.scan},
		{reads / 2, g.batchGetItem},
		{reads / 2, g.transactGetItems},
		{reads / 4, g.describeTable},
		{reads / 5, g.listTables},
		{reads / 5, g.createTable},
		{reads / 8, g.deleteTable},
	})(t)
	if g.slip(70) {
		g.corrupt(&s)
	}
	s.big = g.big
	s.mistaken = s.mistaken || mistaken && g.slips == 0
	return s
}

// sometimes sets a member of the request to one of the values in percent of the cases.
func (g *generator) sometimes(percent int, body object, member string, values ...any) {
	if g.chance(percent) {
		body[member] = pick(g.source, values...)
	}
}

func (g *generator) detail(body object) {
	g.sometimes(60, body, "ReturnConsumedCapacity", "INDEXES", "INDEXES", "TOTAL", "NONE")
}

func (g *generator) putItem(t *tableSchema) step {
	body := object{"TableName": t.name, "Item": g.item(t)}
	if g.chance(legacyPercent) {
		g.expecting(t, body)
	} else {
		g.conditional(t, body, 35)
	}
	g.sometimes(50, body, "ReturnValues", "ALL_OLD", "ALL_OLD", "NONE")
	g.sometimes(3, body, "ReturnItemCollectionMetrics", "SIZE", "NONE")
	g.detail(body)
	return step{operation: "PutItem", body: body}
}

func (g *generator) deleteItem(t *tableSchema) step {
	body := object{"TableName": t.name, "Key": g.key(t)}
	if g.chance(legacyPercent) {
		g.expecting(t, body)
	} else {
		g.conditional(t, body, 40)
	}
	g.sometimes(50, body, "ReturnValues", "ALL_OLD", "ALL_OLD", "NONE")
	g.sometimes(3, body, "ReturnItemCollectionMetrics", "SIZE", "NONE")
	g.detail(body)
	return step{operation: "DeleteItem", body: body}
}

// conditional adds a condition in percent of the cases.
func (g *generator) conditional(t *tableSchema, body object, percent int) {
	if g.chance(percent) {
		p := g.phrase(t)
		if g.chance(25) {
			body["ConditionExpression"] = pick(g.source, "attribute_exists", "attribute_not_exists") + "(" + p.name("pk") + ")"
		} else {
			body["ConditionExpression"] = p.filter()
		}
		p.into(body)
		g.sometimes(60, body, "ReturnValuesOnConditionCheckFailure", "ALL_OLD", "ALL_OLD", "NONE")
	}
}

// key returns a primary key, perhaps that of a stored item.
func (g *generator) key(t *tableSchema) object {
	key := object{}
	for _, a := range t.primary().keys() {
		key[a.name] = g.keyValue(a)
	}
	return key
}

func (g *generator) getItem(t *tableSchema) step {
	body := object{"TableName": t.name, "Key": g.key(t)}
	if g.chance(legacyPercent) {
		body["AttributesToGet"] = g.attributesToGet(g.phrase(t))
	} else {
		g.projecting(t, body, 30)
	}
	g.sometimes(50, body, "ConsistentRead", true, false)
	g.detail(body)
	return step{operation: "GetItem", body: body}
}

// projecting adds a projection in percent of the cases.
func (g *generator) projecting(t *tableSchema, body object, percent int) {
	if g.chance(percent) {
		p := g.phrase(t)
		body["ProjectionExpression"] = p.projection()
		p.into(body)
	}
}

func (g *generator) describeTable(t *tableSchema) step {
	return step{operation: "DescribeTable", body: object{"TableName": t.name}}
}

// listTables lists the tables of the trace. It asks for one table less than there are, so that
// other tables of the server never appear.
func (g *generator) listTables(t *tableSchema) step {
	if len(g.tables) == 1 {
		return g.describeTable(t)
	}
	body := object{"ExclusiveStartTableName": g.name + ".", "Limit": len(g.tables) - 1}
	if g.slip(50) {
		body["Limit"] = pick(g.source, 0, -1, 101, 1000)
	}
	if g.slip(90) {
		body["ExclusiveStartTableName"] = pick(g.source, "", "ab", "a b", strings.Repeat("x", 256))
	}
	return step{operation: "ListTables", body: body}
}

// createTable creates a table that no other request uses. Its definition often
// has a mistake.
func (g *generator) createTable(*tableSchema) step {
	t := g.table(g.name + ".other")
	s := step{operation: "CreateTable", body: t.definition}
	if g.slips > 0 || g.chance(40) {
		g.slips = 0
		g.corruptDefinition(&s)
	}
	return s
}

func (g *generator) deleteTable(*tableSchema) step {
	return step{operation: "DeleteTable", body: object{"TableName": g.name + pick(g.source, ".other", ".other", ".missing")}}
}
