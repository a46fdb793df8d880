package engine

import (
	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// maxItemBytes is the limit on the size of an item, names and values, with its
// entries in local indexes.
const maxItemBytes = 400 << 10

// write is a put, a delete or a condition check that is ready to be applied.
type write struct {
	table     *table
	primary   key
	next      *record // what a put stores, nil for the others
	checkOnly bool
	condition *expression.Condition
	// showOld asks for the item in the refusal where the condition fails.
	showOld bool
	// mismatch is set where the key does not fit the table: such a write is
	// never permitted.
	mismatch *exception
	// prior is the record that was there, once the condition was looked at.
	prior *record
}

// permitted looks at the condition. The engine's lock must be held.
func (w *write) permitted() bool {
	w.prior = w.table.get(w.primary)
	return w.condition.Match(w.prior.itemOrNil())
}

// apply makes a permitted write. The engine's lock must be held for writing.
func (w *write) apply() {
	if !w.checkOnly && (w.prior != nil || w.next != nil) {
		w.table.replace(w.prior, w.next)
	}
}

// old is what a refusal shows of the item.
func (w *write) old() attribute.Item {
	if !w.showOld {
		return nil
	}
	return w.prior.itemOrNil()
}

func (r *record) itemOrNil() attribute.Item {
	if r == nil {
		return nil
	}
	return r.item
}

// perform makes one write on its own.
func (e *Engine) perform(w *write) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.current(w.table); err != nil {
		return err
	}
	if !w.permitted() {
		return conditionalCheckFailed(w.old())
	}
	if err := e.journal.commit(nil, tokenEntry{}, *w); err != nil {
		return err
	}
	w.apply()
	return nil
}

// consume adds what the write cost.
func (w *write) consume(c *consumption, factor float64) {
	if w.checkOnly {
		c.units[0] += factor * writeUnits(w.table.views[0].bytesOf(w.prior))
		return
	}
	c.write(w.prior, w.next, factor)
}

// put checks the keys of an item and makes it a record.
func (t *table) put(item attribute.Item) (*record, error) {
	if err := t.checkItemTypes(item); err != nil {
		return nil, err
	}
	if err := t.checkItemValues(item); err != nil {
		return nil, err
	}
	return t.record(item)
}

// record makes an item with valid keys a record. The limit on the size of an
// item includes what it takes in the local indexes.
func (t *table) record(item attribute.Item) (*record, error) {
	r := t.newRecord(item)
	bytes := r.size
	for _, v := range t.views {
		if v.kind == localIndex {
			bytes += v.bytesOf(r)
		}
	}
	return r, checkItemBytes(bytes)
}

// checkItemTypes checks that an item to be stored has the table's key, and
// that its index keys are of the right types.
func (t *table) checkItemTypes(item attribute.Item) error {
	for _, a := range t.schema.attributes() {
		value := item[a.name]
		if !value.Exists() {
			return invalidParameter("Missing the key %s in the item", a.name)
		}
		if value.Kind() != a.kind {
			return invalidParameter("Type mismatch for key %s expected: %s actual: %s", a.name, a.kind, value.Kind())
		}
	}
	for _, v := range t.indexesByName {
		for _, a := range v.schema.attributes() {
			if value := item[a.name]; value.Exists() && value.Kind() != a.kind {
				return invalidParameter("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", a.name, a.kind, value.Kind(), v.name)
			}
		}
	}
	return nil
}

// checkItemValues checks the content of key attributes that are there and of
// the right type.
func (t *table) checkItemValues(item attribute.Item) error {
	if err := t.schema.validate(item); err != nil {
		return err
	}
	for _, v := range t.indexesByName {
		if err := v.validateIndexKey(item); err != nil {
			return err
		}
	}
	return nil
}

func (v *view) validateIndexKey(item attribute.Item) error {
	for _, a := range v.schema.attributes() {
		if value := item[a.name]; value.Kind() == a.kind && isEmpty(value) {
			return validation("One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s",
				kindWord(item[a.name].Kind()), v.name, a.name)
		}
	}
	return v.schema.validateSizes(item)
}

func checkItemSize(item attribute.Item) error { return checkItemBytes(attribute.Size(item)) }

func checkItemBytes(bytes int) error {
	if bytes > maxItemBytes {
		return validation("Item size has exceeded the maximum allowed size")
	}
	return nil
}
