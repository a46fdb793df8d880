package testutil

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
)

// TestDatabase tests that a Database keeps the promises of [packagedb.Database], each in a subtest
// named after it. It is for implementations and wrappers of the interface:
//
//	func TestCachedDatabase(t *testing.T) {
//		testutil.TestDatabase(t, func(tb testing.TB) packagedb.Database {
//			return cached(testutil.New(tb))
//		})
//	}
//
// newDatabase is called once for each subtest. The database need not be empty: the suite uses users
// with random subs and deletes them afterwards. Reads must be strongly consistent and queries isolated
// from transactions, as they are on one server; only GetUser may lag behind, by up to 30 seconds.
//
// If PACKAGEDB_TEST_ENGINE is dynalite, which does not support transactions, the suite leaves out
// what needs them: that no other call sees a spec half deleted.
func TestDatabase(t *testing.T, newDatabase func(tb testing.TB) packagedb.Database) {
	for _, c := range suite {
		t.Run(c.promise, func(t *testing.T) { c.check(newSuiteUser(t, newDatabase(t))) })
	}
}

// suite has the cases of TestDatabase: a sentence of the contract and its test.
var suite = []struct {
	promise string
	check   func(*suiteUser)
}{
	{"a missing spec is ErrNotFound from every call that gets it", checkMissingSpec},
	{"a spec is returned as it was written, whatever the strings, by every call", checkReturnedSpec},
	{"a title and a description that are not set are empty, even if they were set before", checkUnsetFields},
	{"names with the same canonical form are one spec, with the name that was written last", checkCanonicalNames},
	{"an id is lower case as by Python's str.lower", checkLowerCase},
	{"models are counted in the latest version of each spec", checkModelCount},
	{"versions written within one second are all kept, in the order in which they were written", checkOneSecond},
	{"the latest version written again is updated in place while the clock is not past it", checkLatestAgain},
	{"an older version written again is a further entry, the newest with that version", checkOlderAgain},
	{"a version is created once, by one of several callers, and again after a delete", checkVersionOnce},
	{"a version that is created once has its place in the history, and ErrExists changes nothing", checkVersionExists},
	{"concurrent writers of one spec lose no version and agree on the latest", checkConcurrentWriters},
	{"lists and their pages are in the order of the ids or of the writes, whatever the names", checkOrder},
	{"lists of more than 1 MB are whole, and so are their pages and what is counted or found in them", checkLargeLists},
	{"an empty list and a page past the end are empty and not nil", checkEmptyLists},
	{"the next page starts after a result that is gone, with what is there by then", checkNextPage},
	{"the next page of a history has what was written meanwhile, and nothing once the spec is gone", checkNextVersions},
	{"a limit less than 1 is ErrInvalidInput", checkLimit},
	{"an iteration may stop early, and ends with its context between two results", checkIteration},
	{"a delete deletes what it names and nothing else, and is not an error if there is nothing", checkDeletes},
	{"a long history is listed and deleted whole", checkLongHistory},
	{"a spec whose delete runs or is given up ends with its latest version or is gone", checkRunningDelete},
	{"a spec that is written while it is deleted is whole or gone, and can be deleted again", checkWritesDuringDelete},
	{"missing credentials are ErrNotFound from every call that gets them", checkMissingCredentials},
	{"credentials are returned as they were written, byte for byte, by every call", checkReturnedCredentials},
	{"credentials written again replace those with the same id", checkCredentialsAgain},
	{"credentials are created once, by one of several callers, and again after they are deleted", checkCreatedOnce},
	{"a public key of two credentials is ErrAmbiguousPublicKey", checkAmbiguousPublicKey},
	{"bad input is ErrInvalidInput that names the field, from every call that takes it", checkBadInput},
	{"bad input stores nothing", checkNothingStored},
	{"the longest keys work", checkLongestKeys},
	{"a call whose context has ended fails with the context's error", checkEndedContext},
}

// suiteUser is a user of the database under test. Its methods fail the test if a call fails.
type suiteUser struct {
	testing.TB
	packagedb.Database
	ctx context.Context
	sub string
}

// newSuiteUser returns a user with a unique sub, whose items are deleted at the end of the test.
func newSuiteUser(tb testing.TB, db packagedb.Database) *suiteUser {
	tb.Helper()
	u := &suiteUser{TB: tb, Database: db, ctx: tb.Context(), sub: "sub " + rand.Text()}
	tb.Cleanup(func() {
		assert.NoError(tb, db.DeleteAll(withoutCancel(tb), u.sub), "DeleteAll at the end of the test")
	})
	return u
}

// other returns another user of the same database.
func (u *suiteUser) other() *suiteUser {
	u.Helper()
	return newSuiteUser(u.TB, u.Database)
}

// create stores a version of a spec.
func (u *suiteUser) create(spec packagedb.SpecInput) specInfo {
	u.Helper()
	stored, err := u.CreateUpdateSpec(u.ctx, u.sub, spec)
	require.NoError(u, err, "CreateUpdateSpec")
	require.NotNil(u, stored, "CreateUpdateSpec")
	return *stored
}

// createNamed stores a version of each spec.
func (u *suiteUser) createNamed(version string, names ...string) {
	u.Helper()
	for _, name := range names {
		u.create(packagedb.SpecInput{Name: name, Version: version, ModelCount: 1})
	}
}

// newCredentials returns credentials with a public key that no other user has.
func newCredentials(sub, id string) packagedb.CredentialsInput {
	return packagedb.CredentialsInput{
		ID:            id,
		PublicKey:     "public key of " + sub + " " + id,
		SecretKeyHash: []byte("hash of " + sub + " " + id),
		Salt:          []byte("salt of " + sub + " " + id),
	}
}

// input returns the input of a call about the spec and the credentials with an id.
func (u *suiteUser) input(id string) dbtest.Input {
	return dbtest.Input{
		Sub:         u.sub,
		Spec:        packagedb.SpecInput{Name: id, Version: "1"},
		Version:     "1",
		Credentials: newCredentials(u.sub, id),
	}
}

// call makes a call, by its name, about the spec and the credentials with an id.
func (u *suiteUser) call(ctx context.Context, name, id string) error {
	_, err := dbtest.Calls(ctx, u, u.input(id))[name]()
	return err
}

func (u *suiteUser) put(credentials packagedb.CredentialsInput) {
	u.Helper()
	require.NoError(u, u.CreateUpdateCredentials(u.ctx, u.sub, credentials), "CreateUpdateCredentials")
}

// putNamed stores credentials with each id.
func (u *suiteUser) putNamed(ids ...string) {
	u.Helper()
	for _, id := range ids {
		u.put(newCredentials(u.sub, id))
	}
}

func (u *suiteUser) spec(name string) specInfo {
	u.Helper()
	spec, err := u.GetSpec(u.ctx, u.sub, name)
	require.NoError(u, err, "GetSpec")
	require.NotNil(u, spec, "GetSpec")
	return *spec
}

func (u *suiteUser) specVersion(name, version string) specInfo {
	u.Helper()
	spec, err := u.GetSpecVersion(u.ctx, u.sub, name, version)
	require.NoError(u, err, "GetSpecVersion")
	require.NotNil(u, spec, "GetSpecVersion")
	return *spec
}

func (u *suiteUser) history(name string) []specInfo {
	u.Helper()
	versions := u.listVersions(name).all()
	require.NotEmpty(u, versions, "ListSpecVersions")
	return versions
}

// versions returns the versions of the spec's history.
func (u *suiteUser) versions(name string) []string {
	u.Helper()
	return versionsOf(u.history(name))
}

func versionsOf(specs []specInfo) []string {
	versions := []string{}
	for _, spec := range specs {
		versions = append(versions, spec.Version)
	}
	return versions
}

// assertNoSpec checks that no call finds the spec.
func (u *suiteUser) assertNoSpec(name string) {
	u.Helper()
	u.assertMissing("GetSpec")(u.GetSpec(u.ctx, u.sub, name))
	u.assertMissing("GetSpecVersion")(u.GetSpecVersion(u.ctx, u.sub, name, "1"))
	u.assertMissing("GetLatestSpecVersion")(u.GetLatestSpecVersion(u.ctx, u.sub, name))
	for _, options := range [][]option{nil, {packagedb.Limit(1)}, {packagedb.Descending()}} {
		u.assertMissing("ListSpecVersions")(u.ListSpecVersions(u.ctx, u.sub, name, options...))
		yielded := 0
		for _, err := range u.SpecVersions(u.ctx, u.sub, name, options...) {
			assert.ErrorIs(u, err, packagedb.ErrNotFound, "SpecVersions")
			yielded++
		}
		assert.Equal(u, 1, yielded, "SpecVersions yields the error once")
	}
}

// assertMissing returns a check that the call found nothing.
func (u *suiteUser) assertMissing(call string) func(found any, err error) {
	return func(found any, err error) {
		u.Helper()
		assert.ErrorIs(u, err, packagedb.ErrNotFound, call)
		assert.Zero(u, found, call)
	}
}

func (u *suiteUser) count() int {
	u.Helper()
	count, err := u.CountCustomerModels(u.ctx, u.sub)
	require.NoError(u, err, "CountCustomerModels")
	return count
}

// indexLag bounds the time by which a global secondary index may lag behind its table.
const indexLag = 30 * time.Second

// user returns what GetUser returns once its error is want, which may be nil.
func (u *suiteUser) user(publicKey string, want error) *packagedb.CredentialsAuthInfo {
	u.Helper()
	ctx, cancel := context.WithTimeout(u.ctx, indexLag)
	defer cancel()
	for wait := time.Millisecond; ; wait *= 2 {
		user, err := u.GetUser(ctx, publicKey)
		if errors.Is(err, want) {
			return user
		}
		select { // an index does not announce that it has caught up
		case <-time.After(wait):
		case <-ctx.Done():
			require.ErrorIs(u, err, want, "GetUser")
		}
	}
}

// hasTransactions reports whether the server supports transactions. What needs them is not tested
// otherwise.
func hasTransactions() bool { return os.Getenv("PACKAGEDB_TEST_ENGINE") != "dynalite" }
