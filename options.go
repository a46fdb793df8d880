package packagedb

import (
	"cmp"
	"context"
	"time"
)

// Option configures [Get], [New], [Tables], [CreateTables] and [CheckTables].
type Option func(*settings)

type settings struct {
	specsTable, credentialsTable string
	tablesErr                    error // of the two names, which every call returns

	consistentReads bool
	now             func() time.Time
	pythonFacade    bool
	observer        func(context.Context, Call)
}

func newSettings(options []Option) settings {
	s := settings{
		specsTable:       "package.specs",
		credentialsTable: "package.credentials",
		now:              time.Now,
	}
	for _, option := range options {
		option(&s)
	}
	s.tablesErr = checkTableNames(s.specsTable, s.credentialsTable)
	return s
}

// WithTableNames names the two tables. The default, also for an empty name, is package.specs and
// package.credentials. Two equal names, or one that is neither 3 to 255 of the characters a-z, A-Z, 0-9,
// _, . and - nor the ARN of a table, make every call return [ErrInvalidInput].
func WithTableNames(specs, credentials string) Option {
	return func(s *settings) {
		s.specsTable = cmp.Or(specs, s.specsTable)
		s.credentialsTable = cmp.Or(credentials, s.credentialsTable)
	}
}

// WithConsistentReads makes gets and lists strongly consistent, at twice the read capacity. GetUser
// stays eventually consistent, because it reads a global secondary index.
func WithConsistentReads() Option {
	return func(s *settings) { s.consistentReads = true }
}

// WithClock sets the clock that dates the versions of specs, for tests. The default is [time.Now].
// Only whole seconds count; a time before 1970 counts as the start of 1970.
func WithClock(now func() time.Time) Option {
	return func(s *settings) { s.now = now }
}

// WithPythonFacade declares that services on the Python facade use, or have used, the same tables.
// All services that share the tables need it permanently.
//
// Hashes and salts are then read and written as PynamoDB 5 does, as base64 text in the binary
// attribute. Because Python's two writes of a version can be interrupted in between,
// CreateUpdateSpec first reads the newest of the history, with one more request, and dates its
// version after that.
func WithPythonFacade() Option {
	return func(s *settings) { s.pythonFacade = true }
}

// ListOption selects a page of a list. The next page starts after the last result of this one:
//
//	db.ListSpecs(ctx, sub, packagedb.Limit(100))
//	db.ListSpecs(ctx, sub, packagedb.Limit(100), packagedb.After(last.ID))
//
// A page that is shorter than the limit is the last. Results that are written or deleted between
// two pages appear or disappear without shifting the others.
type ListOption func(*listOptions)

// listOptions is the requested page of a list.
type listOptions struct {
	limit      *int
	after      *string
	descending bool
}

// Limit bounds the number of results. A limit less than 1 is [ErrInvalidInput].
func Limit(n int) ListOption {
	return func(o *listOptions) { o.limit = &n }
}

// After skips the results up to and including the one with the key, in the order of the list: the
// id of a spec, the UpdatedAt of a version in decimal, or the id of credentials. The key need not
// exist.
func After(key string) ListOption {
	return func(o *listOptions) { o.after = &key }
}

// Descending reverses the order: the newest version, or the greatest id, comes first.
func Descending() ListOption {
	return func(o *listOptions) { o.descending = true }
}
