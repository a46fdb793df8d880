package testutil_test

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// withoutMain runs a test as in a test binary without Main, whose environment points elsewhere.
func withoutMain(t *testing.T) {
	t.Helper()
	testutil.WithoutMain(t)
	t.Setenv("STAGE", "") // restores it
	require.NoError(t, os.Unsetenv("STAGE"))
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://192.0.2.1")
}

func TestDatabase_RunsAsLongAsATestUsesIt(t *testing.T) {
	withoutMain(t)
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
	assertClosed(t, url)
}

func assertEnvironment(tb testing.TB, url string) {
	tb.Helper()
	assert.Equal(tb, "TEST", os.Getenv("STAGE"))
	assert.Equal(tb, url, os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"))
}

func TestDatabase_StartsNoServerInABubble(t *testing.T) {
	withoutMain(t)
	synctest.Test(t, func(t *testing.T) {
		message := testutil.Failure(t, func(tb testing.TB) { testutil.Database(tb) })
		assert.Contains(t, message, "testutil: no server can start in a synctest bubble")
	})
	server := testutil.SpecsTable(t)
	synctest.Test(t, func(t *testing.T) {
		if onEmbeddedEngine() {
			mustHold(t, packagedb.New(testutil.Database(t).Client), testutil.Sub(1), 0, 0)
		}
	})
	assert.NotEmpty(t, server.URL)
}

type fixture func(testing.TB) *testutil.Server

func TestFixtures_CreateTheTables(t *testing.T) {
	withoutMain(t)
	t.Run("Database creates none", func(t *testing.T) {
		assert.Empty(t, tables(t, testutil.Database(t).Client))
	})
	for name, fixture := range map[string]fixture{
		"SpecsTable":            testutil.SpecsTable,
		"CleanSpecsTable":       testutil.CleanSpecsTable,
		"CredentialsTable":      testutil.CredentialsTable,
		"CleanCredentialsTable": testutil.CleanCredentialsTable,
	} {
		t.Run(name+" creates both and can be used twice", func(t *testing.T) {
			fixture(t)
			assert.Equal(t, bothTables, tables(t, fixture(t).Client))
		})
	}
}

func TestCleanTable_EmptiesItsTableBeforeAndAfterTheTest(t *testing.T) {
	withoutMain(t)
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
			mustStore(t, db, testutil.Sub(1), 1)
			mustHold(t, db, testutil.Sub(1), 1, 1)
			t.Run("before", func(t *testing.T) {
				test.clean(t)
				mustHold(t, db, testutil.Sub(1), test.specs, test.credentials)
				mustStore(t, db, testutil.Sub(1), 1)
				mustHold(t, db, testutil.Sub(1), 1, 1)
			})
			mustHold(t, db, testutil.Sub(1), test.specs, test.credentials)
		})
	}
}

func TestCleanSpecsTable_EmptiesMoreThanOnePage(t *testing.T) {
	withoutMain(t)
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
	withoutMain(t)
	client := testutil.CleanSpecsTable(t).Client
	_, err := client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("package.specs")})
	require.NoError(t, err)
}

func TestServer_InjectReachesGet(t *testing.T) {
	withoutMain(t)
	injected := testutil.CleanSpecsTable(t).Inject(testutil.Fault{Kind: testutil.DropBefore, Times: 2})
	mustStore(t, mustGet(t), testutil.Sub(1), 1)
	assert.Equal(t, 2, injected.Count())
}

func TestFactories_NumberEveryField(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "sub 12", testutil.Sub(12))
	assert.Equal(t, packagedb.SpecInput{
		Name: "name 12", Version: "version 12", ModelCount: 12, Title: "title 12", Description: "description 12",
	}, testutil.Spec(12))
	assert.Equal(t, packagedb.CredentialsInput{
		ID: "id 12", PublicKey: "public key 12", SecretKeyHash: []byte("secret key hash 12"), Salt: []byte("salt 12"),
	}, testutil.Credentials(12))
}
