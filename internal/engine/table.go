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
	tree      *btree.BTreeG[element]
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
	t.tag(definition.Tags)
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

// element is an item as the tree of a view has it: with its key there and its primary key, which
// orders the items of an index with equal keys.
type element struct {
	key, primary *key
	record       *record // nil to search
}

func (v *view) compare(a, b element) int {
	if c := a.key.compare(b.key); c != 0 || v.kind == tableView {
		return c
	}
	return a.primary.compare(b.primary)
}

// element returns the element of a record that the view holds.
func (v *view) element(r *record) element { return element{&r.keys[v.number], &r.keys[0], r} }

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

// get returns the record with the given primary key, nil if there is none.
func (t *table) get(primary *key) *record {
	x, _ := t.views[0].tree.Get(element{key: primary})
	return x.record
}

// replace stores next in place of prior; either may be nil.
func (t *table) replace(prior, next *record) {
	if t.ttl != nil {
		t.ttl.note(next)
	}
	for _, v := range t.views {
		held, holds := v.holds(prior), v.holds(next)
		if held {
			v.bytes -= v.bytesOf(prior)
			if x := v.element(prior); !holds || v.compare(x, v.element(next)) != 0 {
				v.tree.Delete(x)
			}
		}
		if holds {
			v.bytes += v.bytesOf(next)
			v.tree.Set(v.element(next))
		}
	}
}

// holds reports whether the record, which may be nil, is in the view.
func (v *view) holds(r *record) bool { return r != nil && r.keys[v.number].exists() }

// bytesOf returns the number of bytes that the record takes in the view, zero if it is not there.
func (v *view) bytesOf(r *record) int {
	switch {
	case !v.holds(r):
		return 0
	case v.projected == nil:
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

// checkedRecord checks an item and returns its record.
func (t *table) checkedRecord(item attribute.Item) (*record, error) {
	if err := t.schema.checkTypes(item); err != nil {
		return nil, err
	}
	if err := t.schema.check(item); err != nil {
		return nil, err
	}
	if err := t.checkIndexTypes(item); err != nil {
		return nil, err
	}
	if err := t.checkIndexValues(item); err != nil {
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
