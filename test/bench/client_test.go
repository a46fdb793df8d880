// Package bench measures what packagedb adds to the SDK, the cost of its pages and deletes, and how
// many callers the client of packagedb.Get serves.
//
// "make bench" prints the figures of docs/performance.md.
package bench

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
)

// BenchmarkCall compares calls with the bare call of the SDK, which sends the same prepared request
// and ignores the output. The server's answer is prepared too, so nearly all of the time is the
// client's.
func BenchmarkCall(b *testing.B) {
	page := make([]string, 100)
	for i := range page {
		page[i] = specJSON(fmt.Sprintf("spec-%03d", i))
	}
	for _, bench := range []struct {
		name, answer string
		call         func(ctx context.Context, db packagedb.Database) error
	}{
		{"GetSpec", `{"Item":` + specJSON("pets") + `}`, func(ctx context.Context, db packagedb.Database) error {
			return failed(db.GetSpec(ctx, "sub", "pets"))
		}},
		{"ListSpecs100", fmt.Sprintf(`{"Items":[%s],"Count":100,"ScannedCount":100}`, strings.Join(page, ",")),
			func(ctx context.Context, db packagedb.Database) error { return failed(db.ListSpecs(ctx, "sub")) }},
		{"CreateUpdateSpec", `{}`, func(ctx context.Context, db packagedb.Database) error {
			return failed(db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "pets", Version: "1.0.0"}))
		}},
	} {
		server := httptest.NewServer(canned(bench.answer))
		b.Cleanup(server.Close)
		url := server.URL
		for via, client := range map[string]*dynamodb.Client{
			"loopback": loopbackClient(server.Config.Handler),
			"tcp":      sdkClient(url),
		} {
			b.Run(fmt.Sprintf("call=%s/via=%s", bench.name, via), func(b *testing.B) {
				var recorded recorder
				require.NoError(b, bench.call(b.Context(), packagedb.New(dbtest.Intercept(client, recorded.handle))))
				db := packagedb.New(client)
				inTurn(b,
					func() error { return bench.call(b.Context(), db) },
					func() error { return recorded.again() })
			})
		}
		b.Run(fmt.Sprintf("call=%s/via=get", bench.name), func(b *testing.B) {
			b.Setenv("STAGE", "TEST")
			b.Setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
			db, err := packagedb.Get()
			require.NoError(b, err)
			var recorded recorder
			require.NoError(b, bench.call(b.Context(), packagedb.New(dbtest.Intercept(sdkClient(url), recorded.handle))))
			inTurn(b,
				func() error { return bench.call(b.Context(), db) },
				func() error { return recorded.again() })
		})
	}
}

func failed[T any](_ T, err error) error { return err }

// recorder keeps the last request, to send it again.
type recorder struct{ again func() error }

// handle implements [dbtest.Handler].
func (r *recorder) handle(_ string, _ any, next func() (any, error)) (any, error) {
	r.again = func() error { return failed(next()) }
	return next()
}

// BenchmarkGet measures packagedb.Get after the first call.
func BenchmarkGet(b *testing.B) {
	for _, stage := range []string{"TEST", "PROD"} {
		b.Run("stage="+stage, func(b *testing.B) {
			b.Setenv("STAGE", stage)
			b.Setenv("AWS_REGION", "eu-west-1")
			require.NoError(b, failed(packagedb.Get()))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = packagedb.Get()
			}
		})
	}
}

// inTurn alternates between a call of packagedb and a bare one of the SDK, and reports the
// processor time and the allocations of each, and the ratio of the times. Other load slows both
// alike.
func inTurn(b *testing.B, call, bare func() error) {
	b.Helper()
	calls := [...]func() error{call, bare}
	var used [len(calls)]time.Duration
	for turn := 0; b.Loop(); turn++ {
		for i := range calls {
			i = (i + turn) % len(calls)
			started := processorTime(b)
			require.NoError(b, calls[i]())
			used[i] += processorTime(b) - started
		}
	}
	b.ReportMetric(0, "ns/op") // of both calls together
	b.ReportMetric(float64(used[0])/float64(b.N), "cpu-ns")
	b.ReportMetric(float64(used[1])/float64(b.N), "sdk-cpu-ns")
	b.ReportMetric(float64(used[0])/float64(used[1]), "times-sdk")
	b.ReportMetric(testing.AllocsPerRun(100, func() { _ = call() }), "allocs")
	b.ReportMetric(testing.AllocsPerRun(100, func() { _ = bare() }), "sdk-allocs")
}

// processorTime returns the processor time of this process.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
