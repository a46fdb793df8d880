package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

const start = int64(1_700_000_000)

// writePaths are the ways in which the two items of a version are written, each with what answers
// TransactWriteItems in the server's place.
var writePaths = []struct {
	name   string
	answer func(string) error
}{
	{"in one transaction", nil},
	{"in turn without transactions", withoutTransactions},
}

// newTapped returns an empty database and the tap that its requests go through.
func newTapped(tb testing.TB, answer func(string) error, options ...packagedb.Option) (packagedb.Database, *tap) {
	client := &tap{Client: testutil.New(tb, options...).Client, answer: answer}
	return packagedb.New(client, options...), client
}

func TestWhereAVersionIsPutInTheHistory(t *testing.T) {
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
			"the same version again in its second is an update in place",
			[]write{{0, "1"}, {0, "1"}}, []write{{0, "1"}},
		},
		{
			"the same version again in a later second is a further entry",
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
			t.Run(test.name+" "+path.name, func(t *testing.T) {
				t.Parallel()
				var clock atomic.Int64
				db, _ := newTapped(t, path.answer, packagedb.WithClock(func() time.Time { return time.Unix(clock.Load(), 0) }))
				for _, write := range test.writes {
					clock.Store(start + write.clock)
					must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: write.version}))
				}
				history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
				must(t, err)
				var got []write
				for _, version := range history {
					got = append(got, write{version.UpdatedAt - start, version.Version})
				}
				mustEqual(t, "history", got, test.want)
				mustShowLast(t, db, history)
			})
		}
	}
}

func mustShowLast(t *testing.T, db packagedb.Database, history []packagedb.SpecInfo) {
	t.Helper()
	latest, err := db.GetSpec(t.Context(), "sub", "spec")
	must(t, err)
	if last := history[len(history)-1]; *latest != last {
		t.Errorf("GetSpec shows %+v, the history ends with %+v", *latest, last)
	}
}

func TestManyWritersInOneFrozenSecond(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			t.Parallel()
			const writers = 24
			db, _ := newTapped(t, path.answer, packagedb.WithClock(frozen(start)))
			var want []string
			var running sync.WaitGroup
			for i := range writers {
				version := fmt.Sprintf("version %02d", i)
				want = append(want, version)
				running.Go(func() {
					_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: version})
					if err != nil {
						t.Error(err)
					}
				})
			}
			running.Wait()

			history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
			must(t, err)
			var got []string
			for i, version := range history {
				if version.UpdatedAt != start+int64(i) {
					t.Errorf("version %d of the history is dated %d seconds after the start", i, version.UpdatedAt-start)
				}
				got = append(got, version.Version)
			}
			slices.Sort(got)
			mustEqual(t, "versions", got, want)
			mustShowLast(t, db, history)
		})
	}
}

func TestAVersionItemIsNeverReplacedByAnotherVersion(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			t.Parallel()
			db, client := newTapped(t, path.answer, packagedb.WithClock(frozen(start)))
			// What is left where somebody's delete stopped half way: versions without a latest item.
			for _, version := range []string{"1", "2", "3"} {
				must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: version}))
			}
			deleteItem(t, client, "sub", "latest#spec")

			must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "4"}))
			history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
			must(t, err)
			var versions []string
			for _, version := range history {
				versions = append(versions, version.Version)
			}
			mustEqual(t, "versions", versions, []string{"1", "2", "3", "4"})
			mustShowLast(t, db, history)
		})
	}
}

func TestALatestItemWithoutItsVersionIsFollowed(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			t.Parallel()
			var clock atomic.Int64
			clock.Store(start)
			db, client := newTapped(t, path.answer, packagedb.WithClock(func() time.Time { return time.Unix(clock.Load(), 0) }))
			must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "1"}))
			deleteItem(t, client, "sub", fmt.Sprintf("%020d#spec", start))

			clock.Store(start - 100)
			must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "2"}))
			history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
			must(t, err)
			if len(history) != 1 || history[0].UpdatedAt != start+1 {
				t.Errorf("got the history %+v, want version 2 a second after the latest item", history)
			}
			mustShowLast(t, db, history)
		})
	}
}

func TestATransactionThatIsSentAgainTakesEffectOnce(t *testing.T) {
	if lackingTransactions(t) {
		t.Skip("there are no transactions")
	}
	// The first transaction takes effect, but its answer is lost, and what is sent again meets a
	// conflict. Before the third attempt another writer adds a version.
	other := testutil.New(t, packagedb.WithClock(frozen(start)))
	other.Inject(testutil.Fault{Kind: testutil.DropAfter, Operations: []string{"TransactWriteItems"}, Times: 1},
		testutil.Fault{Kind: testutil.Conflict, Times: 1})
	sent := 0
	client := &tap{Client: other.Client}
	client.answer = func(string) error {
		if sent++; sent == 2 {
			must2(t)(other.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "2"}))
		}
		return nil
	}
	db := packagedb.New(client, packagedb.WithClock(frozen(start)))
	must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "1"}))

	history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
	must(t, err)
	var versions []string
	for _, version := range history {
		versions = append(versions, version.Version)
	}
	mustEqual(t, "versions", versions, []string{"1", "2"})
}

func TestAWriteInTurnThatFailsBetweenItsItemsIsRepaired(t *testing.T) {
	var puts atomic.Int32
	broken := errors.New("broken")
	db, _ := newTapped(t, func(operation string) error {
		if operation == "PutItem" && puts.Add(1) == 4 {
			return broken // the second item of the second version
		}
		return withoutTransactions(operation)
	}, packagedb.WithClock(frozen(start)))
	create := func(version string) error {
		_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: version})
		return err
	}
	must(t, create("1"))
	if err := create("2"); !errors.Is(err, broken) {
		t.Errorf("got the error %v", err)
	}
	// The version is in the history. Nobody was told that it is the latest, and it is not.
	history, err := db.ListSpecVersions(t.Context(), "sub", "spec")
	must(t, err)
	latest, err := db.GetLatestSpecVersion(t.Context(), "sub", "spec")
	must(t, err)
	if len(history) != 2 || latest != "1" {
		t.Errorf("the history is %+v and the latest version %q", history, latest)
	}
	must(t, create("3"))
	history, err = db.ListSpecVersions(t.Context(), "sub", "spec")
	must(t, err)
	if len(history) != 3 {
		t.Errorf("the history is %+v, want three versions", history)
	}
	mustShowLast(t, db, history)
}

func TestAVersionItemThatIsNotInTheIndexIsSteppedOver(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			t.Parallel()
			db, client := newTapped(t, path.answer, packagedb.WithClock(frozen(start)))
			hidden := specItem(fmt.Sprintf("%020d#spec", start), "")
			hidden["version"] = text("0")
			delete(hidden, "id_updated_at")
			putItem(t, client, "package.specs", hidden)
			must2(t)(db.CreateUpdateSpec(t.Context(), "the sub", packagedb.SpecInput{Name: "spec", Version: "1"}))
			history, err := db.ListSpecVersions(t.Context(), "the sub", "spec")
			must(t, err)
			if len(history) != 1 || history[0].UpdatedAt != start+1 {
				t.Errorf("got the history %+v, want version 1 a second after the start", history)
			}
		})
	}
}

// lackingTransactions tells whether the server under test has no transactions: dynalite has none, the
// embedded engine and DynamoDB Local have them.
func lackingTransactions(t *testing.T) bool {
	lacking := os.Getenv("PACKAGEDB_TEST_ENGINE") == "dynalite"
	t.Logf("the server under test has transactions: %t", !lacking)
	return lacking
}

func TestWhichRequestsAWriteSends(t *testing.T) {
	transaction, inTurn := []string{"TransactWriteItems"}, []string{"Query", "PutItem", "PutItem"}

	t.Run("one transaction, or in turn on a server without", func(t *testing.T) {
		want := transaction
		if lackingTransactions(t) {
			want = slices.Concat(transaction, inTurn)
		}
		db, client := newTapped(t, nil)
		must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "1"}))
		mustEqual(t, "operations", client.passed(), want)
	})
	t.Run("a server without transactions is asked for one once", func(t *testing.T) {
		db, client := newTapped(t, withoutTransactions)
		must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "1"}))
		mustEqual(t, "operations", client.passed(), slices.Concat(transaction, inTurn))
		must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "2"}))
		mustEqual(t, "operations", client.passed(), inTurn)
	})
	t.Run("the history is read consistently before a write in turn", func(t *testing.T) {
		db, client := newTapped(t, withoutTransactions)
		must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "1"}))
		query, ok := client.inputs[1].(*dynamodb.QueryInput)
		if !ok || !aws.ToBool(query.ConsistentRead) {
			t.Errorf("the second request is %+v, want a consistent query", client.inputs[1])
		}
	})
	for _, code := range []string{"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"} {
		t.Run("a transaction that was canceled by "+code+" is sent again", func(t *testing.T) {
			var met atomic.Int32
			db, client := newTapped(t, func(operation string) error {
				if operation != "TransactWriteItems" || met.Add(1) > 3 {
					return nil
				}
				return &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{
					{Code: aws.String("None")}, {Code: &code},
				}}
			})
			must2(t)(db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "1"}))
			sent := client.passed()
			if len(sent) < 4 {
				t.Fatalf("sent %v, want three that are canceled and a fourth transaction", sent)
			}
			mustEqual(t, "operations", sent[:4], slices.Repeat(transaction, 4))
		})
	}
	t.Run("a conflict that never ends is an error that says so", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var conflicts atomic.Int32
		db, _ := newTapped(t, func(string) error {
			if conflicts.Add(1) == 3 {
				cancel()
			}
			return &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{
				{Code: aws.String("TransactionConflict")}, {Code: aws.String("None")},
			}}
		})
		_, err := db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "spec", Version: "1"})
		var canceled *types.TransactionCanceledException
		if !errors.Is(err, context.Canceled) || !errors.As(err, &canceled) {
			t.Errorf("got the error %v, want the context's and the server's", err)
		}
	})
}
