// Package testutil gives tests a DynamoDB of their own, with nothing to install and nothing to start.
//
// A test asks for a database and uses it. The database is empty, belongs to this test alone, and goes
// away with it, so that tests may run in parallel:
//
//	func TestPets(t *testing.T) {
//		t.Parallel()
//		db := testutil.New(t)
//		err := db.CreateUpdateSpec(t.Context(), "sub 1", testutil.Spec(1))
//		...
//	}
//
// Code that calls [packagedb.Get] itself finds a server where the test binary starts one:
//
//	func TestMain(m *testing.M) { testutil.Main(m) }
//
// That server is one for all tests of the binary, who keep apart by working on subs of their own. A
// single test does without TestMain by using a fixture such as [CleanSpecsTable].
//
// # What a test can do beyond that
//
//   - [Client] is the raw client of the test's database, to look at or to spoil what is stored.
//   - [Inject] makes requests fail as they do on AWS: throttled, dropped, in conflict, half done.
//   - [Spec] and [Credentials] make numbered, valid values.
//   - [TestDatabase] proves any implementation of [packagedb.Database], such as one that wraps it.
//
// # Another server
//
// All this runs on an engine inside the test binary. To run the same tests on DynamoDB Local or any
// other server, set PACKAGEDB_TEST_ENDPOINT to its URL. Every database has tables of its own there as
// well, with names that start with "test-" and random characters; the tests go on to use the names
// that they know. The tables are deleted at the end of the test.
//
// PACKAGEDB_TEST_LISTEN is the host:port at which [Main] and the fixtures listen, for a debugger or a
// proxy that needs to know. Without it they listen on any free port of 127.0.0.1.
package testutil

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
)

// New returns an empty database that belongs to this test, or benchmark, alone. It reaches an engine
// inside the test binary without a socket. Every call returns another database.
func New(tb testing.TB, options ...packagedb.Option) packagedb.Database {
	tb.Helper()
	w, err := tests.newWorld(tb)
	if err == nil {
		err = packagedb.CreateTables(withoutFaults(lasting(tb)), w.client, options...)
	}
	if err != nil {
		tb.Fatalf("testutil.New: %v%s", err, hint())
	}
	return packagedb.New(w.client, options...)
}

// Client returns the raw client of the DynamoDB behind this test's database:
//
//   - that of the newest database that [New] returned to the test, or else to the tests around it;
//   - without one, that of the server that [Main] or a fixture in use by the test runs;
//   - without that as well, one without any tables, in which the next New of the test creates its own.
func Client(tb testing.TB) *dynamodb.Client {
	tb.Helper()
	w, err := tests.world(tb)
	if err != nil {
		tb.Fatalf("testutil.Client: %v%s", err, hint())
	}
	return w.client
}
