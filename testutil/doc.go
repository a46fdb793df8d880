// Package testutil gives every test an empty DynamoDB of its own, inside the test binary. There is
// nothing to install or start:
//
//	func TestPets(t *testing.T) {
//		t.Parallel()
//		db := testutil.New(t)
//		_, err := db.CreateUpdateSpec(t.Context(), "sub 1", testutil.Spec(1))
//		...
//	}
//
// [New] returns a [packagedb.Database] over an embedded engine. Databases share nothing, so tests may
// run in parallel, and a database goes away with its test.
//
// # Code that calls packagedb.Get
//
// [packagedb.Get] needs a server. Main starts one for the test binary:
//
//	func TestMain(m *testing.M) { testutil.Main(m) }
//
// All tests of the binary share it; [NewSub] gives each test its own sub. Main also runs what creates
// tables of your own. A single test can use a fixture instead of TestMain, such as [CleanSpecsTable].
//
// # Raw items and faults
//
// [DB] and [Server] hold the raw client of their database, to inspect or corrupt stored items and to
// create further tables. Their method Inject makes requests fail as they do on AWS: throttled, dropped,
// in conflict, partly processed. See [Fault].
//
// # Time
//
// FastForward of [DB] and [Server] moves the clock, so that a test need not wait for an item to expire.
// In a [testing/synctest] bubble the engine lives in the bubble's time:
//
//	synctest.Test(t, func(t *testing.T) {
//		db := testutil.New(t)
//		<-time.After(24 * time.Hour) // at once
//		...
//	})
//
// # A server for a binary
//
// [DB.URL] serves a database to a program under test, or to another language.
//
// # Implementations of Database
//
// [TestDatabase] is a conformance suite for anything that implements or wraps [packagedb.Database].
//
// # Other servers
//
// To run the same tests on DynamoDB Local or any other server, set PACKAGEDB_TEST_ENDPOINT to its
// URL. Every database has its own tables there as well: their names on the server start with "test-"
// and random characters, which the tests do not see. They are deleted when the test ends.
//
// [Main] and the fixtures listen on a free port of 127.0.0.1, or at the host:port in
// PACKAGEDB_TEST_LISTEN.
package testutil
