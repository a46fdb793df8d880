package differential

import (
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// maxKeys is the most keys in a request.
const maxKeys = 100

// keys returns keys of a table, mostly without duplicates. A request with more
// than maxKeys may have duplicates, because the limit is checked first.
func (g *generator) keys(t *tableSchema, count int) []object {
	var keys []object
	seen := map[string]bool{}
	for range count {
		key := g.key(t)
		text := canonical(key)
		if seen[text] && count <= maxKeys && !g.slip(20) {
			continue
		}
		seen[text] = true
		keys = append(keys, key)
	}
	return keys
}

// canonical returns the text of a key, the same for all forms of a number.
func canonical(key object) string {
	var text []byte
	for _, name := range slices.Sorted(maps.Keys(key)) {
		var value attribute.Value
		if value.UnmarshalJSON(encode(key[name])) == nil {
			text = value.AppendJSON(text)
		}
	}
	return string(text)
}

// itemAt returns a random item with the given key.
func (g *generator) itemAt(t *tableSchema, key object) object {
	item := g.item(t)
	maps.Copy(item, key)
	return item
}

// shares divides requests between tables: count for t, and perhaps a few for another one.
func (g *generator) shares(t *tableSchema, count int) iter.Seq2[*tableSchema, int] {
	return func(yield func(*tableSchema, int) bool) {
		other := &g.tables[g.IntN(len(g.tables))]
		if yield(t, count) && other != t && g.chance(60) {
			yield(other, g.between(1, 3))
		}
	}
}

func (g *generator) batchWriteItem(t *tableSchema) step {
	count := pick(g.source, 1, 2, 5, 8, 8, 12)
	if g.slip(3) {
		count = pick(g.source, 26, 60)
	}
	if g.big {
		count = min(count, 5)
	}
	requests := object{}
	for table, share := range g.shares(t, count) {
		writes := list{}
		for _, key := range g.keys(table, share) {
			if g.chance(20) {
				writes = append(writes, object{"DeleteRequest": object{"Key": key}})
			} else {
				writes = append(writes, object{"PutRequest": object{"Item": g.itemAt(table, key)}})
			}
		}
		requests[table.name] = writes
	}
	body := object{"RequestItems": requests}
	g.sometimes(3, body, "ReturnItemCollectionMetrics", "SIZE", "NONE")
	g.detail(body)
	return step{operation: "BatchWriteItem", body: body}
}

func (g *generator) batchGetItem(t *tableSchema) step {
	count := pick(g.source, 1, 3, 8, 20)
	if g.slip(3) {
		count = maxKeys + 1
	}
	requests := object{}
	for table, share := range g.shares(t, count) {
		keys := list{}
		for _, key := range g.keys(table, share) {
			keys = append(keys, key)
		}
		gets := object{"Keys": keys}
		g.projecting(table, gets, 25)
		g.sometimes(40, gets, "ConsistentRead", true, false)
		requests[table.name] = gets
	}
	body := object{"RequestItems": requests}
	g.detail(body)
	return step{operation: "BatchGetItem", body: body}
}

func (g *generator) transactWriteItems(t *tableSchema) step {
	actions := list{}
	count := pick(g.source, 1, 2, 3, 5, 8)
	if g.slip(3) {
		count = maxKeys + 1
	}
	if g.big {
		count = min(count, 4)
	}
	for table, share := range g.shares(t, count) {
		for _, key := range g.keys(table, share) {
			actions = append(actions, g.action(table, key))
		}
	}
	g.Shuffle(len(actions), func(i, k int) { actions[i], actions[k] = actions[k], actions[i] })
	body := object{"TransactItems": actions}
	g.sometimes(3, body, "ReturnItemCollectionMetrics", "SIZE", "NONE")
	g.detail(body)
	if g.chance(15) {
		body["ClientRequestToken"] = "token-" + strconv.Itoa(g.IntN(20))
	}
	return step{operation: "TransactWriteItems", body: body}
}

// maxToken is the longest token that gets a prefix for each play, because
// servers remember tokens.
const maxToken = 10

func (g *generator) action(t *tableSchema, key object) object {
	kind := pick(g.source, "Put", "Put", "Delete", "Update", "ConditionCheck")
	parameters := object{"TableName": t.name}
	likely := 20
	if kind == "ConditionCheck" {
		likely = 100
	}
	switch kind {
	case "Put":
		parameters["Item"] = g.itemAt(t, key)
	default:
		parameters["Key"] = key
	}
	if kind == "Update" {
		g.updating(t, parameters)
	} else {
		g.conditional(t, parameters, likely)
	}
	action := object{kind: parameters}
	if g.slip(2) {
		action["Delete"] = object{"TableName": t.name, "Key": key}
	}
	return action
}

func (g *generator) transactGetItems(t *tableSchema) step {
	actions := list{}
	for table, share := range g.shares(t, pick(g.source, 1, 3, 6)) {
		for _, key := range g.keys(table, share) {
			get := object{"TableName": table.name, "Key": key}
			g.projecting(table, get, 25)
			actions = append(actions, object{"Get": get})
		}
	}
	body := object{"TransactItems": actions}
	g.detail(body)
	return step{operation: "TransactGetItems", body: body}
}
