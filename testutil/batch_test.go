package testutil_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb/testutil"
)

// writeBatch puts items into the table of the credentials and returns the numbers of the unprocessed.
func writeBatch(tb testing.TB, client *dynamodb.Client, numbers []int) (unprocessed []int) {
	tb.Helper()
	requests := make([]types.WriteRequest, len(numbers))
	for i, n := range numbers {
		requests[i].PutRequest = &types.PutRequest{Item: rawKey(n)}
	}
	output, err := client.BatchWriteItem(tb.Context(), &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{credentialsTable: requests},
	}, once)
	if err != nil {
		tb.Fatal(err)
	}
	for _, request := range output.UnprocessedItems[credentialsTable] {
		unprocessed = append(unprocessed, numberOf(tb, request.PutRequest.Item))
	}
	return unprocessed
}

// readBatch gets items from the table of the credentials.
func readBatch(tb testing.TB, client *dynamodb.Client, numbers []int) (found, unprocessed []int) {
	tb.Helper()
	keys := make([]map[string]types.AttributeValue, len(numbers))
	for i, n := range numbers {
		keys[i] = rawKey(n)
	}
	output, err := client.BatchGetItem(tb.Context(), &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{
			credentialsTable: {Keys: keys, ConsistentRead: aws.Bool(true)},
		},
	}, once)
	if err != nil {
		tb.Fatal(err)
	}
	for _, item := range output.Responses[credentialsTable] {
		found = append(found, numberOf(tb, item))
	}
	left := output.UnprocessedKeys[credentialsTable]
	for _, key := range left.Keys {
		unprocessed = append(unprocessed, numberOf(tb, key))
	}
	if len(unprocessed) > 0 && !aws.ToBool(left.ConsistentRead) {
		tb.Error("the unprocessed keys are no longer to be read consistently")
	}
	return found, unprocessed
}

func numberOf(tb testing.TB, item map[string]types.AttributeValue) int {
	tb.Helper()
	for n := range 100 {
		if *item["id"].(*types.AttributeValueMemberS) == *rawKey(n)["id"].(*types.AttributeValueMemberS) {
			return n
		}
	}
	tb.Fatalf("the item %v is not of this test", item)
	return 0
}

func TestFaultUnprocessed(t *testing.T) {
	t.Parallel()
	ten := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	isPartOf := func(t *testing.T, done, left, whole []int) {
		t.Helper()
		if len(done) == 0 || len(left) == 0 {
			t.Errorf("of %v, %v are processed and %v are not", whole, done, left)
		}
		if all := slices.Sorted(slices.Values(slices.Concat(done, left))); !slices.Equal(all, whole) {
			t.Errorf("of %v, %v are processed and %v are not", whole, done, left)
		}
	}
	t.Run("a part of the items is written and the others are given back", func(t *testing.T) {
		t.Parallel()
		testutil.New(t)
		client := testutil.Client(t)
		injected := testutil.Inject(t, testutil.Fault{Kind: testutil.Unprocessed, Operations: []string{"BatchWriteItem"}})
		left := writeBatch(t, client, ten)
		written, _ := readBatch(t, client, ten)
		isPartOf(t, written, left, ten)
		if injected.Count() != 1 {
			t.Errorf("%d requests have met the fault, want 1", injected.Count())
		}
	})
	t.Run("a part of the keys is read and the others are given back", func(t *testing.T) {
		t.Parallel()
		testutil.New(t)
		client := testutil.Client(t)
		writeBatch(t, client, ten)
		testutil.Inject(t, testutil.Fault{Kind: testutil.Unprocessed})
		found, left := readBatch(t, client, ten)
		isPartOf(t, found, left, ten)
	})
	t.Run("repeated, it comes to a single item, which is given back for ever", func(t *testing.T) {
		t.Parallel()
		testutil.New(t)
		client := testutil.Client(t)
		injected := testutil.Inject(t, testutil.Fault{Kind: testutil.Unprocessed, Operations: []string{"BatchWriteItem"}})
		left := ten
		for len(left) > 1 {
			left = writeBatch(t, client, left)
		}
		for range 3 {
			if again := writeBatch(t, client, left); !slices.Equal(again, left) {
				t.Fatalf("the single item %v becomes %v", left, again)
			}
		}
		if found, _ := readBatch(t, client, ten); len(found) != 9 {
			t.Errorf("the items %v were written, want 9", found)
		}
		injected.Stop()
		if again := writeBatch(t, client, left); len(again) != 0 {
			t.Errorf("after Stop %v are given back", again)
		}
	})
	t.Run("a single key is given back", func(t *testing.T) {
		t.Parallel()
		testutil.New(t)
		testutil.Inject(t, testutil.Fault{Kind: testutil.Unprocessed})
		if found, left := readBatch(t, testutil.Client(t), []int{1}); len(found) != 0 || !slices.Equal(left, []int{1}) {
			t.Errorf("found %v, given back %v", found, left)
		}
	})
	t.Run("a batch that the server refuses is refused", func(t *testing.T) {
		t.Parallel()
		testutil.New(t)
		client := testutil.Client(t)
		injected := testutil.Inject(t, testutil.Fault{Kind: testutil.Unprocessed})
		_, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{},
		}, once)
		if err == nil || injected.Count() != 0 {
			t.Errorf("an empty batch gives the error %v; %d requests have met the fault", err, injected.Count())
		}
	})
}

func TestFaultConflict(t *testing.T) {
	t.Parallel()
	testutil.New(t)
	client := testutil.Client(t)
	injected := testutil.Inject(t, testutil.Fault{Kind: testutil.Conflict})
	transaction := &dynamodb.TransactWriteItemsInput{}
	for n := range 3 {
		transaction.TransactItems = append(transaction.TransactItems, types.TransactWriteItem{
			Put: &types.Put{TableName: aws.String(credentialsTable), Item: rawKey(n)},
		})
	}
	_, err := client.TransactWriteItems(t.Context(), transaction, once)
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		t.Fatalf("the error is %v", err)
	}
	conflicts := 0
	for _, reason := range canceled.CancellationReasons {
		switch *reason.Code {
		case "TransactionConflict":
			conflicts++
		case "None":
		default:
			t.Errorf("an action has the reason %q", *reason.Code)
		}
	}
	if conflicts != 1 || len(canceled.CancellationReasons) != 3 {
		t.Errorf("%d of %d actions are in conflict, want 1 of 3", conflicts, len(canceled.CancellationReasons))
	}
	if injected.Count() != 1 {
		t.Errorf("%d requests have met the fault, want 1", injected.Count())
	}
	for n := range 3 {
		if found, err := get(t, client, n); found || err != nil {
			t.Errorf("item %d of the transaction: %v, %v", n, found, err)
		}
	}
}

func TestFaultUnprocessedSpansTables(t *testing.T) {
	t.Parallel()
	testutil.New(t)
	client := testutil.Client(t)
	testutil.Inject(t, testutil.Fault{Kind: testutil.Unprocessed, Operations: []string{"BatchWriteItem"}})
	left := map[string][]types.WriteRequest{}
	for n := range 10 {
		item := rawKey(n)
		left[credentialsTable] = append(left[credentialsTable], types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		item = map[string]types.AttributeValue{"sub": item["sub"], "updated_at_id": item["id"], "id_updated_at": item["id"]}
		left["package.specs"] = append(left["package.specs"], types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
	}
	for size := 20; size > 1; {
		output, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: left}, once)
		if err != nil {
			t.Fatal(err)
		}
		left = output.UnprocessedItems
		before := size
		size = len(left[credentialsTable]) + len(left["package.specs"])
		if size == 0 || size >= before {
			t.Fatalf("of %d items %d are unprocessed", before, size)
		}
	}
	stored := 0
	for _, table := range []string{credentialsTable, "package.specs"} {
		output, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
		if err != nil {
			t.Fatal(err)
		}
		stored += len(output.Items)
	}
	if stored != 19 {
		t.Errorf("%d items are stored, want all 20 but the one that is left", stored)
	}
}
