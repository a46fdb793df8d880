package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// TestCreateUpdateSpec_PlaceInHistory writes versions at a clock: 5:2 is version 2 at the fifth second after
// the start.
func TestCreateUpdateSpec_PlaceInHistory(t *testing.T) {
	t.Parallel()
	at := func(second int64, version string) string { return fmt.Sprint(second-start, ":", version) }
	for _, test := range []struct{ name, writes, history string }{
		{"versions in different seconds are dated by the clock", "0:1 5:2 60:3", "0:1 5:2 60:3"},
		{"two versions in one second are a second apart", "0:1 0:2 0:3", "0:1 1:2 2:3"},
		{"the latest version again in its second is an update in place", "0:1 0:1", "0:1"},
		{"the same at a clock that is not past it", "0:1 0:2 0:2 -60:2", "0:1 1:2"},
		{"the latest version again in a later second is a further entry", "0:1 1:1", "0:1 1:1"},
		{"an older version again is the latest", "0:1 0:2 0:1", "0:1 1:2 2:1"},
		{"a clock that is behind follows the latest", "0:1 -300:2 -299:3 10:4", "0:1 1:2 2:3 10:4"},
		{"a clock that jumps ahead is followed", "0:1 300:2 1:3", "0:1 300:2 301:3"},
		{
			"a second of more digits is later",
			strings.Join([]string{at(999_999_999, "1"), at(1_000_000_000, "2"), at(5, "3")}, " "),
			strings.Join([]string{at(999_999_999, "1"), at(1_000_000_000, "2"), at(1_000_000_001, "3")}, " "),
		},
		{"a clock before 1970 counts as its start", at(-7, "1") + " " + at(-3, "2"), at(0, "1") + " " + at(1, "2")},
	} {
		for _, path := range writePaths {
			for name, options := range map[string][]packagedb.Option{
				"alone": nil, "beside the Python facade": {packagedb.WithPythonFacade()},
			} {
				t.Run(test.name+", "+path.name+", "+name, func(t *testing.T) {
					t.Parallel()
					var now int64
					clock := packagedb.WithClock(func() time.Time { return time.Unix(start+now, 0) })
					db := intercept(testutil.New(t), path.handle, append(options, clock)...)
					for write := range strings.FieldsSeq(test.writes) {
						var version string
						_, err := fmt.Sscanf(write, "%d:%s", &now, &version)
						require.NoError(t, err)
						stored := create(t, db, "sub", "spec", version)
						latest, err := db.GetSpec(t.Context(), "sub", "spec")
						require.NoError(t, err)
						assert.Equal(t, latest, stored, "what is returned is what is stored")
					}
					var got []string
					for _, version := range history(t, db) {
						got = append(got, at(version.UpdatedAt, version.Version))
					}
					assert.Equal(t, test.history, strings.Join(got, " "))
					assertWhole(t, db, "sub", "spec")
				})
			}
		}
	}
}

func TestCreateUpdateSpec_FiftyWritersOfOneSpec(t *testing.T) {
	t.Parallel()
	needsTransactions(t)
	const writers = 50 // 400 in test/soak
	db := testutil.New(t, frozen(start))
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: fmt.Sprint(i)})
			assert.NoError(t, err)
		})
	}
	running.Wait()
	all := history(t, db)
	require.Len(t, all, writers)
	assert.Equal(t, start+int64(writers)-1, all[writers-1].UpdatedAt, "a second apart")
	assertWhole(t, db, "sub", "spec")
}

// TestCreateUpdateSpec_TornWrites creates a version of a spec that lacks items or has more than its own.
func TestCreateUpdateSpec_TornWrites(t *testing.T) {
	t.Parallel()
	three := rawHistory("sub", "spec", 3)
	torn := append(rawHistory("sub", "spec", 1), rawVersion("sub", "spec", start+100))
	for _, test := range []struct {
		name    string
		stored  []item
		clock   int64 // in seconds after the start
		python  bool
		version string
		want    int64 // in seconds after the start
		items   int   // with those that were there; one more without transactions if their latest item lacks its version
	}{
		{"versions without a latest item", three[:3], 0, false, "new", 3, 5},
		{"a latest item without its version, ahead of the clock", three[3:], -100, false, "new", 3, 2},
		{"a latest item without its version, at the clock's second", three[3:], 2, false, "new", 3, 2},
		{"a version that is not in the index", []item{with(three[0], "id_updated_at", nil)}, 0, false, "new", 1, 3},
		{"a version of the Python facade after the latest", torn, 50, true, "new", 101, 4},
		{"that version again, which completes it", torn, 50, true, fmt.Sprint("v", start+100), 100, 3},
	} {
		for _, path := range writePaths {
			t.Run(test.name+", "+path.name, func(t *testing.T) {
				t.Parallel()
				server := testutil.New(t)
				store(t, server, specsTable, test.stored...)
				options := []packagedb.Option{frozen(start + test.clock)}
				if test.python {
					options = append(options, packagedb.WithPythonFacade())
				}
				db := intercept(server, path.handle, options...)
				assert.Equal(t, start+test.want, create(t, db, "sub", "spec", test.version).UpdatedAt)
				items := test.items
				inTurn := path.name == "without transactions" || engineUnderTest() == "dynalite"
				if inTurn && len(test.stored) == 1 && textOf(test.stored[0], "updated_at_id") == "latest#spec" {
					items++ // it is completed first
				}
				assert.Len(t, scan(t, server, specsTable), items, "no version is overwritten")
				assertWhole(t, db, "sub", "spec")
			})
		}
	}
}

func TestCreateUpdateSpec_LargestSecond(t *testing.T) {
	t.Parallel()
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			db := intercept(testutil.New(t), path.handle, frozen(math.MaxInt64))
			stored := create(t, db, "sub", "spec", "1")
			assert.Equal(t, int64(math.MaxInt64), stored.UpdatedAt)
			_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "2"})
			assert.ErrorContains(t, err, "the latest version is at the largest second")
			assert.Equal(t, stored, create(t, db, "sub", "spec", "1"))
			assertWhole(t, db, "sub", "spec")
		})
	}
}

func TestCreateUpdateSpec_SizeAtTheSecondItEndsUpAt(t *testing.T) {
	t.Parallel()
	db := testutil.New(t, frozen(9_999_999_999))
	create(t, db, "sub", "spec", "1")
	// An item of 204,800 bytes at a second of ten digits, and of one byte more at the next.
	rest := textSize(with(rawVersion("sub", "spec", 9_999_999_999), "version", text("2"))) + len("description") + 2
	_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{
		Name: "spec", Version: "2", ModelCount: 1, Description: strings.Repeat("d", 204_800-rest),
	})
	require.ErrorIs(t, err, packagedb.ErrInvalidInput)
	assert.ErrorContains(t, err, "204801 bytes, the limit is 204800")
	assert.Len(t, scan(t, db, specsTable), 2)
}

func TestCreateUpdateSpec_LostResponse(t *testing.T) {
	t.Parallel()
	needsTransactions(t)
	// The first transaction takes effect, but its answer is lost, and the retry conflicts. Before
	// the third attempt another writer adds a version.
	server := testutil.New(t, frozen(start))
	server.Inject(testutil.Fault{Kind: testutil.DropAfter, Operations: []string{"TransactWriteItems"}, Times: 1},
		testutil.Fault{Kind: testutil.Conflict, Times: 1})
	sent := 0
	db := intercept(server, func(_ string, _ any, next func() (any, error)) (any, error) {
		if sent++; sent == 2 {
			create(t, server, "sub", "spec", "2")
		}
		return next()
	}, frozen(start))
	create(t, db, "sub", "spec", "1")
	assert.Equal(t, []string{"1", "2"}, versions(history(t, server)))
}

func TestCreateUpdateSpec_FailureBetweenTheItems(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	puts := 0
	db := intercept(testutil.New(t), func(op string, input any, next func() (any, error)) (any, error) {
		if op == "PutItem" {
			puts++
			if puts == 4 {
				return nil, broken // the second item of the second version
			}
		}
		return withoutTransactions(op, input, next)
	}, frozen(start))
	create(t, db, "sub", "spec", "1")
	_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "2"})
	require.ErrorIs(t, err, broken)

	latest, err := db.GetLatestSpecVersion(t.Context(), "sub", "spec")
	require.NoError(t, err)
	assert.Equal(t, "1", latest, "the version is in the history alone")
	create(t, db, "sub", "spec", "3")
	assert.Equal(t, []string{"1", "2", "3"}, versions(history(t, db)))
	assertWhole(t, db, "sub", "spec")
}

func TestCreateUpdateSpec_ServerThatKnowsNoWrite(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	writes := 0
	db := intercept(testutil.New(t), func(op string, _ any, next func() (any, error)) (any, error) {
		if op == "Query" {
			return next()
		}
		if writes++; writes > 10 {
			cancel()
		}
		return withoutTransactions("TransactWriteItems", nil, next)
	})
	err := call(ctx, db, "CreateUpdateSpec")
	require.ErrorContains(t, err, "UnknownOperationException")
	assert.Equal(t, 2, writes, "the transaction and the version item")
}

func TestCreateUpdateSpec_Requests(t *testing.T) {
	t.Parallel()
	transaction, inTurn := []string{"TransactWriteItems"}, []string{"Query", "PutItem", "PutItem"}
	// creator returns a function that creates a version and returns the requests that this took.
	creator := func(t *testing.T, server *testutil.DB, handle handler, options ...packagedb.Option) func(version string) []string {
		var sent []string
		db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
			sent = append(sent, op)
			return handle(op, input, next)
		}, options...)
		return func(version string) []string {
			sent = nil
			create(t, db, "sub", "spec", version)
			return sent
		}
	}
	t.Run("a server without transactions is not asked for the next one", func(t *testing.T) {
		requests := creator(t, testutil.New(t), withoutTransactions)
		assert.Equal(t, slices.Concat(transaction, inTurn), requests("1"))
		assert.Equal(t, inTurn, requests("2"))
	})
	t.Run("the second version of a second takes two transactions", func(t *testing.T) {
		needsTransactions(t)
		requests := creator(t, testutil.New(t), passOn, frozen(start))
		for i, want := range []int{1, 2, 2} {
			assert.Len(t, requests(fmt.Sprint(i)), want)
		}
	})
	t.Run("many taken seconds cost few requests", func(t *testing.T) {
		needsTransactions(t)
		server := testutil.New(t)
		store(t, server, specsTable, rawHistory("sub", "spec", 3000)[:3000]...)
		requests := creator(t, server, passOn, frozen(start))
		assert.Equal(t, slices.Concat(transaction, transaction, []string{"Query"}, transaction), requests("new"))
		assert.Equal(t, start+3000, history(t, server)[3000].UpdatedAt)
	})
}

func TestCreateCredentials_LostResponse(t *testing.T) {
	t.Parallel()
	server := testutil.New(t)
	input := secret
	lost := testutil.Fault{Kind: testutil.DropAfter, Operations: []string{"PutItem"}, Times: 1}
	server.Inject(lost)
	require.NoError(t, server.CreateCredentials(t.Context(), "sub", input), "it was stored by the attempt whose answer was lost")
	require.ErrorIs(t, server.CreateCredentials(t.Context(), "sub", input), packagedb.ErrExists)

	server.Inject(lost)
	input.Salt = []byte("other salt")
	require.ErrorIs(t, server.CreateCredentials(t.Context(), "sub", input), packagedb.ErrExists)
}

// TestCreateCredentials_UnknownWhetherStored loses the response of the write, and cannot read what is stored.
func TestCreateCredentials_UnknownWhetherStored(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	db.Inject(
		testutil.Fault{Kind: testutil.DropAfter, Operations: []string{"PutItem"}, Times: 1},
		testutil.Fault{Kind: testutil.AccessDenied, Operations: []string{"GetItem"}},
	)
	err := db.CreateCredentials(t.Context(), "sub", secret)
	require.NotErrorIs(t, err, packagedb.ErrExists)
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, "AccessDeniedException", api.ErrorCode())
	assert.ErrorContains(t, err, "an earlier attempt may have stored the credentials")
}

// TestCreateCredentials_DeletedMeanwhile loses the response of a write of credentials that exist, and that are
// deleted before the call can read them.
func TestCreateCredentials_DeletedMeanwhile(t *testing.T) {
	t.Parallel()
	server := testutil.New(t)
	require.NoError(t, server.CreateCredentials(t.Context(), "sub", secret))
	server.Inject(testutil.Fault{Kind: testutil.DropBefore, Operations: []string{"PutItem"}, Times: 1})
	db := intercept(server, func(op string, _ any, next func() (any, error)) (any, error) {
		if op == "GetItem" {
			require.NoError(t, server.DeleteCredentials(t.Context(), "sub", secret.ID))
		}
		return next()
	})
	assert.ErrorIs(t, db.CreateCredentials(t.Context(), "sub", secret), packagedb.ErrExists)
}

// TestCreateCredentials_EarlierAttempt creates credentials that exist, each time with a first attempt that
// fails. Only one that may have stored them makes the call succeed.
func TestCreateCredentials_EarlierAttempt(t *testing.T) {
	t.Parallel()
	for kind, want := range map[testutil.FaultKind]error{
		testutil.Throttle:            packagedb.ErrExists,
		testutil.ThrottleOnDemand:    packagedb.ErrExists,
		testutil.Conflict:            packagedb.ErrExists,
		testutil.InternalServerError: nil,
		testutil.ServiceUnavailable:  nil,
		testutil.DropBefore:          nil,
		testutil.DropAfter:           nil,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t)
			require.NoError(t, db.CreateCredentials(t.Context(), "sub", secret))
			failed := db.Inject(testutil.Fault{Kind: kind, Operations: []string{"PutItem"}, Times: 1})
			assert.ErrorIs(t, db.CreateCredentials(t.Context(), "sub", secret), want)
			assert.Equal(t, 1, failed.Count())
		})
	}
}
