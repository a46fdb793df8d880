package engine

import "github.com/open-alchemy/packagedb/internal/engine/attribute"

// transactWriteItems is the operation TransactWriteItems.
type transactWriteItems struct {
	transaction
	token         *string
	returnMetrics *string

	writes []write // set by lookUp
	// done has the sizes of the writes if the token says that the transaction was done before.
	done []int
}

func newTransactWriteItems() *transactWriteItems { return &transactWriteItems{} }

func (r *transactWriteItems) field(name string, value document) error {
	switch name {
	case "ClientRequestToken":
		return value.string(&r.token)
	case "ReturnItemCollectionMetrics":
		return value.string(&r.returnMetrics)
	}
	return r.transaction.field(name, value)
}

func (r *transactWriteItems) check() error {
	if err := r.constrain(); err != nil {
		return err
	}
	bytes := 0
	for i := range r.elements {
		x := &r.elements[i]
		if err := x.checkWrite(); err != nil {
			return err
		}
		bytes += attribute.Size(x.subject.item)
	}
	if bytes > maxTransactionBytes {
		return payloadTooLarge(bytes)
	}
	return nil
}

func (r *transactWriteItems) constrain() error {
	var c constraints
	c.text("clientRequestToken", r.token, 1, maxTokenLength)
	c.capacity(r.returnCapacity)
	c.oneOf("returnItemCollectionMetrics", r.returnMetrics, "SIZE", "NONE")
	r.transaction.constrain(&c, "TransactWriteItem(...)")
	r.constrainElements(&c)
	return c.err()
}

func (x *element) checkWrite() error {
	switch {
	case x.count == 0 || x.kind == getKind:
		return validation("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
	case x.count > 1:
		return validation("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	return x.check()
}

func (r *transactWriteItems) lookUp(e *Engine) error {
	r.writes = make([]write, len(r.elements))
	for i := range r.elements {
		x := &r.elements[i]
		t, err := x.lookUpTable(e)
		if err != nil {
			return err
		}
		r.writes[i] = newWrite(t, &x.action)
		if err := x.locate(&r.writes[i]); err != nil {
			return err
		}
	}
	for i := range r.writes {
		for k := range r.writes[:i] {
			if r.writes[i].sameItem(&r.writes[k]) {
				return validation(multipleOperations)
			}
		}
	}
	return nil
}

// sameItem reports whether two writes are about one item.
func (w *write) sameItem(o *write) bool {
	return w.table == o.table && w.mismatch == nil && o.mismatch == nil && w.primary.compare(&o.primary) == 0
}

// locate finds the item of the action. Keys with impossible values are an error; keys that do not
// match the schema only mark the write, because they cancel the transaction together with its other
// errors.
func (a *action) locate(w *write) (err error) {
	t, item := w.table, a.subject.item
	if a.kind == updateKind {
		w.subject = item
	}
	if a.kind != putKind {
		w.primary, w.mismatch, err = t.schema.locate(item)
		return err
	}
	if err := t.checkItemValues(item); err != nil {
		return err
	}
	if err := t.checkItemTypes(item); err != nil {
		w.mismatch = asException(err)
		return nil
	}
	if w.next, err = t.sizedRecord(item); err != nil {
		return err
	}
	w.primary = w.next.keys[0]
	return nil
}

// apply makes all writes or none.
func (r *transactWriteItems) apply(e *Engine) error {
	var content uint64
	if r.token != nil {
		content = fingerprint(r.source)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	if r.token != nil {
		if done, found := e.tokens.find(*r.token, now); found {
			if done.fingerprint != content {
				return dynamoDBException("IdempotentParameterMismatchException", "Request uses the same client token as a previous, but non-identical request")
			}
			r.done = done.bytes
			return nil
		}
	}
	failed := newReasons(len(r.writes))
	for i := range r.writes {
		w := &r.writes[i]
		if w.mismatch != nil {
			failed[i] = reasonOf(w.mismatch)
		} else if err := w.evaluate(); err != nil {
			failed[i] = reasonOf(asException(err))
		}
	}
	if err := failed.err(); err != nil {
		return err
	}
	committed := tokenEntry{content, now, make([]int, len(r.writes))}
	for i := range r.writes {
		committed.bytes[i] = max(r.writes[i].prior.bytes(), r.writes[i].next.bytes())
	}
	if err := e.commit(r.token, committed, r.writes...); err != nil {
		return err
	}
	for i := range r.writes {
		r.writes[i].apply()
	}
	if r.token != nil {
		e.tokens.add(*r.token, committed)
	}
	return nil
}

func (r *transactWriteItems) encode() []byte {
	dst := newAnswer(0)
	if detail := parseCapacityDetail(r.returnCapacity); detail != noCapacity {
		var consumed consumptions
		member := "WriteCapacityUnits"
		for i := range r.writes {
			w := &r.writes[i]
			c := consumed.of(w.table)
			if r.done != nil {
				member = "ReadCapacityUnits"
				c.units[0] += transactionFactor * readUnits(r.done[i], true)
			} else {
				w.consume(c, transactionFactor)
			}
		}
		dst = consumed.append(dst, detail, member)
	}
	if is(r.returnMetrics, "SIZE") {
		dst = appendTableMetrics(dst, r.writes)
	}
	return append(dst, '}')
}
