package withoutmain_test

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestMain(m *testing.M) {
	// Values that differ from those of the developer's shell.
	os.Unsetenv("STAGE")
	os.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://192.0.2.1")
	goleak.VerifyTestMain(m)
}

func TestDatabase_RunsAsLongAsATestUsesIt(t *testing.T) {
	var url string
	t.Run("outer", func(t *testing.T) {
		url = testutil.Database(t).URL
		assertEnvironment(t, url)
		t.Run("inner", func(t *testing.T) {
			assert.Equal(t, url, testutil.Database(t).URL)
			assert.Equal(t, url, testutil.SpecsTable(t).URL)
		})
		assertEnvironment(t, url)
		_, err := mustGet(t).ListSpecs(t.Context(), "sub")
		assert.NoError(t, err)
	})
	_, ok := os.LookupEnv("STAGE")
	assert.False(t, ok, "STAGE is still set")
	assert.Equal(t, "http://192.0.2.1", os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"))
	connection, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if !assert.Error(t, err, "a server still listens at %s", url) {
		_ = connection.Close()
	}
}

func assertEnvironment(tb testing.TB, url string) {
	tb.Helper()
	assert.Equal(tb, "TEST", os.Getenv("STAGE"))
	assert.Equal(tb, url, os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"))
}

type fixture func(testing.TB) *testutil.Server

func TestFixtures_CreateTheTables(t *testing.T) {
	t.Run("Database creates none", func(t *testing.T) {
		assert.Empty(t, tables(t, testutil.Database(t)))
	})
	for name, fixture := range map[string]fixture{
		"SpecsTable":            testutil.SpecsTable,
		"CleanSpecsTable":       testutil.CleanSpecsTable,
		"CredentialsTable":      testutil.CredentialsTable,
		"CleanCredentialsTable": testutil.CleanCredentialsTable,
	} {
		t.Run(name+" creates both and can be used twice", func(t *testing.T) {
			fixture(t)
			assert.Equal(t, []string{"package.credentials", "package.specs"}, tables(t, fixture(t)))
		})
	}
}

func tables(tb testing.TB, server *testutil.Server) []string {
	tb.Helper()
	list, err := server.Client.ListTables(tb.Context(), &dynamodb.ListTablesInput{})
	require.NoError(tb, err)
	return list.TableNames
}

func TestCleanTable_EmptiesItsTableBeforeAndAfterTheTest(t *testing.T) {
	testutil.Database(t) // outlives the inner tests
	for name, test := range map[string]struct {
		keep, clean        fixture
		specs, credentials int // left when the table is clean
	}{
		"specs":       {testutil.SpecsTable, testutil.CleanSpecsTable, 0, 1},
		"credentials": {testutil.CredentialsTable, testutil.CleanCredentialsTable, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			test.keep(t)
			db := mustGet(t)
			mustStore(t, db)
			mustHold(t, db, 1, 1)
			t.Run("before", func(t *testing.T) {
				test.clean(t)
				mustHold(t, db, test.specs, test.credentials)
				mustStore(t, db)
				mustHold(t, db, 1, 1)
			})
			mustHold(t, db, test.specs, test.credentials)
		})
	}
}

func TestCleanSpecsTable_EmptiesMoreThanOnePage(t *testing.T) {
	testutil.CleanSpecsTable(t)
	db := mustGet(t)
	spec := testutil.Spec(1)
	spec.Description = strings.Repeat("x", 150_000)
	for n := range 5 {
		spec.Name = testutil.Spec(n).Name
		_, err := db.CreateUpdateSpec(t.Context(), testutil.Sub(n), spec)
		require.NoError(t, err)
	}
	t.Run("inner", func(t *testing.T) { testutil.CleanSpecsTable(t) })
	for n := range 5 {
		specs, err := db.ListSpecs(t.Context(), testutil.Sub(n))
		assert.NoError(t, err)
		assert.Empty(t, specs, testutil.Sub(n))
	}
}

func TestCleanSpecsTable_LetsTheTestDeleteTheTable(t *testing.T) {
	client := testutil.CleanSpecsTable(t).Client
	_, err := client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("package.specs")})
	require.NoError(t, err)
}

func TestServer_InjectReachesGet(t *testing.T) {
	injected := testutil.CleanSpecsTable(t).Inject(testutil.Fault{Kind: testutil.DropBefore, Times: 2})
	mustStore(t, mustGet(t))
	assert.Equal(t, 2, injected.Count())
}

func mustGet(tb testing.TB) packagedb.Database {
	tb.Helper()
	db, err := packagedb.Get()
	require.NoError(tb, err)
	return db
}

// mustStore stores a spec and credentials of the first user.
func mustStore(tb testing.TB, db packagedb.Database) {
	tb.Helper()
	_, err := db.CreateUpdateSpec(tb.Context(), testutil.Sub(1), testutil.Spec(1))
	require.NoError(tb, err)
	require.NoError(tb, db.CreateUpdateCredentials(tb.Context(), testutil.Sub(1), testutil.Credentials(1)))
}

// mustHold checks how many specs and credentials the first user has.
func mustHold(tb testing.TB, db packagedb.Database, specs, credentials int) {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	allSpecs, err := db.ListSpecs(ctx, testutil.Sub(1))
	require.NoError(tb, err)
	require.Len(tb, allSpecs, specs)
	allCredentials, err := db.ListCredentials(ctx, testutil.Sub(1))
	require.NoError(tb, err)
	require.Len(tb, allCredentials, credentials)
}
