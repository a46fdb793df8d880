package testutil_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
	"github.com/open-alchemy/packagedb/testutil"
)

// useOtherServer makes the test run on an engine behind a socket, and returns a client that sees the
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
		if left := tables(t, client); len(left) > 0 {
			t.Errorf("the tests have left the tables %q", left)
		}
	})
	return client
}

func TestOtherServer(t *testing.T) {
	t.Run("a database on it keeps every promise", func(t *testing.T) {
		useOtherServer(t)
		testutil.TestDatabase(t, func(tb testing.TB) packagedb.Database { return testutil.New(tb) })
	})
	t.Run("databases on it know nothing of each other", func(t *testing.T) {
		outside := useOtherServer(t)
		t.Run("as long as the test runs", func(t *testing.T) {
			for n := range 3 {
				db := testutil.New(t)
				mustHold(t, db, testutil.Sub(1), 0, 0)
				mustStore(t, db, testutil.Sub(1), n)
				mustHold(t, db, testutil.Sub(1), 1, 1)
				if got, want := tables(t, testutil.Client(t)), []string{"package.credentials", "package.specs"}; !slices.Equal(got, want) {
					t.Errorf("the test sees the tables %q, want %q", got, want)
				}
			}
			all := tables(t, outside)
			if len(all) != 6 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 6 {
				t.Errorf("the server has the tables %q, want two for each database", all)
			}
			for _, name := range all {
				if !strings.HasPrefix(name, "test-") {
					t.Errorf("the server has the table %q", name)
				}
			}
		})
	})
	t.Run("the tables go although the test deletes some itself and adds others", func(t *testing.T) {
		useOtherServer(t)
		testutil.New(t)
		client := testutil.Client(t)
		deletes(t, client, "package.specs")
		creates(t, client, "another")
	})
	t.Run("the server of Main and of the fixtures forwards to it", func(t *testing.T) {
		outside := useOtherServer(t)
		code, says := testutil.RunMainAlone(runner(func() int {
			mustStore(t, mustGet(t), testutil.Sub(1), 1)
			if all := tables(t, outside); len(all) != 2 {
				t.Errorf("the server has the tables %q, want two", all)
			}
			return 0
		}))
		if code != 0 {
			t.Errorf("the code is %d: %s", code, says)
		}
	})
	t.Run("faults meet the requests to it", func(t *testing.T) {
		useOtherServer(t)
		testutil.New(t)
		injected := testutil.Inject(t, testutil.Fault{Kind: testutil.DropAfter})
		if err := put(t, testutil.Client(t), 1); !isReset(err) {
			t.Errorf("PutItem returns the error %v", err)
		}
		injected.Stop()
		if found, err := get(t, testutil.Client(t), 1); !found || err != nil {
			t.Errorf("GetItem: %v, %v", found, err)
		}
	})
	t.Run("what to do is said where none answers", func(t *testing.T) {
		const nobody = "http://127.0.0.1:1" // a port that programs do not get by chance
		t.Setenv("PACKAGEDB_TEST_ENDPOINT", nobody)
		message := fatal(t, func(tb testing.TB) { testutil.New(tb) })
		for _, part := range []string{"testutil.New: ", "connection refused", "PACKAGEDB_TEST_ENDPOINT is " + nobody, "unset it"} {
			if !strings.Contains(message, part) {
				t.Errorf("the message is %q, want it to say %q", message, part)
			}
		}
	})
	t.Run("what to do is said where its URL is none", func(t *testing.T) {
		for _, endpoint := range []string{"localhost:8000", "http://", "://", "ftp://localhost"} {
			t.Setenv("PACKAGEDB_TEST_ENDPOINT", endpoint)
			message := fatal(t, func(tb testing.TB) { testutil.New(tb) })
			if !strings.Contains(message, "no URL such as http://localhost:8000") {
				t.Errorf("the message for %q is %q", endpoint, message)
			}
		}
	})
}

// TestOtherServerHidesTheNamesOfItsTables sends every operation that names tables and looks for the
// real names in all that comes back.
func TestOtherServerHidesTheNamesOfItsTables(t *testing.T) {
	outside := useOtherServer(t)
	testutil.New(t)
	client := testutil.Client(t)
	own := tables(t, outside)
	prefix := strings.TrimSuffix(own[0], "package.credentials")
	ctx := t.Context()

	const missing = "no-such-table"
	table, capacity := aws.String(credentialsTable), types.ReturnConsumedCapacityIndexes
	keyOf := map[string]types.AttributeValue{":sub": text("raw")}
	for _, test := range []struct {
		name string
		send func(table string) (answer any, err error)
		says string // in the answer or, for the table that is missing, the error
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
			if err != nil {
				t.Fatal(err)
			}
			if text := printed(t, answer); strings.Contains(text, prefix) || !strings.Contains(text, test.says) {
				t.Errorf("the answer is %s", text)
			}
			if _, err = test.send(missing); err == nil || strings.Contains(err.Error(), prefix) {
				t.Errorf("for a table that is missing the error is %v", err)
			}
			if _, err = test.send("?"); err == nil || strings.Contains(err.Error(), prefix) {
				t.Errorf("for an illegal name the error is %v", err)
			}
		})
	}
}

// printed is everything in an answer of the SDK.
func printed(tb testing.TB, answer any) string {
	tb.Helper()
	text, err := json.Marshal(answer)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

func TestOtherServerListsTheTablesOfTheTestOnly(t *testing.T) {
	useOtherServer(t)
	for range 3 {
		testutil.New(t)
		for n := range 3 {
			creates(t, testutil.Client(t), fmt.Sprint("more-", n))
		}
	}
	client := testutil.Client(t)
	want := []string{"more-0", "more-1", "more-2", "package.credentials", "package.specs"}
	for limit := range int32(7) {
		input := dynamodb.ListTablesInput{}
		if limit > 0 {
			input.Limit = aws.Int32(limit)
		}
		var all []string
		for pages := dynamodb.NewListTablesPaginator(client, &input); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if limit > 0 && len(page.TableNames) > int(limit) {
				t.Errorf("a page with the limit %d has the tables %q", limit, page.TableNames)
			}
			all = append(all, page.TableNames...)
		}
		if !slices.Equal(all, want) {
			t.Errorf("with the limit %d the tables are %q, want %q", limit, all, want)
		}
	}
}

func creates(tb testing.TB, client *dynamodb.Client, name string) {
	tb.Helper()
	_, err := client.CreateTable(tb.Context(), &dynamodb.CreateTableInput{
		TableName:            &name,
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func deletes(tb testing.TB, client *dynamodb.Client, name string) {
	tb.Helper()
	if _, err := client.DeleteTable(tb.Context(), &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
		tb.Fatal(err)
	}
}
