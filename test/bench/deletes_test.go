package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/internal/engine"
)

// BenchmarkDelete deletes one spec with a history, and all of many specs, from a server that is 5
// ms away. It reports the requests, their average concurrency, and the maximum number of keys that
// were read and not yet deleted.
func BenchmarkDelete(b *testing.B) {
	const distance = 5 * time.Millisecond
	for _, stored := range []struct{ specs, versions int }{{1, 4}, {1, 1_000}, {1, 10_000}, {50, 4}, {1_000, 4}} {
		b.Run(fmt.Sprintf("specs=%d/versions=%d", stored.specs, stored.versions), func(b *testing.B) {
			handler := engine.New()
			near := engineClient(b, handler)
			far := sdkClient("http://localhost", withHandler(delayed(handler, distance)))
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
