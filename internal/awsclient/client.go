package awsclient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// maxIdleConnections is per host. With the SDK's 10, every concurrent caller over that number connects
// anew for each request.
const maxIdleConnections = 1024

// Client is an HTTP client that returns complete responses only. It bounds each attempt, and closes its
// idle connections after one without a response.
type Client struct {
	http dynamodb.HTTPClient
	limits
	advice string
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
		caller = tuned(c, limits)
	}
	return &Client{http: caller, limits: limits, advice: advice}
}

// tuned returns an HTTP client with the settings of the SDK's, more idle connections, and timeouts within
// the limits. It follows no redirect: DynamoDB sends none.
func tuned(client *awshttp.BuildableClient, limits limits) *http.Client {
	transport := client.GetTransport() // a copy
	transport.MaxIdleConns = 0         // no bound but that per host
	transport.MaxIdleConnsPerHost = max(transport.MaxIdleConnsPerHost, maxIdleConnections)
	transport.TLSHandshakeTimeout = shorter(transport.TLSHandshakeTimeout, limits.handshake)
	transport.ResponseHeaderTimeout = shorter(transport.ResponseHeaderTimeout, limits.headers)
	// DynamoDB speaks HTTP/1.1. HTTP/2 would share one connection, which cannot be closed in use.
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	dial := transport.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, limits.connect)
		defer cancel()
		return dial(ctx, network, address)
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       client.GetTimeout(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
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
	begin := time.Now()
	ctx, cancel := context.WithTimeout(request.Context(), c.attempt)
	defer cancel()
	response, err := c.http.Do(request.WithContext(ctx))
	if err != nil {
		return nil, c.failure(request.Context(), begin, err)
	}
	body, err := read(response, c.body)
	if err != nil {
		return nil, c.failure(request.Context(), begin, err)
	}
	if len(body) == 0 && response.StatusCode == http.StatusOK && hasNoBody(request) {
		return response, nil
	}
	if err := check(response, body); err != nil {
		return nil, err
	}
	return response, nil
}

// failure returns err, the error of an attempt without a response, in the form that the retryer
// needs. The idle connections may lead to the same silent server, so it closes them, and the next
// attempt connects.
func (c *Client) failure(ctx context.Context, begin time.Time, err error) error {
	ended := ctx.Err()
	if ended == nil || errors.Is(ended, context.DeadlineExceeded) && time.Since(begin) >= c.silence {
		c.CloseIdleConnections()
	}
	switch {
	case ended != nil:
		return err
	case errors.Is(err, context.DeadlineExceeded):
		// Not wrapped: to the caller it would mean that their own context ended.
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
