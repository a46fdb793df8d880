package awsclient

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClient_SilentServer(t *testing.T) {
	for name, text := range map[string]string{
		"from the beginning":       "",
		"in the middle of headers": "HTTP/1.1 200 OK\r\nContent-Le",
		"in the middle of a body":  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			server := listen(t, silent(text))
			_, err := listTables(t, newDynamoDB("http://"+server.host(), shortLimits()))
			assertExhausted(t, err)
			assert.EqualValues(t, 2, server.accepted.Load(), "each attempt connects")
		})
	}
	t.Run("in the TLS handshake", func(t *testing.T) {
		server := listen(t, silent(""))
		_, err := listTables(t, newDynamoDB("https://"+server.host(), shortLimits()))
		assertExhausted(t, err)
		assert.EqualValues(t, 2, server.accepted.Load())
	})
	t.Run("that does not accept", func(t *testing.T) {
		var dials atomic.Int32
		_, err := listTables(t, newDynamoDB("http://localhost:8000", shortLimits(), func(options *dynamodb.Options) {
			options.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
				transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
					dials.Add(1)
					_, bounded := ctx.Deadline()
					assert.True(t, bounded)
					<-ctx.Done()
					return nil, ctx.Err()
				}
			})
		}))
		assertExhausted(t, err)
		assert.EqualValues(t, 2, dials.Load())
	})
}

// newSevered returns a client whose 20 idle connections are dead, while new ones work.
func newSevered(t *testing.T, limits limits) (*dynamodb.Client, proxy) {
	t.Helper()
	const connections = 20
	var requests atomic.Int32
	var together sync.WaitGroup // the first requests, so that each has a connection of its own
	together.Add(connections)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) <= connections {
			together.Done()
			together.Wait()
		}
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	proxy := newProxy(t, server.Listener.Addr().String())
	client := newDynamoDB("http://"+proxy.host(), limits)
	var calls sync.WaitGroup
	for range connections {
		calls.Go(func() {
			_, err := listTables(t, client)
			assert.NoError(t, err)
		})
	}
	calls.Wait()
	require.EqualValues(t, connections, proxy.accepted.Load())
	proxy.severed.Store(connections)
	return client, proxy
}

func TestClient_DeadIdleConnections(t *testing.T) {
	limits := longLimits()
	limits.headers = 500 * time.Millisecond
	client, proxy := newSevered(t, limits)
	_, err := listTables(t, client) // with 2 attempts
	require.NoError(t, err)
	assert.EqualValues(t, 21, proxy.accepted.Load())
}

func TestClient_DeadConnectionsInUse(t *testing.T) {
	limits := longLimits()
	limits.headers = 500 * time.Millisecond
	client, _ := newSevered(t, limits)
	var calls sync.WaitGroup
	for range 40 { // more than there are dead connections
		calls.Go(func() {
			_, err := listTables(t, client)
			assert.NoError(t, err)
		})
	}
	calls.Wait()
}

func TestClient_CallersDeadline(t *testing.T) {
	// callSilent calls over a dead connection with a deadline.
	callSilent := func(t *testing.T, client *dynamodb.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := client.ListTables(ctx, &dynamodb.ListTablesInput{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	t.Run("after a long silence drops the idle connections", func(t *testing.T) {
		limits := longLimits()
		limits.silence = 0
		client, proxy := newSevered(t, limits)
		callSilent(t, client)
		_, err := listTables(t, client)
		require.NoError(t, err)
		assert.EqualValues(t, 21, proxy.accepted.Load())
	})
	t.Run("after a short silence keeps the idle connections", func(t *testing.T) {
		limits := longLimits()
		limits.silence = time.Minute
		client, proxy := newSevered(t, limits)
		callSilent(t, client)
		callSilent(t, client)
		assert.EqualValues(t, 20, proxy.accepted.Load())
	})
}

func TestClient_IdleConnections(t *testing.T) {
	transport := tuned(awshttp.NewBuildableClient(), defaultLimits()).Transport.(*http.Transport)
	assert.GreaterOrEqual(t, transport.MaxIdleConnsPerHost, 256)
	assert.Zero(t, transport.MaxIdleConns, "unlimited")
}

func TestClient_KeepsTheCallersSettings(t *testing.T) {
	t.Run("and its shorter timeouts", func(t *testing.T) {
		client := tuned(awshttp.NewBuildableClient().WithTimeout(3*time.Second).
			WithTransportOptions(func(transport *http.Transport) {
				transport.TLSHandshakeTimeout = time.Second
				transport.ResponseHeaderTimeout = 2 * time.Second
				transport.MaxIdleConnsPerHost = 2000
				transport.DisableCompression = true
			}), defaultLimits())
		transport := client.Transport.(*http.Transport)
		assert.Equal(t, time.Second, transport.TLSHandshakeTimeout)
		assert.Equal(t, 2*time.Second, transport.ResponseHeaderTimeout)
		assert.Equal(t, 2000, transport.MaxIdleConnsPerHost)
		assert.True(t, transport.DisableCompression)
		assert.Equal(t, 3*time.Second, client.Timeout)
	})
	t.Run("but shortens its longer timeouts", func(t *testing.T) {
		transport := tuned(awshttp.NewBuildableClient(), defaultLimits()).Transport.(*http.Transport)
		assert.Equal(t, 5*time.Second, transport.TLSHandshakeTimeout)
		assert.Equal(t, 5*time.Second, transport.ResponseHeaderTimeout)
	})
	t.Run("and a foreign client", func(t *testing.T) {
		foreign := new(foreignClient)
		_, err := listTables(t, newDynamoDB("http://localhost:8000", longLimits(), func(options *dynamodb.Options) {
			options.HTTPClient = foreign
		}))
		assertExhausted(t, err)
		assert.Equal(t, 2, foreign.requests)
	})
}

// foreignClient returns successes without a body.
type foreignClient struct{ requests int }

func (c *foreignClient) Do(*http.Request) (*http.Response, error) {
	c.requests++
	return &http.Response{StatusCode: http.StatusOK}, nil
}

func TestConfigure_Twice(t *testing.T) {
	var options dynamodb.Options
	Configure(&options, "")
	once := options.HTTPClient
	Configure(&options, "")
	assert.Same(t, once, options.HTTPClient)
}

func TestConfigure_RefusedConnection(t *testing.T) {
	server := listen(t, nil)
	_ = server.Close() // no server listens there
	options := dynamodb.Options{BaseEndpoint: new(string), Region: "us-east-1"}
	*options.BaseEndpoint = "http://" + server.host()
	t.Run("is not retried if there is advice", func(t *testing.T) {
		_, err := listTables(t, dynamodb.New(options, func(options *dynamodb.Options) {
			configure(options, longLimits(), "start the server")
		}))
		require.ErrorContains(t, err, "refused: start the server")
		assert.NotContains(t, err.Error(), "exceeded maximum number of attempts")
	})
	t.Run("is retried otherwise", func(t *testing.T) {
		_, err := listTables(t, newDynamoDB("http://"+server.host(), longLimits()))
		assertExhausted(t, err)
	})
}
