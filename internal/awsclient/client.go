package awsclient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// maxIdleConnections is per host. With the SDK's 10, every concurrent caller over that number connects
// anew for each request.
const maxIdleConnections = 1024

// keepAlive makes the kernel end an idle connection when it has heard nothing of the other side for 20
// seconds.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second, Count: 3}

// Client is an HTTP client that returns complete responses only. It bounds each attempt, and closes its
// idle connections if one of them seems to be dead.
type Client struct {
	http  dynamodb.HTTPClient
	tuned bool // http is ours: its new connections have a deadline, which Do removes
	limits
	advice string

	responses atomic.Uint64 // how many were complete
	lastReset atomic.Uint64 // responses at the last reset of a reused connection, plus 1
}

// newClient returns a Client over the caller's, tuned if it is the SDK's.
func newClient(caller dynamodb.HTTPClient, limits limits, advice string) *Client {
	if caller == nil {
		caller = awshttp.NewBuildableClient()
	}
	switch c := caller.(type) {
	case *Client:
		return c
	case *awshttp.BuildableClient:
		return &Client{http: tune(c, limits), tuned: true, limits: limits, advice: advice}
	}
	return &Client{http: caller, limits: limits, advice: advice}
}

// tune returns an HTTP client with the settings of the SDK's, more idle connections, and timeouts within
// the limits. It follows no redirect: DynamoDB sends none.
func tune(client *awshttp.BuildableClient, limits limits) *http.Client {
	transport := client.GetTransport() // a copy
	transport.MaxIdleConns = 0         // no bound but that per host
	transport.MaxIdleConnsPerHost = max(transport.MaxIdleConnsPerHost, maxIdleConnections)
	transport.ResponseHeaderTimeout = shorter(transport.ResponseHeaderTimeout, limits.headers)
	// DynamoDB speaks HTTP/1.1. HTTP/2 would share one connection, which cannot be closed in use.
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	dial := dialer{transport.DialContext, limits.connect, keepAlive}
	switch {
	case dial.dial == nil:
		dial.dial = new(net.Dialer).DialContext
	case !isSDKs(dial.dial):
		dial.keepAlive = net.KeepAliveConfig{} // the caller's stays
	}
	transport.DialContext = dial.dialContext
	if transport.DialTLSContext != nil {
		transport.DialTLSContext = dialer{dial: transport.DialTLSContext, limit: limits.connect}.dialContext
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       client.GetTimeout(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dialFunc opens a connection, as [net.Dialer.DialContext] does.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// isSDKs reports whether dial is the function of the SDK's default transport, which has no other mark
// than its code.
func isSDKs(dial dialFunc) bool {
	sdks := awshttp.NewBuildableClient().GetTransport().DialContext
	return reflect.ValueOf(dial).Pointer() == reflect.ValueOf(sdks).Pointer()
}

// dialer opens connections that are ready for a request within a limit.
type dialer struct {
	dial      dialFunc
	limit     time.Duration
	keepAlive net.KeepAliveConfig // if enabled
}

// dialContext implements [http.Transport.DialContext]. The connection keeps the deadline of the dial for what
// the transport does before it sends a request: CONNECT to a proxy and TLS handshakes. A connection that
// no request uses until then is closed.
func (d dialer) dialContext(ctx context.Context, network, address string) (net.Conn, error) {
	deadline := time.Now().Add(d.limit)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	connection, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := connection.(*net.TCPConn); ok && d.keepAlive.Enable {
		_ = tcp.SetKeepAliveConfig(d.keepAlive) // where the platform has it
	}
	_ = connection.SetDeadline(deadline) // the caller's connection may have none
	return connection, nil
}

// shorter returns the shorter of two timeouts, the first of which may be 0 for none.
func shorter(timeout, limit time.Duration) time.Duration {
	if timeout == 0 {
		return limit
	}
	return min(timeout, limit)
}

// Do sends a request and returns its response, read to the end, or an error that the retryer
// recognizes.
func (c *Client) Do(request *http.Request) (*http.Response, error) {
	attempt := attempt{responses: c.responses.Load()}
	ctx, cancel := context.WithTimeout(request.Context(), c.attempt)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		attempt.connected.Store(true)
		attempt.reused.Store(info.Reused)
		if c.tuned {
			_ = info.Conn.SetDeadline(time.Time{}) // that of dialer
		}
	}})
	response, err := c.http.Do(request.WithContext(ctx))
	var body []byte
	if err == nil {
		body, err = read(response, c.body)
	}
	if err != nil {
		c.closeDead(&attempt, ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded))
		return nil, c.failure(request.Context(), ctx, &attempt, err)
	}
	c.responses.Add(1)
	if len(body) == 0 && response.StatusCode == http.StatusOK && hasNoBody(request) {
		return response, nil
	}
	if err := check(response, body, c.body); err != nil {
		return nil, err
	}
	return response, nil
}

// attempt is an attempt to send a request and get its response.
type attempt struct {
	responses uint64      // of the client when the attempt started
	connected atomic.Bool // it has a connection, to which the transport always writes the request
	reused    atomic.Bool // other requests had that connection before
}

// closeDead closes the idle connections, which may be as dead as the one that an attempt reused and got no
// response on, because of silence or of a reset. It does not if anything else was answered since the attempt
// started: the server is there. Nor after a single reset: the server may have closed that connection only.
func (c *Client) closeDead(attempt *attempt, silent bool) {
	if !attempt.reused.Load() {
		return
	}
	responses := c.responses.Load()
	again := !silent && c.lastReset.Swap(responses+1) == responses+1
	if responses == attempt.responses && (silent || again) {
		c.CloseIdleConnections()
	}
}

// failure returns err, the error of an attempt without a response, in the form that the retryer needs.
func (c *Client) failure(caller, ctx context.Context, attempt *attempt, err error) error {
	// What timed out is not wrapped: to the caller it would mean that their own context ended.
	timedOut := errors.Is(err, context.DeadlineExceeded)
	connecting := c.tuned && !attempt.connected.Load() && ctx.Err() == nil
	switch {
	case caller.Err() != nil:
		return err
	case connecting && (timedOut || errors.Is(err, os.ErrDeadlineExceeded)):
		return &attemptError{text: "connecting timed out: " + err.Error(), retryable: true}
	case timedOut:
		return &attemptError{text: "attempt timed out: " + err.Error(), retryable: true}
	case c.advice != "" && strings.Contains(err.Error(), " refused"): // Windows has its own error number
		return &attemptError{text: err.Error() + ": " + c.advice, err: err}
	}
	return err
}

// CloseIdleConnections closes the connections that no request uses, if the underlying client can.
func (c *Client) CloseIdleConnections() {
	if client, ok := c.http.(interface{ CloseIdleConnections() }); ok {
		client.CloseIdleConnections()
	}
}
