package testutil

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
)

// DB is the database of one test.
type DB struct {
	packagedb.Database

	// Client is the raw client of the same database. It tries a request up to 10 times, like the
	// client of [packagedb.Get], with pauses of less than a millisecond.
	Client *dynamodb.Client

	tb      testing.TB
	backend *backend
}

// New returns an empty database for one test, which is deleted when the test ends. Requests reach
// its engine without a socket. Every call returns a new database.
func New(tb testing.TB, options ...packagedb.Option) *DB {
	tb.Helper()
	b, err := newBackend()
	if err != nil {
		tb.Fatalf("testutil: %v", err)
	}
	tb.Cleanup(func() {
		if err := b.close(withoutCancel(tb)); err != nil {
			tb.Errorf("testutil: %v", err)
		}
	})
	if err := b.createTables(withoutCancel(tb), options...); err != nil {
		tb.Fatalf("testutil: %v", err)
	}
	return &DB{Database: packagedb.New(b.client, options...), Client: b.client, tb: tb, backend: b}
}

// Inject makes requests to the database fail, until Stop or the end of the test that was given to
// New. It ends the test if a fault is invalid.
func (db *DB) Inject(faults ...Fault) *Injected {
	db.tb.Helper()
	return db.backend.faults.inject(db.tb, faults)
}
