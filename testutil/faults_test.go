package testutil_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestFault_AsAClientSeesIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind        testutil.FaultKind
		is          func(error) bool
		takesEffect bool
	}{
		{testutil.Throttle, isA[*types.ProvisionedThroughputExceededException], false},
		{testutil.ThrottleOnDemand, isA[*types.ThrottlingException], false},
		{testutil.InternalServerError, isA[*types.InternalServerError], false},
		{testutil.ServiceUnavailable, hasStatus(http.StatusServiceUnavailable), false},
		{testutil.DropBefore, isReset, false},
		{testutil.DropAfter, isReset, true},
		{testutil.Conflict, isA[*types.TransactionConflictException], false},
		{testutil.AccessDenied, hasCode("AccessDeniedException"), false},
	} {
		t.Run(test.kind.String(), func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t)
			injected := db.Inject(testutil.Fault{Kind: test.kind, Operations: []string{"PutItem"}})
			err := put(t, db.Client, 1)
			assert.True(t, test.is(err), "%v", err)
			assertStored(t, db.Client, 1, test.takesEffect)
			assert.Equal(t, 1, injected.Count())
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

func hasCode(code string) func(error) bool {
	return func(err error) bool {
		var api smithy.APIError
		return errors.As(err, &api) && api.ErrorCode() == code
	}
}

func isReset(err error) bool { return errors.Is(err, syscall.ECONNRESET) }

func TestThrottle_NamesTheReason(t *testing.T) {
	t.Parallel()
	resource := aws.String("arn:aws:dynamodb:us-east-1:000000000000:table/" + credentialsTable)
	t.Run("provisioned", func(t *testing.T) {
		db := testutil.New(t)
		db.Inject(testutil.Fault{Kind: testutil.Throttle})
		var throttled *types.ProvisionedThroughputExceededException
		require.ErrorAs(t, put(t, db.Client, 1), &throttled)
		assert.Equal(t, []types.ThrottlingReason{{
			Reason: aws.String("TableWriteProvisionedThroughputExceeded"), Resource: resource,
		}}, throttled.ThrottlingReasons)
	})
	t.Run("on demand", func(t *testing.T) {
		db := testutil.New(t)
		db.Inject(testutil.Fault{Kind: testutil.ThrottleOnDemand})
		_, err := get(t, db.Client, 1)
		var throttled *types.ThrottlingException
		require.ErrorAs(t, err, &throttled)
		assert.Equal(t, []types.ThrottlingReason{{
			Reason: aws.String("TableReadMaxOnDemandThroughputExceeded"), Resource: resource,
		}}, throttled.ThrottlingReasons)
	})
}

func TestError_IsAnyResponse(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	db.Inject(testutil.Fault{Kind: testutil.Error, Code: "RequestLimitExceeded", Message: "too fast", Times: 1},
		testutil.Fault{Kind: testutil.Error, Code: "com.amazon#Odd", Status: http.StatusTeapot})
	err := put(t, db.Client, 1)
	var limit *types.RequestLimitExceeded
	require.ErrorAs(t, err, &limit)
	assert.Equal(t, "too fast", limit.ErrorMessage())
	assert.True(t, hasStatus(http.StatusBadRequest)(err), "%v", err)
	err = put(t, db.Client, 1)
	assert.True(t, hasCode("Odd")(err), "%v", err)
	assert.True(t, hasStatus(http.StatusTeapot)(err), "%v", err)
}

// A client with the SDK's defaults warns about a response without a matching checksum.
func TestFault_RespondsLikeTheService(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	var warnings strings.Builder
	options := db.Client.Options()
	options.Logger = logging.NewStandardLogger(&warnings)
	client := dynamodb.New(options)
	for _, fault := range []testutil.Fault{
		{Kind: testutil.Throttle, Times: 1},
		{Kind: testutil.Conflict, Operations: []string{"PutItem"}, Times: 1},
		{Kind: testutil.Error, Code: "Odd", Times: 1},
	} {
		db.Inject(fault)
		var response *awshttp.ResponseError
		require.ErrorAs(t, put(t, client, 1), &response)
		assert.Regexp(t, "^[A-Z0-9]{52}$", response.RequestID)
	}
	assert.Empty(t, warnings.String())
}

func TestServer_InjectEndsWithTheTest(t *testing.T) {
	server := testutil.Database(t)
	var injected *testutil.Injected
	t.Run("inner", func(t *testing.T) {
		injected = testutil.Database(t).Inject(testutil.Fault{Kind: testutil.Throttle})
		assert.Error(t, put(t, server.Client, 1))
	})
	assert.NoError(t, put(t, server.Client, 1))
	assert.Equal(t, 1, injected.Count())
}

func TestInjected_Stop(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	injected := db.Inject(testutil.Fault{Kind: testutil.Throttle})
	injected.Stop()
	injected.Stop()
	assert.NoError(t, put(t, db.Client, 1))
	assert.Zero(t, injected.Count())
}

func TestServer_InjectSparesTheFixtures(t *testing.T) {
	testutil.Database(t).Inject(
		testutil.Fault{Kind: testutil.ServiceUnavailable},
		testutil.Fault{Kind: testutil.Delay, Delay: time.Hour})
	testutil.CleanSpecsTable(t)
}

func TestFault_HitsAsManyRequestsAsItSays(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]testutil.Fault{
		"no more than Times": {Kind: testutil.Throttle, Times: 17},
		"a share of Rate":    {Kind: testutil.InternalServerError, Rate: 0.3, Seed: 1},
		"both":               {Kind: testutil.Throttle, Rate: 0.5, Times: 17},
		"each":               {Kind: testutil.Throttle, Rate: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t)
			injected := db.Inject(fault)
			const callers, calls = 8, 25
			var failed atomic.Int64
			var running sync.WaitGroup
			for range callers {
				running.Go(func() {
					for range calls {
						if _, err := get(t, db.Client, 1); err != nil {
							failed.Add(1)
						}
					}
				})
			}
			running.Wait()
			count := injected.Count()
			assert.EqualValues(t, failed.Load(), count)
			switch {
			case fault.Times > 0:
				assert.Equal(t, fault.Times, count)
			case fault.Rate == 1:
				assert.Equal(t, callers*calls, count)
			default:
				assert.InDelta(t, 60, count, 30) // 5 standard deviations
			}
		})
	}
}

func TestFault_SkipsTheFirstRequests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault testutil.Fault
		hits  string // of 8 requests
	}{
		"and then hits all":         {testutil.Fault{Kind: testutil.Throttle, Skip: 3}, "...hhhhh"},
		"and then as Times says":    {testutil.Fault{Kind: testutil.Throttle, Skip: 3, Times: 2}, "...hh..."},
		"that it would hit by Rate": {testutil.Fault{Kind: testutil.Throttle, Rate: 0.5, Seed: 1}, "hh..h.hh"},
		"and the later ones by it":  {testutil.Fault{Kind: testutil.Throttle, Rate: 0.5, Seed: 1, Skip: 2}, "....h.hh"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t)
			injected := db.Inject(test.fault)
			hits := ""
			for range 8 {
				if _, err := get(t, db.Client, 1); err != nil {
					hits += "h"
				} else {
					hits += "."
				}
			}
			assert.Equal(t, test.hits, hits)
			assert.Equal(t, strings.Count(hits, "h"), injected.Count())
		})
	}
}

func TestFault_IsForTheTablesThatItNames(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:dynamodb:us-east-1:123456789012:table/"
	pets := aws.String("pets")
	petsKey := map[string]types.AttributeValue{"id": stringOf("a")}
	requests := map[string]func(context.Context, *dynamodb.Client) error{
		"an item of it": func(ctx context.Context, client *dynamodb.Client) error {
			_, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: pets, Key: petsKey}, once)
			return err
		},
		"the table by its ARN": func(ctx context.Context, client *dynamodb.Client) error {
			_, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(arn + "pets")}, once)
			return err
		},
		"its tags": func(ctx context.Context, client *dynamodb.Client) error {
			_, err := client.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: aws.String(arn + "pets")}, once)
			return err
		},
		"one item in a batch": func(ctx context.Context, client *dynamodb.Client) error {
			_, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
				credentialsTable: {Keys: []map[string]types.AttributeValue{rawKey(1)}},
				*pets:            {Keys: []map[string]types.AttributeValue{petsKey}},
			}}, once)
			return err
		},
		"one item in a transaction": func(ctx context.Context, client *dynamodb.Client) error {
			_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
				{Put: &types.Put{TableName: aws.String(credentialsTable), Item: rawKey(1)}},
				{Delete: &types.Delete{TableName: pets, Key: petsKey}},
			}}, once)
			return err
		},
	}
	for _, name := range []string{"pets", arn + "pets"} {
		db := testutil.New(t)
		mustCreateTable(t, db.Client, *pets)
		injected := db.Inject(testutil.Fault{Kind: testutil.AccessDenied, Tables: []string{"no such table", name}})
		for request, send := range requests {
			err := send(t.Context(), db.Client)
			assert.True(t, hasCode("AccessDeniedException")(err), "%s, by %s", request, name)
			assert.ErrorContains(t, err, ":table/pets ", request)
		}
		mustStore(t, db, "sub", 1) // in other tables
		assert.Equal(t, bothTables, tables(t, db.Client)[:2], "a request for no table")
		assert.Equal(t, len(requests), injected.Count())
	}
}

func TestFault_IsReproducedByItsSeed(t *testing.T) {
	t.Parallel()
	sequence := func(seed uint64) (hits []bool) {
		db := testutil.New(t)
		db.Inject(testutil.Fault{Kind: testutil.Throttle, Rate: 0.5, Seed: seed})
		for range 64 {
			_, err := get(t, db.Client, 1)
			hits = append(hits, err != nil)
		}
		return hits
	}
	first := sequence(1)
	assert.Equal(t, first, sequence(1))
	assert.NotEqual(t, first, sequence(2))
}

func TestDelay(t *testing.T) {
	// Time in the bubble stands still while there are connections, such as those to another server.
	t.Setenv("PACKAGEDB_TEST_ENDPOINT", "")
	late := testutil.Fault{Kind: testutil.Delay, Operations: []string{"PutItem"}, Delay: time.Hour}
	for name, test := range map[string]func(*testing.T){
		"the response is late, and other operations are not": func(t *testing.T) {
			db := testutil.New(t)
			db.Inject(late)
			start := time.Now()
			assert.NoError(t, put(t, db.Client, 1))
			assert.Equal(t, time.Hour, time.Since(start))
			assertStored(t, db.Client, 1, true)
			assert.Equal(t, time.Hour, time.Since(start))
		},
		"delays add up, and another fault comes on top": func(t *testing.T) {
			db := testutil.New(t)
			db.Inject(late, testutil.Fault{Kind: testutil.DropBefore})
			db.Inject(late)
			start := time.Now()
			assertReset(t, put(t, db.Client, 1))
			assert.Equal(t, 2*time.Hour, time.Since(start))
		},
		"the client may give up, and the request has taken effect": func(t *testing.T) {
			db := testutil.New(t)
			db.Inject(late)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			start := time.Now()
			err := db.CreateUpdateCredentials(ctx, testutil.Sub(1), testutil.Credentials(1))
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, time.Minute, time.Since(start))
			mustHold(t, db, testutil.Sub(1), 0, 1)
		},
		"Stop ends it": func(t *testing.T) {
			db := testutil.New(t)
			injected := db.Inject(late)
			start := time.Now()
			var running sync.WaitGroup
			running.Go(func() { assert.NoError(t, put(t, db.Client, 1)) })
			synctest.Wait()
			injected.Stop()
			running.Wait()
			assert.Zero(t, time.Since(start))
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
	}
}

// TestInject_AcrossBubbles uses a database and faults inside and outside of synctest's bubbles, in turn. A
// channel of a bubble that is used outside of it ends the test binary.
func TestInject_AcrossBubbles(t *testing.T) {
	if !onEmbeddedEngine() {
		t.Skip("time in a bubble stands still while there are connections")
	}
	late := testutil.Fault{Kind: testutil.Delay, Delay: time.Millisecond}
	faults := []testutil.Fault{late, {Kind: testutil.Stale, Writes: 1}, {Kind: testutil.Error, Code: "SomeException", Rate: 0.5}}
	for kind := testutil.Throttle; kind <= testutil.AccessDenied; kind++ {
		if kind != testutil.Delay {
			faults = append(faults, testutil.Fault{Kind: kind, Rate: 0.5})
		}
	}
	useBoth := func(t *testing.T, db *testutil.DB) {
		t.Helper()
		for n := range 20 {
			_ = put(t, db.Client, n) // with a fault or without
			_, _ = get(t, db.Client, n)
			_, _ = db.CreateUpdateSpec(t.Context(), "sub", testutil.Spec(n))
			_, _ = db.ListSpecs(t.Context(), "sub")
		}
	}
	t.Run("a fault of a bubble on a database from outside", func(t *testing.T) {
		db := testutil.New(t)
		useBoth(t, db)
		var injected *testutil.Injected
		synctest.Test(t, func(t *testing.T) {
			injected = db.Inject(faults...)
			useBoth(t, db)
		})
		assert.NotZero(t, injected.Count())
		useBoth(t, db)
		synctest.Test(t, func(t *testing.T) { useBoth(t, db) })
	})
	t.Run("a fault from outside, stopped in a bubble while a request outside is delayed", func(t *testing.T) {
		db := testutil.New(t)
		injected := db.Inject(testutil.Fault{Kind: testutil.Delay, Delay: time.Hour})
		var running sync.WaitGroup
		running.Go(func() { assert.NoError(t, put(t, db.Client, 1)) })
		require.Eventually(t, func() bool { return injected.Count() > 0 }, time.Minute, time.Millisecond)
		synctest.Test(t, func(t *testing.T) {
			assert.NoError(t, put(t, db.Client, 2)) // an hour later
			injected.Stop()
			assert.NoError(t, put(t, db.Client, 3))
		})
		running.Wait()
		assertStored(t, db.Client, 1, true)
	})
}

func TestInject_AppliesToEveryOperationOfTheEngine(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	for _, operation := range engine.Operations() {
		injected := db.Inject(testutil.Fault{Kind: testutil.AccessDenied, Operations: []string{operation}})
		_, err := db.Client.ListTables(t.Context(), &dynamodb.ListTablesInput{}, once)
		assert.Equal(t, operation == "ListTables", hasCode("AccessDeniedException")(err), operation)
		injected.Stop()
	}
}

func TestInject_RejectsInvalidFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault testutil.Fault
		want  string
	}{
		{testutil.Fault{}, "FaultKind(0)"},
		{testutil.Fault{Kind: 99}, "FaultKind(99)"},
		{testutil.Fault{Kind: testutil.DropAfter, Operations: []string{"PutItems"}}, `does not apply to operation "PutItems"`},
		{testutil.Fault{Kind: testutil.Unprocessed, Operations: []string{"PutItem"}}, `["BatchGetItem" "BatchWriteItem"]`},
		{testutil.Fault{Kind: testutil.Conflict, Operations: []string{"GetItem"}}, `"TransactWriteItems"]`},
		{testutil.Fault{Kind: testutil.Throttle, Operations: []string{"ListTables"}}, `"ListTables"`},
		{testutil.Fault{Kind: testutil.Throttle, Times: -1}, "Times -1"},
		{testutil.Fault{Kind: testutil.Throttle, Skip: -1}, "Skip -1"},
		{testutil.Fault{Kind: testutil.Throttle, Tables: []string{"pets", ""}}, "Tables is empty"},
		{testutil.Fault{Kind: testutil.Throttle, Rate: -0.1}, "Rate -0.1"},
		{testutil.Fault{Kind: testutil.Throttle, Rate: 1.1}, "Rate 1.1"},
		{testutil.Fault{Kind: testutil.Throttle, Rate: math.NaN()}, "Rate NaN"},
		{testutil.Fault{Kind: testutil.Delay}, "not positive"},
		{testutil.Fault{Kind: testutil.Throttle, Delay: time.Second}, "for the kinds Delay and Stale"},
		{testutil.Fault{Kind: testutil.Error}, "Code is empty"},
		{testutil.Fault{Kind: testutil.Error, Code: "A", Status: 200}, "Status 200"},
		{testutil.Fault{Kind: testutil.Throttle, Code: "A"}, "for the kind Error"},
		{testutil.Fault{Kind: testutil.Stale, Delay: -1}, "negative"},
		{testutil.Fault{Kind: testutil.Stale, Writes: -1}, "negative"},
		{testutil.Fault{Kind: testutil.Stale, Delay: 1, Writes: 1}, "both"},
		{testutil.Fault{Kind: testutil.Stale, Operations: []string{"TransactGetItems"}}, `"TransactGetItems"`},
		{testutil.Fault{Kind: testutil.Throttle, Writes: 1}, "for the kind Stale"},
	} {
		message := testutil.Failure(t, func(tb testing.TB) { testutil.New(tb).Inject(test.fault) })
		assert.Contains(t, message, "testutil: inject ")
		assert.Contains(t, message, test.want)
	}
	message := testutil.Failure(t, func(tb testing.TB) { testutil.New(tb).Inject() })
	assert.Contains(t, message, "no fault")
}
