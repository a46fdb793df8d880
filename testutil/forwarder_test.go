package testutil_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
	"github.com/open-alchemy/packagedb/testutil"
)

// useOtherServer runs the test on an engine behind a socket, and returns a client that sees the
// tables there under their real names.
func useOtherServer(t *testing.T) *dynamodb.Client {
	t.Helper()
	embedded := engine.New()
	server := httptest.NewServer(embedded)
	t.Cleanup(server.Close)
	t.Setenv("PACKAGEDB_TEST_ENDPOINT", server.URL)
	client := dynamodb.New(dynamodb.Options{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  loopback.Client{Handler: embedded},
	})
	t.Cleanup(func() {
		assert.Empty(t, tables(t, client), "tables that the test has left")
	})
	return client
}

func TestForwarder(t *testing.T) {
	t.Run("a database on another server keeps every promise", func(t *testing.T) {
		useOtherServer(t)
		testutil.TestDatabase(t, func(tb testing.TB) packagedb.Database { return testutil.New(tb) })
	})
	t.Run("databases there share nothing", func(t *testing.T) {
		outside := useOtherServer(t)
		t.Run("while the test runs", func(t *testing.T) {
			for n := range 3 {
				db := testutil.New(t)
				mustHold(t, db, testutil.Sub(1), 0, 0)
				mustStore(t, db, testutil.Sub(1), n)
				mustHold(t, db, testutil.Sub(1), 1, 1)
				assert.Equal(t, bothTables, tables(t, db.Client))
			}
			all := tables(t, outside)
			assert.Len(t, all, 6)
			for _, name := range all {
				assert.Regexp(t, `^test-`, name)
			}
		})
	})
	t.Run("the tables are deleted although the test deletes some itself and adds others", func(t *testing.T) {
		useOtherServer(t)
		client := testutil.New(t).Client
		_, err := client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("package.specs")})
		require.NoError(t, err)
		mustCreateTable(t, client, "another")
	})
	t.Run("the server of Main and of the fixtures forwards to it", func(t *testing.T) {
		outside := useOtherServer(t)
		code, says := testutil.RunMainAlone(runner(func() int {
			mustStore(t, mustGet(t), testutil.Sub(1), 1)
			assert.Len(t, tables(t, outside), 2)
			return 0
		}))
		assert.Zero(t, code, says)
	})
	t.Run("faults meet the requests to it", func(t *testing.T) {
		useOtherServer(t)
		db := testutil.New(t)
		injected := db.Inject(testutil.Fault{Kind: testutil.DropAfter})
		assertReset(t, put(t, db.Client, 1))
		injected.Stop()
		assertStored(t, db.Client, 1, true)
	})
	t.Run("a test with stale reads is skipped", func(t *testing.T) {
		useOtherServer(t)
		skipped := false
		t.Run("inner", func(t *testing.T) {
			t.Cleanup(func() { skipped = t.Skipped() })
			testutil.New(t).Inject(testutil.Fault{Kind: testutil.Stale})
		})
		assert.True(t, skipped)
	})
	t.Run("the message for a server that does not answer is helpful", func(t *testing.T) {
		const unused = "http://127.0.0.1:1" // a port that programs do not get by chance
		t.Setenv("PACKAGEDB_TEST_ENDPOINT", unused)
		message := fatal(t, func(tb testing.TB) { testutil.New(tb) })
		for _, part := range []string{"connection refused", "PACKAGEDB_TEST_ENDPOINT is " + unused, "unset the variable"} {
			assert.Contains(t, message, part)
		}
	})
	t.Run("the message for a malformed URL is helpful", func(t *testing.T) {
		for _, endpoint := range []string{"localhost:8000", "http://", "://", "ftp://localhost"} {
			t.Setenv("PACKAGEDB_TEST_ENDPOINT", endpoint)
			message := fatal(t, func(tb testing.TB) { testutil.New(tb) })
			assert.Equal(t, fmt.Sprintf("testutil: PACKAGEDB_TEST_ENDPOINT is %q, but must be a URL with its scheme, "+
				"such as http://localhost:8000", endpoint), message)
		}
	})
}

// Every operation that names tables is sent, and no answer may contain the real names.
func TestForwarder_HidesTheRealNames(t *testing.T) {
	outside := useOtherServer(t)
	client := testutil.New(t).Client
	own := tables(t, outside)
	prefix := strings.TrimSuffix(own[0], "package.credentials")
	ctx := t.Context()

	const missing = "no-such-table"
	table, capacity := aws.String(credentialsTable), types.ReturnConsumedCapacityIndexes
	keyOf := map[string]types.AttributeValue{":sub": text("raw")}
	for _, test := range []struct {
		name string
		send func(table string) (answer any, err error)
		want string // in the answer
	}{
		{"PutItem", func(table string) (any, error) {
			return client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: rawKey(1), ReturnConsumedCapacity: capacity})
		}, credentialsTable},
		{"GetItem", func(table string) (any, error) {
			return client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: rawKey(1), ReturnConsumedCapacity: capacity})
		}, credentialsTable},
		{"Query", func(table string) (any, error) {
			return client.Query(ctx, &dynamodb.QueryInput{TableName: &table, ReturnConsumedCapacity: capacity,
				KeyConditionExpression: aws.String("#sub = :sub"), ExpressionAttributeValues: keyOf,
				ExpressionAttributeNames: map[string]string{"#sub": "sub"}})
		}, credentialsTable},
		{"Scan", func(table string) (any, error) {
			return client.Scan(ctx, &dynamodb.ScanInput{TableName: &table, ReturnConsumedCapacity: capacity})
		}, credentialsTable},
		{"BatchGetItem", func(table string) (any, error) {
			return client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{ReturnConsumedCapacity: capacity,
				RequestItems: map[string]types.KeysAndAttributes{table: {Keys: []map[string]types.AttributeValue{rawKey(1)}}}})
		}, credentialsTable},
		{"BatchWriteItem", func(table string) (any, error) {
			return client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{ReturnConsumedCapacity: capacity,
				RequestItems: map[string][]types.WriteRequest{table: {{PutRequest: &types.PutRequest{Item: rawKey(1)}}}}})
		}, credentialsTable},
		{"TransactGetItems", func(table string) (any, error) {
			return client.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{ReturnConsumedCapacity: capacity,
				TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: &table, Key: rawKey(1)}}}})
		}, credentialsTable},
		{"TransactWriteItems", func(table string) (any, error) {
			return client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{ReturnConsumedCapacity: capacity,
				TransactItems: []types.TransactWriteItem{
					{Put: &types.Put{TableName: &table, Item: rawKey(2)}},
					{Delete: &types.Delete{TableName: &table, Key: rawKey(3)}},
					{ConditionCheck: &types.ConditionCheck{TableName: &table, Key: rawKey(1),
						ConditionExpression: aws.String("attribute_exists(id)")}},
				}})
		}, credentialsTable},
		{"DescribeTable", func(table string) (any, error) {
			return client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
		}, "table/" + credentialsTable + "/index/publicKey"},
		{"DeleteItem", func(table string) (any, error) {
			return client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &table, Key: rawKey(1), ReturnConsumedCapacity: capacity})
		}, credentialsTable},
		{"DeleteTable", func(table string) (any, error) {
			return client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table})
		}, "table/" + credentialsTable},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, err := test.send(*table)
			require.NoError(t, err)
			printed, err := json.Marshal(answer)
			require.NoError(t, err)
			assert.NotContains(t, string(printed), prefix)
			assert.Contains(t, string(printed), test.want)
			for _, wrong := range []string{missing, "?"} {
				_, err = test.send(wrong)
				require.Error(t, err, "table %s", wrong)
				assert.NotContains(t, err.Error(), prefix)
			}
		})
	}
}

func TestForwarder_ListsTheTablesOfTheTestOnly(t *testing.T) {
	useOtherServer(t)
	var client *dynamodb.Client
	for range 3 {
		client = testutil.New(t).Client
		for n := range 3 {
			mustCreateTable(t, client, fmt.Sprint("more-", n))
		}
	}
	for limit := range int32(7) {
		input := dynamodb.ListTablesInput{}
		if limit > 0 {
			input.Limit = aws.Int32(limit)
		}
		var all []string
		for pages := dynamodb.NewListTablesPaginator(client, &input); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			require.NoError(t, err)
			if limit > 0 {
				assert.LessOrEqual(t, len(page.TableNames), int(limit))
			}
			all = append(all, page.TableNames...)
		}
		assert.Equal(t, append([]string{"more-0", "more-1", "more-2"}, bothTables...), all, "limit %d", limit)
	}
}

func mustCreateTable(tb testing.TB, client *dynamodb.Client, name string) {
	tb.Helper()
	_, err := client.CreateTable(tb.Context(), &dynamodb.CreateTableInput{
		TableName:            &name,
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	})
	require.NoError(tb, err)
}
