package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/btree"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// table is a table with its items. Only operations that change tables change more of it than the
// trees and their counts.
type table struct {
	name       string
	id         string
	created    time.Time
	definition *tableDefinition
	// onDemandSince is the last change to on-demand capacity, zero if there was none.
	onDemandSince time.Time
	// throughput is by the name of the index, "" for the table.
	throughput map[string]throughputHistory
	tags       map[string]string
	ttl        *timeToLive // nil if it is not enabled
	schema     *keySchema  // that of views[0]
	// views are the orders of the items: the table itself, then its local and its global indexes.
	views []*view
	// indexesByName are the indexes in the order in which they are checked.
	indexesByName []*view
}

// record is an item as it is stored. It never changes: a write replaces it.
type record struct {
	item attribute.Item
	size int
	// keys are the item's places, one for each view of the table. Where the
	// item is not in an index, that key does not exist.
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

type viewKind uint8

const (
	tableView viewKind = iota
	localIndex
	globalIndex
)

// view is an order of the items of a table: the table itself or an index.
type view struct {
	name   string
	kind   viewKind
	number int // its place in table.views and record.keys
	schema keySchema
	// keys are the attributes of the table's key and then the others of the view's own.
	keys []keyAttribute
	// projected are the attributes that the view holds, nil for all of them.
	projected []string
	tree      *btree.BTreeG[*record]
	bytes     int
}

func newTable(definition *tableDefinition, name string, number uint64, created time.Time) *table {
	t := &table{
		name:       name,
		id:         fmt.Sprintf("00000000-0000-4000-8000-%012x", number),
		created:    created,
		definition: definition,
		throughput: map[string]throughputHistory{},
		tags:       map[string]string{},
	}
	if definition.onDemand() {
		t.onDemandSince = created
	}
	t.addViews()
	return t
}

// addViews adds the views of a table without items.
func (t *table) addViews() {
	t.views = nil
	t.addView("", tableView, t.definition.KeySchema, nil)
	t.schema = &t.views[0].schema
	for _, x := range t.definition.LocalSecondaryIndexes {
		t.addView(*x.IndexName, localIndex, x.KeySchema, x.Projection)
	}
	for _, x := range t.definition.GlobalSecondaryIndexes {
		t.addView(*x.IndexName, globalIndex, x.KeySchema, x.Projection)
	}
	t.indexesByName = slices.SortedFunc(slices.Values(t.views[1:]), func(a, b *view) int { return strings.Compare(a.name, b.name) })
}

func (t *table) addView(name string, kind viewKind, keys []keySchemaElement, p *projection) {
	v := &view{name: name, kind: kind, number: len(t.views), schema: t.definition.keySchema(keys)}
	t.views = append(t.views, v)
	for _, a := range slices.Concat(t.views[0].schema.attributes, v.schema.attributes) {
		if !slices.Contains(v.keys, a) {
			v.keys = append(v.keys, a)
		}
	}
	if p != nil && *p.ProjectionType != "ALL" {
		v.projected = projectedNames(v.keys, p.NonKeyAttributes)
	}
	v.tree = btree.NewBTreeGOptions(func(a, b *record) bool { return v.compare(a, b) < 0 }, btree.Options{NoLocks: true})
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
	return s
}

// projectedNames returns the names of the keys and of the further attributes, each once.
func projectedNames(keys []keyAttribute, further []string) []string {
	var names []string
	for _, a := range keys {
		names = append(names, a.name)
	}
	for _, name := range further {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// compare orders records by their keys in the view, and equal index keys by
// the primary key.
func (v *view) compare(a, b *record) int {
	if c := a.keys[v.number].compare(&b.keys[v.number]); c != 0 || v.number == 0 {
		return c
	}
	return a.keys[0].compare(&b.keys[0])
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

func (t *table) hasLocalIndexes() bool { return len(t.definition.LocalSecondaryIndexes) > 0 }

// newRecord returns the stored form of an item with a valid key.
func (t *table) newRecord(item attribute.Item) *record {
	r := &record{item: item, size: attribute.Size(item), keys: make([]key, len(t.views))}
	for i, v := range t.views {
		r.keys[i] = v.schema.of(item)
	}
	return r
}

// position returns a record to compare with that has the given primary key.
func (t *table) position(primary key) *record {
	keys := make([]key, len(t.views))
	keys[0] = primary
	return &record{keys: keys}
}

// get returns the record with the given primary key, nil if there is none.
func (t *table) get(primary key) *record {
	r, _ := t.views[0].tree.Get(t.position(primary))
	return r
}

// replace stores next in place of prior; either may be nil.
func (t *table) replace(prior, next *record) {
	t.ttl.schedule(next)
	for _, v := range t.views {
		held, holds := v.holds(prior), v.holds(next)
		if held {
			v.bytes -= v.size(prior)
			if !holds || v.compare(prior, next) != 0 {
				v.tree.Delete(prior)
			}
		}
		if holds {
			v.bytes += v.size(next)
			v.tree.Set(next)
		}
	}
}

// holds reports whether the record, which may be nil, is in the view.
func (v *view) holds(r *record) bool { return r != nil && r.keys[v.number].exists() }

// size returns the number of bytes that the record takes in the view.
func (v *view) size(r *record) int {
	if v.projected == nil {
		return r.size
	}
	size := 0
	for _, name := range v.projected {
		if value, ok := r.item[name]; ok {
			size += len(name) + value.Size()
		}
	}
	return size
}

// item returns the part of the record that the view holds.
func (v *view) item(r *record) attribute.Item {
	if v.projected == nil {
		return r.item
	}
	item := make(attribute.Item, len(v.projected))
	for _, name := range v.projected {
		if value, ok := r.item[name]; ok {
			item[name] = value
		}
	}
	return item
}

// missing returns the names that the view does not hold.
func (v *view) missing(names []string) string {
	if v.projected == nil {
		return ""
	}
	list := ""
	for i, name := range names {
		if slices.Contains(v.projected, name) || slices.Contains(names[:i], name) {
			continue
		}
		if list != "" {
			list += ", "
		}
		list += name
	}
	return list
}
