package engine

import (
	"cmp"
	"errors"
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// put has the parameters of a put: those of PutItem, or of an element of TransactWriteItems.
//
//	{"TableName": "pets", "Item": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)"}
type put struct {
	TableName *string
	Item      itemParameter
	conditionInput
}

// update has the parameters of an update, likewise.
//
//	{"TableName": "pets", "Key": {"id": {"S": "a"}}, "UpdateExpression": "REMOVE age"}
type update struct {
	TableName *string
	Key       itemParameter
	conditionInput
	updateInput
}

// deletion has the parameters of a delete, likewise.
//
//	{"TableName": "pets", "Key": {"id": {"S": "a"}}}
type deletion struct {
	_         struct{} `class:"Delete"`
	TableName *string
	Key       itemParameter
	conditionInput
}

// returnInput has the parameters of what a write of one item returns.
//
//	{"ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "TOTAL"}
type returnInput struct {
	ReturnValues                *string
	ReturnConsumedCapacity      *string
	ReturnItemCollectionMetrics *string
}

type putItemInput struct {
	put
	returnInput
}

type updateItemInput struct {
	update
	returnInput
}

type deleteItemInput struct {
	deletion
	returnInput
}

func (in *putItemInput) check() error    { return in.checkWrite(in.action()) }
func (in *updateItemInput) check() error { return in.checkWrite(in.action()) }
func (in *deleteItemInput) check() error { return in.checkWrite(in.action()) }

func (e *Engine) putItem(in *putItemInput) (*writeItemOutput, error) {
	return e.writeItem(in.action(), &in.returnInput)
}

func (e *Engine) updateItem(in *updateItemInput) (*writeItemOutput, error) {
	return e.writeItem(in.action(), &in.returnInput)
}

func (e *Engine) deleteItem(in *deleteItemInput) (*writeItemOutput, error) {
	return e.writeItem(in.action(), &in.returnInput)
}

// writeItem makes one write on its own, and returns the response.
func (e *Engine) writeItem(a *action, in *returnInput) (*writeItemOutput, error) {
	w, err := e.newWrite(a)
	if err != nil {
		return nil, err
	}
	if a.update.UpdateExpression != nil && w.update.Cost() > maxItemBytes {
		return nil, errUpdateSize
	}
	if err := w.setItem(a.item.item, a.name == "put"); err != nil {
		return nil, err
	}
	if err := e.apply(&w); err != nil {
		return nil, err
	}
	out := &writeItemOutput{}
	if in.ReturnConsumedCapacity != nil {
		consumed := newConsumption(w.table, in.ReturnConsumedCapacity)
		consumed.write(&w)
		out.ConsumedCapacity = consumed.output()
	}
	if in.ReturnValues != nil {
		out.Attributes = w.returned(*in.ReturnValues)
	}
	if is(in.ReturnItemCollectionMetrics, "SIZE") && w.table.hasLocalIndexes() {
		out.ItemCollectionMetrics = w.metrics()
	}
	return out, nil
}

// writeItemOutput is the response of PutItem, UpdateItem and DeleteItem.
//
//	{"Attributes": {"age": {"N": "3"}, "id": {"S": "a"}}}
type writeItemOutput struct {
	Attributes            attribute.Item `json:",omitempty"`
	ConsumedCapacity      *consumedCapacity
	ItemCollectionMetrics *itemCollectionMetrics
}

// action is what all writes of one item have, and what only some of them have.
type action struct {
	name      string // of the member of TransactWriteItems
	tableName *string
	itemName  string         // of the parameter, in messages
	item      *itemParameter // the item of a put, the key of another write
	condition *conditionInput
	update    *updateInput // without parameters unless it is an update
}

// noUpdate is the update of the other writes.
var noUpdate updateInput

func (in *put) action() *action {
	return &action{"put", in.TableName, "item", &in.Item, &in.conditionInput, &noUpdate}
}

func (in *update) action() *action {
	return &action{"update", in.TableName, "key", &in.Key, &in.conditionInput, &in.updateInput}
}

func (in *deletion) action() *action {
	return &action{"delete", in.TableName, "key", &in.Key, &in.conditionInput, &noUpdate}
}

// isOlder reports whether a value nests so deeply that the service reads the request in the older way.
func (a *action) isOlder() bool {
	older := func(p valueParameter) bool { return p.invalid.NestsFrom(olderFrom) }
	return a.item.invalid.NestsFrom(olderFrom) || a.condition.ExpressionAttributeValues.invalid.NestsFrom(olderFrom) ||
		slices.ContainsFunc(a.update.AttributeUpdates, func(u attributeValueUpdate) bool { return older(u.Value) }) ||
		slices.ContainsFunc(a.condition.Expected, func(c condition) bool { return older(c.Value) || slices.ContainsFunc(c.AttributeValueList, older) })
}

// checkWrite validates the parameters of a write of one item.
func (in *returnInput) checkWrite(a *action) error {
	if err := in.checkShape(a); err != nil {
		return err
	}
	// The service reports what follows in the form of a violation of the declared shape, unless an item is
	// too large or the request is read in the older way.
	err := a.check(in)
	if err == nil || errors.Is(err, errItemSize) || a.isOlder() {
		return err
	}
	return violationOf(err)
}

// checkShape checks the declared shape. Since June 2026 the service has new messages for some violations, and an
// update with wrong ReturnValues or a write with an empty TableName has no other. It still uses the
// older rules for a request that lacks a required parameter or nests a value very deeply.
func (in *returnInput) checkShape(a *action) error {
	older := a.tableName == nil || !a.item.present || a.isOlder()
	returnValues := []string{"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"}
	badReturnValues := in.ReturnValues != nil && !slices.Contains(returnValues, *in.ReturnValues)
	var c constraints
	switch {
	case older:
		c.oneOf("conditionalOperator", a.condition.ConditionalOperator, "OR", "AND")
	case *a.tableName == "":
		c.unshown("TableName", outside("length", 0, 1, 255))
		return c.err()
	case badReturnValues && a.update != &noUpdate:
		c.add(unknownReturnValues)
		return c.err()
	case a.condition.ConditionalOperator != nil && !slices.Contains(conditionalOperators, *a.condition.ConditionalOperator):
		c.add(unknownConditionalOperator)
	}
	c.capacity(in.ReturnConsumedCapacity)
	c.requireName("tableName", a.tableName, 1)
	if badReturnValues && !older {
		c.add(unknownReturnValues)
	} else {
		c.oneOf("returnValues", in.ReturnValues, returnValues...)
	}
	c.notNull(a.itemName, a.item.present)
	for i := range a.update.AttributeUpdates {
		a.update.AttributeUpdates[i].checkShape(&c)
	}
	for i := range a.condition.Expected {
		a.condition.Expected[i].checkShape(&c, "expected")
	}
	c.oneOf("returnItemCollectionMetrics", in.ReturnItemCollectionMetrics, "SIZE", "NONE")
	c.oneOf("returnValuesOnConditionCheckFailure", a.condition.ReturnValuesOnConditionCheckFailure, "ALL_OLD", "NONE")
	return c.err()
}

// The newer messages about unknown values, which are not those that the service accepts.
const (
	unknownReturnValues        = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
	unknownConditionalOperator = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"
)

// check validates what the declared shape does not say. A write on its own has what it returns, an action
// of a transaction has not: its expressions are parsed before its values are looked at.
func (a *action) check(alone *returnInput) error {
	if err := a.condition.checkCondition(a.update); err != nil {
		return err
	}
	from := olderFromInTransaction
	if alone != nil {
		from = olderFrom
		if a.item.invalid != nil {
			return a.item.invalid
		}
		if returned := alone.ReturnValues; a.update == &noUpdate && returned != nil && *returned != "ALL_OLD" && *returned != "NONE" {
			return validation("ReturnValues can only be ALL_OLD or NONE")
		}
	}
	if err := a.condition.parseCondition(a.update, from); err != nil {
		return err
	}
	if a.item.invalid != nil {
		return a.item.invalid
	}
	if a.name == "put" && attribute.Size(a.item.item) > maxItemBytes {
		return errItemSize
	}
	return nil
}

// maxItemBytes is the limit on the size of an item, names and values, with its
// entries in local indexes.
const maxItemBytes = 400 << 10

// write is a put, an update, a delete or a condition check that is ready to be applied.
type write struct {
	table     *table
	primary   key
	new       *record // what the write stores, nil for a delete; an update sets it in evaluate
	checkOnly bool
	// key is the key of an update, of which it makes an item if there is none.
	key       attribute.Item
	update    *expression.Update
	condition *expression.Condition
	// showOld asks for the item in the error if the condition fails.
	showOld bool
	// mismatch is set if the key does not match the schema of the table, which
	// cancels a transaction.
	mismatch *exception
	// old is the record that was there, known from evaluate on.
	old *record
}

// newWrite finds the table of a write, and checks against its keys the paths of the expressions, what an
// update changes, and the values that it sets. It returns the write without its primary key and record.
func (e *Engine) newWrite(a *action) (w write, err error) {
	w.table, err = e.table(*a.tableName)
	if err != nil {
		return w, err
	}
	if w.condition = a.condition.condition; w.condition != nil {
		if err := w.table.checkPaths(w.condition.Paths()); err != nil {
			return w, err
		}
	}
	if a.update != &noUpdate {
		w.key = a.item.item
	}
	if w.update = a.update.update; w.update != nil {
		for _, target := range w.update.Targets() {
			if w.table.schema.has(target.Attribute()) {
				return w, invalidParameter("Cannot update attribute %s. This attribute is part of the key", target.Attribute())
			}
		}
		if err := cmp.Or(w.table.checkPaths(w.update.Paths()), w.table.checkUpdated(w.update.Values())); err != nil {
			return w, err
		}
	}
	w.showOld = is(a.condition.ReturnValuesOnConditionCheckFailure, "ALL_OLD")
	return w, nil
}

// setItem sets the primary key of the write: that of the item if it is a put, else the item itself.
func (w *write) setItem(item attribute.Item, put bool) (err error) {
	if !put {
		w.primary, err = w.table.schema.parse(item)
		return err
	}
	if w.new, err = w.table.checkedRecord(item); err == nil {
		w.primary = w.new.keys[0]
	}
	return err
}

// apply makes one write.
func (e *Engine) apply(w *write) error {
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

// evaluate checks the condition against what is stored, and computes what an
// update makes of it. The engine's lock must be held.
func (w *write) evaluate() error {
	w.old = w.table.get(&w.primary)
	if !w.condition.Match(w.old.itemOrNil()) {
		failed := dynamoDBException("ConditionalCheckFailedException", "The conditional request failed")
		if w.showOld {
			failed.item = w.old.itemOrNil()
		}
		return failed
	}
	if w.key == nil {
		return nil
	}
	item := w.key
	if w.old != nil {
		item = w.old.item
	} else if w.update.IgnoresMissing() {
		return nil
	}
	item, err := w.update.Apply(item)
	if err != nil || w.old == nil && w.update.Removes() {
		return err
	}
	w.new, err = w.table.updatedRecord(item)
	return err
}

// apply stores an evaluated write. The engine's lock must be held for writing.
func (w *write) apply() {
	if !w.checkOnly && (w.old != nil || w.new != nil) {
		w.table.replace(w.old, w.new)
	}
}

// returned returns the attributes that ReturnValues asks for.
func (w *write) returned(returnValues string) attribute.Item {
	switch returnValues {
	case "ALL_OLD":
		return w.old.itemOrNil()
	case "ALL_NEW":
		return w.new.itemOrNil()
	case "UPDATED_OLD":
		return w.update.Projection().Apply(w.old.itemOrNil())
	case "UPDATED_NEW":
		return w.update.Projection().Apply(w.new.itemOrNil())
	}
	return nil
}

// itemCollectionMetrics are of the items that a write shares its partition key with. The estimate of
// their size is the smallest that the service gives.
//
//	{"ItemCollectionKey": {"id": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0]}
type itemCollectionMetrics struct {
	ItemCollectionKey   attribute.Item
	SizeEstimateRangeGB []float64
}

func (w *write) metrics() *itemCollectionMetrics {
	return &itemCollectionMetrics{attribute.Item{w.table.schema.partition[0].name: w.primary.partition[0]}, []float64{0, 1}}
}

// metricsOf returns the ItemCollectionMetrics of several writes by table, nil unless they are asked for.
func metricsOf(writes []write, returnItemCollectionMetrics *string) map[string][]*itemCollectionMetrics {
	if !is(returnItemCollectionMetrics, "SIZE") {
		return nil
	}
	metrics := map[string][]*itemCollectionMetrics{}
	for i := range writes {
		w := &writes[i]
		if !w.table.hasLocalIndexes() {
			continue
		}
		of := metrics[w.table.Name]
		if of == nil {
			of = []*itemCollectionMetrics{}
		}
		if !w.checkOnly {
			of = append(of, w.metrics())
		}
		metrics[w.table.Name] = of
	}
	return metrics
}
