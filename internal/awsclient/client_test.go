package awsclient

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClient_SilentServer(t *testing.T) {
	for name, test := range map[string]struct{ scheme, text string }{
		"from the beginning":       {"http", ""},
		"in the TLS handshake":     {"https", ""},
		"in the middle of headers": {"http", "HTTP/1.1 200 OK\r\nContent-Le"},
		"in the middle of a body":  {"http", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"},
	} {
		t.Run(name, func(t *testing.T) {
			server := newSilent(t, test.text)
			_, err := listTables(t, newDynamoDB(test.scheme+"://"+server.Addr().String(), shortLimits()))
			assertExhausted(t, err)
			assert.EqualValues(t, 2, server.accepted.Load(), "each attempt connects")
		})
	}
	t.Run("that does not accept", func(t *testing.T) {
		var dials atomic.Int32
		_, err := listTables(t, newDynamoDB("http://localhost:8000", shortLimits(), func(options *dynamodb.Options) {
			options.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
				transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
					dials.Add(1)
					deadline, _ := ctx.Deadline()
					assert.LessOrEqual(t, time.Until(deadline), shortLimits().connect)
					<-ctx.Done()
					return nil, ctx.Err()
				}
			})
		}))
		assertExhausted(t, err)
		assert.EqualValues(t, 2, dials.Load())
	})
}

func TestClient_KeepsTheCallersSettings(t *testing.T) {
	caller := awshttp.NewBuildableClient()
	ours := tune(caller, defaultLimits())
	transport := ours.Transport.(*http.Transport)
	assert.Zero(t, transport.MaxIdleConns, "unlimited")
	assert.Equal(t, 1024, transport.MaxIdleConnsPerHost)
	assert.Equal(t, 5*time.Second, transport.ResponseHeaderTimeout)

	theirs := tune(caller.WithTimeout(3*time.Second).WithTransportOptions(func(transport *http.Transport) {
		transport.TLSHandshakeTimeout = time.Second
		transport.ResponseHeaderTimeout = 2 * time.Second
		transport.MaxIdleConnsPerHost = 2000
		transport.DisableCompression = true
	}), defaultLimits())
	transport = theirs.Transport.(*http.Transport)
	assert.Equal(t, 3*time.Second, theirs.Timeout)
	assert.Equal(t, time.Second, transport.TLSHandshakeTimeout)
	assert.Equal(t, 2*time.Second, transport.ResponseHeaderTimeout)
	assert.Equal(t, 2000, transport.MaxIdleConnsPerHost)
	assert.True(t, transport.DisableCompression)
}

// foreignClient is an HTTP client other than the SDK's.
type foreignClient func() *http.Response

func (c foreignClient) Do(*http.Request) (*http.Response, error) { return c(), nil }

func TestConfigure_ForeignClient(t *testing.T) {
	for _, test := range []struct {
		name, body string
		response   http.Response
		attempts   int
	}{
		{"no body", "", http.Response{}, 2},
		{"a body that is shorter than its length", goodResponse, http.Response{ContentLength: 100}, 2},
		{"a body that it has decompressed", goodResponse, http.Response{Header: http.Header{
			"Content-Type": {contentType}, checksumHeader: {"1"},
		}, Uncompressed: true}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			attempts := 0
			_, err := listTables(t, newDynamoDB("http://localhost:8000", longLimits(), func(options *dynamodb.Options) {
				options.HTTPClient = foreignClient(func() *http.Response {
					attempts++
					response := test.response
					response.StatusCode = http.StatusOK
					if test.body != "" {
						response.Body = io.NopCloser(strings.NewReader(test.body))
					}
					return &response
				})
			}))
			assert.Equal(t, test.attempts, attempts)
			assert.Equal(t, test.attempts == 1, err == nil, err)
		})
	}
}

func TestConfigure_Twice(t *testing.T) {
	var options dynamodb.Options
	Configure(&options, "")
	once := options.HTTPClient
	Configure(&options, "")
	assert.Same(t, once, options.HTTPClient)
}

func TestConfigure_RefusedConnection(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close() // no server listens there
	_, err := listTables(t, newDynamoDB(server.URL, longLimits(), func(options *dynamodb.Options) {
		configure(options, longLimits(), "start the server")
	}))
	require.ErrorContains(t, err, "refused: start the server")
	assert.NotContains(t, err.Error(), "exceeded maximum number of attempts")

	_, err = listTables(t, newDynamoDB(server.URL, longLimits()))
	assertExhausted(t, err)
}
