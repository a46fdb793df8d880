package testutil

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
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

// Main runs the tests of a package with one server for all of them, and exits. It is all that the
// TestMain of a package that calls [packagedb.Get] needs:
//
//	func TestMain(m *testing.M) { testutil.Main(m) }
//
// The server has both tables and listens on a free port of this host, so that any number of test
// binaries run at once. Main sets STAGE and AWS_ENDPOINT_URL_DYNAMODB for Get to find it. All tests of
// the binary share it; give each test its own sub. [Database] returns its handle.
func Main(m *testing.M) { os.Exit(shared.run(m, os.Stderr)) }

// shared is the server of Main and the fixtures.
var shared = new(sharedServer)

// sharedServer is a server that runs while it has users.
type sharedServer struct {
	mu     sync.Mutex
	users  int
	server Server
	stop   func(context.Context) error
}

// acquire returns the server. It starts the server for the first user.
func (s *sharedServer) acquire() (Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		if err := s.start(); err != nil {
			return Server{}, err
		}
	}
	s.users++
	return s.server, nil
}

// release stops the server after its last user.
func (s *sharedServer) release(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	return s.stop(ctx)
}

// run is like Main, but returns the exit code.
func (s *sharedServer) run(m interface{ Run() int }, stderr io.Writer) (code int) {
	ctx := context.Background()
	server, err := s.acquire()
	if err == nil {
		if err = server.backend.createTables(ctx); err == nil {
			code = m.Run()
		}
		err = errors.Join(err, s.release(ctx))
	}
	if err != nil {
		fmt.Fprintf(stderr, "testutil: %v\n", err)
		code = max(code, 1)
	}
	return code
}

// start serves a backend at a URL to which STAGE and AWS_ENDPOINT_URL_DYNAMODB point.
func (s *sharedServer) start() error {
	address := cmp.Or(os.Getenv(listenVariable), "127.0.0.1:0")
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen at %s (set %s to change it): %w", address, listenVariable, err)
	}
	b, err := newBackend()
	if err != nil {
		_ = listener.Close()
		return err
	}
	s.server = Server{
		URL: "http://" + reachable(listener.Addr().(*net.TCPAddr)), Client: b.client, backend: b,
	}
	restoreStage := setEnvironment("STAGE", "TEST")
	restoreEndpoint := setEnvironment("AWS_ENDPOINT_URL_DYNAMODB", s.server.URL)
	server := newHTTPServer(b.faults, readTimeout)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // returns when the server is closed
	s.stop = func(ctx context.Context) error {
		restoreStage()
		restoreEndpoint()
		err := server.Close()
		serving.Wait()
		return errors.Join(err, b.close(ctx))
	}
	return nil
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

// setEnvironment sets a variable and returns a function that restores it.
func setEnvironment(name, value string) (restore func()) {
	before, wasSet := os.LookupEnv(name)
	_ = os.Setenv(name, value) // fails for illegal names only
	return func() {
		if !wasSet {
			_ = os.Unsetenv(name)
			return
		}
		_ = os.Setenv(name, before)
	}
}
