package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

// The endpoints of other servers to compare with; where one is not set, its part is left out.
const (
	dynaliteVariable = "BENCH_DYNALITE"
	localVariable    = "BENCH_DYNAMODB_LOCAL"
)

// engineClient is a client of an embedded engine, without a socket, and creates both tables there.
func engineClient(b *testing.B, handler *engine.Engine) *dynamodb.Client {
	b.Helper()
	client := sdkClient("http://localhost", func(options *dynamodb.Options) {
		options.HTTPClient = loopback.Client{Handler: handler}
	})
	createTables(b, client)
	return client
}

// createTables creates both tables for the benchmark.
func createTables(b *testing.B, client *dynamodb.Client) {
	b.Helper()
	if err := packagedb.CreateTables(b.Context(), client); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		ctx := context.WithoutCancel(b.Context())
		for _, table := range packagedb.Tables() {
			if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: table.TableName}); err != nil {
				b.Error(err)
			}
			awaitGone(b, client, table.TableName)
		}
	})
}

// awaitGone waits until a table no longer exists, which takes some servers a while.
func awaitGone(b *testing.B, client *dynamodb.Client, table *string) {
	b.Helper()
	waiter := dynamodb.NewTableNotExistsWaiter(client, func(options *dynamodb.TableNotExistsWaiterOptions) {
		options.MinDelay, options.MaxDelay = 10*time.Millisecond, 100*time.Millisecond
	})
	err := waiter.Wait(context.WithoutCancel(b.Context()), &dynamodb.DescribeTableInput{TableName: table}, time.Minute)
	if err != nil {
		b.Error(err)
	}
}

type item = map[string]types.AttributeValue

// history is the latest item of the spec "pets" and as many versions as make up the number of items,
// of some 350 bytes each.
func history(sub string, items int) []item {
	stored := make([]item, items)
	for version := range stored {
		stored[version] = specItem(sub, "pets", version)
	}
	return stored
}

// specItem is an item of the specs table: a version, or the latest item of a spec for version 0.
func specItem(sub, id string, version int) item {
	position := "latest"
	if version > 0 {
		position = fmt.Sprintf("%020d", version)
	}
	return item{
		"sub": text(sub), "id": text(id), "name": text(id), "version": text("1.0.0"), "updated_at": text("1700000000"),
		"model_count": &types.AttributeValueMemberN{Value: "7"}, "title": text("A title of some length"),
		"description":   text("A description that is somewhat longer than the title, as descriptions are"),
		"updated_at_id": text(position + "#" + id), "id_updated_at": text(id + "#" + position),
	}
}

// fill puts items into the specs table.
func fill(b *testing.B, client *dynamodb.Client, items []item) {
	b.Helper()
	for len(items) > 0 {
		requests := make([]types.WriteRequest, min(25, len(items)))
		for i := range requests {
			requests[i].PutRequest = &types.PutRequest{Item: items[i]}
		}
		items = items[len(requests):]
		_, err := client.BatchWriteItem(b.Context(), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{"package.specs": requests},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
