package testutil

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

const listenVariable = "PACKAGEDB_TEST_LISTEN"

// readTimeout bounds the time that a request takes to arrive.
const readTimeout = 30 * time.Second

// Server is the server that [packagedb.Get] finds. All tests that use one at the same time share it.
type Server struct {
	URL string // such as http://127.0.0.1:34567

	// Client is a raw client of the server that needs no socket. It tries a request up to 10 times,
	// like the client of [packagedb.Get], with pauses of less than a millisecond.
	Client *dynamodb.Client

	tb      testing.TB
	backend *backend
}

// Inject makes requests to the server fail, those of [packagedb.Get] and of other tests included,
// until Stop or the end of the test that asked for the server. It ends the test if a fault is invalid.
func (s *Server) Inject(faults ...Fault) *Injected {
	s.tb.Helper()
	return s.backend.faults.inject(s.tb, faults)
}

// shared is the server of Main and the fixtures.
var shared sharedServer

// sharedServer serves a backend over TCP while it has users.
type sharedServer struct {
	mu      sync.Mutex
	users   int
	running *listening // nil without users
}

// acquire returns the server. It starts the server for the first user.
func (s *sharedServer) acquire() (*listening, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		started, err := listen()
		if err != nil {
			return nil, err
		}
		s.running = started
	}
	s.users++
	return s.running, nil
}

// release stops the server after its last user.
func (s *sharedServer) release(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	stopping := s.running
	s.running = nil
	return stopping.stop(ctx)
}

// listening is a backend that serves at a URL to which STAGE and AWS_ENDPOINT_URL_DYNAMODB point.
type listening struct {
	backend *backend
	url     string
	server  *http.Server
	served  chan struct{} // closed when Serve has returned
	restore func()        // restores the environment
}

func listen() (*listening, error) {
	address := os.Getenv(listenVariable)
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen at %s (set %s to change it): %w", address, listenVariable, err)
	}
	b, err := newBackend()
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	l := &listening{
		backend: b,
		url:     "http://" + reachable(listener.Addr().(*net.TCPAddr)),
		server:  newHTTPServer(b.faults, readTimeout),
		served:  make(chan struct{}),
	}
	l.restore = setEnvironment(map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": l.url})
	go func() {
		defer close(l.served)
		_ = l.server.Serve(listener) // returns when the server is closed
	}()
	return l, nil
}

// newHTTPServer returns a server that drops a request that does not arrive in time.
func newHTTPServer(handler http.Handler, readTimeout time.Duration) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       5 * time.Minute, // longer than clients keep idle connections
	}
}

// reachable returns the address of a listener for clients on this host.
func reachable(listening *net.TCPAddr) string {
	address := *listening
	if address.IP.IsUnspecified() {
		address.IP = net.IPv4(127, 0, 0, 1)
	}
	return address.String()
}

func (l *listening) stop(ctx context.Context) error {
	l.restore()
	err := l.server.Close()
	<-l.served
	return errors.Join(err, l.backend.close(ctx))
}

// setEnvironment sets variables and returns a function that restores them.
func setEnvironment(variables map[string]string) (restore func()) {
	before := map[string]*string{}
	for name, value := range variables {
		before[name] = nil
		if old, ok := os.LookupEnv(name); ok {
			before[name] = &old
		}
		_ = os.Setenv(name, value) // fails for illegal names only
	}
	return func() {
		for name, old := range before {
			if old == nil {
				_ = os.Unsetenv(name)
			} else {
				_ = os.Setenv(name, *old)
			}
		}
	}
}
