package differential

import "github.com/open-alchemy/packagedb/internal/engine/attribute"

// query reads one partition of a table or an index.
func (g *generator) query(t *tableSchema) step {
	x := pick(g.source, t.indexes...)
	p := g.phrase(t)
	p.index = &x
	body := object{"TableName": t.name, "KeyConditionExpression": p.keyCondition(&x)}
	g.sometimes(50, body, "ScanIndexForward", false, false, true)
	g.reading(p, &x, body)
	if g.chance(legacyPercent) {
		g.legacyReading(p, body, "QueryFilter")
		body["KeyConditions"] = g.keyConditions(&x)
	}
	if x.name == "" && g.chance(8) {
		body["ExclusiveStartKey"] = g.startKey(t, &x)
	}
	if g.slip(8) {
		body["ExclusiveStartKey"] = g.wrongStartKey(t, &x)
	}
	return step{operation: "Query", body: body, walk: pick(g.source, single, onwards)}
}

// scan reads a whole table or index, or its segments one after the other. Every scan continues to
// its end, because the order of partitions differs between servers.
func (g *generator) scan(t *tableSchema) step {
	x := pick(g.source, t.indexes...)
	p := g.phrase(t)
	p.index = &x
	body := object{"TableName": t.name}
	g.reading(p, &x, body)
	if g.chance(legacyPercent) {
		g.legacyReading(p, body, "ScanFilter")
	}
	if g.chance(25) {
		body["TotalSegments"] = pick(g.source, 1, 2, 3, 8)
		body["Segment"] = 0
	}
	return step{operation: "Scan", body: body, walk: onwards}
}

// legacyReading replaces the expressions of a query or scan by legacy parameters.
func (g *generator) legacyReading(p *phrase, body object, filter string) {
	_, filtered := body["FilterExpression"]
	_, projected := body["ProjectionExpression"]
	withoutExpressions(body)
	if filtered {
		g.conditionally(body, filter, g.conditions(p))
	}
	if projected {
		body["AttributesToGet"] = g.attributesToGet(p)
	}
}

// reading adds the parameters that queries and scans share.
func (g *generator) reading(p *phrase, x *indexSchema, body object) {
	if x.name != "" {
		body["IndexName"] = x.name
	}
	if g.slip(5) {
		body["IndexName"] = pick(g.source, "missing", "x", "a b")
	}
	if g.chance(35) {
		body["FilterExpression"] = p.filter()
	}
	projects := g.chance(30)
	if projects {
		body["ProjectionExpression"] = p.projection()
	}
	p.into(body)
	g.sometimes(50, body, "Limit", 1, 1, 2, 3, 4, 5, 10, 1000)
	if !x.global || g.slip(10) {
		g.sometimes(30, body, "ConsistentRead", true, true, false)
	}
	switch {
	case g.slip(15):
		body["Select"] = pick(g.source, "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES")
	case projects:
		g.sometimes(20, body, "Select", "SPECIFIC_ATTRIBUTES")
	case x.name == "":
		g.sometimes(25, body, "Select", "ALL_ATTRIBUTES", "COUNT")
	case x.global:
		g.sometimes(40, body, "Select", "ALL_PROJECTED_ATTRIBUTES", "COUNT")
	default:
		g.sometimes(40, body, "Select", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT")
	}
	g.detail(body)
}

// startKey returns an ExclusiveStartKey, which need not be the key of an item.
func (g *generator) startKey(t *tableSchema, x *indexSchema) object {
	key := object{}
	for _, a := range t.startAttributes(x) {
		value := g.keyValue(a)
		if text, ok := value["N"].(string); ok {
			// DynamoDB Local does not find its place with "0.10" in place of "0.1".
			if number, err := attribute.ParseNumber(text); err == nil {
				value = object{"N": number.String()}
			}
		}
		key[a.name] = value
	}
	return key
}

func (g *generator) wrongStartKey(t *tableSchema, x *indexSchema) object {
	key := g.startKey(t, x)
	switch name := pick(g.source, t.startAttributes(x)...).name; g.IntN(3) {
	case 0:
		key["extra"] = object{"S": "x"}
	case 1:
		delete(key, name)
	default:
		key[name] = object{"BOOL": true}
	}
	return key
}
