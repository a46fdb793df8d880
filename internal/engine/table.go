package engine

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/btree"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// table is a table with its items. Only operations that change tables change more of it than the
// trees and their counts.
type table struct {
	storedTable
	engine *Engine
	schema *keySchema // that of views[0]
	// views are the orders of the items: the table itself, then its local and its global indexes.
	views []*view
	// indexesByName are the indexes in the order in which they are checked.
	indexesByName []*view
}

// storedTable is a table without its items, as it is stored.
//
//	{"Name": "pets", "ID": "00000000-0000-4000-8000-000000000001", "Created": "2026-11-30T12:00:00Z",
//	 "Definition": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], ...}, "TimeToLive": "expires"}
type storedTable struct {
	Name, ID string
	Created  time.Time
	// OnDemandSince is the last change to on-demand capacity, zero if there was none.
	OnDemandSince time.Time
	Definition    *tableDefinition
	// Throughput is by the name of the index, "" for the table.
	Throughput map[string]throughputHistory
	Tags       map[string]string
	// PointInTimeRecovery is nil if it is disabled.
	PointInTimeRecovery *pointInTimeRecovery `json:",omitempty"`
	// StreamCreated is the creation of the latest stream, zero if there was none.
	StreamCreated time.Time `json:",omitzero"`
	// TimeToLive is the name of the attribute with the second of expiry, "" if time to live is disabled.
	TimeToLive string `json:",omitempty"`
}

// record is an item as it is stored. It never changes: a write replaces it.
type record struct {
	item attribute.Item
	size int
	// keys are the item's keys, one for each view of the table. That of an index that does not contain
	// the item does not exist.
	keys []key
}

// bytes returns the size of a record, zero for nil.
func (r *record) bytes() int {
	if r == nil {
		return 0
	}
	return r.size
}

func (r *record) itemOrNil() attribute.Item {
	if r == nil {
		return nil
	}
	return r.item
}

// newTable returns a table without items.
func (e *Engine) newTable(stored storedTable) *table {
	t := &table{storedTable: stored, engine: e}
	t.addViews()
	return t
}

// addViews adds the views of a table without items.
func (t *table) addViews() {
	t.views = nil
	t.addView("", tableView, t.Definition.KeySchema, nil)
	t.schema = &t.views[0].schema
	for _, x := range t.Definition.LocalSecondaryIndexes {
		t.addView(*x.IndexName, localIndex, x.KeySchema, x.Projection)
	}
	for _, x := range t.Definition.GlobalSecondaryIndexes {
		t.addView(*x.IndexName, globalIndex, x.KeySchema, x.Projection)
	}
	t.indexesByName = slices.SortedFunc(slices.Values(t.views[1:]), func(a, b *view) int { return strings.Compare(a.name, b.name) })
}

func (t *table) addView(name string, kind viewKind, keys []keySchemaElement, p *projection) {
	v := &view{name: name, kind: kind, number: len(t.views), schema: t.Definition.keySchema(keys)}
	t.views = append(t.views, v)
	for _, a := range slices.Concat(t.views[0].schema.attributes, v.schema.attributes) {
		if !slices.Contains(v.keys, a) {
			v.keys = append(v.keys, a)
		}
	}
	if p != nil && *p.ProjectionType != "ALL" {
		for _, a := range v.keys {
			v.projected = append(v.projected, a.name)
		}
		for _, name := range p.NonKeyAttributes {
			if !slices.Contains(v.projected, name) {
				v.projected = append(v.projected, name)
			}
		}
		v.projection = expression.NewProjection(v.projected)
	}
	v.tree = btree.NewBTreeGOptions(func(a, b element) bool { return v.compare(a, b) < 0 }, btree.Options{NoLocks: true})
}

// keySchema resolves the key attributes against the attribute definitions.
func (t *tableDefinition) keySchema(keys []keySchemaElement) keySchema {
	var s keySchema
	hashes := 0
	for _, k := range keys {
		for _, a := range t.AttributeDefinitions {
			if *a.AttributeName == *k.AttributeName {
				s.attributes = append(s.attributes, keyAttribute{*a.AttributeName, attribute.KindNamed(*a.AttributeType)})
			}
		}
		if *k.KeyType == "HASH" {
			hashes++
		}
	}
	s.partition, s.sort = s.attributes[:hashes], s.attributes[hashes:]
	s.composite = len(s.partition) > 1 || len(s.sort) > 1
	return s
}

// view returns the index of that name, the table itself for the empty name, or nil.
func (t *table) view(name string) *view {
	for _, v := range t.views {
		if v.name == name {
			return v
		}
	}
	return nil
}

func (t *table) hasLocalIndexes() bool { return len(t.Definition.LocalSecondaryIndexes) > 0 }

// newRecord returns the stored form of an item with a valid key.
func (t *table) newRecord(item attribute.Item) *record {
	r := &record{item: item, size: attribute.Size(item), keys: make([]key, len(t.views))}
	for i, v := range t.views {
		r.keys[i] = v.schema.of(item)
	}
	return r
}

// get returns the record with the given primary key, nil if there is none.
func (t *table) get(primary *key) *record {
	x, _ := t.views[0].tree.Get(element{key: primary})
	return x.record
}

// replace stores a record in place of the old one; either may be nil.
func (t *table) replace(old, stored *record) {
	if t.TimeToLive != "" && stored != nil {
		now := t.engine.now().Unix()
		t.engine.expireAt(t.removalOf(stored.item, now), now)
	}
	for _, v := range t.views {
		held, holds := v.holds(old), v.holds(stored)
		if held {
			v.bytes -= v.bytesOf(old)
			if x := v.element(old); !holds || v.compare(x, v.element(stored)) != 0 {
				v.tree.Delete(x)
			}
		}
		if holds {
			v.bytes += v.bytesOf(stored)
			v.tree.Set(v.element(stored))
		}
	}
}

// checkedRecord checks an item and returns its record.
func (t *table) checkedRecord(item attribute.Item) (*record, error) {
	if err := cmp.Or(t.schema.checkTypes(item), t.schema.check(item), t.checkIndexTypes(item), t.checkIndexValues(item)); err != nil {
		return nil, err
	}
	r := t.newRecord(item)
	if t.itemBytes(r) > maxItemBytes {
		return nil, errItemSize
	}
	return r, nil
}

// updatedRecord checks an updated item and returns its record.
func (t *table) updatedRecord(item attribute.Item) (*record, error) {
	if err := attribute.CheckNesting(item); err != nil {
		return nil, err
	}
	if t.checkIndexTypes(item) != nil {
		return nil, validation("The update expression attempted to update the secondary index key to unsupported type")
	}
	if err := t.checkUpdated(item); err != nil {
		return nil, err
	}
	r := t.newRecord(item)
	if t.itemBytes(r) > maxItemBytes {
		return nil, errUpdateSize
	}
	return r, nil
}

var (
	errItemSize   = validation("Item size has exceeded the maximum allowed size")
	errUpdateSize = validation("Item size to update has exceeded the maximum allowed size")
)

// itemBytes returns the size that the limit applies to: that of the item itself and of its entries
// in local indexes.
func (t *table) itemBytes(r *record) int {
	bytes := r.size
	for _, v := range t.views {
		if v.kind == localIndex {
			bytes += v.bytesOf(r)
		}
	}
	return bytes
}

// checkIndexTypes checks that the index keys that an item has are of the right types, and
// checkIndexValues their content if they are.
func (t *table) checkIndexTypes(item attribute.Item) error {
	for _, v := range t.indexesByName {
		for _, a := range v.schema.attributes {
			if value := item[a.name]; value.Exists() && value.Kind() != a.kind {
				return invalidParameter("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", a.name, a.kind, value.Kind(), v.name)
			}
		}
	}
	return nil
}

func (t *table) checkIndexValues(item attribute.Item) error {
	for _, v := range t.indexesByName {
		if err := v.checkKey(item); err != nil {
			return err
		}
	}
	return nil
}

// checkUpdated checks the index keys that an update leaves behind.
func (t *table) checkUpdated(item attribute.Item) error {
	if err := t.checkIndexTypes(item); err != nil {
		return err
	}
	for _, v := range t.indexesByName {
		if err := v.schema.checkValues(item, emptyUpdated, ""); err != nil {
			return err
		}
	}
	return nil
}

// checkPaths rejects paths that lead into a key attribute of the table or
// one of its indexes, which are always scalars.
func (t *table) checkPaths(paths []expression.Path) error {
	for _, path := range paths {
		if !path.Nested() {
			continue
		}
		for _, v := range t.views {
			if !v.schema.has(path.Attribute()) {
				continue
			}
			what := "IndexKey"
			if v.kind == tableView {
				what = "Key"
			}
			return validation("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: %s: %s", what, path.Attribute())
		}
	}
	return nil
}

// snapshot returns a copy of the table for another engine. It shares the items.
func (t *table) snapshot(e *Engine) *table {
	copied := *t
	copied.engine = e
	copied.views = make([]*view, len(t.views))
	for i, v := range t.views {
		view := *v
		view.tree = v.tree.Copy()
		copied.views[i] = &view
	}
	copied.schema = &copied.views[0].schema
	return &copied
}
