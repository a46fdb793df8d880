package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// writer writes numbers in ascending order, one after the other. A write of n is whole if n is in both
// items of the transaction, its own item exists, and the item of n-1 does not.
type writer struct {
	id                      int
	attempted, acknowledged int
	single                  int // the last number that a put on its own acknowledged
}

const killTable = "numbers"

func (w *writer) key(suffix string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: fmt.Sprintf("%d%s", w.id, suffix)}}
}

func (w *writer) put(suffix string, n int) *types.Put {
	item := w.key(suffix)
	item["n"] = &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
	return &types.Put{TableName: aws.String(killTable), Item: item}
}

func (w *writer) write(ctx context.Context, client *dynamodb.Client) error {
	w.attempted++
	n := w.attempted
	_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: w.put("a", n)},
		{Put: w.put("b", n)},
		{Put: w.put("#"+strconv.Itoa(n), n)},
		{Delete: &types.Delete{TableName: aws.String(killTable), Key: w.key("#" + strconv.Itoa(n-1))}},
	}})
	if err != nil {
		return err
	}
	w.acknowledged = n
	if _, err = client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(killTable), Item: w.put("c", n).Item}); err == nil {
		w.single = n
	}
	return err
}

// check compares what is stored with what was acknowledged, and continues from there.
func (w *writer) check(t *testing.T, stored map[string]int) {
	t.Helper()
	n := stored[fmt.Sprintf("%da", w.id)]
	require.GreaterOrEqual(t, n, w.acknowledged, "an acknowledged write is lost")
	require.LessOrEqual(t, n, w.attempted)
	require.Equal(t, n, stored[fmt.Sprintf("%db", w.id)])
	require.GreaterOrEqual(t, stored[fmt.Sprintf("%dc", w.id)], w.single)
	for old := w.acknowledged - 1; old <= w.attempted; old++ {
		_, exists := stored[fmt.Sprintf("%d#%d", w.id, old)]
		require.Equal(t, old == n && n > 0, exists, "item %d of %d", old, n)
	}
	w.attempted, w.acknowledged = n, n
}

func TestRun_LosesNothingWhenKilled(t *testing.T) {
	const kills, writers = 100, 4
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	file := filepath.Join(t.TempDir(), "data")
	all := make([]*writer, writers)
	for i := range all {
		all[i] = &writer{id: i}
	}
	for kill := range kills + 1 {
		command := startProcess(t, "-data", file, "-tables=false")
		transport := &http.Transport{}
		client := newClient(command.url, func(options *dynamodb.Options) {
			options.RetryMaxAttempts = 1
			options.HTTPClient = &http.Client{Transport: transport}
		})
		if kill == 0 {
			_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
				TableName: aws.String(killTable), BillingMode: types.BillingModePayPerRequest,
				AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
				KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
			})
			require.NoError(t, err)
		}
		stored := scanNumbers(t, client)
		for _, w := range all {
			w.check(t, stored)
		}
		// The kill comes with some acknowledgment, while the other writers have requests under way.
		acknowledged := make(chan struct{})
		var writing sync.WaitGroup
		for _, w := range all {
			writing.Go(func() {
				for w.write(t.Context(), client) == nil {
					acknowledged <- struct{}{}
				}
			})
		}
		go func() { writing.Wait(); close(acknowledged) }()
		for range random.IntN(50) {
			<-acknowledged
		}
		require.NoError(t, command.Process.Kill())
		for range acknowledged { // until the last writer has noticed
		}
		assert.Error(t, command.Wait())
		transport.CloseIdleConnections()
	}
	for _, w := range all {
		assert.Positive(t, w.acknowledged)
	}
}

func scanNumbers(t *testing.T, client *dynamodb.Client) map[string]int {
	t.Helper()
	scan, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(killTable)})
	require.NoError(t, err)
	var items []struct {
		ID string `dynamodbav:"id"`
		N  int    `dynamodbav:"n"`
	}
	require.NoError(t, attributevalue.UnmarshalListOfMaps(scan.Items, &items))
	numbers := map[string]int{}
	for _, item := range items {
		numbers[item.ID] = item.N
	}
	return numbers
}
