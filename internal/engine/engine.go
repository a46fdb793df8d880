package engine

import (
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Engine is a set of tables behind the DynamoDB protocol. Use [New] to create one. It is safe for
// concurrent use: a transaction is seen whole or not at all.
type Engine struct {
	now         func() time.Time
	expiryDelay int64 // in seconds
	requests    atomic.Uint64
	store       Store // nil if what is stored is gone with the Engine
	// nextExpiry and nextToken are the earliest seconds in which an expired item and a token are to be
	// removed.
	nextExpiry, nextToken atomic.Int64

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

// WithClock replaces the clock, [time.Now]. It is the only one of an Engine: the times of tables, the
// age of transaction tokens and the expiry of items follow it. Requests call it concurrently. It may
// jump forward: what is due by then is done at the start of the next request.
func WithClock(now func() time.Time) Option {
	return func(e *Engine) { e.now = now }
}

// WithExpiryDelay replaces the [DefaultExpiryDelay]. A fraction of a second counts as a whole one. With
// 0 an item is gone in the second after its expiry.
func WithExpiryDelay(delay time.Duration) Option {
	return func(e *Engine) { e.expiryDelay = int64(math.Ceil(delay.Seconds())) }
}

// New returns an Engine without tables.
func New(options ...Option) *Engine {
	e := &Engine{now: time.Now, tables: map[string]*table{}}
	WithExpiryDelay(DefaultExpiryDelay)(e)
	e.nextExpiry.Store(never)
	e.nextToken.Store(never)
	for _, option := range options {
		option(e)
	}
	return e
}

// run performs an operation, which the request calls, and appends the response.
func (e *Engine) run(o operation, r *http.Request, parameters document, dst []byte) ([]byte, error) {
	if o.changesTables {
		e.definitions.Lock()
		defer e.definitions.Unlock()
	} else {
		e.definitions.RLock()
		defer e.definitions.RUnlock()
	}
	if min(e.nextExpiry.Load(), e.nextToken.Load()) != never {
		e.sweep()
	}
	return o.perform(e, r, parameters, dst)
}

// table returns the table with the given name or ARN, for an operation on items.
func (e *Engine) table(nameOrARN string) (*table, error) {
	if t := e.tables[nameOrARN]; t != nil {
		return t, nil
	}
	if _, name, ok := cutARN(nameOrARN); ok && e.tables[name] != nil {
		return e.tables[name], nil
	}
	return nil, resourceNotFound()
}

// Snapshot returns an Engine that serves reads of items from what e holds now, whatever is written
// to e afterwards, but for what expires. It takes time for each table, not for each item: the two
// share the items. A snapshot must not be written to.
func (e *Engine) Snapshot() *Engine {
	s := New(WithClock(e.now))
	s.expiryDelay = e.expiryDelay
	e.definitions.RLock()
	defer e.definitions.RUnlock()
	e.mu.Lock() // copying a tree marks its nodes as shared
	defer e.mu.Unlock()
	for name, t := range e.tables {
		s.tables[name] = t.snapshot(s)
	}
	s.nextExpiry.Store(e.nextExpiry.Load())
	return s
}
