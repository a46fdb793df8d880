package engine

// Snapshot returns an Engine that answers reads of items with what e holds now, whatever is written
// to e afterwards. It takes time for each table, not for each item: the two share the items. A
// snapshot must not be written to.
func (e *Engine) Snapshot() *Engine {
	s := New(WithClock(e.now))
	e.definitions.RLock()
	defer e.definitions.RUnlock()
	e.mu.Lock() // copying a tree marks its nodes as shared
	defer e.mu.Unlock()
	for name, t := range e.tables {
		s.tables[name] = t.snapshot()
	}
	return s
}

func (t *table) snapshot() *table {
	copied := *t
	copied.views = make([]*view, len(t.views))
	for i, v := range t.views {
		view := *v
		view.tree = v.tree.Copy()
		copied.views[i] = &view
	}
	copied.schema = &copied.views[0].schema
	return &copied
}
