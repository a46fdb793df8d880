package packagedb_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestCreateUpdateSpec_PlaceInHistory(t *testing.T) {
	type write struct {
		clock   int64 // in seconds after the start
		version string
	}
	for _, test := range []struct {
		name   string
		writes []write
		want   []write // the history
	}{
		{
			"versions in different seconds are dated by the clock",
			[]write{{0, "1"}, {5, "2"}, {60, "3"}}, []write{{0, "1"}, {5, "2"}, {60, "3"}},
		},
		{
			"two versions in one second are a second apart",
			[]write{{0, "1"}, {0, "2"}, {0, "3"}}, []write{{0, "1"}, {1, "2"}, {2, "3"}},
		},
		{
			"the latest version again in its second is an update in place",
			[]write{{0, "1"}, {0, "1"}}, []write{{0, "1"}},
		},
		{
			"the latest version again at a clock that is not past it is an update in place",
			[]write{{0, "1"}, {0, "2"}, {0, "2"}, {-60, "2"}}, []write{{0, "1"}, {1, "2"}},
		},
		{
			"the latest version again in a later second is a further entry",
			[]write{{0, "1"}, {1, "1"}}, []write{{0, "1"}, {1, "1"}},
		},
		{
			"an older version again is the latest",
			[]write{{0, "1"}, {0, "2"}, {0, "1"}}, []write{{0, "1"}, {1, "2"}, {2, "1"}},
		},
		{
			"a clock that is behind follows the latest",
			[]write{{0, "1"}, {-300, "2"}, {-299, "3"}, {10, "4"}}, []write{{0, "1"}, {1, "2"}, {2, "3"}, {10, "4"}},
		},
		{
			"a clock that jumps ahead is followed",
			[]write{{0, "1"}, {300, "2"}, {1, "3"}}, []write{{0, "1"}, {300, "2"}, {301, "3"}},
		},
		{
			"a second of more digits is later",
			[]write{{999_999_999 - start, "1"}, {1_000_000_000 - start, "2"}, {5 - start, "3"}},
			[]write{{999_999_999 - start, "1"}, {1_000_000_000 - start, "2"}, {1_000_000_001 - start, "3"}},
		},
		{
			"a clock before 1970 counts as its start",
			[]write{{-start - 7, "1"}, {-start - 3, "2"}}, []write{{-start, "1"}, {-start + 1, "2"}},
		},
	} {
		for _, path := range writePaths {
			for _, option := range []struct {
				name    string
				options []packagedb.Option
			}{{name: ""}, {" beside the Python facade", []packagedb.Option{packagedb.WithPythonFacade()}}} {
				t.Run(test.name+", "+path.name+option.name, func(t *testing.T) {
					t.Parallel()
					var clock clock
					db := intercept(testutil.New(t), path.handle, append(option.options, clock.option())...)
					for _, write := range test.writes {
						clock.offset.Store(write.clock)
						stored := create(t, db, "sub", "spec", write.version)
						latest, err := db.GetSpec(t.Context(), "sub", "spec")
						require.NoError(t, err)
						assert.Equal(t, latest, stored, "what is returned is what is stored")
					}
					history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
					require.NoError(t, err)
					var got []write
					for _, version := range history {
						got = append(got, write{version.UpdatedAt - start, version.Version})
					}
					assert.Equal(t, test.want, got)
					assertWhole(t, db, "sub", "spec")
				})
			}
		}
	}
}

func TestCreateUpdateSpec_InPlace(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			db := intercept(testutil.New(t), path.handle, frozen(start))
			create(t, db, "sub", "spec", "1")
			want := packagedb.SpecInfo{ID: "spec", Name: "SPEC", UpdatedAt: start, Version: "1", ModelCount: 7, Title: "title"}
			stored, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{
				Name: "SPEC", Version: "1", ModelCount: 7, Title: "title",
			})
			require.NoError(t, err)
			assert.Equal(t, want, *stored)
			history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
			require.NoError(t, err)
			assert.Equal(t, []packagedb.SpecInfo{want}, history)
		})
	}
}

func TestCreateUpdateSpec_ManyWritersInOneSecond(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			t.Parallel()
			const writers = 24
			db := intercept(testutil.New(t), path.handle, frozen(start))
			var want []string
			var running sync.WaitGroup
			for i := range writers {
				version := fmt.Sprintf("version %02d", i)
				want = append(want, version)
				running.Go(func() {
					_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: version})
					assert.NoError(t, err)
				})
			}
			running.Wait()

			history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
			require.NoError(t, err)
			for i, version := range history {
				assert.Equal(t, start+int64(i), version.UpdatedAt)
			}
			assert.ElementsMatch(t, want, versions(history))
			assertWhole(t, db, "sub", "spec")
		})
	}
}

func TestCreateUpdateSpec_FourHundredWritersOfOneSpec(t *testing.T) {
	needsTransactions(t)
	writers := scaled(400, 50)
	db := testutil.New(t, frozen(start))
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: fmt.Sprint(i)})
			assert.NoError(t, err)
		})
	}
	running.Wait()
	history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
	require.NoError(t, err)
	assert.Len(t, history, writers)
	assertWhole(t, db, "sub", "spec")
}

func TestCreateUpdateSpec_VersionsWithoutLatestItem(t *testing.T) {
	for _, path := range writePaths {
		t.Run("no version is overwritten, "+path.name, func(t *testing.T) {
			t.Parallel()
			server := testutil.New(t, frozen(start))
			db := intercept(server, path.handle, frozen(start))
			for _, version := range []string{"1", "2", "3"} {
				create(t, db, "sub", "spec", version)
			}
			deleteItem(t, server, "sub", "latest#spec")
			create(t, db, "sub", "spec", "4")
			history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
			require.NoError(t, err)
			assert.Equal(t, []string{"1", "2", "3", "4"}, versions(history))
			assertWhole(t, db, "sub", "spec")
		})
	}
	t.Run("many taken seconds cost few requests", func(t *testing.T) {
		needsTransactions(t)
		server := testutil.New(t)
		items := rawHistory("sub", "spec", 3000)
		store(t, server, specsTable, items[:3000])
		var log requestLog
		db := intercept(server, log.then(passOn), frozen(start))
		stored := create(t, db, "sub", "spec", "new")
		assert.Equal(t, start+3000, stored.UpdatedAt)
		assert.Equal(t, []string{"TransactWriteItems", "TransactWriteItems", "Query", "TransactWriteItems"}, log.take())
	})
}

func TestCreateUpdateSpec_LatestItemWithoutVersion(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			t.Parallel()
			var clock clock
			server := testutil.New(t)
			db := intercept(server, path.handle, clock.option())
			create(t, db, "sub", "spec", "1")
			deleteItem(t, server, "sub", fmt.Sprintf("%020d#spec", start))

			clock.offset.Store(-100)
			assert.Equal(t, start+1, create(t, db, "sub", "spec", "2").UpdatedAt)
			assertWhole(t, db, "sub", "spec")
		})
	}
}

func TestCreateUpdateSpec_TornPythonWrite(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			server := testutil.New(t)
			store(t, server, specsTable, append(rawHistory("sub", "spec", 1), rawVersion("sub", "spec", start+100)))
			var log requestLog
			db := intercept(server, log.then(path.handle), frozen(start+50), packagedb.WithPythonFacade())
			stored := create(t, db, "sub", "spec", "new")
			assert.Equal(t, start+101, stored.UpdatedAt)
			assertWhole(t, db, "sub", "spec")
			if path.name == "with transactions" && engineUnderTest() != "dynalite" {
				assert.Equal(t, []string{"Query", "TransactWriteItems"}, log.take()[:2])
			}
		})
	}
	t.Run("the torn version again completes it", func(t *testing.T) {
		server := testutil.New(t)
		store(t, server, specsTable, append(rawHistory("sub", "spec", 1), rawVersion("sub", "spec", start+100)))
		db := packagedb.New(server.Client, frozen(start+50), packagedb.WithPythonFacade())
		assert.Equal(t, start+100, create(t, db, "sub", "spec", fmt.Sprint("v", start+100)).UpdatedAt)
		assertWhole(t, db, "sub", "spec")
	})
}

func TestCreateUpdateSpec_LargestSecond(t *testing.T) {
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
	server := testutil.New(t)
	create(t, packagedb.New(server.Client, frozen(9_999_999_999)), "sub", "spec", "1")
	db := packagedb.New(server.Client, frozen(9_999_999_999))
	// An item of 204,800 bytes at a second of ten digits, and of one byte more at the next.
	input := packagedb.SpecInput{Name: "spec", Version: "2", ModelCount: 1, Description: "d"}
	rest := textSize(with(rawVersion("sub", "spec", 9_999_999_999), "version", text("2"))) + len("description") + 2
	input.Description = strings.Repeat("d", 204_800-rest)
	_, err := db.CreateUpdateSpec(t.Context(), "sub", input)
	require.ErrorIs(t, err, packagedb.ErrInvalidInput)
	assert.ErrorContains(t, err, "204801 bytes, the limit is 204800")
	assert.Len(t, scan(t, server, specsTable), 2)
}

func TestCreateUpdateSpec_LostAnswer(t *testing.T) {
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
	history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "2"}, versions(history))
}

func TestCreateUpdateSpec_FailureBetweenTheItems(t *testing.T) {
	broken := errors.New("broken")
	var puts atomic.Int32
	db := intercept(testutil.New(t), func(op string, input any, next func() (any, error)) (any, error) {
		if op == "PutItem" && puts.Add(1) == 4 {
			return nil, broken // the second item of the second version
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
	history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "2", "3"}, versions(history))
	assertWhole(t, db, "sub", "spec")
}

func TestCreateUpdateSpec_VersionItemThatIsNotInTheIndex(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			server := testutil.New(t)
			putItem(t, server, specsTable, without(rawVersion("sub", "spec", start), "id_updated_at"))
			db := intercept(server, path.handle, frozen(start))
			assert.Equal(t, start+1, create(t, db, "sub", "spec", "1").UpdatedAt)
		})
	}
}

func TestCreateUpdateSpec_Requests(t *testing.T) {
	transaction, inTurn := []string{"TransactWriteItems"}, []string{"Query", "PutItem", "PutItem"}

	t.Run("one transaction, or in turn on a server without", func(t *testing.T) {
		want := transaction
		if engineUnderTest() == "dynalite" {
			want = slices.Concat(transaction, inTurn)
		}
		var log requestLog
		create(t, intercept(testutil.New(t), log.then(passOn)), "sub", "spec", "1")
		assert.Equal(t, want, log.take())
	})
	t.Run("a server without transactions is asked for one once", func(t *testing.T) {
		var log requestLog
		db := intercept(testutil.New(t), log.then(withoutTransactions))
		create(t, db, "sub", "spec", "1")
		query, ok := log.inputs[1].(*dynamodb.QueryInput)
		require.True(t, ok)
		assert.True(t, *query.ConsistentRead)
		assert.Equal(t, slices.Concat(transaction, inTurn), log.take())
		create(t, db, "sub", "spec", "2")
		assert.Equal(t, inTurn, log.take())
	})
	t.Run("the second version of a second takes two transactions", func(t *testing.T) {
		needsTransactions(t)
		var log requestLog
		db := intercept(testutil.New(t), log.then(passOn), frozen(start))
		for i, want := range []int{1, 2, 2} {
			create(t, db, "sub", "spec", fmt.Sprint(i))
			assert.Len(t, log.take(), want)
		}
	})
}

func TestCreateCredentials_LostAnswer(t *testing.T) {
	server := testutil.New(t)
	input := packagedb.CredentialsInput{ID: "id", PublicKey: "key", SecretKeyHash: []byte("hash"), Salt: []byte("salt")}
	server.Inject(testutil.Fault{Kind: testutil.DropAfter, Operations: []string{"PutItem"}, Times: 1})
	require.NoError(t, server.CreateCredentials(t.Context(), "sub", input), "it was stored by the attempt whose answer was lost")
	require.ErrorIs(t, server.CreateCredentials(t.Context(), "sub", input), packagedb.ErrExists)

	server.Inject(testutil.Fault{Kind: testutil.DropAfter, Operations: []string{"PutItem"}, Times: 1})
	input.Salt = []byte("other salt")
	require.ErrorIs(t, server.CreateCredentials(t.Context(), "sub", input), packagedb.ErrExists)
}

// textSize returns the size of an item's strings, bytes and attribute names, without its numbers.
func textSize(stored item) (size int) {
	for name, value := range stored {
		size += len(name)
		switch value := value.(type) {
		case *types.AttributeValueMemberS:
			size += len(value.Value)
		case *types.AttributeValueMemberB:
			size += len(value.Value)
		}
	}
	return size
}

// isAccepted reports whether the server accepts an item.
func isAccepted(t *testing.T, db *testutil.DB, table string, stored item) bool {
	t.Helper()
	_, err := db.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(table), Item: stored})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "ValidationException" {
		return false
	}
	require.NoError(t, err)
	return true
}
