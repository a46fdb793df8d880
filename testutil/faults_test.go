package testutil_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestFaultOfEachKindAsAClientSeesIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind        testutil.FaultKind
		is          func(error) bool
		takesEffect bool
	}{
		{testutil.Throttle, isA[*types.ProvisionedThroughputExceededException], false},
		{testutil.InternalServerError, isA[*types.InternalServerError], false},
		{testutil.ServiceUnavailable, hasStatus(http.StatusServiceUnavailable), false},
		{testutil.DropBefore, isReset, false},
		{testutil.DropAfter, isReset, true},
	} {
		t.Run(test.kind.String(), func(t *testing.T) {
			t.Parallel()
			testutil.New(t)
			client := testutil.Client(t)
			injected := testutil.Inject(t, testutil.Fault{Kind: test.kind, Operations: []string{"PutItem"}})
			if err := put(t, client, 1); !test.is(err) {
				t.Errorf("PutItem returns the error %v", err)
			}
			if found, err := get(t, client, 1); err != nil || found != test.takesEffect {
				t.Errorf("GetItem of the item afterwards: %v, %v", found, err)
			}
			if injected.Count() != 1 {
				t.Errorf("%d requests have met the fault, want 1", injected.Count())
			}
		})
	}
}

func isA[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

func hasStatus(status int) func(error) bool {
	return func(err error) bool {
		var response *awshttp.ResponseError
		return errors.As(err, &response) && response.HTTPStatusCode() == status
	}
}

func isReset(err error) bool { return errors.Is(err, syscall.ECONNRESET) }

func TestDatabaseSurvivesFaultsOfEachKind(t *testing.T) {
	databases := map[string]func(testing.TB, testutil.FaultKind) packagedb.Database{
		"New": func(tb testing.TB, _ testutil.FaultKind) packagedb.Database { return testutil.New(tb) },
		"Get": func(tb testing.TB, kind testutil.FaultKind) packagedb.Database {
			// Another environment makes Get return a Database that is new, and so has not found out yet
			// whether the server has transactions: those on dynalite ask for none from then on.
			tb.Setenv("AWS_MAX_ATTEMPTS", fmt.Sprint(10+int(kind)))
			return mustGet(tb)
		},
	}
	for name, database := range databases {
		for _, fault := range []testutil.Fault{
			{Kind: testutil.Throttle, Times: 2},
			{Kind: testutil.InternalServerError, Times: 2},
			{Kind: testutil.ServiceUnavailable, Times: 2},
			{Kind: testutil.DropBefore, Times: 2},
			{Kind: testutil.DropAfter, Times: 2},
			{Kind: testutil.Unprocessed, Times: 2},
			{Kind: testutil.Conflict, Times: 2},
			{Kind: testutil.Delay, Times: 2, Delay: time.Microsecond},
		} {
			// Tests that inject into the server of Main must not run at the same time.
			t.Run(name+"/"+fault.Kind.String(), func(t *testing.T) {
				db := database(t, fault.Kind)
				sub := t.Name()
				injected := testutil.Inject(t, fault)
				for n := range 30 {
					mustStore(t, db, sub, n)
				}
				mustHold(t, db, sub, 30, 30)
				if err := db.DeleteAll(t.Context(), sub); err != nil {
					t.Fatal(err)
				}
				mustHold(t, db, sub, 0, 0)
				if injected.Count() != fault.Times {
					t.Errorf("%d requests have met the fault, want %d", injected.Count(), fault.Times)
				}
			})
		}
	}
}

func TestFaultOverTCPDropsTheConnection(t *testing.T) {
	endpoint := testutil.Database(t)
	for _, kind := range []testutil.FaultKind{testutil.DropBefore, testutil.DropAfter} {
		t.Run(kind.String(), func(t *testing.T) {
			injected := testutil.Inject(t, testutil.Fault{Kind: kind, Operations: []string{"ListTables"}})
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
			var transport http.Transport
			defer transport.CloseIdleConnections()
			response, err := transport.RoundTrip(request)
			if err == nil {
				response.Body.Close()
			}
			if !errors.Is(err, io.EOF) {
				t.Errorf("the answer is %v and the error %v, want EOF", response, err)
			}
			if injected.Count() != 1 {
				t.Errorf("%d requests have met the fault, want 1", injected.Count())
			}
		})
	}
}

func TestFaultEndsWithItsTest(t *testing.T) {
	testutil.New(t)
	client := testutil.Client(t)
	var injected *testutil.Injected
	t.Run("inner", func(t *testing.T) {
		injected = testutil.Inject(t, testutil.Fault{Kind: testutil.Throttle})
		if err := put(t, client, 1); err == nil {
			t.Error("the fault does not reach the database of the test around")
		}
	})
	if err := put(t, client, 1); err != nil {
		t.Error(err)
	}
	if injected.Count() != 1 {
		t.Errorf("%d requests have met the fault, want 1", injected.Count())
	}
}

func TestFaultStops(t *testing.T) {
	t.Parallel()
	testutil.New(t)
	injected := testutil.Inject(t, testutil.Fault{Kind: testutil.Throttle})
	injected.Stop()
	injected.Stop()
	if err := put(t, testutil.Client(t), 1); err != nil || injected.Count() != 0 {
		t.Errorf("PutItem after Stop returns the error %v; %d requests have met the fault", err, injected.Count())
	}
}

func TestFaultThatWasInjectedFirstReachesLaterDatabases(t *testing.T) {
	testutil.New(t)
	injected := testutil.Inject(t, testutil.Fault{Kind: testutil.Throttle, Operations: []string{"PutItem"}})
	testutil.New(t)
	if err := put(t, testutil.Client(t), 1); err == nil {
		t.Error("it does not reach the next database of the test")
	}
	t.Run("inner", func(t *testing.T) {
		testutil.New(t)
		if err := put(t, testutil.Client(t), 1); err == nil {
			t.Error("it does not reach a database of an inner test")
		}
	})
	injected.Stop()
	testutil.New(t)
	if err := put(t, testutil.Client(t), 1); err != nil {
		t.Errorf("stopped, it reaches the next database: %v", err)
	}
}

func TestFaultSparesWhatTestutilDoes(t *testing.T) {
	testutil.Inject(t,
		testutil.Fault{Kind: testutil.ServiceUnavailable},
		testutil.Fault{Kind: testutil.Delay, Delay: time.Hour})
	testutil.New(t)
	testutil.CleanSpecsTable(t)
}

func TestFaultMeetsAsManyRequestsAsItSays(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]testutil.Fault{
		"no more than Times": {Kind: testutil.Throttle, Times: 17},
		"a share of Rate":    {Kind: testutil.InternalServerError, Rate: 0.3, Seed: 1},
		"both":               {Kind: testutil.Throttle, Rate: 0.5, Times: 17},
		"each":               {Kind: testutil.Throttle, Rate: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testutil.New(t)
			client := testutil.Client(t)
			injected := testutil.Inject(t, fault)
			const callers, calls = 8, 25
			var failed atomic.Int64
			var running sync.WaitGroup
			for range callers {
				running.Go(func() {
					for range calls {
						if _, err := get(t, client, 1); err != nil {
							failed.Add(1)
						}
					}
				})
			}
			running.Wait()
			count := injected.Count()
			if int(failed.Load()) != count {
				t.Errorf("%d requests have failed and %d have met the fault", failed.Load(), count)
			}
			switch {
			case fault.Times > 0 && count != fault.Times,
				fault.Rate == 1 && count != callers*calls,
				fault.Rate == 0.3 && (count < 30 || count > 90): // 5 standard deviations
				t.Errorf("%d of %d requests have met the fault", count, callers*calls)
			}
		})
	}
}

func TestFaultsFromTheSameSeedAreTheSame(t *testing.T) {
	t.Parallel()
	sequence := func(seed uint64) (met []bool) {
		testutil.New(t)
		client := testutil.Client(t)
		injected := testutil.Inject(t, testutil.Fault{Kind: testutil.Throttle, Rate: 0.5, Seed: seed})
		defer injected.Stop()
		for range 64 {
			_, err := get(t, client, 1)
			met = append(met, err != nil)
		}
		return met
	}
	first := sequence(1)
	if again := sequence(1); !slices.Equal(again, first) {
		t.Errorf("seed 1 gives %v and then %v", first, again)
	}
	if other := sequence(2); slices.Equal(other, first) {
		t.Errorf("seed 2 gives the same as seed 1: %v", other)
	}
}

func TestFaultDelay(t *testing.T) {
	// Time stands still as long as there are connections, such as those to another server.
	t.Setenv("PACKAGEDB_TEST_ENDPOINT", "")
	late := testutil.Fault{Kind: testutil.Delay, Operations: []string{"PutItem"}, Delay: time.Hour}
	mustTake := func(t *testing.T, since time.Time, want time.Duration) {
		t.Helper()
		if took := time.Since(since); took != want {
			t.Errorf("the answer took %v, want %v", took, want)
		}
	}
	inBubble(t, "the answer is late, and other operations are not", func(t *testing.T) {
		testutil.New(t)
		testutil.Inject(t, late)
		start := time.Now()
		if err := put(t, testutil.Client(t), 1); err != nil {
			t.Error(err)
		}
		mustTake(t, start, time.Hour)
		if found, err := get(t, testutil.Client(t), 1); !found || err != nil {
			t.Errorf("GetItem: %v, %v", found, err)
		}
		mustTake(t, start, time.Hour)
	})
	inBubble(t, "delays add up, and another fault comes on top", func(t *testing.T) {
		testutil.New(t)
		testutil.Inject(t, late, testutil.Fault{Kind: testutil.DropBefore})
		testutil.Inject(t, late)
		start := time.Now()
		if err := put(t, testutil.Client(t), 1); !isReset(err) {
			t.Errorf("PutItem returns the error %v", err)
		}
		mustTake(t, start, 2*time.Hour)
	})
	inBubble(t, "the client need not wait for it, and the request has taken effect", func(t *testing.T) {
		testutil.New(t)
		testutil.Inject(t, late)
		db := packagedb.New(testutil.Client(t))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		err := db.CreateUpdateCredentials(ctx, testutil.Sub(1), testutil.Credentials(1))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("CreateUpdateCredentials returns the error %v", err)
		}
		mustTake(t, start, time.Minute)
		mustHold(t, db, testutil.Sub(1), 0, 1)
	})
	inBubble(t, "Stop ends it", func(t *testing.T) {
		testutil.New(t)
		client := testutil.Client(t)
		injected := testutil.Inject(t, late)
		start := time.Now()
		var running sync.WaitGroup
		running.Go(func() {
			if err := put(t, client, 1); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		injected.Stop()
		running.Wait()
		mustTake(t, start, 0)
	})
}

// inBubble runs a test in which time passes only when all wait for it.
func inBubble(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func TestFaultThatIsImpossible(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault testutil.Fault
		says  string
	}{
		{testutil.Fault{}, "FaultKind(0)"},
		{testutil.Fault{Kind: testutil.Delay + 1}, "FaultKind(9)"},
		{testutil.Fault{Kind: testutil.DropAfter, Operations: []string{"PutItems"}}, `cannot happen to the operation "PutItems"`},
		{testutil.Fault{Kind: testutil.Unprocessed, Operations: []string{"PutItem"}}, `["BatchGetItem" "BatchWriteItem"]`},
		{testutil.Fault{Kind: testutil.Conflict, Operations: []string{"PutItem"}}, `["TransactWriteItems"]`},
		{testutil.Fault{Kind: testutil.Throttle, Operations: []string{"ListTables"}}, `"ListTables"`},
		{testutil.Fault{Kind: testutil.Throttle, Times: -1}, "Times -1"},
		{testutil.Fault{Kind: testutil.Throttle, Rate: -0.1}, "Rate -0.1"},
		{testutil.Fault{Kind: testutil.Throttle, Rate: 1.1}, "Rate 1.1"},
		{testutil.Fault{Kind: testutil.Throttle, Rate: math.NaN()}, "Rate NaN"},
		{testutil.Fault{Kind: testutil.Delay}, "over 0"},
		{testutil.Fault{Kind: testutil.Throttle, Delay: time.Second}, "for the kind Delay only"},
	} {
		message := fatal(t, func(tb testing.TB) { testutil.Inject(tb, test.fault) })
		if !strings.HasPrefix(message, "testutil.Inject: ") || !strings.Contains(message, test.says) {
			t.Errorf("the message for %+v is %q, want it to say %q", test.fault, message, test.says)
		}
	}
	if message := fatal(t, func(tb testing.TB) { testutil.Inject(tb) }); message == "" {
		t.Error("no fault at all is no error")
	}
}
