package engine

import (
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

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
	number int // its index in table.views and record.keys
	schema keySchema
	// keys are the attributes of the table's key and then the others of the view's own.
	keys []keyAttribute
	// projected are the attributes that the view holds, nil for all of them.
	projected  []string
	projection *expression.Projection // on those attributes
	tree       *btree.BTreeG[element]
	bytes      int
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

// holds reports whether the record, which may be nil, is in the view: whether it has all attributes of
// its key.
func (v *view) holds(r *record) bool { return r != nil && r.keys[v.number].partition[0].Exists() }

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
func (v *view) item(r *record) attribute.Item { return v.projection.Apply(r.item) }

// missing returns the names that the view does not hold.
func (v *view) missing(names []string) string {
	if v.projected == nil {
		return ""
	}
	var missing []string
	for _, name := range names {
		if !slices.Contains(v.projected, name) && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	return strings.Join(missing, ", ")
}

// same reports whether the view holds the same of both records.
func (v *view) same(a, b *record) bool {
	if v.projected == nil {
		return attribute.EqualItems(a.item, b.item)
	}
	for _, name := range v.projected {
		if !attribute.Equal(a.item[name], b.item[name]) {
			return false
		}
	}
	return true
}

// checkKey checks the content of the key values that are there, with the messages about a table or an index.
func (v *view) checkKey(item attribute.Item) error {
	if v.kind == tableView {
		return v.schema.check(item)
	}
	return v.schema.checkValues(item, emptyIndexKey, v.name)
}
