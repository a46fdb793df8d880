package bench

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
)

// BenchmarkConcurrency gets specs from a server that is 2 ms away, through the client of packagedb.Get
// and through that of the SDK's defaults. Every caller makes one call for each op, so that the ideal
// is an op in 2 ms. Connections are those that the server accepted, from the first call on, which all
// callers make at once.
func BenchmarkConcurrency(b *testing.B) {
	for _, transport := range []string{"tcp", "tls"} {
		for _, callers := range []int{1, 4, 16, 64, 256} {
			for _, by := range []string{"get", "sdk"} {
				b.Run(fmt.Sprintf("transport=%s/callers=%d/by=%s", transport, callers, by), func(b *testing.B) {
					accepted := farServer(b, transport)
					db, err := packagedb.Get()
					if by == "sdk" {
						db, err = defaultDatabase(b.Context())
					}
					if err != nil {
						b.Fatal(err)
					}
					callTogether(b, callers, func(ctx context.Context) error {
						_, err := db.GetSpec(ctx, "sub", "pets")
						return err
					})
					b.ReportMetric(float64(accepted.Load()), "connections")
				})
			}
		}
	}
}

// distance is how far away the server is.
const distance = 2 * time.Millisecond

// farServer starts a server and makes it that of STAGE=PROD. It counts the connections that it accepts.
func farServer(b *testing.B, transport string) *atomic.Int64 {
	b.Helper()
	accepted := new(atomic.Int64)
	server := httptest.NewUnstartedServer(delayed(canned(specAnswer("pets")), distance))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			accepted.Add(1)
		}
	}
	// A client that gives up a connection while it is being made is what is measured, no error.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if transport == "tls" {
		server.StartTLS()
		bundle := filepath.Join(b.TempDir(), "certificate.pem")
		block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		if err := os.WriteFile(bundle, block, 0o600); err != nil {
			b.Fatal(err)
		}
		b.Setenv("AWS_CA_BUNDLE", bundle)
	} else {
		server.Start()
	}
	b.Cleanup(server.Close)
	for name, value := range map[string]string{
		"STAGE": "PROD", "AWS_ENDPOINT_URL_DYNAMODB": server.URL, "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
	} {
		b.Setenv(name, value)
	}
	return accepted
}

// defaultDatabase is one over the client that the SDK makes of the environment.
func defaultDatabase(ctx context.Context) (packagedb.Database, error) {
	configuration, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	return packagedb.New(dynamodb.NewFromConfig(configuration)), nil
}

// callTogether has every caller make b.N calls, and reports the throughput of all of them, its share
// of the ideal, and the processor time of a call, the server's included.
func callTogether(b *testing.B, callers int, call func(ctx context.Context) error) {
	b.Helper()
	var running sync.WaitGroup
	b.ResetTimer()
	started := processorTime(b)
	for range callers {
		running.Go(func() {
			for range b.N {
				if err := call(b.Context()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	b.StopTimer()
	calls := float64(callers * b.N)
	perSecond := calls / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "calls/s")
	b.ReportMetric(100*perSecond*distance.Seconds()/float64(callers), "%ideal")
	b.ReportMetric(float64(processorTime(b)-started)/calls, "cpu-ns/call")
}
