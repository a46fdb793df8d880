package packagedb

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// thriftily has a client open no more connections to a host than it has calls at once.
//
// Go's transport dials for every request that finds no idle connection, and goes on to do so where
// the request is served by a connection that another has given back meanwhile. In a burst, callers
// take each other's connections in this way, and each of them dials more than once.
func thriftily(options *dynamodb.Options) {
	if client, ok := options.HTTPClient.(*awshttp.BuildableClient); ok {
		options.HTTPClient = newThriftyClient(client)
	}
}

// patience bounds how long a dial waits. A connection that nobody can use may be counted for longer: the
// transport goes on with a handshake that its call has given up.
const patience = time.Second

// thriftyClient lets a dial wait while its host has as many connections as calls: then one of them is
// idle or about to be, and goes to the call that waits.
type thriftyClient struct {
	client  *awshttp.BuildableClient
	timeout time.Duration // of a call. That of an http.Client takes a goroutine for each, over the SDK's transport.

	mu    sync.Mutex
	hosts map[string]*host
}

func newThriftyClient(client *awshttp.BuildableClient) *thriftyClient {
	return &thriftyClient{
		client: client.WithTimeout(0).WithTransportOptions(func(transport *http.Transport) {
			transport.DialContext = thriftyDial(transport.DialContext)
		}),
		timeout: client.GetTimeout(),
		hosts:   make(map[string]*host),
	}
}

// Do sends a request. A call lasts until the body of its response is closed, which the SDK does.
func (c *thriftyClient) Do(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(request.Context(), c.timeout)
	call := c.host(request.URL.Host).begin(ctx, cancel)
	response, err := c.client.Do(request.WithContext(context.WithValue(ctx, callKey{}, call)))
	if err != nil {
		call.end()
		return response, err
	}
	response.Body = &callBody{response.Body, call}
	return response, nil
}

func (c *thriftyClient) host(name string) *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hosts[name]
	if h == nil {
		h = new(host)
		c.hosts[name] = h
	}
	return h
}

// host counts what there is for one host. Connections include those that are being dialled.
type host struct {
	mu                 sync.Mutex
	calls, connections int
	room               chan struct{} // closed when a dial may have room; nil where none waits
}

func (h *host) add(calls, connections int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls += calls
	h.connections += connections
	if h.room != nil && h.connections < h.calls {
		close(h.room)
		h.room = nil
	}
}

// dialCall is a call as its dial sees it.
type dialCall struct {
	host   *host
	over   <-chan struct{}
	cancel context.CancelFunc // ends the call's context, and closes over with it
	once   sync.Once
}

type callKey struct{}

func (h *host) begin(ctx context.Context, cancel context.CancelFunc) *dialCall {
	h.add(1, 0)
	return &dialCall{host: h, over: ctx.Done(), cancel: cancel}
}

func (c *dialCall) end() {
	c.once.Do(func() {
		c.cancel()
		c.host.add(-1, 0)
	})
}

type callBody struct {
	io.ReadCloser
	call *dialCall
}

func (b *callBody) Close() error {
	defer b.call.end()
	return b.ReadCloser.Close()
}

// errServed ends a dial whose call needs none any more. Nobody is there to see it.
var errServed = errors.New("the request was sent over another connection")

// awaitRoom waits until the host has fewer connections than calls, or for as long as patience lasts,
// and counts one more.
func (c *dialCall) awaitRoom(ctx context.Context) error {
	h := c.host
	impatient := time.NewTimer(patience)
	defer impatient.Stop()
	for {
		h.mu.Lock()
		if h.connections < h.calls {
			h.connections++
			h.mu.Unlock()
			return nil
		}
		if h.room == nil {
			h.room = make(chan struct{})
		}
		room := h.room
		h.mu.Unlock()
		select {
		case <-room:
		case <-impatient.C:
			h.add(0, 1)
			return nil
		case <-c.over:
			return errServed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

func thriftyDial(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		call, ok := ctx.Value(callKey{}).(*dialCall)
		if !ok {
			return dial(ctx, network, address)
		}
		if err := call.awaitRoom(ctx); err != nil {
			return nil, err
		}
		connection, err := dial(ctx, network, address)
		if err != nil {
			call.host.add(0, -1)
			return nil, err
		}
		return &countedConnection{Conn: connection, host: call.host}, nil
	}
}

type countedConnection struct {
	net.Conn
	host *host
	once sync.Once
}

func (c *countedConnection) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.host.add(0, -1) })
	return err
}
