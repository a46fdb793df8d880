package bench

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/internal/engine"
)

// BenchmarkPages lists 2,000 specs at once and in pages of 100, as an HTTP API does, and reports the
// requests and the capacity units.
func BenchmarkPages(b *testing.B) {
	const specs = 2000
	client := engineClient(b, engine.New())
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
