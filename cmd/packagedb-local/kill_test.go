package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

var kills = flag.Int("kills", 10, "how often TestRun_LosesNothingWhenKilled kills the command under load")

const (
	numbersTable  = "numbers"  // of the writers
	changingTable = "changing" // of the changer
	// maxOpening is how long a command may be under way to its first request when it is killed.
	maxOpening = 100 * time.Millisecond
)

// writer writes numbers in ascending order, one after the other. A write of n is whole if n is in both
// items of the transaction, its own item exists, and the item of n-1 does not.
type writer struct {
	id                      int
	attempted, acknowledged int
	single                  int // the last number that a put on its own acknowledged
}

func (w *writer) key(suffix string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: fmt.Sprintf("%d%s", w.id, suffix)}}
}

func (w *writer) put(suffix string, n int) *types.Put {
	item := w.key(suffix)
	item["n"] = &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
	return &types.Put{TableName: aws.String(numbersTable), Item: item}
}

// write writes the next number. It also puts an item that has expired, which the next request deletes.
func (w *writer) write(ctx context.Context, client *dynamodb.Client) error {
	w.attempted++
	n := w.attempted
	_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: w.put("a", n)},
		{Put: w.put("b", n)},
		{Put: w.put("#"+strconv.Itoa(n), n)},
		{Delete: &types.Delete{TableName: aws.String(numbersTable), Key: w.key("#" + strconv.Itoa(n-1))}},
	}})
	if err != nil {
		return err
	}
	w.acknowledged = n
	if _, err = client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(numbersTable), Item: w.put("c", n).Item}); err != nil {
		return err
	}
	w.single = n
	expired := w.put("expired", n).Item
	expired["expires"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().Unix()-10, 10)}
	_, err = client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(numbersTable), Item: expired})
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
	require.NotContains(t, stored, fmt.Sprintf("%dexpired", w.id))
	for old := w.acknowledged - 1; old <= w.attempted; old++ {
		_, exists := stored[fmt.Sprintf("%d#%d", w.id, old)]
		require.Equal(t, old == n && n > 0, exists, "item %d of %d", old, n)
	}
	w.attempted, w.acknowledged = n, n
}

// changer changes a table in steps: it creates the table, puts an item, adds an index, deletes the
// index, and deletes the table.
type changer struct {
	done    int  // steps that were acknowledged
	pending bool // whether one more was sent
}

const changerSteps = 5

func (c *changer) write(ctx context.Context, client *dynamodb.Client) (err error) {
	table := aws.String(changingTable)
	c.pending = true
	switch c.done % changerSteps {
	case 0:
		_, err = client.CreateTable(ctx, newTable(changingTable))
	case 1:
		_, err = client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: (&writer{}).key("")})
	case 2:
		_, err = client.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: table, AttributeDefinitions: newTable("").AttributeDefinitions,
			GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
				IndexName: aws.String("index"), KeySchema: newTable("").KeySchema, Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}}}}})
	case 3:
		_, err = client.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: table, GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{
			{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String("index")}}}})
	case 4:
		_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: table})
	}
	if err == nil {
		c.done++
		c.pending = false
	}
	return err
}

// check compares the table with the acknowledged steps, of which one more may have been made.
func (c *changer) check(t *testing.T, client *dynamodb.Client) {
	t.Helper()
	expected := func(done int) string {
		return [changerSteps]string{"no table", "0 items, 0 indexes", "1 items, 0 indexes", "1 items, 1 indexes", "1 items, 0 indexes"}[done%changerSteps]
	}
	found := "no table"
	if list, err := client.ListTables(t.Context(), &dynamodb.ListTablesInput{}); assert.NoError(t, err) && len(list.TableNames) == 2 {
		described, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(changingTable)})
		require.NoError(t, err)
		found = fmt.Sprintf("%d items, %d indexes", *described.Table.ItemCount, len(described.Table.GlobalSecondaryIndexes))
		for _, index := range described.Table.GlobalSecondaryIndexes {
			require.Equal(t, described.Table.ItemCount, index.ItemCount)
		}
	}
	if c.pending && found == expected(c.done+1) {
		c.done++
	}
	c.pending = false
	require.Equal(t, expected(c.done), found, "after %d steps", c.done)
}

func newTable(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	}
}

// A command is killed under load, and another one while it opens what the first one left behind.
func TestRun_LosesNothingWhenKilled(t *testing.T) {
	const writers = 4
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	file := filepath.Join(t.TempDir(), "data")
	all := make([]*writer, writers)
	for i := range all {
		all[i] = &writer{id: i}
	}
	changing := &changer{}
	for kill := range *kills + 1 {
		killWhileOpening(t, file, time.Duration(random.Int64N(int64(maxOpening))))
		command := startProcess(t, "-data", file, "-tables=false", "-expiry-delay=0s")
		transport := &http.Transport{}
		client := newClient(command.url, func(options *dynamodb.Options) {
			options.RetryMaxAttempts = 1
			options.HTTPClient = &http.Client{Transport: transport, Timeout: processTimeout}
		})
		if kill == 0 {
			createNumbers(t, client)
		}
		stored := scanNumbers(t, client)
		for _, w := range all {
			w.check(t, stored)
		}
		changing.check(t, client)
		writeUntilKilled(t, command, client, random.IntN(50), all, changing)
		transport.CloseIdleConnections()
	}
	for _, w := range all {
		assert.Positive(t, w.acknowledged)
	}
	assert.Positive(t, changing.done)
}

// The file of each start is nearly all free.
func TestRun_LosesNothingWhenKilledDuringACompaction(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	command := start(t, "-data", file, "-tables=false", "-expiry-delay=0s")
	createNumbers(t, command.client)
	w := &writer{}
	transact := func(from, to int, action func(n int) types.TransactWriteItem) {
		for ; from < to; from += 100 {
			var actions []types.TransactWriteItem
			for n := from; n < from+100; n++ {
				actions = append(actions, action(n))
			}
			_, err := command.client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: actions})
			require.NoError(t, err)
		}
	}
	transact(0, 2000, func(n int) types.TransactWriteItem {
		put := w.put(strconv.Itoa(n), n)
		put.Item["text"] = &types.AttributeValueMemberS{Value: strings.Repeat("x", 1000)}
		return types.TransactWriteItem{Put: put}
	})
	transact(100, 2000, func(n int) types.TransactWriteItem {
		return types.TransactWriteItem{Delete: &types.Delete{TableName: aws.String(numbersTable), Key: w.key(strconv.Itoa(n))}}
	})
	command.stop()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	for range *kills {
		require.NoError(t, os.WriteFile(file, content, 0o600))
		killWhileOpening(t, file, rand.N(maxOpening))
		command := start(t, "-data", file, "-tables=false", "-expiry-delay=0s")
		require.Len(t, scanNumbers(t, command.client), 100)
		command.stop()
		compacted, err := os.Stat(file)
		require.NoError(t, err)
		require.Less(t, compacted.Size(), int64(len(content)/4))
	}
}

func killWhileOpening(t *testing.T, file string, after time.Duration) {
	t.Helper()
	command := newProcess(t, "-data", file, "-tables=false", "-expiry-delay=0s")
	require.NoError(t, command.Start())
	<-time.After(after)
	require.NoError(t, command.Process.Kill())
	assert.Error(t, command.Wait())
}

// writeUntilKilled kills the command after so many acknowledgments, while the other writers have
// requests under way.
func writeUntilKilled(t *testing.T, command *process, client *dynamodb.Client, acknowledgments int, writers []*writer, changing *changer) {
	t.Helper()
	acknowledged := make(chan struct{})
	var writing sync.WaitGroup
	run := func(write func(context.Context, *dynamodb.Client) error) {
		writing.Go(func() {
			for write(t.Context(), client) == nil {
				acknowledged <- struct{}{}
			}
		})
	}
	for _, w := range writers {
		run(w.write)
	}
	run(changing.write)
	go func() { writing.Wait(); close(acknowledged) }()
	for range acknowledgments {
		<-acknowledged
	}
	require.NoError(t, command.Process.Kill())
	for range acknowledged { // until the last writer has noticed
	}
	assert.Error(t, command.Wait())
}

func createNumbers(t *testing.T, client *dynamodb.Client) {
	t.Helper()
	_, err := client.CreateTable(t.Context(), newTable(numbersTable))
	require.NoError(t, err)
	_, err = client.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{TableName: aws.String(numbersTable),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("expires"), Enabled: aws.Bool(true)}})
	require.NoError(t, err)
}

func scanNumbers(t *testing.T, client *dynamodb.Client) map[string]int {
	t.Helper()
	scan, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(numbersTable)})
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
