package testutil

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
)

// batch is the items of a BatchWriteItem or the keys of a BatchGetItem, by table.
type batch map[string]*tableBatch

type tableBatch struct {
	items   []json.RawMessage
	options map[string]json.RawMessage // how BatchGetItem reads the keys; nil for BatchWriteItem
}

// parseBatch parses RequestItems, UnprocessedItems or UnprocessedKeys. It returns nil if malformed.
func parseBatch(text json.RawMessage) batch {
	var tables map[string]json.RawMessage
	if json.Unmarshal(text, &tables) != nil {
		return nil
	}
	b := batch{}
	for table, text := range tables {
		var t tableBatch
		if json.Unmarshal(text, &t.items) != nil {
			if json.Unmarshal(text, &t.options) != nil || json.Unmarshal(t.options["Keys"], &t.items) != nil {
				return nil
			}
		}
		b[table] = &t
	}
	return b
}

// MarshalJSON implements [json.Marshaler].
func (t *tableBatch) MarshalJSON() ([]byte, error) {
	if t.options == nil {
		return json.Marshal(t.items)
	}
	options := maps.Clone(t.options)
	options["Keys"] = encode(t.items)
	return json.Marshal(options)
}

func (b batch) size() int {
	size := 0
	for _, t := range b {
		size += len(t.items)
	}
	return size
}

// split draws the items that are processed: some but not all of several, and none of a single one.
func (b batch) split(random *rand.Rand) (processed, unprocessed batch) {
	size := b.size()
	left := size
	if size > 1 {
		left = 1 + random.IntN(size-1)
	}
	isLeft := make([]bool, size)
	for _, i := range random.Perm(size)[:left] {
		isLeft[i] = true
	}
	processed, unprocessed = batch{}, batch{}
	i := 0
	for _, table := range slices.Sorted(maps.Keys(b)) {
		for _, item := range b[table].items {
			part := processed
			if isLeft[i] {
				part = unprocessed
			}
			part.add(batch{table: {items: []json.RawMessage{item}, options: b[table].options}})
			i++
		}
	}
	return processed, unprocessed
}

// add adds the items of another batch.
func (b batch) add(other batch) {
	for table, t := range other {
		if b[table] == nil {
			b[table] = &tableBatch{options: t.options}
		}
		b[table].items = append(b[table].items, t.items...)
	}
}
