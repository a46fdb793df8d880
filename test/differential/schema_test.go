package differential

import "slices"

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
