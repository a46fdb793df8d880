package testutil

import (
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServer_DropsARequestThatDoesNotArrive(t *testing.T) {
	t.Parallel()
	db := New(t)
	db.Inject(Fault{Kind: Throttle, Operations: []string{"Scan"}})
	const header = "POST / HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-amz-json-1.0\r\n" +
		"X-Amz-Target: DynamoDB_20120810.ListTables\r\nContent-Length: 100\r\n"
	for name, request := range map[string]string{"half a header": header, "half a body": header + "\r\n{"} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(nil)
			server.Config = newHTTPServer(db.backend.faults, 10*time.Millisecond)
			server.Start()
			defer server.Close()
			connection, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer connection.Close()
			_, err = fmt.Fprint(connection, request)
			require.NoError(t, err)
			require.NoError(t, connection.SetReadDeadline(time.Now().Add(readTimeout)))
			response, err := io.ReadAll(connection)
			assert.NotErrorIs(t, err, os.ErrDeadlineExceeded) // but it may be reset
			assert.NotContains(t, string(response), "200 OK")
		})
	}
}
