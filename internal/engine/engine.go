// Package engine is an in-memory DynamoDB: an [http.Handler] that speaks the DynamoDB JSON protocol,
// with the service's validation, limits, errors and capacity rules. An Engine starts empty and keeps
// nothing when it is dropped, unless [Open] made it.
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
// A rule that becomes stricter belongs into check, which journals of earlier versions do not pass again.
//
// Either is named in operations.go.
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
	journal  *journal // nil without persistence
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

// run performs an operation and appends the response.
func (e *Engine) run(name string, o operation, request document, dst []byte) ([]byte, error) {
	if o.replay == nil {
		e.definitions.RLock()
		defer e.definitions.RUnlock()
		if e.nextExpiry.Load() != never {
			e.expire()
		}
		return o.perform(e, request, dst)
	}
	e.definitions.Lock()
	defer e.definitions.Unlock()
	e.expire()
	if e.journal != nil {
		return e.performJournaled(name, o, request, dst)
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
