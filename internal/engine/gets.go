package engine

// get is the read of one item by its key.
type get struct {
	table      *table
	primary    key
	consistent bool
	found      *record // nil before apply, and if there is no such item
}

// find reads all items at one moment.
func (e *Engine) find(gets []get) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for i := range gets {
		g := &gets[i]
		g.found = g.table.get(g.primary)
	}
}
