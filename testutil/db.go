package testutil

import (
	"sync"
	"testing"
	"time"

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
	url     func() (string, error) // listens once
}

// New returns an empty database for one test, which is deleted when the test ends. Requests reach
// its engine without a socket. Every call returns a new database. In a [testing/synctest] bubble it skips
// the test on another server, whose network would make the bubble's time stand still.
func New(tb testing.TB, options ...packagedb.Option) *DB {
	tb.Helper()
	b, err := newBackend()
	switch {
	case err != nil:
		tb.Fatalf("testutil: %v", err)
	case b.forwarder != nil && isInBubble():
		tb.Skip("testutil: a database in a synctest bubble needs the embedded engine")
	}
	tb.Cleanup(func() {
		if err := b.close(withoutCancel(tb)); err != nil {
			tb.Errorf("testutil: %v", err)
		}
	})
	if err := b.createTables(withoutCancel(tb), options...); err != nil {
		tb.Fatalf("testutil: %v", err)
	}
	options = append([]packagedb.Option{packagedb.WithClock(b.clock.now)}, options...)
	db := &DB{Database: packagedb.New(b.client, options...), Client: b.client, tb: tb, backend: b}
	db.url = sync.OnceValues(db.listen)
	return db
}

// FastForward moves the clock of the engine and of the Database forward, unless [packagedb.WithClock] has
// given that another one. An item is deleted 48 hours after its time to live, as AWS deletes it late. It
// ends the test if d is negative, and skips it on another server, which has a clock of its own.
func (db *DB) FastForward(d time.Duration) {
	db.tb.Helper()
	db.backend.fastForward(db.tb, d)
}

// Now returns the time of the clock that FastForward moves, for the code under test. In a
// [testing/synctest] bubble it is that of the bubble, moved.
func (db *DB) Now() time.Time { return db.backend.clock.now() }

// URL returns the URL of a server with the database, such as http://127.0.0.1:34567, for a binary under
// test or another language. It listens on a free port of this host from the first call until the end of
// the test that was given to New. Requests to it get the faults of Inject.
//
// It ends a test that calls it in a [testing/synctest] bubble: a server waits for its network, which no
// bubble counts as blocked, so the time in the bubble would stand still.
func (db *DB) URL() string {
	db.tb.Helper()
	if isInBubble() {
		db.tb.Fatal("testutil: URL in a synctest bubble: its time would stand still while a server waits for " +
			"the network; use Client or Database there, or call URL outside")
	}
	url, err := db.url()
	if err != nil {
		db.tb.Fatalf("testutil: %v", err)
	}
	return url
}

// isInBubble reports whether the caller is in a synctest bubble, where time starts in the year 2000.
func isInBubble() bool { return time.Now().Year() < 2025 }

func (db *DB) listen() (string, error) {
	url, closeServer, err := listenAndServe(anyPort, db.backend.faults)
	if err != nil {
		return "", err
	}
	db.tb.Cleanup(func() {
		if err := closeServer(); err != nil {
			db.tb.Errorf("testutil: close the server at %s: %v", url, err)
		}
	})
	return url, nil
}

// Inject makes requests to the database fail, until Stop or the end of the test that was given to
// New. It ends the test if a fault is invalid.
func (db *DB) Inject(faults ...Fault) *Injected {
	db.tb.Helper()
	return db.backend.faults.inject(db.tb, faults)
}
