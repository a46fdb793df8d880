package engine

import (
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// The limits of the transactional operations.
const (
	maxTransactionActions = 100
	maxTransactionBytes   = 4 << 20
	maxTokenLength        = 36
	// Every action of a transaction costs two: one to prepare it, one to commit it.
	transactionFactor = 2
)

// cancellationReason tells what an action of a cancelled transaction met.
type cancellationReason struct {
	code, message string
	item          attribute.Item
}

func (r *cancellationReason) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	dst = appendMember(dst, "Code")
	dst = appendString(dst, r.code)
	if r.item != nil {
		dst = appendMember(dst, "Item")
		dst = r.item.AppendJSON(dst)
	}
	if r.message != "" {
		dst = appendMember(dst, "Message")
		dst = appendString(dst, r.message)
	}
	return append(dst, '}')
}

// reasons are those of a whole transaction, one for each action.
type reasons []cancellationReason

func newReasons(actions int) reasons {
	rs := make(reasons, actions)
	for i := range rs {
		rs[i].code = "None"
	}
	return rs
}

// err is the cancellation, nil if no action had a reason.
func (rs reasons) err() error {
	codes := make([]string, len(rs))
	cancelled := false
	for i := range rs {
		codes[i] = rs[i].code
		cancelled = cancelled || rs[i].code != "None"
	}
	if !cancelled {
		return nil
	}
	e := dynamoDBException("TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons ["+strings.Join(codes, ", ")+"]")
	e.reasons = rs
	return e
}

// action is one element of a TransactWriteItems or TransactGetItems.
type action struct {
	kind  string // the member's name, such as "Put"
	count int    // how many such members there are; one is right
	itemInput
}

func (a *action) field(name string, value document) error {
	switch name {
	case "Put", "Delete", "ConditionCheck", "Update", "Get":
		a.kind = name
		a.count++
		return value.structure(name, &a.itemInput)
	}
	return nil
}

type transactionInput struct {
	present        bool
	actions        []action
	token          *string
	returnCapacity *string
	returnMetrics  *string
	fingerprint    uint64
}

func (in *transactionInput) field(name string, value document) error {
	switch name {
	case "ClientRequestToken":
		return value.string(&in.token)
	case "ReturnConsumedCapacity":
		return value.string(&in.returnCapacity)
	case "ReturnItemCollectionMetrics":
		return value.string(&in.returnMetrics)
	case "TransactItems":
		in.present = true
		in.fingerprint = fingerprint(value)
		return value.list(func(element document) error {
			var a action
			err := element.structure("TransactWriteItem", &a)
			in.actions = append(in.actions, a)
			return err
		})
	}
	return nil
}

func (in *transactionInput) constrain(element string) error {
	var c constraints
	c.capacity(in.returnCapacity)
	c.oneOf("returnItemCollectionMetrics", in.returnMetrics, "SIZE", "NONE")
	c.notNull("transactItems", in.present)
	if in.present {
		c.length("transactItems", len(in.actions), 1, maxTransactionActions, func() string { return repeated(element, len(in.actions)) })
	}
	if in.token != nil {
		c.length("clientRequestToken", len(*in.token), 1, maxTokenLength, func() string { return *in.token })
	}
	for i := range in.actions {
		in.actions[i].constrain(&c, "transactItems."+strconv.Itoa(i+1)+".member.")
	}
	return c.err()
}

func (a *action) constrain(c *constraints, at string) {
	if a.count != 1 {
		return
	}
	at += strings.ToLower(a.kind[:1]) + a.kind[1:] + "."
	c.notNull(at+"tableName", a.tableName != nil)
	c.name(at+"tableName", a.tableName, 1)
	if a.kind == "Put" {
		c.notNull(at+"item", a.item.present)
	} else {
		c.notNull(at+"key", a.key.present)
	}
	if a.kind == "ConditionCheck" {
		c.notNull(at+"conditionExpression", a.condition != nil)
	}
	c.oneOf(at+"returnValuesOnConditionCheckFailure", a.returnOnFailure, "ALL_OLD", "NONE")
}

// isWrite tells whether the action is one that this engine has.
func (a *action) check() error {
	switch {
	case a.count == 0 || a.kind == "Get":
		return validation("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
	case a.count > 1:
		return validation("TransactItems can only contain one of Check, Put, Update or Delete")
	case a.kind == "Update":
		return validation("The action Update is not supported by this engine: UpdateItem is not one of its operations")
	}
	return nil
}

func (e *Engine) transactWriteItems(request document) ([]byte, error) {
	var in transactionInput
	if err := request.read(&in); err != nil {
		return nil, err
	}
	if err := in.constrain("TransactWriteItem(...)"); err != nil {
		return nil, err
	}
	writes, err := in.prepareWrites(e)
	if err != nil {
		return nil, err
	}
	repeated, err := e.commit(&in, writes)
	if err != nil {
		return nil, err
	}
	answer := []byte{'{'}
	if detail := parseCapacityDetail(in.returnCapacity); detail != noCapacity {
		var consumed consumptions
		member := "WriteCapacityUnits"
		for i := range writes {
			w := &writes[i]
			c := consumed.of(w.table)
			if repeated {
				member = "ReadCapacityUnits"
				c.units[0] += transactionFactor * readUnits(w.next.bytes(), true)
			} else {
				w.consume(c, transactionFactor)
			}
		}
		answer = consumed.append(answer, detail, member)
	}
	if wantsMetrics(in.returnMetrics) {
		answer = appendTableMetrics(answer, writes)
	}
	return append(answer, '}'), nil
}

// prepareWrites checks everything that does not depend on what is stored.
func (in *transactionInput) prepareWrites(e *Engine) ([]write, error) {
	parsed := make([]*expressions, len(in.actions))
	bytes := 0
	for i := range in.actions {
		a := &in.actions[i]
		if err := a.check(); err != nil {
			return nil, err
		}
		if err := a.expressionInput.check(&writeRules); err != nil {
			return nil, err
		}
		for _, parameter := range []*itemParameter{&a.item, &a.key} {
			if err := parameter.check(); err != nil {
				return nil, err
			}
			bytes += attribute.Size(parameter.item)
		}
		if err := checkItemSize(a.item.item); err != nil {
			return nil, err
		}
		var err error
		if parsed[i], err = a.parse(); err != nil {
			return nil, err
		}
	}
	if bytes > maxTransactionBytes {
		return nil, payloadTooLarge(bytes)
	}
	writes := make([]write, len(in.actions))
	found := newReasons(len(in.actions))
	for i := range in.actions {
		a := &in.actions[i]
		t, err := e.table(*a.tableName)
		if err != nil {
			return nil, err
		}
		if err := t.validatePaths(parsed[i].condition.Paths()); err != nil {
			return nil, err
		}
		writes[i] = write{table: t, condition: parsed[i].condition, showOld: showsOld(a.returnOnFailure), checkOnly: a.kind == "ConditionCheck"}
		mismatch, err := a.locate(&writes[i])
		if err != nil {
			return nil, err
		}
		if mismatch != nil {
			found[i] = cancellationReason{code: "ValidationError", message: mismatch.message}
		}
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	for i := range writes {
		for k := range writes[:i] {
			if writes[k].table == writes[i].table && writes[k].primary.compare(&writes[i].primary) == 0 {
				return nil, validation(multipleOperations)
			}
		}
	}
	return writes, nil
}

const multipleOperations = "Transaction request cannot include multiple operations on one item"

func payloadTooLarge(bytes int) error {
	return validation("Transaction payload size cannot exceed 4MB. Payload Size: %d", bytes)
}

// locate finds the item that the action is about. Keys with impossible values
// refuse the request; keys that do not fit the schema cancel the transaction.
func (a *action) locate(w *write) (mismatch *exception, err error) {
	t := w.table
	if a.kind == "Put" {
		if err := t.checkItemValues(a.item.item); err != nil {
			return nil, err
		}
		if err := t.checkItemTypes(a.item.item); err != nil {
			return asException(err), nil
		}
		w.next = t.newRecord(a.item.item)
		w.primary = w.next.keys[0]
		return nil, nil
	}
	w.primary, mismatch, err = t.schema.locate(a.key.item)
	return mismatch, err
}

// locate is parse with the two kinds of refusal apart.
func (s *keySchema) locate(item attribute.Item) (primary key, mismatch *exception, err error) {
	if err := s.validate(item); err != nil {
		return key{}, nil, err
	}
	if primary, err = s.parse(item); err != nil {
		return key{}, asException(err), nil
	}
	return primary, nil, nil
}

// commit applies all writes or none. It tells whether the transaction was done
// before, by its token.
func (e *Engine) commit(in *transactionInput, writes []write) (repeated bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	if in.token != nil {
		if done, found := e.tokens.find(*in.token, now); found {
			if done != in.fingerprint {
				return false, dynamoDBException("IdempotentParameterMismatchException", "Request uses the same client token as a previous, but non-identical request")
			}
			return true, nil
		}
	}
	failed := newReasons(len(writes))
	for i := range writes {
		w := &writes[i]
		if err := e.current(w.table); err != nil {
			return false, err
		}
		if !w.permitted() {
			failed[i] = cancellationReason{"ConditionalCheckFailed", conditionalMessage, w.old()}
		}
	}
	if err := failed.err(); err != nil {
		return false, err
	}
	for i := range writes {
		writes[i].apply()
	}
	if in.token != nil {
		e.tokens.add(*in.token, in.fingerprint, now)
	}
	return false, nil
}

func (e *Engine) transactGetItems(request document) ([]byte, error) {
	var in transactionInput
	if err := request.read(&in); err != nil {
		return nil, err
	}
	if err := in.constrain("TransactGetItem(...)"); err != nil {
		return nil, err
	}
	gets, err := in.prepareGets(e)
	if err != nil {
		return nil, err
	}
	found, err := e.findAll(gets)
	if err != nil {
		return nil, err
	}
	bytes := 0
	var consumed consumptions
	answer := []byte(`{"Responses":[`)
	for i, r := range found {
		g := &gets[i]
		bytes += r.bytes()
		consumed.of(g.table).units[0] += transactionFactor * readUnits(r.bytes(), true)
		answer = appendComma(answer, i)
		answer = append(answer, '{')
		if r != nil {
			answer = appendMember(answer, "Item")
			answer = g.parsed.project(r.item).AppendJSON(answer)
		}
		answer = append(answer, '}')
	}
	if bytes > maxTransactionBytes {
		return nil, payloadTooLarge(bytes)
	}
	answer = append(answer, ']')
	answer = consumed.append(answer, parseCapacityDetail(in.returnCapacity), "ReadCapacityUnits")
	return append(answer, '}'), nil
}

// findAll reads all items at one moment.
func (e *Engine) findAll(gets []get) ([]*record, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	found := make([]*record, len(gets))
	for i := range gets {
		if err := e.current(gets[i].table); err != nil {
			return nil, err
		}
		found[i] = gets[i].table.get(gets[i].primary)
	}
	return found, nil
}

func (in *transactionInput) prepareGets(e *Engine) ([]get, error) {
	gets := make([]get, len(in.actions))
	for i := range in.actions {
		a := &in.actions[i]
		if a.count != 1 || a.kind != "Get" {
			return nil, validation("Invalid Request: TransactGetRequest should contain a Get request")
		}
		if err := a.expressionInput.check(&getRules); err != nil {
			return nil, err
		}
		if err := a.key.check(); err != nil {
			return nil, err
		}
		var err error
		if gets[i].parsed, err = a.parse(); err != nil {
			return nil, err
		}
	}
	found := newReasons(len(in.actions))
	for i := range in.actions {
		a := &in.actions[i]
		t, err := e.table(*a.tableName)
		if err != nil {
			return nil, err
		}
		if err := t.validatePaths(gets[i].parsed.projection.Paths()); err != nil {
			return nil, err
		}
		primary, mismatch, err := t.schema.locate(a.key.item)
		if err != nil {
			return nil, err
		}
		if mismatch != nil {
			found[i] = cancellationReason{code: "ValidationError", message: mismatch.message}
		}
		gets[i].table, gets[i].primary = t, primary
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	for i := range gets {
		for k := range gets[:i] {
			if gets[k].table == gets[i].table && gets[k].primary.compare(&gets[i].primary) == 0 {
				return nil, validation(multipleOperations)
			}
		}
	}
	return gets, nil
}
