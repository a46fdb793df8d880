package engine

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// The limits of the transactional operations.
const (
	maxTransactionActions = 100
	maxTransactionBytes   = 4 << 20
	maxTokenLength        = 36
)

const multipleOperations = "Transaction request cannot include multiple operations on one item"

// transactItems is the parameter TransactItems of both transactional operations.
//
//	[{"Put": {"TableName": "pets", "Item": {"id": {"S": "a"}}}}, {"Delete": {"TableName": "pets", "Key": {"id": {"S": "b"}}}}]
type transactItems struct {
	elements []transactWriteItem
	source   document // what it was read from, "" without the parameter
}

// transactWriteItem is one element: exactly one of its fields is set, if it is valid.
type transactWriteItem struct {
	ConditionCheck *conditionCheck
	Delete         *deletion
	Get            *get
	Put            *put
	Update         *update
}

// conditionCheck has the parameters of a write that changes nothing.
//
//	{"TableName": "pets", "Key": {"id": {"S": "a"}}, "ConditionExpression": "attribute_exists(id)"}
type conditionCheck struct {
	TableName *string
	Key       itemParameter
	conditionInput
}

func (in *conditionCheck) action() *action {
	return &action{"conditionCheck", in.TableName, "key", &in.Key, &in.conditionInput, &noUpdate}
}

func (p *transactItems) decode(_ string, d document) error {
	p.source = d
	return d.list(func(element document) error {
		var x transactWriteItem
		err := element.decode(&x)
		p.elements = append(p.elements, x)
		return err
	})
}

// writes returns the actions of the element that TransactWriteItems takes.
func (x *transactWriteItem) writes() []*action {
	var actions []*action
	if x.ConditionCheck != nil {
		actions = append(actions, x.ConditionCheck.action())
	}
	if x.Delete != nil {
		actions = append(actions, x.Delete.action())
	}
	if x.Put != nil {
		actions = append(actions, x.Put.action())
	}
	if x.Update != nil {
		actions = append(actions, x.Update.action())
	}
	return actions
}

// checkShape checks the declared shape; element is how the service prints one.
func (p *transactItems) checkShape(c *constraints, element string) {
	c.notNull("transactItems", p.source != "")
	if p.source != "" {
		c.list("transactItems", len(p.elements), maxTransactionActions, func() string {
			return shownList(slices.Repeat([]string{element}, len(p.elements)))
		})
	}
	for i := range p.elements {
		x := &p.elements[i]
		at := "transactItems." + strconv.Itoa(i+1) + ".member."
		switch writes := x.writes(); {
		case x.Get != nil && len(writes) == 0:
			x.Get.checkShape(c, at+"get.")
		case x.Get == nil && len(writes) == 1:
			writes[0].checkShape(c, at+writes[0].name+".")
		}
	}
}

// checkShape checks the declared shape of an element of TransactWriteItems.
func (a *action) checkShape(c *constraints, at string) {
	c.requireName(at+"tableName", a.tableName, 1)
	c.notNull(at+a.itemName, a.item.present)
	switch a.name {
	case "conditionCheck":
		c.notNull(at+"conditionExpression", a.condition.ConditionExpression != nil)
	case "update":
		c.notNull(at+"updateExpression", a.update.UpdateExpression != nil)
	}
	c.oneOf(at+"returnValuesOnConditionCheckFailure", a.condition.ReturnValuesOnConditionCheckFailure, "ALL_OLD", "NONE")
}

type transactWriteItemsInput struct {
	TransactItems               transactItems
	ClientRequestToken          *string
	ReturnConsumedCapacity      *string
	ReturnItemCollectionMetrics *string

	actions []*action // one of each element, set by check
}

func (in *transactWriteItemsInput) check() error {
	var c constraints
	c.string("clientRequestToken", in.ClientRequestToken, 1, maxTokenLength)
	c.capacity(in.ReturnConsumedCapacity)
	c.oneOf("returnItemCollectionMetrics", in.ReturnItemCollectionMetrics, "SIZE", "NONE")
	in.TransactItems.checkShape(&c, "TransactWriteItem(...)")
	if err := c.err(); err != nil {
		return err
	}
	bytes := 0
	for i := range in.TransactItems.elements {
		x := &in.TransactItems.elements[i]
		writes := x.writes()
		switch {
		case len(writes) == 0:
			return validation("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
		case len(writes) > 1 || x.Get != nil:
			return validation("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		if err := writes[0].check(nil); err != nil {
			return err
		}
		bytes += attribute.Size(writes[0].item.item)
		in.actions = append(in.actions, writes[0])
	}
	if bytes > maxTransactionBytes {
		return payloadTooLarge(bytes)
	}
	return nil
}

func payloadTooLarge(bytes int) error {
	return validation("Transaction payload size cannot exceed 4MB. Payload Size: %d", bytes)
}

// transactWriteItemsOutput is the response of TransactWriteItems.
//
//	{"ConsumedCapacity": [{"TableName": "pets", "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}]}
type transactWriteItemsOutput struct {
	ConsumedCapacity      []*consumedCapacity
	ItemCollectionMetrics map[string][]*itemCollectionMetrics
}

func (e *Engine) transactWriteItems(in *transactWriteItemsInput) (*transactWriteItemsOutput, error) {
	writes := make([]write, len(in.actions))
	for i, a := range in.actions {
		w, err := e.newWrite(a)
		if err == nil {
			err = w.locate(a)
		}
		if err != nil {
			return nil, err
		}
		writes[i] = w
	}
	for i := range writes {
		for k := range writes[:i] {
			if writes[i].sameItem(&writes[k]) {
				return nil, validation(multipleOperations)
			}
		}
	}
	done, err := e.transact(in, writes)
	if err != nil {
		return nil, err
	}
	out := &transactWriteItemsOutput{ItemCollectionMetrics: metricsOf(writes, in.ReturnItemCollectionMetrics)}
	consumed := consumptions{detail: in.ReturnConsumedCapacity, transaction: true}
	for i := range writes {
		if done != nil {
			consumed.of(writes[i].table).read(done[i], true)
		} else {
			consumed.of(writes[i].table).write(&writes[i])
		}
	}
	out.ConsumedCapacity = consumed.output()
	return out, nil
}

// sameItem reports whether two writes are about one item.
func (w *write) sameItem(o *write) bool {
	return w.table == o.table && w.mismatch == nil && o.mismatch == nil && w.primary.compare(&o.primary) == 0
}

// locate finds the primary key of the write. Keys with impossible values are an error; keys that do
// not match the schema only mark the write, because they cancel the transaction.
func (w *write) locate(a *action) (err error) {
	t, item := w.table, a.item.item
	w.checkOnly = a.name == "conditionCheck"
	if a.name != "put" {
		if len(item) == len(t.schema.attributes) {
			if err := t.schema.check(item); err != nil {
				return err
			}
		}
		if w.primary, err = t.schema.parse(item); err != nil {
			w.mismatch = asException(err)
		}
		return nil
	}
	if err := cmp.Or(t.schema.check(item), t.checkIndexValues(item)); err != nil {
		return err
	}
	if err := cmp.Or(t.schema.checkTypes(item), t.checkIndexTypes(item)); err != nil {
		w.mismatch = asException(err)
		return nil
	}
	w.new = t.newRecord(item)
	w.primary = w.new.keys[0]
	if t.itemBytes(w.new) > maxItemBytes {
		return errItemSize
	}
	return nil
}

// transact makes all writes or none. If the client request token says that the transaction was done
// before, it makes none and returns the sizes of the writes then.
func (e *Engine) transact(in *transactWriteItemsInput, writes []write) (done []int, err error) {
	token := in.ClientRequestToken
	var content uint64
	if token != nil {
		content = fingerprint(in.TransactItems.source)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	if token != nil {
		if done, found := e.tokens.find(*token, now); found {
			if done.Fingerprint != content {
				return nil, dynamoDBException("IdempotentParameterMismatchException", "Request uses the same client token as a previous, but non-identical request")
			}
			return done.Bytes, nil
		}
	}
	if err := evaluateAll(writes); err != nil {
		return nil, err
	}
	committed := tokenEntry{now, content, make([]int, len(writes))}
	for i := range writes {
		committed.Bytes[i] = max(writes[i].old.bytes(), writes[i].new.bytes())
	}
	if err := e.commit(token, committed, writes...); err != nil {
		return nil, err
	}
	for i := range writes {
		writes[i].apply()
	}
	if token != nil {
		e.tokens.add(*token, committed)
		e.nextToken.Store(e.tokens.next())
	}
	return nil, nil
}

// evaluateAll evaluates all writes and returns the reasons of those that fail. A key that does not
// match the schema is the only reason: the service goes no further than the first.
func evaluateAll(writes []write) error {
	failed := make(reasons, len(writes))
	if i := slices.IndexFunc(writes, func(w write) bool { return w.mismatch != nil }); i >= 0 {
		failed[i] = reasonOf(writes[i].mismatch)
		return failed.err()
	}
	for i := range writes {
		if err := writes[i].evaluate(); err != nil {
			failed[i] = reasonOf(asException(err))
		}
	}
	return failed.err()
}

// cancellationReason is why an action canceled its transaction.
//
//	{"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
type cancellationReason struct {
	Code    string
	Item    attribute.Item
	Message string `json:",omitempty"`
}

// reasonOf returns the reason for the exception of one action.
func reasonOf(e *exception) cancellationReason {
	code := "ValidationError"
	if e.kind == namespaceDynamoDB+"ConditionalCheckFailedException" {
		code = "ConditionalCheckFailed"
	}
	return cancellationReason{code, e.item, e.message}
}

// reasons are the reasons of a whole transaction, one for each action.
type reasons []cancellationReason

// err returns the cancellation, nil if no action had a reason.
func (rs reasons) err() error {
	codes := make([]string, len(rs))
	for i := range rs {
		rs[i].Code = cmp.Or(rs[i].Code, "None")
		codes[i] = rs[i].Code
	}
	if !slices.ContainsFunc(codes, func(code string) bool { return code != "None" }) {
		return nil
	}
	e := dynamoDBException("TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons ["+strings.Join(codes, ", ")+"]")
	e.reasons = rs
	return e
}
