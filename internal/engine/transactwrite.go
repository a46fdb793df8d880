package engine

import "github.com/open-alchemy/packagedb/internal/engine/attribute"

func (e *Engine) transactWriteItems(request document) ([]byte, error) {
	in := transactionInput{writes: true}
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
	done, err := e.commit(&in, writes)
	if err != nil {
		return nil, err
	}
	answer := newAnswer(0)
	if detail := parseCapacityDetail(in.returnCapacity); detail != noCapacity {
		var consumed consumptions
		member := "WriteCapacityUnits"
		for i := range writes {
			w := &writes[i]
			c := consumed.of(w.table)
			if done != nil {
				member = "ReadCapacityUnits"
				c.units[0] += transactionFactor * readUnits(done[i], true)
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
		if err := a.checkKind(); err != nil {
			return nil, err
		}
		if err := a.itemInput.check(); err != nil {
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
		if err := a.locate(&writes[i]); err != nil {
			return nil, err
		}
	}
	for i := range writes {
		for k := range writes[:i] {
			if writes[i].sameItem(&writes[k]) {
				return nil, validation(multipleOperations)
			}
		}
	}
	return writes, nil
}

// sameItem tells whether two writes are about one item.
func (w *write) sameItem(o *write) bool {
	return w.table == o.table && w.mismatch == nil && o.mismatch == nil && w.primary.compare(&o.primary) == 0
}

const multipleOperations = "Transaction request cannot include multiple operations on one item"

func payloadTooLarge(bytes int) error {
	return validation("Transaction payload size cannot exceed 4MB. Payload Size: %d", bytes)
}

// locate finds the item that the action is about. Keys with impossible values
// refuse the request; keys that do not fit the schema only mark the write, as
// they cancel the transaction together with what else goes wrong.
func (a *action) locate(w *write) (err error) {
	t := w.table
	if a.kind != "Put" {
		w.primary, w.mismatch, err = t.schema.locate(a.key.item)
		return err
	}
	if err := t.checkItemValues(a.item.item); err != nil {
		return err
	}
	if err := t.checkItemTypes(a.item.item); err != nil {
		w.mismatch = asException(err)
		return nil
	}
	if w.next, err = t.record(a.item.item); err != nil {
		return err
	}
	w.primary = w.next.keys[0]
	return nil
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

// commit applies all writes or none. If the same transaction was done before,
// by its token, commit returns the sizes of that one's actions.
func (e *Engine) commit(in *transactionInput, writes []write) (done []int, err error) {
	var content uint64
	if in.token != nil {
		content = fingerprint(in.source)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	if in.token != nil {
		if done, found := e.tokens.find(*in.token, now); found {
			if done.fingerprint != content {
				return nil, dynamoDBException("IdempotentParameterMismatchException", "Request uses the same client token as a previous, but non-identical request")
			}
			return done.bytes, nil
		}
	}
	failed := newReasons(len(writes))
	for i := range writes {
		w := &writes[i]
		if err := e.current(w.table); err != nil {
			return nil, err
		}
		switch {
		case w.mismatch != nil:
			failed[i] = cancellationReason{code: "ValidationError", message: w.mismatch.message}
		case !w.permitted():
			failed[i] = cancellationReason{"ConditionalCheckFailed", conditionalMessage, w.old()}
		}
	}
	if err := failed.err(); err != nil {
		return nil, err
	}
	committed := tokenEntry{content, now, make([]int, len(writes))}
	for i := range writes {
		committed.bytes[i] = max(writes[i].prior.bytes(), writes[i].next.bytes())
	}
	if err := e.journal.commit(in.token, committed, writes...); err != nil {
		return nil, err
	}
	for i := range writes {
		writes[i].apply()
	}
	if in.token != nil {
		e.tokens.add(*in.token, committed)
	}
	return nil, nil
}
