package engine

import (
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// itemInput is the input of PutItem, GetItem and DeleteItem, each of which
// uses a part of it.
type itemInput struct {
	parameters      []string // what the operation takes besides expressions; the rest is ignored
	tableName       *string
	key, item       itemParameter
	consistentRead  *bool
	returnValues    *string
	returnOnFailure *string
	returnCapacity  *string
	returnMetrics   *string
	expressionInput
}

var (
	getParameters    = []string{"TableName", "Key", "ConsistentRead", "ReturnConsumedCapacity"}
	putParameters    = []string{"TableName", "Item", "ReturnValues", "ReturnValuesOnConditionCheckFailure", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"}
	deleteParameters = []string{"TableName", "Key", "ReturnValues", "ReturnValuesOnConditionCheckFailure", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"}
)

func (in *itemInput) field(name string, value document) error {
	if !slices.Contains(in.parameters, name) {
		return in.expressionInput.field(name, value)
	}
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
	return nil
}

func (e *Engine) getItem(request document) ([]byte, error) {
	in := itemInput{parameters: getParameters, expressionInput: expressionInput{rules: &getRules}}
	if err := request.read(&in); err != nil {
		return nil, err
	}
	var c constraints
	c.capacity(in.returnCapacity)
	in.constrainAttributesToGet(&c)
	c.tableName(in.tableName)
	c.notNull("key", in.key.present)
	if err := c.err(); err != nil {
		return nil, err
	}
	get, err := in.prepareGet(e)
	if err != nil {
		return nil, err
	}
	found, err := e.find(get)
	if err != nil {
		return nil, err
	}
	answer := newAnswer(found.bytes())
	if found != nil {
		answer = appendMember(answer, "Item")
		answer = get.parsed.project(found.item).AppendJSON(answer)
	}
	if detail := parseCapacityDetail(in.returnCapacity); detail != noCapacity {
		consumed := newConsumption(get.table)
		consumed.units[0] = readUnits(found.bytes(), get.consistent)
		answer = appendConsumed(answer, detail, consumed)
	}
	return append(answer, '}'), nil
}

// get is the reading of one item, ready to be done.
type get struct {
	table      *table
	primary    key
	consistent bool
	parsed     *expressions
}

// prepareGet checks what the shape of the request does not tell.
func (in *itemInput) prepareGet(e *Engine) (*get, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if err := in.key.check(); err != nil {
		return nil, err
	}
	parsed, err := in.parse()
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
	return &get{t, primary, in.consistentRead != nil && *in.consistentRead, parsed}, err
}

func (e *Engine) find(g *get) (*record, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if err := e.current(g.table); err != nil {
		return nil, err
	}
	return g.table.get(g.primary), nil
}

// bytes is the size of a record, zero for one that is not there.
func (r *record) bytes() int {
	if r == nil {
		return 0
	}
	return r.size
}

func (e *Engine) putItem(request document) ([]byte, error) {
	return e.writeItem(request, putParameters, "item")
}

func (e *Engine) deleteItem(request document) ([]byte, error) {
	return e.writeItem(request, deleteParameters, "key")
}

// writeItem is PutItem or DeleteItem, which differ in the parameter that tells
// the item.
func (e *Engine) writeItem(request document, parameters []string, subject string) ([]byte, error) {
	in := itemInput{parameters: parameters, expressionInput: expressionInput{rules: &writeRules}}
	if err := request.read(&in); err != nil {
		return nil, err
	}
	isPut := subject == "item"
	var c constraints
	c.capacity(in.returnCapacity)
	c.tableName(in.tableName)
	c.notNull(subject, isPut && in.item.present || !isPut && in.key.present)
	c.oneOf("returnValues", in.returnValues, "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
	c.oneOf("returnItemCollectionMetrics", in.returnMetrics, "SIZE", "NONE")
	c.oneOf("returnValuesOnConditionCheckFailure", in.returnOnFailure, "ALL_OLD", "NONE")
	if err := c.err(); err != nil {
		return nil, err
	}
	w, err := in.prepareWrite(e, isPut)
	if err != nil {
		return nil, err
	}
	if err := e.perform(w); err != nil {
		return nil, err
	}
	answer := newAnswer(0)
	if w.prior != nil && in.returnValues != nil && *in.returnValues == "ALL_OLD" {
		answer = appendMember(answer, "Attributes")
		answer = w.prior.item.AppendJSON(answer)
	}
	if detail := parseCapacityDetail(in.returnCapacity); detail != noCapacity {
		consumed := newConsumption(w.table)
		w.consume(consumed, 1)
		answer = appendConsumed(answer, detail, consumed)
	}
	if wantsMetrics(in.returnMetrics) && w.table.hasLocalIndexes() {
		answer = appendMember(answer, "ItemCollectionMetrics")
		answer = w.appendMetrics(answer)
	}
	return append(answer, '}'), nil
}

// prepareWrite checks what the shape of the request does not tell.
func (in *itemInput) prepareWrite(e *Engine, isPut bool) (*write, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if err := in.item.check(); err != nil {
		return nil, err
	}
	if err := in.key.check(); err != nil {
		return nil, err
	}
	if in.returnValues != nil && *in.returnValues != "ALL_OLD" && *in.returnValues != "NONE" {
		return nil, validation("ReturnValues can only be ALL_OLD or NONE")
	}
	if isPut {
		if err := checkItemSize(in.item.item); err != nil {
			return nil, err
		}
	}
	parsed, err := in.parse()
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
	w := &write{table: t, condition: parsed.condition, showOld: showsOld(in.returnOnFailure)}
	if !isPut {
		w.primary, err = t.schema.parse(in.key.item)
		return w, err
	}
	if w.next, err = t.put(in.item.item); err != nil {
		return nil, err
	}
	w.primary = w.next.keys[0]
	return w, nil
}

func showsOld(returnOnFailure *string) bool {
	return returnOnFailure != nil && *returnOnFailure == "ALL_OLD"
}

func wantsMetrics(returnMetrics *string) bool {
	return returnMetrics != nil && *returnMetrics == "SIZE"
}

// appendMetrics appends the estimate of the size of the item collection, which
// is never more than the smallest that the service gives.
func (w *write) appendMetrics(dst []byte) []byte {
	collection := attribute.Item{w.table.schema.partition.name: w.primary.partition}
	dst = append(dst, `{"ItemCollectionKey":`...)
	dst = collection.AppendJSON(dst)
	return append(dst, `,"SizeEstimateRangeGB":[0.0,1.0]}`...)
}
