package testutil

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
)

// batch is the tables of RequestItems, UnprocessedItems or UnprocessedKeys: a list of items for
// BatchWriteItem, and for BatchGetItem an object with a list of Keys and how to read them.
type batch map[string]any

// parseBatch returns the batch in a member of a JSON object. It is empty if the object is malformed.
func parseBatch(object []byte, member string) batch {
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	var members map[string]any
	_ = decoder.Decode(&members)
	tables, _ := members[member].(map[string]any)
	return tables
}

// items returns the items or keys of a table.
func (b batch) items(table string) []any {
	if get, ok := b[table].(map[string]any); ok {
		keys, _ := get["Keys"].([]any)
		return keys
	}
	items, _ := b[table].([]any)
	return items
}

func (b batch) size() int {
	size := 0
	for table := range b {
		size += len(b.items(table))
	}
	return size
}

// add adds items to a table that is read as in the other batch.
func (b batch) add(other batch, table string, items ...any) {
	all := slices.Concat(b.items(table), items)
	if get, ok := other[table].(map[string]any); ok {
		get = maps.Clone(get)
		get["Keys"] = all
		b[table] = get
	} else {
		b[table] = all
	}
}

// split selects the items to process: some but not all of several, and none of a single one.
func (b batch) split(random *rand.Rand) (processed, unprocessed batch) {
	left := b.size()
	if left > 1 {
		left = 1 + random.IntN(left-1)
	}
	parts := make([]batch, b.size())
	processed, unprocessed = batch{}, batch{}
	for i, n := range random.Perm(len(parts)) {
		parts[n] = processed
		if i < left {
			parts[n] = unprocessed
		}
	}
	for _, table := range slices.Sorted(maps.Keys(b)) {
		for _, item := range b.items(table) {
			parts[0].add(b, table, item)
			parts = parts[1:]
		}
	}
	return processed, unprocessed
}

// processPart passes a part of the request's batch on and returns the rest as unprocessed.
func (r *request) processPart(next http.Handler, random *rand.Rand) *answer {
	member, members := "UnprocessedItems", map[string]json.RawMessage{}
	if r.operation == "BatchGetItem" {
		member, members["Responses"] = "UnprocessedKeys", json.RawMessage("{}")
	}
	processed, unprocessed := r.batch().split(random)
	if processed.size() > 0 {
		var part map[string]json.RawMessage
		_ = json.Unmarshal(r.body, &part) // an object: it holds the batch
		part["RequestItems"] = encode(processed)
		r.setBody(encode(part))
		a := record(next, r.Request)
		if a == nil || a.status != http.StatusOK || json.Unmarshal(a.body, &members) != nil {
			return a
		}
		left := parseBatch(a.body, member)
		for table := range left {
			unprocessed.add(left, table, left.items(table)...)
		}
	}
	members[member] = encode(unprocessed)
	return reply(http.StatusOK, members)
}
