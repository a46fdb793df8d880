package differential

import (
	"maps"
	"strconv"
)

func (g *generator) putItem(t *tableSchema) object {
	body := object{"TableName": t.name, "Item": g.item(t)}
	return g.conditional(t, body, 35)
}

func (g *generator) deleteItem(t *tableSchema) object {
	body := object{"TableName": t.name, "Key": g.key(t)}
	return g.conditional(t, body, 40)
}

// conditional adds the parameters that puts and deletes share, among them a condition in percent of
// the cases, or the legacy form of one.
func (g *generator) conditional(t *tableSchema, body object, percent int) object {
	if g.chance(legacyPercent) {
		g.expecting(t, body)
	} else {
		g.condition(t, body, percent)
	}
	g.sometimes(50, body, "ReturnValues", "ALL_OLD", "ALL_OLD", "NONE")
	return g.metrics(body)
}

// metrics asks for what a write affects and consumes.
func (g *generator) metrics(body object) object {
	g.sometimes(3, body, "ReturnItemCollectionMetrics", "SIZE", "NONE")
	return g.capacity(body)
}

func (g *generator) updateItem(t *tableSchema) object {
	body := object{"TableName": t.name, "Key": g.key(t)}
	if g.chance(legacyPercent) {
		body["AttributeUpdates"] = g.attributeUpdates(t)
		if g.chance(30) {
			g.expecting(t, body)
		}
	} else {
		g.updating(t, body)
	}
	g.sometimes(60, body, "ReturnValues", "ALL_NEW", "ALL_NEW", "ALL_OLD", "UPDATED_NEW", "UPDATED_OLD", "NONE")
	return g.metrics(body)
}

// updating adds an update, and perhaps a condition.
func (g *generator) updating(t *tableSchema, body object) {
	p := g.phrase(t)
	body["UpdateExpression"] = p.update()
	if g.chance(30) {
		body["ConditionExpression"] = p.filter()
		g.oldItem(body)
	}
	p.into(body)
}

// condition adds a condition in percent of the cases.
func (g *generator) condition(t *tableSchema, body object, percent int) {
	if !g.chance(percent) {
		return
	}
	p := g.phrase(t)
	if g.chance(25) {
		body["ConditionExpression"] = pick(g.source, "attribute_exists", "attribute_not_exists") + "(" + p.name("pk") + ")"
	} else {
		body["ConditionExpression"] = p.filter()
	}
	p.into(body)
	g.oldItem(body)
}

// oldItem asks for the item for which a condition fails.
func (g *generator) oldItem(body object) {
	g.sometimes(60, body, "ReturnValuesOnConditionCheckFailure", "ALL_OLD", "ALL_OLD", "NONE")
}

// key returns a primary key, perhaps that of a stored item.
func (g *generator) key(t *tableSchema) object {
	key := object{}
	for _, a := range t.primary().keys() {
		key[a.name] = g.keyValue(a)
	}
	return key
}

// maxKeys is the most keys in a request.
const maxKeys = 100

// target is an item of a table.
type target struct {
	table *tableSchema
	key   object
}

// targets returns keys for a batch or transaction: as many of t, and perhaps a few of another table.
// There are mostly no duplicates, except among more than maxKeys, because the limit is checked first.
func (g *generator) targets(t *tableSchema, count int) (all []target) {
	seen := map[string]bool{}
	add := func(t *tableSchema, count int) {
		for range count {
			key := g.key(t)
			text := t.name + canonicalText(key)
			if !seen[text] || count > maxKeys || g.slip(20) {
				all = append(all, target{t, key})
			}
			seen[text] = true
		}
	}
	add(t, count)
	if other := &g.tables[g.IntN(len(g.tables))]; other != t && g.chance(60) {
		add(other, g.between(1, 3))
	}
	return all
}

// count returns one of the numbers of requests, rarely one over the limit, and few for big items.
func (g *generator) count(over, big int, counts ...int) int {
	count := pick(g.source, counts...)
	if g.slip(3) {
		count = over
	}
	if g.big {
		count = min(count, big)
	}
	return count
}

func (g *generator) batchWriteItem(t *tableSchema) object {
	requests := object{}
	for _, to := range g.targets(t, g.count(26, 5, 1, 2, 5, 8, 8, 12)) {
		write := object{"PutRequest": object{"Item": g.itemAt(to.table, to.key)}}
		if g.chance(20) {
			write = object{"DeleteRequest": object{"Key": to.key}}
		}
		writes, _ := requests[to.table.name].(list)
		requests[to.table.name] = append(writes, write)
	}
	return g.metrics(object{"RequestItems": requests})
}

// itemAt returns a random item with the given key.
func (g *generator) itemAt(t *tableSchema, key object) object {
	item := g.item(t)
	maps.Copy(item, key)
	return item
}

func (g *generator) transactWriteItems(t *tableSchema) object {
	actions := list{}
	for _, to := range g.targets(t, g.count(maxKeys+1, 4, 1, 2, 3, 5, 8)) {
		actions = append(actions, g.action(to.table, to.key))
	}
	g.Shuffle(len(actions), func(i, k int) { actions[i], actions[k] = actions[k], actions[i] })
	body := g.metrics(object{"TransactItems": actions})
	if g.chance(15) {
		body["ClientRequestToken"] = "token-" + strconv.Itoa(g.IntN(20))
	}
	return body
}

// maxToken is the longest token that gets a prefix for each play, because
// servers remember tokens.
const maxToken = 10

// action returns an action of a transaction.
func (g *generator) action(t *tableSchema, key object) any {
	kind := pick(g.source, "Put", "Put", "Delete", "Update", "ConditionCheck")
	parameters := object{"TableName": t.name, "Key": key}
	switch kind {
	case "Put":
		delete(parameters, "Key")
		parameters["Item"] = g.itemAt(t, key)
		g.condition(t, parameters, 20)
	case "Delete":
		g.condition(t, parameters, 20)
	case "Update":
		g.updating(t, parameters)
	case "ConditionCheck":
		g.condition(t, parameters, 100)
	}
	action := object{kind: parameters}
	if g.slip(2) {
		action["Delete"] = object{"TableName": t.name, "Key": key}
	}
	return action
}

func (g *generator) getItem(t *tableSchema) object {
	body := object{"TableName": t.name, "Key": g.key(t)}
	if g.chance(legacyPercent) {
		body["AttributesToGet"] = asList(g.phrase(t).attributes())
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
	for _, to := range g.targets(t, g.count(maxKeys+1, maxKeys+1, 1, 3, 8, 20)) {
		gets, ok := requests[to.table.name].(object)
		if !ok {
			gets = object{"Keys": list{}}
			g.projecting(to.table, gets, 25)
			g.sometimes(40, gets, "ConsistentRead", true, false)
			requests[to.table.name] = gets
		}
		gets["Keys"] = append(gets["Keys"].(list), to.key)
	}
	return g.capacity(object{"RequestItems": requests})
}

func (g *generator) transactGetItems(t *tableSchema) object {
	actions := list{}
	for _, from := range g.targets(t, pick(g.source, 1, 3, 6)) {
		get := object{"TableName": from.table.name, "Key": from.key}
		g.projecting(from.table, get, 25)
		actions = append(actions, object{"Get": get})
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
