package packagedb

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// newServer answers every request with nothing but an empty object.
func newServer(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	return server
}

// dials counts the connections of a client.
type dials struct {
	mu              sync.Mutex
	all, open, most int
}

func (d *dials) add(all, open int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all += all
	d.open += open
	d.most = max(d.most, d.open)
}

// counts returns how many connections were opened in all, and how many at once at most.
func (d *dials) counts() (all, most int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all, d.most
}

type dialledConnection struct {
	net.Conn
	dials  *dials
	closed sync.Once
}

func (c *dialledConnection) Close() error {
	c.closed.Do(func() { c.dials.add(0, -1) })
	return c.Conn.Close()
}

// newCountedClient returns a client that counts the connections which it opens.
func newCountedClient() (*thriftyClient, *dials) {
	d := new(dials)
	return newThriftyClient(newHTTPClient().WithTransportOptions(func(transport *http.Transport) {
		dial := transport.DialContext
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			connection, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			d.add(1, 1)
			return &dialledConnection{Conn: connection, dials: d}, nil
		}
	})), d
}

// callAtOnce has so many callers make so many calls each.
func callAtOnce(t *testing.T, client *thriftyClient, url string, callers, calls int) {
	t.Helper()
	var running sync.WaitGroup
	for range callers {
		running.Go(func() {
			for range calls {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, http.NoBody)
				if err != nil {
					t.Error(err)
					return
				}
				response, err := client.Do(request)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		})
	}
	running.Wait()
}

func TestCallersOpenNoMoreConnectionsThanThereAreOfThem(t *testing.T) {
	server := newServer(t)
	server.Start()
	client, dials := newCountedClient()
	callAtOnce(t, client, server.URL, 200, 8)
	if _, most := dials.counts(); most > 200 {
		t.Errorf("200 callers had %d connections", most)
	}
}

func TestTheClientOfGetIsThrifty(t *testing.T) {
	for _, stage := range []string{stageTest, stageProd} {
		options := clientOfGet(t, map[string]string{"STAGE": stage, "AWS_REGION": "eu-west-1"})
		if _, ok := options.HTTPClient.(*thriftyClient); !ok {
			t.Errorf("STAGE=%s: the HTTP client is a %T", stage, options.HTTPClient)
		}
	}
}

func TestCallersGoOnWhereTheServerClosesEveryConnection(t *testing.T) {
	server := newServer(t)
	server.Config.SetKeepAlivesEnabled(false)
	server.Start()
	client, dials := newCountedClient()
	callAtOnce(t, client, server.URL, 50, 4)
	if all, _ := dials.counts(); all != 200 {
		t.Errorf("200 calls opened %d connections", all)
	}
}

func TestADialThatFailsMakesRoomForTheNext(t *testing.T) {
	client := newThriftyClient(newHTTPClient())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close() // nobody listens there
	for range 3 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := client.Do(request); err == nil {
			_ = response.Body.Close()
			t.Fatal("a call without a server succeeded")
		}
	}
	host := client.host(address)
	host.mu.Lock()
	defer host.mu.Unlock()
	if host.calls != 0 || host.connections != 0 {
		t.Errorf("%d calls and %d connections are left", host.calls, host.connections)
	}
}

func TestADialWaitsUntilThereIsRoom(t *testing.T) {
	for _, test := range []struct {
		name  string
		event func(call *dialCall, cancel context.CancelFunc)
		want  error
	}{
		{"because of another call", func(call *dialCall, cancel context.CancelFunc) { call.host.begin(t.Context(), cancel) }, nil},
		{"because a connection closes", func(call *dialCall, _ context.CancelFunc) { call.host.add(0, -1) }, nil},
		{"unless its call ends", func(call *dialCall, _ context.CancelFunc) { call.end() }, errServed},
		{"unless its context ends", func(_ *dialCall, cancel context.CancelFunc) { cancel() }, context.Canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			call := new(host).begin(context.WithCancel(t.Context()))
			defer call.end()
			if err := call.awaitRoom(ctx); err != nil {
				t.Fatal(err)
			}
			waited := make(chan error)
			go func() { waited <- call.awaitRoom(ctx) }()
			test.event(call, cancel)
			if err := <-waited; !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestADialOutsideOfACallDoesNotWait(t *testing.T) {
	want, other := net.Pipe()
	defer func() { _ = other.Close() }()
	dial := thriftyDial(func(context.Context, string, string) (net.Conn, error) { return want, nil })
	got, err := dial(t.Context(), "tcp", "address")
	if err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	_ = got.Close()
}

func TestADialGoesAheadOfAConnectionThatNobodyCanUse(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*patience)
	defer cancel()
	h := &host{connections: 1} // what a call left behind that gave up during the handshake
	call := h.begin(ctx, cancel)
	if err := call.awaitRoom(ctx); err != nil {
		t.Errorf("the dial of the only call is not made: %v", err)
	}
}
