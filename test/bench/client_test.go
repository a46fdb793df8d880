package bench

import (
	"context"
	"fmt"
	"strings"
	"testing"

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
		url := newServer(b, canned(bench.answer))
		for via, client := range map[string]*dynamodb.Client{
			"loopback": sdkClient("http://localhost", withHandler(canned(bench.answer))),
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
