package testutil_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// TestMain does what testutil.Main does, and then checks for leaked goroutines.
func TestMain(m *testing.M) {
	if !onEmbeddedEngine() { // an example cannot skip itself
		_ = flag.Set("test.skip", "^ExampleDB_FastForward$")
	}
	goleak.VerifyTestMain(runner(func() int { return testutil.RunMain(m) }))
}

type runner func() int

func (r runner) Run() int { return r() }

// onEmbeddedEngine reports whether the tests run on the embedded engine.
func onEmbeddedEngine() bool { return os.Getenv("PACKAGEDB_TEST_ENDPOINT") == "" }

func mustGet(tb testing.TB) packagedb.Database {
	tb.Helper()
	db, err := packagedb.Get()
	require.NoError(tb, err)
	return db
}

// mustStore stores the nth spec and the nth credentials of a user.
func mustStore(tb testing.TB, db packagedb.Database, sub string, n int) {
	tb.Helper()
	_, err := db.CreateUpdateSpec(tb.Context(), sub, testutil.Spec(n))
	require.NoError(tb, err)
	require.NoError(tb, db.CreateUpdateCredentials(tb.Context(), sub, testutil.Credentials(n)))
}

// mustHold checks how many specs and credentials a user has.
func mustHold(tb testing.TB, db packagedb.Database, sub string, specs, credentials int) {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	allSpecs, err := db.ListSpecs(ctx, sub)
	require.NoError(tb, err)
	require.Len(tb, allSpecs, specs)
	allCredentials, err := db.ListCredentials(ctx, sub)
	require.NoError(tb, err)
	require.Len(tb, allCredentials, credentials)
}

func tables(tb testing.TB, client *dynamodb.Client) []string {
	tb.Helper()
	list, err := client.ListTables(context.WithoutCancel(tb.Context()), &dynamodb.ListTablesInput{})
	require.NoError(tb, err)
	return list.TableNames
}

var bothTables = []string{"package.credentials", "package.specs"}

const credentialsTable = "package.credentials"

// once disables a client's retries.
func once(options *dynamodb.Options) { options.Retryer = aws.NopRetryer{} }

func stringOf(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

// rawKey returns the key of an item of the credentials table, itself an item.
func rawKey(n int) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"sub": stringOf("raw"), "id": stringOf(fmt.Sprint(n))}
}

func put(tb testing.TB, client *dynamodb.Client, n int) error {
	_, err := client.PutItem(tb.Context(), &dynamodb.PutItemInput{
		TableName: aws.String(credentialsTable), Item: rawKey(n),
	}, once)
	return err
}

func get(tb testing.TB, client *dynamodb.Client, n int) (found bool, err error) {
	output, err := client.GetItem(tb.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(credentialsTable), Key: rawKey(n), ConsistentRead: aws.Bool(true),
	}, once)
	return err == nil && len(output.Item) > 0, err
}

func assertStored(tb testing.TB, client *dynamodb.Client, n int, stored bool) {
	tb.Helper()
	found, err := get(tb, client, n)
	assert.NoError(tb, err)
	assert.Equal(tb, stored, found, "item %d is stored", n)
}

func assertReset(tb testing.TB, err error) {
	tb.Helper()
	assert.ErrorIs(tb, err, syscall.ECONNRESET)
}
