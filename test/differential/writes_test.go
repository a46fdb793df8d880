package differential

import (
	"iter"
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

// keys returns keys of a table, mostly without duplicates. A request with more
// than maxKeys may have duplicates, because the limit is checked first.
func (g *generator) keys(t *tableSchema, count int) []object {
	var keys []object
	seen := map[string]bool{}
	for range count {
		key := g.key(t)
		text := canonicalText(key)
		if seen[text] && count <= maxKeys && !g.slip(20) {
			continue
		}
		seen[text] = true
		keys = append(keys, key)
	}
	return keys
}

// shares divides the requests of a batch or transaction between tables: count for t, and perhaps a few for another
// one. It returns what request returns for each key.
func (g *generator) shares(
	t *tableSchema, count int, request func(t *tableSchema, key object) any,
) iter.Seq2[*tableSchema, list] {
	share := func(t *tableSchema, count int) (requests list) {
		for _, key := range g.keys(t, count) {
			requests = append(requests, request(t, key))
		}
		return requests
	}
	return func(yield func(*tableSchema, list) bool) {
		other := &g.tables[g.IntN(len(g.tables))]
		if yield(t, share(t, count)) && other != t && g.chance(60) {
			yield(other, share(other, g.between(1, 3)))
		}
	}
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
	for table, writes := range g.shares(t, g.count(26, 5, 1, 2, 5, 8, 8, 12), g.write) {
		requests[table.name] = writes
	}
	return g.metrics(object{"RequestItems": requests})
}

// write returns a request of a batch.
func (g *generator) write(t *tableSchema, key object) any {
	if g.chance(20) {
		return object{"DeleteRequest": object{"Key": key}}
	}
	return object{"PutRequest": object{"Item": g.itemAt(t, key)}}
}

// itemAt returns a random item with the given key.
func (g *generator) itemAt(t *tableSchema, key object) object {
	item := g.item(t)
	maps.Copy(item, key)
	return item
}

func (g *generator) transactWriteItems(t *tableSchema) object {
	actions := list{}
	for _, share := range g.shares(t, g.count(maxKeys+1, 4, 1, 2, 3, 5, 8), g.action) {
		actions = append(actions, share...)
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
