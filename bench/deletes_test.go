package bench

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

// BenchmarkDelete deletes 5,000 items from a server that is 5 ms away: as DeleteAllSpecs does, and one
// page and one batch after the other.
func BenchmarkDelete(b *testing.B) {
	const items, away = 5000, 5 * time.Millisecond
	for _, by := range []string{"overlapped", "one-by-one"} {
		b.Run(fmt.Sprintf("items=%d/by=%s", items, by), func(b *testing.B) {
			handler := engine.New()
			near := engineClient(b, handler)
			far := sdkClient("http://localhost", func(options *dynamodb.Options) {
				options.HTTPClient = loopback.Client{Handler: delayed(handler, away)}
			})
			db, hand := packagedb.New(far), &byHand{client: far}
			for b.Loop() {
				b.StopTimer()
				fill(b, near, history("sub", items))
				b.StartTimer()
				var err error
				if by == "overlapped" {
					err = db.DeleteAllSpecs(b.Context(), "sub")
				} else {
					err = hand.DeleteAllSpecs(b.Context(), "sub")
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDeleteMemory deletes histories of growing length, and reports how many keys were read and
// not yet deleted, at most.
func BenchmarkDeleteMemory(b *testing.B) {
	for _, items := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("items=%d", items), func(b *testing.B) {
			b.ReportAllocs()
			most := 0
			for b.Loop() {
				client := &keyCounter{items: items}
				if err := packagedb.New(client).DeleteAllSpecs(b.Context(), "sub"); err != nil {
					b.Fatal(err)
				}
				most = max(most, client.most)
			}
			b.ReportMetric(float64(most), "keys-held")
		})
	}
}

// keysOfPage is how many keys there are on a page of 1 MB of items of 350 bytes.
const keysOfPage = 1 << 20 / 350

// keyCounter has a number of items, of which it makes up the keys.
type keyCounter struct {
	packagedb.Client
	items int

	mu         sync.Mutex
	read       int
	held, most int
}

func (c *keyCounter) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	output := &dynamodb.QueryOutput{}
	for range min(keysOfPage, c.items-c.read) {
		c.read++
		output.Items = append(output.Items, map[string]types.AttributeValue{
			"sub": text("sub"), "updated_at_id": text(fmt.Sprintf("%020d#spec", c.items-c.read)),
		})
	}
	if c.read < c.items {
		output.LastEvaluatedKey = output.Items[len(output.Items)-1]
	}
	c.held += len(output.Items)
	c.most = max(c.most, c.held)
	return output, nil
}

func (c *keyCounter) BatchWriteItem(_ context.Context, input *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, requests := range input.RequestItems {
		c.held -= len(requests)
	}
	return &dynamodb.BatchWriteItemOutput{}, nil
}
