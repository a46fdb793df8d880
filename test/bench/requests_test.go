package bench

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/testutil"
)

// BenchmarkPages lists 2,000 specs at once and in pages of 100, as an HTTP API does, and reports the
// requests and the capacity units.
func BenchmarkPages(b *testing.B) {
	const specs = 2000
	client := testutil.New(b).Client
	for i := range specs {
		fill(b, client, fmt.Sprintf("spec-%04d", i), 1)
	}
	for name, options := range map[string][]packagedb.ListOption{
		"list=whole":                  nil,
		"list=pages/order=ascending":  {packagedb.Limit(100)},
		"list=pages/order=descending": {packagedb.Limit(100), packagedb.Descending()},
	} {
		b.Run(name, func(b *testing.B) {
			var counted *meter
			for b.Loop() {
				counted = new(meter)
				db := packagedb.New(dbtest.Intercept(client, counted.handle))
				listed := 0
				for next := options; ; {
					page, err := db.ListSpecs(b.Context(), "sub", next...)
					require.NoError(b, err)
					listed += len(page)
					if len(page) < 100 || options == nil {
						break
					}
					next = slices.Concat(options, []packagedb.ListOption{packagedb.After(page[len(page)-1].ID)})
				}
				require.Equal(b, specs, listed)
			}
			b.ReportMetric(float64(counted.requests), "requests")
			b.ReportMetric(counted.units, "units")
		})
	}
}

// BenchmarkDelete deletes one spec with a history, and all of many specs, from a server that is 5
// ms away. It reports the requests, their average concurrency, and the maximum number of keys that
// were read and not yet deleted.
func BenchmarkDelete(b *testing.B) {
	const distance = 5 * time.Millisecond
	for _, stored := range []struct{ specs, versions int }{{1, 4}, {1, 1_000}, {1, 10_000}, {50, 4}, {1_000, 4}} {
		b.Run(fmt.Sprintf("specs=%d/versions=%d", stored.specs, stored.versions), func(b *testing.B) {
			handler := engine.New()
			near := loopbackClient(handler)
			far := loopbackClient(delayed(handler, distance))
			require.NoError(b, packagedb.CreateTables(b.Context(), near))
			var counted *meter
			requests := 0
			for b.Loop() {
				b.StopTimer()
				for i := range stored.specs {
					fill(b, near, fmt.Sprintf("spec-%05d", i), stored.versions)
				}
				counted = new(meter)
				db := packagedb.New(dbtest.Intercept(far, counted.handle))
				b.StartTimer()
				if stored.specs == 1 {
					require.NoError(b, db.DeleteSpec(b.Context(), "sub", "spec-00000"))
				} else {
					require.NoError(b, db.DeleteAllSpecs(b.Context(), "sub"))
				}
				requests += counted.requests
			}
			b.ReportMetric(float64(counted.requests), "requests")
			b.ReportMetric(float64(requests)*distance.Seconds()/b.Elapsed().Seconds(), "at-a-time")
			b.ReportMetric(float64(counted.most), "keys-held")
		})
	}
}

// meter counts requests, the capacity units of queries, and the keys that were read and not yet deleted.
type meter struct {
	mu         sync.Mutex
	requests   int
	units      float64
	held, most int
}

// handle implements [dbtest.Handler].
func (m *meter) handle(_ string, input any, next func() (any, error)) (any, error) {
	if query, ok := input.(*dynamodb.QueryInput); ok {
		query.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	}
	output, err := next()
	switch input := input.(type) {
	case *dynamodb.QueryInput:
		if page := output.(*dynamodb.QueryOutput); err == nil {
			m.count(*page.ConsumedCapacity.CapacityUnits, len(page.Items))
		}
	case *dynamodb.TransactWriteItemsInput:
		m.count(0, -len(input.TransactItems))
	case *dynamodb.BatchWriteItemInput:
		for _, requests := range input.RequestItems {
			m.count(0, -len(requests))
		}
	}
	return output, err
}

func (m *meter) count(units float64, keys int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	m.units += units
	m.held += keys
	m.most = max(m.most, m.held)
}
