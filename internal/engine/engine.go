package engine

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Engine is a set of tables behind the DynamoDB protocol. Use [New] to create one. It is safe for
// concurrent use: a transaction is seen whole or not at all.
type Engine struct {
	now      func() time.Time
	requests atomic.Uint64
	store    Store // nil if what is stored is gone with the Engine
	// nextExpiry is the earliest second at which an item expires.
	nextExpiry atomic.Int64

	// definitions guards the tables apart from their items. An operation that changes tables holds
	// it alone for its whole duration, every other operation shares it.
	definitions sync.RWMutex
	tables      map[string]*table
	ids         uint64

	// mu guards the items and tokens. Readers hold it only while they pick records, which never
	// change once they are stored.
	mu     sync.RWMutex
	tokens tokens
}

// Option changes how [New] makes an Engine.
type Option func(*Engine)

// WithClock replaces the clock, from which an Engine takes the times of tables, the age of
// transaction tokens and the expiry of items.
func WithClock(now func() time.Time) Option {
	return func(e *Engine) { e.now = now }
}

// New returns an Engine without tables.
func New(options ...Option) *Engine {
	e := &Engine{now: time.Now, tables: map[string]*table{}}
	e.nextExpiry.Store(never)
	for _, option := range options {
		option(e)
	}
	return e
}

// run performs an operation and appends the response.
func (e *Engine) run(o operation, request document, dst []byte) ([]byte, error) {
	if o.changesTables {
		e.definitions.Lock()
		defer e.definitions.Unlock()
	} else {
		e.definitions.RLock()
		defer e.definitions.RUnlock()
	}
	if e.nextExpiry.Load() != never {
		e.expire()
	}
	return o.perform(e, request, dst)
}

// table returns the table with the given name or ARN, for an operation on items.
func (e *Engine) table(nameOrARN string) (*table, error) {
	if t := e.tables[strings.TrimPrefix(nameOrARN, arnPrefix)]; t != nil {
		return t, nil
	}
	return nil, resourceNotFound()
}

// Snapshot returns an Engine that serves reads of items from what e holds now, whatever is written
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
