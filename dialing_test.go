package packagedb

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// countingServer counts the connections that it accepts.
func countingServer(t *testing.T) (server *httptest.Server, accepted *atomic.Int64) {
	t.Helper()
	accepted = new(atomic.Int64)
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{}")
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			accepted.Add(1)
		}
	}
	t.Cleanup(server.Close)
	return server, accepted
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
	server, accepted := countingServer(t)
	server.Start()
	callAtOnce(t, newThriftyClient(newHTTPClient()), server.URL, 200, 20)
	if count := accepted.Load(); count > 200 {
		t.Errorf("200 callers opened %d connections", count)
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
	server, accepted := countingServer(t)
	server.Config.SetKeepAlivesEnabled(false)
	server.Start()
	callAtOnce(t, newThriftyClient(newHTTPClient()), server.URL, 50, 4)
	if count := accepted.Load(); count != 200 {
		t.Errorf("200 calls opened %d connections", count)
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
	if host := client.host(address); host.calls != 0 || host.connections != 0 {
		t.Errorf("%d calls and %d connections are left", host.calls, host.connections)
	}
}

func TestADialWaitsUntilThereIsRoom(t *testing.T) {
	for _, test := range []struct {
		name  string
		event func(call *dialCall, cancel context.CancelFunc)
		want  error
	}{
		{"because of another call", func(call *dialCall, _ context.CancelFunc) { call.host.begin() }, nil},
		{"because a connection closes", func(call *dialCall, _ context.CancelFunc) { call.host.add(0, -1) }, nil},
		{"unless its call ends", func(call *dialCall, _ context.CancelFunc) { call.end() }, errServed},
		{"unless its context ends", func(_ *dialCall, cancel context.CancelFunc) { cancel() }, context.Canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			call := new(host).begin()
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
