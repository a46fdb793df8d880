package engine

import (
	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// maxItemBytes is the limit on the size of an item, names and values, with its
// entries in local indexes.
const maxItemBytes = 400 << 10

// write is a put, an update, a delete or a condition check that is ready to be applied.
type write struct {
	table     *table
	primary   key
	next      *record // what the write stores, nil for a delete; an update sets it in evaluate
	checkOnly bool
	// subject is the key of an update.
	subject   attribute.Item
	update    *expression.Update
	condition *expression.Condition
	// showOld asks for the item in the error if the condition fails.
	showOld bool
	// mismatch is set if the key does not match the schema of the table, which
	// cancels a transaction.
	mismatch *exception
	// prior is the record that was there, known from evaluate on.
	prior *record
}

// newWrite returns the write of an action, without its key and record.
func newWrite(t *table, a *action) write {
	return write{
		table:     t,
		update:    a.update,
		condition: a.condition,
		checkOnly: a.kind == conditionCheckKind,
		showOld:   is(a.returnOnFailure, "ALL_OLD"),
	}
}

// evaluate checks the condition against what is stored, and computes what an
// update makes of it. The engine's lock must be held.
func (w *write) evaluate() error {
	w.prior = w.table.get(w.primary)
	if !w.condition.Match(w.prior.itemOrNil()) {
		return conditionalCheckFailed(w.old())
	}
	if w.subject == nil {
		return nil
	}
	item := w.subject
	if w.prior != nil {
		item = w.prior.item
	}
	item, err := w.update.Apply(item)
	if err != nil || w.prior == nil && w.update.Removes() {
		return err
	}
	w.next, err = w.table.updatedRecord(item)
	return err
}

// apply stores an evaluated write. The engine's lock must be held for writing.
func (w *write) apply() {
	if !w.checkOnly && (w.prior != nil || w.next != nil) {
		w.table.replace(w.prior, w.next)
	}
}

// old returns the item that the error of a failed condition shows.
func (w *write) old() attribute.Item {
	if !w.showOld {
		return nil
	}
	return w.prior.itemOrNil()
}

// perform makes one write on its own.
func (e *Engine) perform(w *write) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := w.evaluate(); err != nil {
		return err
	}
	if err := e.commit(nil, tokenEntry{}, *w); err != nil {
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

// checkedRecord checks an item and returns its record.
func (t *table) checkedRecord(item attribute.Item) (*record, error) {
	for _, check := range []func(attribute.Item) error{t.schema.checkTypes, t.schema.check, t.checkIndexTypes, t.checkIndexValues} {
		if err := check(item); err != nil {
			return nil, err
		}
	}
	return t.sizedRecord(item)
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

var errUpdateSize = validation("Item size to update has exceeded the maximum allowed size")

// sizedRecord returns the record of an item with valid keys.
func (t *table) sizedRecord(item attribute.Item) (*record, error) {
	r := t.newRecord(item)
	return r, checkItemBytes(t.itemBytes(r))
}

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

func checkItemSize(item attribute.Item) error { return checkItemBytes(attribute.Size(item)) }

func checkItemBytes(bytes int) error {
	if bytes > maxItemBytes {
		return validation("Item size has exceeded the maximum allowed size")
	}
	return nil
}
