package testutil_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/testutil"
)

// writeBatch puts items into the credentials table and returns the numbers of the unprocessed.
func writeBatch(tb testing.TB, client *dynamodb.Client, numbers []int) (unprocessed []int) {
	tb.Helper()
	requests := make([]types.WriteRequest, len(numbers))
	for i, n := range numbers {
		requests[i].PutRequest = &types.PutRequest{Item: rawKey(n)}
	}
	output, err := client.BatchWriteItem(tb.Context(), &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{credentialsTable: requests},
	}, once)
	require.NoError(tb, err)
	for _, request := range output.UnprocessedItems[credentialsTable] {
		unprocessed = append(unprocessed, numberOf(tb, request.PutRequest.Item))
	}
	return unprocessed
}

// readBatch gets items from the credentials table.
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
	require.NoError(tb, err)
	for _, item := range output.Responses[credentialsTable] {
		found = append(found, numberOf(tb, item))
	}
	left := output.UnprocessedKeys[credentialsTable]
	for _, key := range left.Keys {
		unprocessed = append(unprocessed, numberOf(tb, key))
	}
	if len(unprocessed) > 0 {
		assert.True(tb, aws.ToBool(left.ConsistentRead), "ConsistentRead of the unprocessed keys")
	}
	return found, unprocessed
}

func numberOf(tb testing.TB, item map[string]types.AttributeValue) int {
	tb.Helper()
	n, err := strconv.Atoi(item["id"].(*types.AttributeValueMemberS).Value)
	require.NoError(tb, err)
	return n
}

func TestUnprocessed(t *testing.T) {
	t.Parallel()
	ten := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	write := testutil.Fault{Kind: testutil.Unprocessed, Operations: []string{"BatchWriteItem"}}
	assertParts := func(t *testing.T, done, left, whole []int) {
		t.Helper()
		assert.NotEmpty(t, done)
		assert.NotEmpty(t, left)
		assert.ElementsMatch(t, whole, slices.Concat(done, left))
	}
	t.Run("some items are written and the others returned", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t)
		injected := db.Inject(write)
		left := writeBatch(t, db.Client, ten)
		written, _ := readBatch(t, db.Client, ten)
		assertParts(t, written, left, ten)
		assert.Equal(t, 1, injected.Count())
	})
	t.Run("some keys are read and the others returned", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t)
		writeBatch(t, db.Client, ten)
		db.Inject(testutil.Fault{Kind: testutil.Unprocessed})
		found, left := readBatch(t, db.Client, ten)
		assertParts(t, found, left, ten)
	})
	t.Run("repeated, it comes to a single item, which is always returned", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t)
		injected := db.Inject(write)
		left := ten
		for len(left) > 1 {
			left = writeBatch(t, db.Client, left)
		}
		for range 3 {
			require.Equal(t, left, writeBatch(t, db.Client, left))
		}
		found, _ := readBatch(t, db.Client, ten)
		assert.Len(t, found, 9)
		injected.Stop()
		assert.Empty(t, writeBatch(t, db.Client, left))
	})
	t.Run("a single key is returned", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t)
		db.Inject(testutil.Fault{Kind: testutil.Unprocessed})
		found, left := readBatch(t, db.Client, []int{1})
		assert.Empty(t, found)
		assert.Equal(t, []int{1}, left)
	})
	t.Run("an invalid batch is rejected by the server", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t)
		injected := db.Inject(testutil.Fault{Kind: testutil.Unprocessed})
		_, err := db.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{},
		}, once)
		assert.Error(t, err)
		assert.Zero(t, injected.Count())
	})
	t.Run("the batch may span tables", func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t)
		db.Inject(write)
		left := map[string][]types.WriteRequest{}
		add := func(table string, item map[string]types.AttributeValue) {
			left[table] = append(left[table], types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		}
		for n := range 10 {
			key := rawKey(n)
			add(credentialsTable, key)
			add("package.specs", map[string]types.AttributeValue{
				"sub": key["sub"], "updated_at_id": key["id"], "id_updated_at": key["id"],
			})
		}
		for size := 20; size > 1; {
			output, err := db.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: left}, once)
			require.NoError(t, err)
			left = output.UnprocessedItems
			before := size
			size = len(left[credentialsTable]) + len(left["package.specs"])
			require.Positive(t, size)
			require.Less(t, size, before)
		}
		stored := 0
		for _, table := range bothTables {
			output, err := db.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
			require.NoError(t, err)
			stored += len(output.Items)
		}
		assert.Equal(t, 19, stored, "all items but the one that is left")
	})
}

func TestConflict(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	injected := db.Inject(testutil.Fault{Kind: testutil.Conflict})
	transaction := &dynamodb.TransactWriteItemsInput{}
	for n := range 3 {
		transaction.TransactItems = append(transaction.TransactItems, types.TransactWriteItem{
			Put: &types.Put{TableName: aws.String(credentialsTable), Item: rawKey(n)},
		})
	}
	_, err := db.Client.TransactWriteItems(t.Context(), transaction, once)
	var canceled *types.TransactionCanceledException
	require.ErrorAs(t, err, &canceled)
	var codes []string
	for _, reason := range canceled.CancellationReasons {
		codes = append(codes, *reason.Code)
	}
	assert.ElementsMatch(t, []string{"None", "None", "TransactionConflict"}, codes)
	assert.Equal(t, 1, injected.Count())
	for n := range 3 {
		assertStored(t, db.Client, n, false)
	}
	left := writeBatch(t, db.Client, []int{0, 1, 2})
	assert.NotEmpty(t, left)
	assert.Less(t, len(left), 3)
}

// TestFault_HitsItemsOfItsTables sends items of two tables, of which a fault is for one.
func TestFault_HitsItemsOfItsTables(t *testing.T) {
	t.Parallel()
	key := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "cat"}}
	for seed := range uint64(5) {
		db := testutil.New(t)
		mustCreateTable(t, db.Client, "pets")
		db.Inject(
			testutil.Fault{Kind: testutil.Conflict, Operations: []string{"TransactWriteItems"}, Tables: []string{"pets"}, Seed: seed},
			testutil.Fault{Kind: testutil.Unprocessed, Tables: []string{"pets"}, Seed: seed},
		)
		_, err := db.Client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: aws.String(credentialsTable), Item: rawKey(1)}},
			{Put: &types.Put{TableName: aws.String("pets"), Item: key}},
			{Put: &types.Put{TableName: aws.String(credentialsTable), Item: rawKey(2)}},
		}}, once)
		assert.ErrorContains(t, err, "[None, TransactionConflict, None]")
		batch, err := db.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
			credentialsTable: {{PutRequest: &types.PutRequest{Item: rawKey(1)}}, {PutRequest: &types.PutRequest{Item: rawKey(2)}}},
			"pets":           {{PutRequest: &types.PutRequest{Item: key}}},
		}}, once)
		require.NoError(t, err)
		assert.Len(t, batch.UnprocessedItems, 1)
		assert.Len(t, batch.UnprocessedItems["pets"], 1)
	}
}
