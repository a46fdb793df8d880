package bench

import (
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
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// BenchmarkConcurrency gets specs from a server that is 2 ms away, through the client of packagedb.Get
// and through the SDK's default client. Every caller makes one call for each op. Connections are those
// that the server accepted.
func BenchmarkConcurrency(b *testing.B) {
	for _, transport := range []string{"tcp", "tls"} {
		for _, callers := range []int{1, 16, 256} {
			for _, by := range []string{"sdk", "get"} {
				b.Run(fmt.Sprintf("transport=%s/callers=%d/by=%s", transport, callers, by), func(b *testing.B) {
					accepted := farServer(b, transport)
					db, err := packagedb.Get()
					require.NoError(b, err)
					if by == "sdk" {
						configuration, err := config.LoadDefaultConfig(b.Context())
						require.NoError(b, err)
						db = packagedb.New(dynamodb.NewFromConfig(configuration))
					}
					callTogether(b, callers, func() error { return failed(db.GetSpec(b.Context(), "sub", "pets")) })
					b.ReportMetric(float64(accepted.Load()), "connections")
				})
			}
		}
	}
}

// farServer starts a server and makes it the one of STAGE=PROD. It counts the connections it accepts.
func farServer(b *testing.B, transport string) *atomic.Int64 {
	b.Helper()
	accepted := new(atomic.Int64)
	server := httptest.NewUnstartedServer(delayed(canned(`{"Item":`+specJSON("pets")+`}`), 2*time.Millisecond))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			accepted.Add(1)
		}
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a client may give up a connection while it is made
	if transport == "tls" {
		server.StartTLS()
		bundle := filepath.Join(b.TempDir(), "certificate.pem")
		block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		require.NoError(b, os.WriteFile(bundle, block, 0o600))
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

// callTogether runs b.N calls in each caller, and reports their total calls per second.
func callTogether(b *testing.B, callers int, call func() error) {
	b.Helper()
	var running sync.WaitGroup
	b.ResetTimer()
	for range callers {
		running.Go(func() {
			for range b.N {
				if !assert.NoError(b, call()) {
					return
				}
			}
		})
	}
	running.Wait()
	b.StopTimer()
	b.ReportMetric(float64(callers*b.N)/b.Elapsed().Seconds(), "calls/s")
}
