package withoutmain_test

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"go.uber.org/goleak"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestMain(m *testing.M) {
	// What the tests leave is told from what the shell of a developer has set.
	os.Unsetenv("STAGE")
	os.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://192.0.2.1")
	goleak.VerifyTestMain(m)
}

func TestFixtureRunsAServerAsLongAsATestUsesIt(t *testing.T) {
	var endpoint string
	t.Run("outer", func(t *testing.T) {
		endpoint = testutil.Database(t)
		isSet(t, endpoint)
		t.Run("inner", func(t *testing.T) {
			if got := testutil.Database(t); got != endpoint {
				t.Errorf("the endpoint is %q, want %q of the test around", got, endpoint)
			}
			testutil.SpecsTable(t)
		})
		isSet(t, endpoint)
		if _, err := mustGet(t).ListSpecs(t.Context(), "sub"); err != nil {
			t.Error(err)
		}
	})
	if stage, ok := os.LookupEnv("STAGE"); ok {
		t.Errorf("after the test STAGE is %q, want it to be unset again", stage)
	}
	if got, want := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), "http://192.0.2.1"; got != want {
		t.Errorf("after the test the endpoint is %q, want %q again", got, want)
	}
	if connection, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://")); err == nil {
		connection.Close()
		t.Errorf("a server still listens at %s", endpoint)
	}
}

func isSet(tb testing.TB, endpoint string) {
	tb.Helper()
	if stage, got := os.Getenv("STAGE"), os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); stage != "TEST" || got != endpoint {
		tb.Errorf("STAGE is %q and the endpoint %q, want TEST and %q", stage, got, endpoint)
	}
}

func TestFixturesMakeTheTables(t *testing.T) {
	t.Run("Database makes none", func(t *testing.T) {
		testutil.Database(t)
		if all := tables(t); len(all) > 0 {
			t.Errorf("the tables are %q", all)
		}
	})
	for name, fixture := range map[string]func(testing.TB){
		"SpecsTable":            testutil.SpecsTable,
		"CleanSpecsTable":       testutil.CleanSpecsTable,
		"CredentialsTable":      testutil.CredentialsTable,
		"CleanCredentialsTable": testutil.CleanCredentialsTable,
	} {
		t.Run(name+" makes them and can be used twice", func(t *testing.T) {
			fixture(t)
			fixture(t)
			if got, want := tables(t), []string{"package.credentials", "package.specs"}; !slices.Equal(got, want) {
				t.Errorf("the tables are %q, want %q", got, want)
			}
		})
	}
}

func tables(tb testing.TB) []string {
	tb.Helper()
	list, err := testutil.Client(tb).ListTables(tb.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		tb.Fatal(err)
	}
	return list.TableNames
}

func TestCleanFixtureEmptiesItsTableBeforeAndAfterTheTest(t *testing.T) {
	testutil.Database(t) // for the server to outlive the inner tests
	for name, test := range map[string]struct {
		keep, clean        func(testing.TB)
		specs, credentials int // how much is left when the table is clean
	}{
		"specs":       {testutil.SpecsTable, testutil.CleanSpecsTable, 0, 1},
		"credentials": {testutil.CredentialsTable, testutil.CleanCredentialsTable, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			test.keep(t)
			db := mustGet(t)
			store(t, db)
			holds(t, db, 1, 1)
			t.Run("before", func(t *testing.T) {
				test.clean(t)
				holds(t, db, test.specs, test.credentials)
				store(t, db)
				holds(t, db, 1, 1)
			})
			holds(t, db, test.specs, test.credentials)
		})
	}
}

func TestCleanFixtureEmptiesALargeTable(t *testing.T) {
	testutil.CleanSpecsTable(t)
	db := mustGet(t)
	// More than the megabyte of a page.
	spec := testutil.Spec(1)
	spec.Description = strings.Repeat("x", 150_000)
	for n := range 5 {
		spec.Name = testutil.Spec(n).Name
		if err := db.CreateUpdateSpec(t.Context(), testutil.Sub(n), spec); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("inner", func(t *testing.T) { testutil.CleanSpecsTable(t) })
	for n := range 5 {
		if specs, err := db.ListSpecs(t.Context(), testutil.Sub(n)); err != nil || len(specs) > 0 {
			t.Errorf("%s has %d specs: %v", testutil.Sub(n), len(specs), err)
		}
	}
}

func TestCleanFixtureAllowsTheTestToDeleteItsTable(t *testing.T) {
	testutil.CleanSpecsTable(t)
	name := "package.specs"
	if _, err := testutil.Client(t).DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
		t.Fatal(err)
	}
}

func TestFaultsReachTheServerOfAFixture(t *testing.T) {
	testutil.CleanSpecsTable(t)
	injected := testutil.Inject(t, testutil.Fault{Kind: testutil.DropBefore, Times: 2})
	store(t, mustGet(t))
	if injected.Count() != 2 {
		t.Errorf("%d requests have met the fault, want 2", injected.Count())
	}
}

func TestClientOfATestWithoutAnything(t *testing.T) {
	t.Parallel()
	t.Run("has no tables", func(t *testing.T) {
		t.Parallel()
		if all := tables(t); len(all) > 0 {
			t.Errorf("the tables are %q", all)
		}
		if first, second := testutil.Client(t), testutil.Client(t); first != second {
			t.Error("it is another one every time")
		}
	})
	t.Run("is that of the first database of New", func(t *testing.T) {
		t.Parallel()
		client := testutil.Client(t)
		testutil.New(t)
		if testutil.Client(t) != client {
			t.Error("it is another one after New")
		}
		testutil.New(t)
		if testutil.Client(t) == client {
			t.Error("it is still the same after the second New")
		}
	})
	t.Run("has the faults of the test", func(t *testing.T) {
		t.Parallel()
		injected := testutil.Inject(t, testutil.Fault{Kind: testutil.Throttle, Operations: []string{"GetItem"}})
		db := testutil.New(t)
		if _, err := db.GetSpec(t.Context(), "sub", "name"); err == nil || errors.Is(err, packagedb.ErrNotFound) {
			t.Errorf("GetSpec returns the error %v", err)
		}
		if injected.Count() != 10 {
			t.Errorf("%d requests have met the fault, want the 10 attempts", injected.Count())
		}
	})
}

func TestFuzzTargetHasADatabaseForEachOfItsTests(t *testing.T) {
	t.Parallel()
	outer := testutil.New(t)
	store(t, outer)
	// The tests of a fuzz target that runs in a worker have the name of the target itself.
	inner := &inner{TB: t}
	db := testutil.New(inner)
	holds(t, db, 0, 0)
	if testutil.Client(t) == nil {
		t.Error("there is no client")
	}
	inner.end()
	if specs, err := packagedb.New(testutil.Client(t)).ListSpecs(t.Context(), testutil.Sub(1)); err != nil || len(specs) != 1 {
		t.Errorf("the database of the target has %d specs: %v", len(specs), err)
	}
}

// inner is a test of the same name as the one around it.
type inner struct {
	testing.TB
	cleanups []func()
}

func (i *inner) Cleanup(cleanup func()) { i.cleanups = append(i.cleanups, cleanup) }

func (i *inner) end() {
	for _, cleanup := range slices.Backward(i.cleanups) {
		cleanup()
	}
}

func mustGet(tb testing.TB) packagedb.Database {
	tb.Helper()
	db, err := packagedb.Get()
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

func store(tb testing.TB, db packagedb.Database) {
	tb.Helper()
	err := errors.Join(
		db.CreateUpdateSpec(tb.Context(), testutil.Sub(1), testutil.Spec(1)),
		db.CreateUpdateCredentials(tb.Context(), testutil.Sub(1), testutil.Credentials(1)),
	)
	if err != nil {
		tb.Fatal(err)
	}
}

func holds(tb testing.TB, db packagedb.Database, specs, credentials int) {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	allSpecs, err := db.ListSpecs(ctx, testutil.Sub(1))
	if err != nil {
		tb.Fatal(err)
	}
	allCredentials, err := db.ListCredentials(ctx, testutil.Sub(1))
	if err != nil {
		tb.Fatal(err)
	}
	if len(allSpecs) != specs || len(allCredentials) != credentials {
		tb.Errorf("there are %d specs and %d credentials, want %d and %d", len(allSpecs), len(allCredentials), specs, credentials)
	}
}
