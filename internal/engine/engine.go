// Package engine is a DynamoDB in memory: an [http.Handler] that speaks the
// DynamoDB JSON protocol, with the service's validation, limits, errors and
// capacity rules. An Engine starts empty and keeps nothing when it is dropped,
// unless [Open] made it.
//
// It departs from the service where a test wants it to: a table is ACTIVE as
// soon as CreateTable has answered, a global secondary index shows a write at
// once, nothing is ever throttled, an eventually consistent read is a
// consistent one, and signatures are not verified.
//
// What it does not have it refuses, never ignores: every other operation, the
// update in a transaction, the legacy parameters except AttributesToGet, and
// the streams, tags, policies and encryption of a new table.
package engine

import (
	"sync"
	"sync/atomic"
	"time"
)

// Engine is a set of tables behind the DynamoDB protocol. Use [New] to make
// one. It is safe for concurrent use: a transaction is seen whole or not at all.
type Engine struct {
	now      func() time.Time
	requests atomic.Uint64
	journal  *journal // nil without persistence

	// mu guards everything below. Readers hold it only while they pick records,
	// which never change once they are stored.
	mu     sync.RWMutex
	tables map[string]*table
	ids    uint64
	tokens tokens
}

// Option changes how [New] makes an Engine.
type Option func(*Engine)

// WithClock replaces the clock, from which an Engine takes the creation time of
// tables and the age of transaction tokens.
func WithClock(now func() time.Time) Option {
	return func(e *Engine) { e.now = now }
}

// New makes an Engine without tables.
func New(options ...Option) *Engine {
	e := &Engine{now: time.Now, tables: map[string]*table{}}
	for _, option := range options {
		option(e)
	}
	return e
}

// operation answers a request: the JSON of the answer or an error.
type operation func(e *Engine, request document) ([]byte, error)

var operations = map[string]operation{
	"BatchGetItem":       (*Engine).batchGetItem,
	"BatchWriteItem":     (*Engine).batchWriteItem,
	"CreateTable":        (*Engine).createTable,
	"DeleteTable":        (*Engine).deleteTable,
	"DescribeTable":      (*Engine).describeTable,
	"ListTables":         (*Engine).listTables,
	"GetItem":            (*Engine).getItem,
	"PutItem":            (*Engine).putItem,
	"DeleteItem":         (*Engine).deleteItem,
	"Query":              (*Engine).query,
	"Scan":               (*Engine).scan,
	"TransactGetItems":   (*Engine).transactGetItems,
	"TransactWriteItems": (*Engine).transactWriteItems,
}
