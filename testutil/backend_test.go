package testutil_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	client := loopback.NewDynamoDB(embedded)
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
	t.Run("requests to it get faults", func(t *testing.T) {
		useOtherServer(t)
		db := testutil.New(t)
		injected := db.Inject(testutil.Fault{Kind: testutil.DropAfter})
		assertReset(t, put(t, db.Client, 1))
		injected.Stop()
		assertStored(t, db.Client, 1, true)
	})
	for name, test := range map[string]func(t *testing.T){
		"with stale reads":          func(t *testing.T) { testutil.New(t).Inject(testutil.Fault{Kind: testutil.Stale}) },
		"that moves its clock":      func(t *testing.T) { testutil.New(t).FastForward(time.Hour) },
		"that moves a shared clock": func(t *testing.T) { withoutMain(t); testutil.Database(t).FastForward(time.Hour) },
	} {
		t.Run("a test "+name+" is skipped", func(t *testing.T) {
			useOtherServer(t)
			skipped := false
			t.Run("inner", func(t *testing.T) {
				t.Cleanup(func() { skipped = t.Skipped() })
				test(t)
			})
			assert.True(t, skipped)
		})
	}
	t.Run("a test in a synctest bubble is skipped", func(t *testing.T) {
		useOtherServer(t)
		skipped := false
		synctest.Test(t, func(t *testing.T) {
			t.Cleanup(func() { skipped = t.Skipped() })
			testutil.New(t)
		})
		assert.True(t, skipped)
	})
	t.Run("the message for a server that does not respond is helpful", func(t *testing.T) {
		const unused = "http://127.0.0.1:1" // a port that programs do not get by chance
		t.Setenv("PACKAGEDB_TEST_ENDPOINT", unused)
		message := testutil.Failure(t, func(tb testing.TB) { testutil.New(tb) })
		for _, part := range []string{"connection refused", "PACKAGEDB_TEST_ENDPOINT is " + unused, "unset the variable"} {
			assert.Contains(t, message, part)
		}
	})
	t.Run("the message for a malformed URL is helpful", func(t *testing.T) {
		for _, endpoint := range []string{"localhost:8000", "http://", "://", "ftp://localhost"} {
			t.Setenv("PACKAGEDB_TEST_ENDPOINT", endpoint)
			message := testutil.Failure(t, func(tb testing.TB) { testutil.New(tb) })
			assert.Equal(t, fmt.Sprintf("testutil: PACKAGEDB_TEST_ENDPOINT is %q, but must be a URL with its scheme, "+
				"such as http://localhost:8000", endpoint), message)
		}
	})
}

// Every operation that names tables is sent, and no response may contain the real names.
func TestForwarder_HidesTheRealNames(t *testing.T) {
	outside := useOtherServer(t)
	withoutMain(t)
	server := testutil.CredentialsTable(t)
	prefix := strings.TrimSuffix(tables(t, outside)[0], credentialsTable)
	const key = `"Key":{"sub":{"S":"raw"},"id":{"S":"1"}}`
	item := strings.Replace(key, "Key", "Item", 1)
	for _, test := range []struct{ operation, members string }{
		{"PutItem", `"TableName":"TABLE",` + item},
		{"GetItem", `"TableName":"TABLE",` + key},
		{"Query", `"TableName":"TABLE","KeyConditionExpression":"id=:i and #s=:i","ExpressionAttributeNames":{"#s":"sub"},
			"ExpressionAttributeValues":{":i":{"S":"1"}}`},
		{"Scan", `"TableName":"TABLE"`},
		{"BatchGetItem", `"RequestItems":{"TABLE":{"Keys":[` + key[len(`"Key":`):] + `]}}`},
		{"BatchWriteItem", `"RequestItems":{"TABLE":[{"PutRequest":{` + item + `}}]}`},
		{"TransactGetItems", `"TransactItems":[{"Get":{"TableName":"TABLE",` + key + `}}]`},
		{"TransactWriteItems", `"TransactItems":[{"Put":{"TableName":"TABLE",` + item + `}}]`},
		{"TransactWriteItems", `"TransactItems":[{"Delete":{"TableName":"TABLE",` + key + `}}]`},
		{"TransactWriteItems", `"TransactItems":[{"ConditionCheck":{"TableName":"TABLE",` + key + `,
			"ConditionExpression":"attribute_not_exists(id)"}}]`},
		{"UpdateItem", `"TableName":"TABLE",` + key},
		{"DeleteItem", `"TableName":"TABLE",` + key},
		{"DescribeTable", `"TableName":"TABLE"`},
		{"DescribeTable", `"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/TABLE"`},
		{"DeleteTable", `"TableName":"TABLE"`},
	} {
		t.Run(test.operation, func(t *testing.T) {
			for _, table := range []struct {
				name string
				want int
			}{{"no-such-table", http.StatusBadRequest}, {"?", http.StatusBadRequest}, {credentialsTable, http.StatusOK}} {
				members := strings.ReplaceAll(test.members, "TABLE", table.name)
				sent := strings.NewReader(`{"ReturnConsumedCapacity":"INDEXES",` + members + `}`)
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, sent)
				require.NoError(t, err)
				request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+test.operation)
				request.Header.Set("Content-Type", "application/x-amz-json-1.0")
				request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=key")
				response, err := http.DefaultClient.Do(request)
				require.NoError(t, err)
				body, err := io.ReadAll(response.Body)
				require.NoError(t, errors.Join(err, response.Body.Close()))
				assert.Equal(t, table.want, response.StatusCode, "table %s: %s", table.name, body)
				assert.NotContains(t, string(body), prefix)
				if table.want == http.StatusOK {
					assert.Contains(t, string(body), credentialsTable)
				}
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
