package engine

import (
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// getItem is the operation GetItem.
type getItem struct {
	action
	consistentRead *bool
	returnCapacity *string
	get            [1]get
}

func newGetItem() *getItem { return &getItem{action: newAction(getKind)} }

func (r *getItem) field(name string, value document) error {
	switch name {
	case "ConsistentRead":
		return value.boolean(&r.consistentRead)
	case "ReturnConsumedCapacity":
		return value.string(&r.returnCapacity)
	}
	return r.action.field(name, value)
}

func (r *getItem) check() error {
	var c constraints
	c.capacity(r.returnCapacity)
	r.legacy.constrain(&c)
	r.constrain(&c, "")
	return firstError(c.err, r.action.check)
}

func (r *getItem) lookUp(e *Engine) error {
	t, err := r.lookUpTable(e)
	if err != nil {
		return err
	}
	primary, err := t.schema.parse(r.subject.item)
	r.get[0] = get{table: t, primary: primary, consistent: isTrue(r.consistentRead)}
	return err
}

func (r *getItem) apply(e *Engine) error { //nolint:unparam // the interface request has the error for writes
	e.find(r.get[:])
	return nil
}

func (r *getItem) encode() []byte {
	g := &r.get[0]
	dst := newAnswer(g.found.bytes())
	if g.found != nil {
		dst = appendMember(dst, "Item")
		dst = r.project(g.found.item).AppendJSON(dst)
	}
	if detail := parseCapacityDetail(r.returnCapacity); detail != noCapacity {
		consumed := newConsumption(g.table)
		consumed.units[0] = readUnits(g.found.bytes(), g.consistent)
		dst = appendConsumed(dst, detail, consumed)
	}
	return append(dst, '}')
}

// writeItem is one of the operations PutItem, UpdateItem and DeleteItem.
type writeItem struct {
	action
	returnValues   *string
	returnCapacity *string
	returnMetrics  *string
	write          write
}

func newPutItem() *writeItem { return &writeItem{action: newAction(putKind)} }

func newUpdateItem() *writeItem { return &writeItem{action: newAction(updateKind)} }

func newDeleteItem() *writeItem { return &writeItem{action: newAction(deleteKind)} }

func (r *writeItem) field(name string, value document) error {
	switch name {
	case "ReturnValues":
		return value.string(&r.returnValues)
	case "ReturnConsumedCapacity":
		return value.string(&r.returnCapacity)
	case "ReturnItemCollectionMetrics":
		return value.string(&r.returnMetrics)
	}
	return r.action.field(name, value)
}

func (r *writeItem) check() error {
	if err := r.checkShape(); err != nil {
		return err
	}
	if err := r.checkEnveloped(); err != nil {
		if r.tooDeep() {
			return err
		}
		return validation("1 validation error detected: %s", asException(err).message)
	}
	return r.checkSize()
}

// checkShape checks the declared shape. Since June 2026 the service words some violations anew, and an
// update with wrong ReturnValues or a write with an empty TableName has no other. It still uses the
// older rules for a request that lacks a required parameter or nests a value too deeply.
func (r *writeItem) checkShape() error {
	older := r.tableName == nil || !r.subject.present || r.tooDeep()
	returnValues := []string{"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"}
	badReturnValues := r.returnValues != nil && !slices.Contains(returnValues, *r.returnValues)
	var c constraints
	switch {
	case older:
		c.oneOf("conditionalOperator", r.legacy.conditionalOperator, "OR", "AND")
	case *r.tableName == "":
		c.unshownLength("TableName", 0, 1, 255)
		return c.err()
	case badReturnValues && r.kind == updateKind:
		c.add(unknownReturnValues)
		return c.err()
	case r.legacy.unknownOperator():
		c.add(unknownConditionalOperator)
	}
	c.capacity(r.returnCapacity)
	r.constrainTable(&c, "")
	if badReturnValues && !older {
		c.add(unknownReturnValues)
	} else {
		c.oneOf("returnValues", r.returnValues, returnValues...)
	}
	r.constrainSubject(&c, "")
	r.legacy.constrain(&c)
	c.oneOf("returnItemCollectionMetrics", r.returnMetrics, "SIZE", "NONE")
	c.oneOf("returnValuesOnConditionCheckFailure", r.returnOnFailure, "ALL_OLD", "NONE")
	return c.err()
}

// The newer messages about unknown values, which are not those that the service accepts.
const (
	unknownReturnValues        = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
	unknownConditionalOperator = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"
)

// checkEnveloped checks what the service reports in the form of a violation of the declared shape,
// unless a value nests too deeply.
func (r *writeItem) checkEnveloped() error {
	return firstError(r.expressionInput.check, r.subject.check, r.checkReturnValues, r.parse)
}

func (r *writeItem) checkReturnValues() error {
	if r.kind != updateKind && r.returnValues != nil && *r.returnValues != "ALL_OLD" && *r.returnValues != "NONE" {
		return validation("ReturnValues can only be ALL_OLD or NONE")
	}
	return nil
}

func (r *writeItem) lookUp(e *Engine) error {
	t, err := r.lookUpTable(e)
	if err != nil {
		return err
	}
	r.write = newWrite(t, &r.action)
	switch r.kind {
	case putKind:
		if r.write.next, err = t.checkedRecord(r.subject.item); err == nil {
			r.write.primary = r.write.next.keys[0]
		}
		return err
	case updateKind:
		r.write.subject = r.subject.item
		if r.text("UpdateExpression") != nil && r.update.Cost() > maxItemBytes {
			return errUpdateSize
		}
	}
	r.write.primary, err = t.schema.parse(r.subject.item)
	return err
}

func (r *writeItem) apply(e *Engine) error { return e.perform(&r.write) }

func (r *writeItem) encode() []byte {
	w := &r.write
	dst := newAnswer(0)
	if values := r.returned(); len(values) > 0 {
		dst = appendMember(dst, "Attributes")
		dst = values.AppendJSON(dst)
	}
	if detail := parseCapacityDetail(r.returnCapacity); detail != noCapacity {
		consumed := newConsumption(w.table)
		w.consume(consumed, 1)
		dst = appendConsumed(dst, detail, consumed)
	}
	if is(r.returnMetrics, "SIZE") && w.table.hasLocalIndexes() {
		dst = appendMember(dst, "ItemCollectionMetrics")
		dst = w.appendMetrics(dst)
	}
	return append(dst, '}')
}

// returned returns the attributes that ReturnValues asks for.
func (r *writeItem) returned() attribute.Item {
	if r.returnValues == nil {
		return nil
	}
	w := &r.write
	switch *r.returnValues {
	case "ALL_OLD":
		return w.prior.itemOrNil()
	case "ALL_NEW":
		return w.next.itemOrNil()
	case "UPDATED_OLD":
		return w.update.Projection().Apply(w.prior.itemOrNil())
	case "UPDATED_NEW":
		return w.update.Projection().Apply(w.next.itemOrNil())
	}
	return nil
}
