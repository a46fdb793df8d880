// Package engine is an in-memory DynamoDB: an [http.Handler] that speaks the DynamoDB JSON protocol,
// with the service's validation, limits, errors and capacity rules. [New] returns one that is empty
// and keeps nothing, [Open] one that keeps what it holds in a [Store].
//
// It departs from the service for the sake of tests: a table or index is ACTIVE as soon as
// CreateTable or UpdateTable has answered, a global secondary index shows a write at once, nothing
// is ever throttled, an eventually consistent read is a consistent one, an expired item is deleted
// before the next request, and signatures are not verified. What it does not have it rejects by
// name and never ignores: PartiQL, streams, backups, replicas and resource policies.
//
// # The phases of a request
//
// Every request goes through the same phases, in the order in which DynamoDB reports errors:
//
//  1. read: take the body, find the operation and read its parameters (wire.go, operations.go,
//     document.go). A parameter of the wrong JSON type is a SerializationException.
//  2. check: reject what is wrong whatever the tables are: all violations of the declared shape
//     at once (constraints.go), then contradictions and malformed expressions.
//  3. lookUp: find the tables, and check the request against their keys and indexes.
//  4. apply: read or write the items, under the engine's lock.
//  5. encode: write the answer.
//
// # Adding an operation
//
// An operation on items is a type with these phases as methods (the interface in request.go; getItem
// in items.go is a short example), which read and write bytes without reflection.
//
// An operation of the control plane is a struct with the parameters, which structure.go reads into
// the fields of their names, and with a check method; and a method of Engine that looks up, applies
// and returns a struct, which encoding/json writes. UpdateTimeToLive in timetolive.go is an example.
// Put rules that may get stricter in check: loading stored data skips it.
//
// Either is named in operations.go.
package engine

import (
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

// Requests returns the number of requests that were answered.
func (e *Engine) Requests() uint64 { return e.requests.Load() }

// run performs an operation.
func (e *Engine) run(o operation, request document) ([]byte, error) {
	if o.changesTables {
		e.definitions.Lock()
		defer e.definitions.Unlock()
	} else {
		e.definitions.RLock()
		defer e.definitions.RUnlock()
	}
	e.expire()
	return o.perform(e, request)
}
