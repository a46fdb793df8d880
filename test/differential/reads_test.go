package differential

func (g *generator) getItem(t *tableSchema) object {
	body := object{"TableName": t.name, "Key": g.key(t)}
	if g.chance(legacyPercent) {
		body["AttributesToGet"] = g.attributesToGet(g.phrase(t))
	} else {
		g.projecting(t, body, 30)
	}
	g.sometimes(50, body, "ConsistentRead", true, false)
	return g.capacity(body)
}

// projecting adds a projection in percent of the cases.
func (g *generator) projecting(t *tableSchema, body object, percent int) {
	if g.chance(percent) {
		p := g.phrase(t)
		body["ProjectionExpression"] = p.projection()
		p.into(body)
	}
}

func (g *generator) batchGetItem(t *tableSchema) object {
	requests := object{}
	key := func(_ *tableSchema, key object) any { return key }
	for table, keys := range g.shares(t, g.count(maxKeys+1, maxKeys+1, 1, 3, 8, 20), key) {
		gets := object{"Keys": keys}
		g.projecting(table, gets, 25)
		g.sometimes(40, gets, "ConsistentRead", true, false)
		requests[table.name] = gets
	}
	return g.capacity(object{"RequestItems": requests})
}

func (g *generator) transactGetItems(t *tableSchema) object {
	actions := list{}
	get := func(t *tableSchema, key object) any {
		get := object{"TableName": t.name, "Key": key}
		g.projecting(t, get, 25)
		return object{"Get": get}
	}
	for _, share := range g.shares(t, pick(g.source, 1, 3, 6), get) {
		actions = append(actions, share...)
	}
	return g.capacity(object{"TransactItems": actions})
}

// query reads one partition of a table or an index.
func (g *generator) query(t *tableSchema) object {
	x := pick(g.source, t.indexes...)
	p := g.phrase(t)
	p.index = &x
	body := object{"TableName": t.name, "KeyConditionExpression": p.keyCondition(&x)}
	g.sometimes(50, body, "ScanIndexForward", false, false, true)
	g.reading(p, body)
	if g.legacyReading(p, body, "QueryFilter") {
		body["KeyConditions"] = g.keyConditions(&x)
	}
	if x.name == "" && g.chance(8) {
		body["ExclusiveStartKey"] = g.startKey(t, &x)
	}
	if g.slip(8) {
		body["ExclusiveStartKey"] = g.wrongStartKey(t, &x)
	}
	return body
}

// scan reads a whole table or index, or its segments one after the other.
func (g *generator) scan(t *tableSchema) object {
	x := pick(g.source, t.indexes...)
	p := g.phrase(t)
	p.index = &x
	body := object{"TableName": t.name}
	g.reading(p, body)
	g.legacyReading(p, body, "ScanFilter")
	if g.chance(25) {
		body["TotalSegments"] = pick(g.source, 1, 2, 3, 8)
		body["Segment"] = 0
	}
	return body
}

// reading adds the parameters that queries and scans share.
func (g *generator) reading(p *phrase, body object) {
	x := p.index
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
	g.capacity(body)
}

// startKey returns an ExclusiveStartKey, which need not be the key of an item.
func (g *generator) startKey(t *tableSchema, x *indexSchema) object {
	key := object{}
	for _, a := range t.startAttributes(x) {
		value := g.keyValue(a)
		// DynamoDB Local does not find its place with "0.10" in place of "0.1".
		if number := canonicalNumber(value["N"]); number != nil {
			value = object{"N": number}
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
