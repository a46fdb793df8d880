package engine

// request is a request of one operation on items. Its methods are the phases
// that follow the parsing of the JSON, in their order.
type request interface {
	input
	// check rejects what is wrong whatever the tables are.
	check() error
	// lookUp finds the tables and checks the request against their keys.
	lookUp(e *Engine) error
	// apply reads or writes the items, under the engine's lock.
	apply(e *Engine) error
	// encode returns the answer.
	encode() []byte
}

// phased returns the operation that takes a new request through its phases.
func phased[R request](newRequest func() R) operation {
	return operation{perform: func(e *Engine, body document) ([]byte, error) {
		r := newRequest()
		if err := body.read(r); err != nil {
			return nil, err
		}
		if err := r.check(); err != nil {
			return nil, err
		}
		if err := r.lookUp(e); err != nil {
			return nil, err
		}
		if err := r.apply(e); err != nil {
			return nil, err
		}
		return r.encode(), nil
	}}
}
