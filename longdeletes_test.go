package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// longHistory is the number of versions of the spec that fillLong stores: 5,000 items with the latest.
const longHistory = 4999

// fillLong stores a spec with a long history, over three pages of a query.
func fillLong(t *testing.T, client *dynamodb.Client) {
	t.Helper()
	stored := func(position string) types.WriteRequest {
		spec := specItem(position+"#spec", "spec#"+position)
		spec["description"] = text(strings.Repeat("d", 300))
		return types.WriteRequest{PutRequest: &types.PutRequest{Item: spec}}
	}
	requests := []types.WriteRequest{stored("latest")}
	for version := range longHistory {
		requests = append(requests, stored(fmt.Sprintf("%020d", start+int64(version))))
	}
	for len(requests) > 0 {
		size := min(25, len(requests))
		_, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{"package.specs": requests[:size]},
		})
		must(t, err)
		requests = requests[size:]
	}
}

// left counts the items of the specs.
func left(t *testing.T, client *dynamodb.Client) (items int) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{
		TableName: aws.String("package.specs"), Select: types.SelectCount, ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		items += int(page.Count)
	}
	return items
}

// gauge is a client that counts the keys that were read and not yet deleted.
type gauge struct {
	packagedb.Client
	pageSize int32

	mu         sync.Mutex
	held, most int
}

func (g *gauge) hold(keys int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held += keys
	g.most = max(g.most, g.held)
}

func (g *gauge) Query(
	ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	limited := *input
	limited.Limit = &g.pageSize
	output, err := g.Client.Query(ctx, &limited, options...)
	if err == nil {
		g.hold(len(output.Items))
	}
	return output, err
}

func (g *gauge) BatchWriteItem(
	ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.BatchWriteItemOutput, error) {
	output, err := g.Client.BatchWriteItem(ctx, input, options...)
	if err == nil {
		g.hold(len(output.UnprocessedItems["package.specs"]) - len(input.RequestItems["package.specs"]))
	}
	return output, err
}

func TestALongHistoryIsDeletedUnderThrottlingAndUnprocessedItems(t *testing.T) {
	for name, remove := range map[string]func(packagedb.Database) error{
		"one spec":  func(db packagedb.Database) error { return db.DeleteSpec(t.Context(), "the sub", "spec") },
		"all specs": func(db packagedb.Database) error { return db.DeleteAllSpecs(t.Context(), "the sub") },
	} {
		t.Run(name, func(t *testing.T) {
			db := testutil.New(t)
			fillLong(t, db.Client)
			client := &gauge{Client: db.Client, pageSize: 500}
			injected := db.Inject(
				testutil.Fault{Kind: testutil.Throttle, Rate: 0.2, Seed: 1},
				testutil.Fault{Kind: testutil.Unprocessed, Rate: 0.3, Seed: 2},
				testutil.Fault{Kind: testutil.DropAfter, Rate: 0.05, Seed: 3},
			)
			must(t, remove(packagedb.New(client)))
			injected.Stop()
			t.Logf("%d faults; %d keys were held at most", injected.Count(), client.most)
			if items := left(t, db.Client); items != 0 || injected.Count() < 50 {
				t.Errorf("%d items are left after %d faults", items, injected.Count())
			}
			// Two pages, one of which waits, and the keys for which there are batches.
			if limit := 2*500 + 2*200; client.most > limit {
				t.Errorf("%d keys were held at once, want at most %d", client.most, limit)
			}
		})
	}
}

func TestALongDeleteThatFailsSaysHowManyRemainAndCanBeRepeated(t *testing.T) {
	server := testutil.New(t)
	fillLong(t, server.Client)
	options := server.Client.Options()
	options.Retryer = retry.AddWithMaxAttempts(options.Retryer.(aws.RetryerV2), 1)
	db := packagedb.New(dynamodb.New(options))
	injected := server.Inject(
		testutil.Fault{Kind: testutil.Throttle, Operations: []string{"BatchWriteItem"}, Rate: 0.05, Seed: 1},
		testutil.Fault{Kind: testutil.Unprocessed, Rate: 0.1, Seed: 2},
	)
	remaining, failures := longHistory+1, 0
	for remaining > 0 {
		err := db.DeleteSpec(t.Context(), "the sub", "spec")
		items := left(t, server.Client)
		if err == nil {
			if items != 0 {
				t.Fatalf("a delete succeeded and left %d items", items)
			}
			break
		}
		failures++
		var throttled *types.ProvisionedThroughputExceededException
		if !errors.As(err, &throttled) {
			t.Fatalf("got the error %v, want that of the server", err)
		}
		known := 0
		for _, format := range []string{"%d items deleted, at least %d remain: ", "%d items deleted, %d remain: "} {
			var deleted, remain int
			_, after, _ := strings.Cut(err.Error(), `"spec": `)
			if read, _ := fmt.Sscanf(after, format, &deleted, &remain); read == 2 {
				known++
				exactly := !strings.Contains(format, "least")
				if deleted != remaining-items || remain > items || exactly && remain != items {
					t.Fatalf("of %d items %d are left, and the error says %q", remaining, items, err)
				}
			}
		}
		if known != 1 {
			t.Fatalf("the error does not say how many items remain: %v", err)
		}
		remaining = items
	}
	t.Logf("%d faults; the delete failed %d times before it succeeded", injected.Count(), failures)
	if failures == 0 {
		t.Error("no delete failed")
	}
}
