package engine

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
		if err := a.itemInput.check(); err != nil {
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
