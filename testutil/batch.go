package testutil

import (
	"maps"
	"net/http"
	"slices"
)

// batchItem is an item of a BatchWriteItem or a key of a BatchGetItem.
type batchItem struct {
	table string
	item  any
}

// batchItems returns the items in RequestItems, UnprocessedItems or UnprocessedKeys.
func batchItems(tables any) []batchItem {
	var all []batchItem
	for _, table := range slices.Sorted(maps.Keys(object(tables))) {
		items := object(tables)[table]
		if get, ok := items.(map[string]any); ok {
			items = get["Keys"]
		}
		for _, item := range list(items) {
			all = append(all, batchItem{table, item})
		}
	}
	return all
}

// requestItems returns the RequestItems of the request with some of the items.
func (r *request) requestItems(items []batchItem) map[string]any {
	byTable := map[string][]any{}
	for _, item := range items {
		byTable[item.table] = append(byTable[item.table], item.item)
	}
	tables := map[string]any{}
	for table, items := range byTable {
		tables[table] = items
		if get := object(object(r.members["RequestItems"])[table]); get != nil {
			get = maps.Clone(get) // how the keys are read
			get["Keys"] = items
			tables[table] = get
		}
	}
	return tables
}

// processPart passes some but not all items of a batch on, and none of a single one. It returns the rest
// as unprocessed.
func (r *request) processPart() *answer {
	member, answered := "UnprocessedItems", map[string]any{}
	if r.operation == "BatchGetItem" {
		member, answered["Responses"] = "UnprocessedKeys", map[string]any{}
	}
	items := batchItems(r.members["RequestItems"])
	r.random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	left := len(items)
	if left > 1 {
		left = 1 + r.random.IntN(left-1)
	}
	unprocessed, processed := items[:left:left], items[left:]
	if len(processed) > 0 {
		part := maps.Clone(r.members)
		part["RequestItems"] = r.requestItems(processed)
		r.setBody(encode(part))
		a := record(r.next, r.Request)
		if a == nil || a.status != http.StatusOK || decode(a.body) == nil {
			return a
		}
		answered = decode(a.body)
		unprocessed = append(unprocessed, batchItems(answered[member])...)
	}
	answered[member] = r.requestItems(unprocessed)
	return reply(http.StatusOK, answered)
}
