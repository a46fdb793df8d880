package packagedb_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// These tests run in bubbles, in which the time of a silence passes at once, over connections in memory.

// elapse waits, in a bubble, for no real time.
func elapse(d time.Duration) { <-time.After(d) }

// network opens connections to a server, and breaks them.
type network struct {
	serve func(net.Conn) // until the connection ends
	mu    sync.Mutex
	lines []*line
	used  *line // that of the last request

	restarts atomic.Int32 // of the server of withIdle, which resets what was connected before
}

// line is the client's end of a connection.
type line struct {
	net.Conn
	network *network
	dead    atomic.Bool // what is written to it gets lost
}

func (l *line) Write(data []byte) (int, error) {
	l.network.mu.Lock()
	l.network.used = l
	l.network.mu.Unlock()
	if l.dead.Load() {
		return len(data), nil
	}
	return l.Conn.Write(data)
}

// Read fails as it does after a probe of the kernel, once a dead connection is closed.
func (l *line) Read(data []byte) (int, error) {
	n, err := l.Conn.Read(data)
	if err != nil && l.dead.Load() {
		err = syscall.ETIMEDOUT
	}
	return n, err
}

// nowhere is the address of a host that does not respond.
const nowhere = "nowhere:80"

func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	if address == nowhere {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	client, server := net.Pipe()
	go func() {
		n.serve(server)
		_ = server.Close()
	}()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, &line{Conn: client, network: n})
	return n.lines[len(n.lines)-1], nil
}

// dials returns how many connections there have been.
func (n *network) dials() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.lines)
}

// sever makes all connections dead but one, which may be nil.
func (n *network) sever(but *line) {
	for _, line := range n.lines {
		line.dead.Store(line != but)
	}
}

// end ends all connections, or those that are dead.
func (n *network) end(dead bool) {
	for _, line := range n.lines {
		if line.dead.Load() || !dead {
			_ = line.Close()
		}
	}
	synctest.Wait()
}

// client returns a client that connects to an endpoint over the network. It tries a request twice.
func (n *network) client(endpoint string, options func(*dynamodb.Options), change ...func(*http.Transport)) *dynamodb.Client {
	change = append(change, func(transport *http.Transport) { transport.DialContext = n.dial })
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: &endpoint, Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 2,
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(change...),
	}, options)
}

// list makes a call of a Database.
func list(ctx context.Context, client *dynamodb.Client) error {
	return call(ctx, packagedb.New(client), "ListSpecs")
}

// respond serves a connection: each request gets an empty list after some milliseconds, unless lost says
// that the connection ends instead.
func respond(connection net.Conn, lost func() bool) {
	for reader := bufio.NewReader(connection); ; {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		elapse(10 * time.Millisecond)
		if lost() {
			return
		}
		_, _ = fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"+
			"Content-Length: %d\r\n\r\n%s", len(noItems), noItems)
	}
}

// withIdle runs a test with a client that has idle connections, all of them healthy.
func withIdle(t *testing.T, connections int, test func(*testing.T, *network, *dynamodb.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := new(network)
		n.serve = func(connection net.Conn) {
			restarts := n.restarts.Load()
			respond(connection, func() bool { return n.restarts.Load() > restarts })
		}
		client := n.client("http://database", packagedb.ClientOptions)
		var callers sync.WaitGroup
		for range connections { // all of which wait for a response at the same time
			callers.Go(func() { assert.NoError(t, list(t.Context(), client)) })
		}
		callers.Wait()
		require.Equal(t, connections, n.dials())
		test(t, n, client)
		elapse(time.Minute) // dials go on without the attempt that started them, until their limit
		n.end(false)
	})
}

// failures returns how many calls, one after another, end without a result.
func failures(t *testing.T, client *dynamodb.Client, calls int, limit func(context.Context) (context.Context, func())) (failed int) {
	t.Helper()
	started := time.Now()
	for range calls {
		ctx, cancel := limit(t.Context())
		if list(ctx, client) != nil {
			failed++
		}
		cancel()
	}
	t.Logf("%d of %d calls failed, in %v", failed, calls, time.Since(started))
	return failed
}

// deadline ends a context after some time.
func deadline(after time.Duration) func(context.Context) (context.Context, func()) {
	return func(ctx context.Context) (context.Context, func()) {
		ctx, cancel := context.WithTimeout(ctx, after)
		return ctx, cancel
	}
}

// cancelation cancels a context after some time.
func cancelation(after time.Duration) func(context.Context) (context.Context, func()) {
	return func(ctx context.Context) (context.Context, func()) {
		ctx, cancel := context.WithCancel(ctx)
		timer := time.AfterFunc(after, cancel)
		return ctx, func() { timer.Stop(); cancel() }
	}
}

func TestConnections_DeadIdle(t *testing.T) {
	for _, test := range []struct {
		name  string
		limit func(context.Context) (context.Context, func())
		most  int
	}{
		{"deadline 100 ms", deadline(100 * time.Millisecond), 1},
		{"deadline 300 ms", deadline(300 * time.Millisecond), 1},
		{"deadline 900 ms", deadline(900 * time.Millisecond), 1},
		{"deadline 5 s", deadline(5 * time.Second), 1},
		{"canceled after 100 ms", cancelation(100 * time.Millisecond), 1},
		{"canceled after 3 s", cancelation(3 * time.Second), 1},
		{"no limit", cancelation(time.Hour), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			withIdle(t, 50, func(t *testing.T, n *network, client *dynamodb.Client) {
				n.sever(nil)
				assert.LessOrEqual(t, failures(t, client, 50, test.limit), test.most)
				assert.Equal(t, 51, n.dials())
			})
		})
	}
}

// TestConnections_DeadIdleBesideALiveOne has one connection that is always busy, and answers. This says
// that the server is there, so that calls on dead connections close none but their own: only the kernel's
// keep-alive finds those. Here, end plays the kernel.
func TestConnections_DeadIdleBesideALiveOne(t *testing.T) {
	withIdle(t, 10, func(t *testing.T, n *network, client *dynamodb.Client) {
		require.NoError(t, list(t.Context(), client))
		n.sever(n.used) // the next request uses it again
		ctx, stop := context.WithCancel(t.Context())
		var busy sync.WaitGroup
		busy.Go(func() {
			for ctx.Err() == nil {
				assert.NoError(t, list(context.WithoutCancel(ctx), client))
			}
		})
		elapse(5 * time.Millisecond) // in the middle of a request
		assert.Equal(t, 3, failures(t, client, 3, deadline(100*time.Millisecond)), "without keep-alive")
		n.end(true)
		assert.Zero(t, failures(t, client, 3, deadline(100*time.Millisecond)), "with keep-alive")
		stop()
		busy.Wait()
	})
}

// TestConnections_NothingWritten has attempts that end before they send anything, which says nothing about
// the idle connections.
func TestConnections_NothingWritten(t *testing.T) {
	canceled := func(ctx context.Context) (context.Context, func()) {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx, cancel
	}
	for _, test := range []struct {
		name, endpoint string
		calls          int // in less time than idle connections are kept
		limit          func(context.Context) (context.Context, func())
	}{
		{"a deadline in the past", "http://database", 20, deadline(-time.Second)},
		{"a canceled context", "http://database", 20, canceled},
		{"a dial until the deadline", "http://" + nowhere, 20, deadline(3 * time.Second)},
		{"a dial until its limit", "http://" + nowhere, 5, deadline(time.Hour)},
	} {
		t.Run(test.name, func(t *testing.T) {
			withIdle(t, 20, func(t *testing.T, n *network, client *dynamodb.Client) {
				for range test.calls {
					ctx, cancel := test.limit(t.Context())
					_, err := client.ListTables(ctx, &dynamodb.ListTablesInput{}, func(options *dynamodb.Options) {
						options.BaseEndpoint = &test.endpoint
					})
					assert.Error(t, err)
					cancel()
				}
				var callers sync.WaitGroup
				for range 20 {
					callers.Go(func() { assert.NoError(t, list(t.Context(), client)) })
				}
				callers.Wait()
				assert.Equal(t, 20, n.dials())
			})
		})
	}
}

func TestConnections_ResetIdle(t *testing.T) {
	withIdle(t, 50, func(t *testing.T, n *network, client *dynamodb.Client) {
		n.restarts.Add(1)
		assert.Equal(t, 1, failures(t, client, 50, deadline(time.Hour)), "both of its attempts")
		assert.Equal(t, 51, n.dials(), "the second reset in a row closes all")
	})
}

// sdkOptions keep the SDK's client, without its quota of retries.
func sdkOptions(options *dynamodb.Options) {
	options.Retryer = retry.NewStandard(func(options *retry.StandardOptions) { options.RateLimiter = ratelimit.None })
}

func TestConnections_Resets(t *testing.T) {
	dials := func(options func(*dynamodb.Options)) (dials int) {
		synctest.Test(t, func(t *testing.T) {
			var requests atomic.Int32
			n := &network{serve: func(connection net.Conn) {
				respond(connection, func() bool {
					request := requests.Add(1)
					elapse(time.Duration(request%7) * time.Millisecond)
					return request%10 == 0
				})
			}}
			client := n.client("http://database", options)
			var callers sync.WaitGroup
			for range 100 {
				callers.Go(func() {
					for range 10 {
						_ = list(t.Context(), client)
						elapse(5 * time.Millisecond) // with what the call returned
					}
				})
			}
			callers.Wait()
			dials = n.dials()
			n.end(false)
		})
		return dials
	}
	ours, sdks := dials(packagedb.ClientOptions), dials(sdkOptions)
	t.Logf("100 resets among 100 callers: %d connections, %d with the SDK's client", ours, sdks)
	assert.LessOrEqual(t, ours, sdks)
}

// silence reads until the connection ends, and writes nothing.
func silence(connection net.Conn) { _, _ = io.Copy(io.Discard, connection) }

// slowProxy returns a proxy that responds to CONNECT, and to nothing after that.
func slowProxy(response string, pause time.Duration) func(net.Conn) {
	return func(connection net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(connection)); err == nil {
			for _, char := range response {
				elapse(pause)
				_, _ = io.WriteString(connection, string(char))
			}
		}
		silence(connection)
	}
}

func TestConnections_ConnectingIsBounded(t *testing.T) {
	for _, test := range []struct {
		name, proxy, endpoint string
		serve                 func(net.Conn)
		want                  string
	}{
		{"a dial", "", "http://" + nowhere, nil, "connecting timed out"},
		{"a TLS handshake", "", "https://database", silence, "connecting timed out"},
		{"CONNECT", "http://proxy", "https://database", silence, "connecting timed out"},
		{"slow CONNECT", "http://proxy", "https://database", slowProxy("HTTP/1.1 200 OK\r\n\r\n", 300*time.Millisecond), "connecting timed out"},
		{"TLS after CONNECT", "http://proxy", "https://database", slowProxy("HTTP/1.1 200 OK\r\n\r\n", 200*time.Millisecond), "connecting timed out"},
		{"TLS to the proxy", "https://proxy", "https://database", silence, "connecting timed out"},
		{"TLS to the proxy, for HTTP", "https://proxy", "http://database", silence, "connecting timed out"},
		{"a TLS dialer of the caller's", "own", "https://database", silence, "connecting timed out"},
		{"SOCKS", "socks5://proxy", "https://database", silence, "connecting timed out"},
		{"a request to the proxy", "http://proxy", "http://database", silence, "attempt timed out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{serve: test.serve}
				client := n.client(test.endpoint, packagedb.ClientOptions, func(transport *http.Transport) {
					transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(test.proxy) }
					switch test.proxy {
					case "":
						transport.Proxy = nil
					case "own":
						transport.Proxy = nil
						transport.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
							connection, err := n.dial(ctx, network, address)
							return tls.Client(connection, &tls.Config{ServerName: "database"}), err
						}
					}
				})
				started := time.Now()
				err := list(t.Context(), client)
				elapsed := time.Since(started)
				t.Log(elapsed, err)
				require.ErrorContains(t, err, test.want)
				assert.NotErrorIs(t, err, context.DeadlineExceeded)
				var exhausted *retry.MaxAttemptsError
				require.ErrorAs(t, err, &exhausted)
				assert.Equal(t, 2, exhausted.Attempt)
				assert.Less(t, elapsed, 11*time.Second, "5 seconds for each of two attempts")
				elapse(time.Minute) // the proxy notices
			})
		})
	}
}

// TestConnections_TheLimitOfConnectingEndsWithIt uses a connection for longer than it may take to open.
func TestConnections_TheLimitOfConnectingEndsWithIt(t *testing.T) {
	withIdle(t, 1, func(t *testing.T, n *network, client *dynamodb.Client) {
		for range 3 {
			elapse(time.Minute)
			require.NoError(t, list(t.Context(), client))
		}
		assert.Equal(t, 1, n.dials())
	})
}
