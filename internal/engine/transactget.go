package engine

// transactGetItems is the operation TransactGetItems.
type transactGetItems struct {
	transaction
	gets []get // set by lookUp
}

func newTransactGetItems() *transactGetItems { return &transactGetItems{} }

func (r *transactGetItems) check() error {
	var c constraints
	c.capacity(r.returnCapacity)
	r.constrain(&c, "TransactGetItem(...)")
	r.constrainElements(&c)
	if err := c.err(); err != nil {
		return err
	}
	for i := range r.elements {
		x := &r.elements[i]
		if x.count != 1 || x.kind != getKind {
			return validation("Invalid Request: TransactGetRequest should contain a Get request")
		}
		if err := x.check(); err != nil {
			return err
		}
	}
	return nil
}

func (r *transactGetItems) lookUp(e *Engine) error {
	r.gets = make([]get, len(r.elements))
	failed := newReasons(len(r.elements))
	for i := range r.elements {
		x := &r.elements[i]
		t, err := x.lookUpTable(e)
		if err != nil {
			return err
		}
		primary, err := t.schema.parse(x.subject.item)
		if err != nil {
			failed[i] = reasonOf(asException(err))
		}
		r.gets[i] = get{table: t, primary: primary, consistent: true}
	}
	if err := failed.err(); err != nil {
		return err
	}
	for i := range r.gets {
		for k := range r.gets[:i] {
			if r.gets[k].table == r.gets[i].table && r.gets[k].primary.compare(&r.gets[i].primary) == 0 {
				return validation(multipleOperations)
			}
		}
	}
	return nil
}

func (r *transactGetItems) apply(e *Engine) error {
	e.find(r.gets)
	bytes := 0
	for i := range r.gets {
		bytes += r.gets[i].found.bytes()
	}
	if bytes > maxTransactionBytes {
		return payloadTooLarge(bytes)
	}
	return nil
}

func (r *transactGetItems) encode() []byte {
	var consumed consumptions
	dst := []byte(`{"Responses":[`)
	for i := range r.gets {
		g := &r.gets[i]
		consumed.of(g.table).units[0] += transactionFactor * readUnits(g.found.bytes(), true)
		dst = appendComma(dst, i)
		dst = append(dst, '{')
		if item := r.elements[i].project(g.found.itemOrNil()); len(item) > 0 {
			dst = appendMember(dst, "Item")
			dst = item.AppendJSON(dst)
		}
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	dst = consumed.append(dst, parseCapacityDetail(r.returnCapacity), "ReadCapacityUnits")
	return append(dst, '}')
}
