package engine

import (
	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// maxItemBytes is the limit on the size of an item, names and values.
const maxItemBytes = 400 << 10

// itemInput is the input of PutItem, GetItem and DeleteItem, each of which
// uses a part of it.
type itemInput struct {
	tableName       *string
	key, item       itemParameter
	consistentRead  *bool
	returnValues    *string
	returnOnFailure *string
	returnCapacity  *string
	returnMetrics   *string
	expressionInput expressionInput
	parsed          *expressions
	primary         key
}

func (in *itemInput) field(name string, value document) error {
	switch name {
	case "TableName":
		return value.string(&in.tableName)
	case "Key":
		return value.item(&in.key)
	case "Item":
		return value.item(&in.item)
	case "ConsistentRead":
		return value.boolean(&in.consistentRead)
	case "ReturnValues":
		return value.string(&in.returnValues)
	case "ReturnValuesOnConditionCheckFailure":
		return value.string(&in.returnOnFailure)
	case "ReturnConsumedCapacity":
		return value.string(&in.returnCapacity)
	case "ReturnItemCollectionMetrics":
		return value.string(&in.returnMetrics)
	}
	return in.expressionInput.field(name, value)
}

func (in *itemInput) constrainWrite(c *constraints) {
	c.oneOf("returnConsumedCapacity", in.returnCapacity, "INDEXES", "TOTAL", "NONE")
	c.tableName("tableName", in.tableName)
	c.oneOf("returnValues", in.returnValues, "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
	c.oneOf("returnItemCollectionMetrics", in.returnMetrics, "SIZE", "NONE")
	c.oneOf("returnValuesOnConditionCheckFailure", in.returnOnFailure, "ALL_OLD", "NONE")
}

// table finds a table that is to be used.
func (e *Engine) table(name string) (*table, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.tableLocked(name)
}

func (e *Engine) tableLocked(name string) (*table, error) {
	t := e.tables[name]
	if t == nil {
		return nil, resourceNotFound()
	}
	return t, nil
}

// current tells whether the table is still there, under e.mu. A request that
// began on a table that was deleted meanwhile does not find it.
func (e *Engine) current(t *table) error {
	if e.tables[t.name] != t {
		return resourceNotFound()
	}
	return nil
}

func (e *Engine) getItem(request document) ([]byte, error) {
	var in itemInput
	if err := request.read(&in); err != nil {
		return nil, err
	}
	var c constraints
	c.oneOf("returnConsumedCapacity", in.returnCapacity, "INDEXES", "TOTAL", "NONE")
	c.tableName("tableName", in.tableName)
	c.notNull("key", in.key.present)
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := in.expressionInput.check(&getRules); err != nil {
		return nil, err
	}
	if err := in.key.check(); err != nil {
		return nil, err
	}
	parsed, err := in.expressionInput.parse()
	if err != nil {
		return nil, err
	}
	t, err := e.table(*in.tableName)
	if err != nil {
		return nil, err
	}
	if err := t.validatePaths(parsed.projection.Paths()); err != nil {
		return nil, err
	}
	primary, err := t.schema.parse(in.key.item)
	if err != nil {
		return nil, err
	}
	found, err := e.find(t, primary)
	if err != nil {
		return nil, err
	}
	answer := []byte{'{'}
	if found != nil {
		answer = appendMember(answer, "Item")
		answer = parsed.project(found.item).AppendJSON(answer)
	}
	answer = in.appendCapacity(answer, t, found)
	return append(answer, '}'), nil
}

func (e *Engine) find(t *table, primary key) (*record, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if err := e.current(t); err != nil {
		return nil, err
	}
	return t.get(primary), nil
}

func (in *itemInput) appendCapacity(dst []byte, t *table, found *record) []byte { return dst }

func (e *Engine) putItem(request document) ([]byte, error) {
	var in itemInput
	if err := request.read(&in); err != nil {
		return nil, err
	}
	var c constraints
	in.constrainWrite(&c)
	c.notNull("item", in.item.present)
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := in.expressionInput.check(&writeRules); err != nil {
		return nil, err
	}
	if err := in.item.check(); err != nil {
		return nil, err
	}
	if in.returnValues != nil && *in.returnValues != "ALL_OLD" && *in.returnValues != "NONE" {
		return nil, validation("ReturnValues can only be ALL_OLD or NONE")
	}
	if attribute.Size(in.item.item) > maxItemBytes {
		return nil, validation("Item size has exceeded the maximum allowed size")
	}
	parsed, err := in.expressionInput.parse()
	if err != nil {
		return nil, err
	}
	t, err := e.table(*in.tableName)
	if err != nil {
		return nil, err
	}
	if err := t.validatePaths(parsed.condition.Paths()); err != nil {
		return nil, err
	}
	if err := t.validateItem(in.item.item); err != nil {
		return nil, err
	}
	next := t.newRecord(in.item.item)
	prior, err := e.write(t, next.keys[0], next, parsed, in.returnOnFailure)
	if err != nil {
		return nil, err
	}
	answer := []byte{'{'}
	if prior != nil && in.returnValues != nil && *in.returnValues == "ALL_OLD" {
		answer = appendMember(answer, "Attributes")
		answer = prior.item.AppendJSON(answer)
	}
	return append(answer, '}'), nil
}

func (e *Engine) deleteItem(request document) ([]byte, error) { return nil, unknownOperation() }

// write stores next, or deletes where next is nil, if the condition holds. It
// gives the record that was there before.
func (e *Engine) write(t *table, primary key, next *record, x *expressions, returnOnFailure *string) (*record, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.current(t); err != nil {
		return nil, err
	}
	prior := t.get(primary)
	var old attribute.Item
	if prior != nil {
		old = prior.item
	}
	if !x.condition.Match(old) {
		if returnOnFailure == nil || *returnOnFailure != "ALL_OLD" {
			old = nil
		}
		return nil, conditionalCheckFailed(old)
	}
	if prior != nil || next != nil {
		t.replace(prior, next)
	}
	return prior, nil
}

// validateItem checks the keys of an item that is to be stored.
func (t *table) validateItem(item attribute.Item) error {
	for _, a := range t.schema.attributes() {
		value := item[a.name]
		if !value.Exists() {
			return invalidParameter("Missing the key %s in the item", a.name)
		}
		if value.Kind() != a.kind {
			return invalidParameter("Type mismatch for key %s expected: %s actual: %s", a.name, a.kind, value.Kind())
		}
	}
	if err := t.schema.validate(item); err != nil {
		return err
	}
	return t.validateIndexKeys(item)
}

func (t *table) validateIndexKeys(item attribute.Item) error {
	for _, v := range t.views[1:] {
		for _, a := range v.schema.attributes() {
			value := item[a.name]
			if !value.Exists() {
				continue
			}
			if value.Kind() != a.kind {
				return invalidParameter("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", a.name, a.kind, value.Kind(), v.name)
			}
		}
	}
	return nil
}

// appendMember begins a member of the object that dst ends in.
func appendMember(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}
