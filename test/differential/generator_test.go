package differential

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// source is a stream of random decisions, the same for the same seed and stream.
type source struct {
	*rand.Rand
}

func newSource(seed, stream uint64) source {
	return source{rand.New(rand.NewPCG(seed, stream))}
}

// chance reports true in percent of the cases.
func (s source) chance(percent int) bool { return s.IntN(100) < percent }

// between returns a number from low to high, both included.
func (s source) between(low, high int) int { return low + s.IntN(high-low+1) }

// pick returns one of the choices.
func pick[T any](s source, choices ...T) T { return choices[s.IntN(len(choices))] }

// sample returns count of the choices in random order.
func sample[T any](s source, count int, choices []T) []T {
	taken := make([]T, 0, count)
	for _, i := range s.Perm(len(choices))[:min(count, len(choices))] {
		taken = append(taken, choices[i])
	}
	return taken
}

// step is one request of a trace, or a few that belong together.
type step struct {
	operation string
	body      object
	onwards   bool // continues with the LastEvaluatedKey, until there is none
	big       bool // belongs to a trace of big items
	mistaken  bool // has a mistake on purpose
	partial   bool // puts an item with a part of the key of a global index
}

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
	slips    int
	mistaken bool // the current request has its mistake
	partial  bool // the current request has an item with a part of the key of a global index
}

// slip reports whether the request gets its mistake here, in percent of the cases if it has none
// yet.
func (g *generator) slip(percent int) bool {
	if g.slips == 0 || !g.chance(percent) {
		return false
	}
	g.slips, g.mistaken = 0, true
	return true
}

// stepsPerTrace is the length of a trace; one with big items is shorter. It begins with steps that
// are likely to be writes.
const (
	stepsPerTrace = 200
	firstSteps    = 20
)

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
		t.steps = append(t.steps, g.step(len(t.steps) < firstSteps))
	}
	return t
}

// operation is a kind of request.
type operation struct {
	name         string
	first, later int // how often it is taken in the first steps, and later
	body         func(g *generator, t *tableSchema) object
	parameters   string // those that get mistakes
}

const (
	writing     = "ReturnConsumedCapacity ReturnItemCollectionMetrics "
	returning   = "TableName " + writing + "ReturnValues ReturnValuesOnConditionCheckFailure "
	conditional = "ConditionExpression ExpressionAttributeNames ExpressionAttributeValues"
	reading     = "TableName IndexName ConsistentRead ReturnConsumedCapacity Select Limit "
	filtered    = "FilterExpression ProjectionExpression ExpressionAttributeNames ExpressionAttributeValues AttributesToGet"
)

var operations = []operation{
	{"PutItem", 25, 25, (*generator).putItem, returning + conditional},
	{"BatchWriteItem", 15, 15, (*generator).batchWriteItem, writing},
	{"DeleteItem", 8, 8, (*generator).deleteItem, returning + conditional},
	{"UpdateItem", 20, 20, (*generator).updateItem, returning + "UpdateExpression " + conditional},
	{"TransactWriteItems", 12, 12, (*generator).transactWriteItems, writing + "ClientRequestToken"},
	{"GetItem", 1, 10, (*generator).getItem, "TableName ConsistentRead ReturnConsumedCapacity ProjectionExpression ExpressionAttributeNames AttributesToGet"},
	{"Query", 3, 30, (*generator).query, reading + "ScanIndexForward ExclusiveStartKey KeyConditionExpression " + filtered},
	{"Scan", 1, 10, (*generator).scan, reading + "Segment TotalSegments ExclusiveStartKey " + filtered},
	{"BatchGetItem", 0, 5, (*generator).batchGetItem, "ReturnConsumedCapacity"},
	{"TransactGetItems", 0, 5, (*generator).transactGetItems, "ReturnConsumedCapacity"},
	{"DescribeTable", 0, 2, (*generator).describeTable, "TableName"},
	{"ListTables", 0, 2, (*generator).listTables, ""},
	{"CreateTable", 0, 2, (*generator).createTable, ""},
	{"DeleteTable", 0, 1, (*generator).deleteTable, "TableName"},
}

// step returns a random request.
func (g *generator) step(first bool) step {
	var urn []operation
	for _, o := range operations {
		weight := o.later
		if first {
			weight = o.first
		}
		urn = append(urn, slices.Repeat([]operation{o}, weight)...)
	}
	t := &g.tables[g.IntN(len(g.tables))]
	g.slips, g.mistaken, g.partial = 0, false, false
	if g.chance(g.mistakes) {
		g.slips = 1
	}
	o := pick(g.source, urn...)
	if o.name == "ListTables" && len(g.tables) == 1 {
		o = operations[slices.IndexFunc(operations, func(o operation) bool { return o.name == "DescribeTable" })]
	}
	s := step{operation: o.name, body: o.body(g, t), big: g.big}
	switch s.operation {
	case "Query":
		s.onwards = pick(g.source, false, true)
	case "Scan": // the order of partitions differs between servers
		s.onwards = true
	}
	if g.slip(70) {
		g.corrupt(&s, o.parameters)
	}
	s.mistaken, s.partial = g.mistaken, g.partial
	return s
}

// sometimes sets a member of the request to one of the values in percent of the cases.
func (g *generator) sometimes(percent int, body object, member string, values ...any) {
	if g.chance(percent) {
		body[member] = pick(g.source, values...)
	}
}

// capacity asks for the consumed capacity.
func (g *generator) capacity(body object) object {
	g.sometimes(60, body, "ReturnConsumedCapacity", "INDEXES", "INDEXES", "TOTAL", "NONE")
	return body
}

func (g *generator) describeTable(t *tableSchema) object { return object{"TableName": t.name} }

// listTables lists the tables of the trace. It asks for one table less than there are, so that
// other tables of the server never appear.
func (g *generator) listTables(*tableSchema) object {
	body := object{"ExclusiveStartTableName": g.name + ".", "Limit": len(g.tables) - 1}
	if g.slip(50) {
		body["Limit"] = pick(g.source, 0, -1, 101, 1000)
	}
	if g.slip(90) {
		body["ExclusiveStartTableName"] = pick(g.source, "", "ab", "a b", strings.Repeat("x", 256))
	}
	return body
}

// createTable creates a table that no other request uses. Its definition often
// has a mistake.
func (g *generator) createTable(*tableSchema) object {
	body := g.table(g.name + ".other").definition
	if g.slips > 0 || g.chance(40) {
		g.slips, g.mistaken = 0, true
		g.corruptDefinition(body)
	}
	return body
}

func (g *generator) deleteTable(*tableSchema) object {
	return object{"TableName": g.name + pick(g.source, ".other", ".other", ".missing")}
}

// keyAttribute is the name and type of a key attribute. An empty name means
// that there is no sort key.
type keyAttribute struct {
	name, kind string
}

// indexSchema is an index, or the table itself under the empty name.
type indexSchema struct {
	name            string
	global          bool
	partition, sort keyAttribute
	projected       []string // besides the keys; nil for all attributes
}

func (x *indexSchema) keys() []keyAttribute {
	if x.sort.name == "" {
		return []keyAttribute{x.partition}
	}
	return []keyAttribute{x.partition, x.sort}
}

// tableSchema is a table with its indexes, of which the first is the table.
type tableSchema struct {
	name       string
	indexes    []indexSchema
	definition object // the input of CreateTable
}

func (t *tableSchema) primary() *indexSchema { return &t.indexes[0] }

// keyAttributes returns the key attributes of the table and its indexes, each once.
func (t *tableSchema) keyAttributes() []keyAttribute { return keysOf(t.indexes...) }

// startAttributes returns the attributes of an ExclusiveStartKey: the keys of
// the table and of the index.
func (t *tableSchema) startAttributes(x *indexSchema) []keyAttribute {
	return keysOf(*t.primary(), *x)
}

// keepsPart reports whether the item has one key attribute of a global index and not the other.
func (t *tableSchema) keepsPart(item object) bool {
	return slices.ContainsFunc(t.indexes, func(x indexSchema) bool {
		return x.global && x.sort.name != "" && (item[x.partition.name] == nil) != (item[x.sort.name] == nil)
	})
}

func keysOf(indexes ...indexSchema) (all []keyAttribute) {
	for i := range indexes {
		for _, a := range indexes[i].keys() {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// named returns the attribute with the name, or false.
func named(attributes []keyAttribute, name string) (keyAttribute, bool) {
	at := slices.IndexFunc(attributes, func(a keyAttribute) bool { return a.name == name })
	if at < 0 {
		return keyAttribute{}, false
	}
	return attributes[at], true
}

func (g *generator) keyKind() string { return pick(g.source, "S", "S", "S", "N", "B") }

// table returns a random table with up to two local and two global indexes.
func (g *generator) table(name string) tableSchema {
	primary := indexSchema{partition: keyAttribute{"pk", g.keyKind()}}
	if g.chance(75) {
		primary.sort = keyAttribute{"sk", g.keyKind()}
	}
	t := tableSchema{name: name, indexes: []indexSchema{primary}}
	var local, global list
	if primary.sort.name != "" {
		for i := range g.IntN(3) {
			x := indexSchema{name: pick(g.source, "local", "lsi.") + string(rune('1'+i)), partition: primary.partition}
			x.sort.name = pick(g.source, "l1", "l2", "a")
			local = append(local, g.index(&t, x))
		}
	}
	for i := range g.IntN(3) {
		x := indexSchema{name: pick(g.source, "global", "GSI_") + string(rune('1'+i)), global: true}
		x.partition.name = pick(g.source, "g1", "g2", "l1", "sk", "pk", "b")
		if g.chance(60) {
			x.sort.name = pick(g.source, "g3", "l2", "sk", "pk", "g1")
		}
		if x.sort.name == x.partition.name {
			x.sort.name = ""
		}
		global = append(global, g.index(&t, x))
	}
	definitions := list{}
	for _, a := range t.keyAttributes() {
		definitions = append(definitions, object{"AttributeName": a.name, "AttributeType": a.kind})
	}
	t.definition = object{
		"TableName":            name,
		"BillingMode":          "PAY_PER_REQUEST",
		"AttributeDefinitions": definitions,
		"KeySchema":            keySchema(&primary),
	}
	if g.chance(20) {
		delete(t.definition, "BillingMode")
		for _, billed := range append(list{t.definition}, global...) {
			billed.(object)["ProvisionedThroughput"] = object{"ReadCapacityUnits": 1000, "WriteCapacityUnits": 1000}
		}
	}
	if local != nil {
		t.definition["LocalSecondaryIndexes"] = local
	}
	if global != nil {
		t.definition["GlobalSecondaryIndexes"] = global
	}
	return t
}

// index resolves the types of the key attributes, adds the index to the table
// and returns its definition.
func (g *generator) index(t *tableSchema, x indexSchema) object {
	for _, a := range []*keyAttribute{&x.partition, &x.sort} {
		if a.name != "" {
			a.kind = g.keyKind()
			if known, ok := named(t.keyAttributes(), a.name); ok {
				a.kind = known.kind
			}
		}
	}
	projection := object{"ProjectionType": pick(g.source, "ALL", "KEYS_ONLY", "INCLUDE")}
	switch projection["ProjectionType"] {
	case "KEYS_ONLY":
		x.projected = []string{}
	case "INCLUDE":
		x.projected = sample(g.source, g.between(1, 3), []string{"a", "b", "c", "m", "n", "list"})
		projection["NonKeyAttributes"] = asList(x.projected)
	}
	t.indexes = append(t.indexes, x)
	return object{"IndexName": x.name, "KeySchema": keySchema(&x), "Projection": projection}
}

func asList[T any](values []T) list {
	all := make(list, len(values))
	for i, value := range values {
		all[i] = value
	}
	return all
}

func keySchema(x *indexSchema) list {
	kinds := []string{"HASH", "RANGE"}
	keys := list{}
	for i, a := range x.keys() {
		keys = append(keys, object{"AttributeName": a.name, "KeyType": kinds[i]})
	}
	return keys
}
