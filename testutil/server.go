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
// In the set-up of [Main], where there is no test to end, it panics.
func (s *Server) Inject(faults ...Fault) *Injected {
	s.checkTest("Inject")
	s.tb.Helper()
	return s.backend.faults.inject(s.tb, faults)
}

// FastForward moves the clock of the engine forward, for all tests that share the server: items expire,
// tokens of transactions end. Databases of [packagedb.Get] keep the real time. It ends the test if d is
// negative, and skips it on another server. In the set-up of [Main] it panics.
func (s *Server) FastForward(d time.Duration) {
	s.checkTest("FastForward")
	s.tb.Helper()
	s.backend.fastForward(s.tb, d)
}

// checkTest panics if there is no test.
func (s *Server) checkTest(method string) {
	if s.tb == nil {
		panic("testutil: " + method + " in the set-up of Main, which is no test; call it in the tests")
	}
}

// Now returns the time of the engine: the real one, moved by FastForward.
func (s *Server) Now() time.Time { return s.backend.clock.now() }

// Main runs the tests of a package with one server for all of them, and exits. It is all that the
// TestMain of a package that calls [packagedb.Get] needs:
//
//	func TestMain(m *testing.M) { testutil.Main(m) }
//
// The server has both tables and listens on a free port of this host, so that any number of test
// binaries run at once. Main sets STAGE and AWS_ENDPOINT_URL_DYNAMODB for Get to find it. All tests of
// the binary share it; [NewSub] gives each test a user of its own, and [Database] the server's handle.
//
// Each setup runs before the tests, to create the service's own tables. If one returns an error, no test
// runs and the exit code is 1. They have a minute in all, after which ctx ends.
func Main(m *testing.M, setup ...func(ctx context.Context, server *Server) error) {
	os.Exit(shared.run(m, os.Stderr, setup...))
}

// setupTimeout bounds the set-up of Main.
const setupTimeout = time.Minute

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
		if isInBubble() {
			return Server{}, errors.New("no server can start in a synctest bubble: its time would stand still while " +
				"the server waits for the network; start it outside, with Main")
		}
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
func (s *sharedServer) run(
	m interface{ Run() int }, stderr io.Writer, setup ...func(ctx context.Context, server *Server) error,
) (code int) {
	server, err := s.acquire()
	if err == nil {
		if err = server.setUp(setup); err == nil {
			code = m.Run()
		}
		err = errors.Join(err, s.release(context.Background()))
	}
	if err != nil {
		fmt.Fprintf(stderr, "testutil: %v\n", err)
		code = max(code, 1)
	}
	return code
}

// setUp creates the tables of packagedb and runs the set-up of Main.
func (s *Server) setUp(setup []func(ctx context.Context, server *Server) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	if err := s.backend.createTables(ctx); err != nil {
		return err
	}
	for _, run := range setup {
		if err := run(ctx, s); err != nil {
			return fmt.Errorf("set up: %w", err)
		}
	}
	return nil
}

// start serves a backend at a URL to which STAGE and AWS_ENDPOINT_URL_DYNAMODB point.
func (s *sharedServer) start() error {
	b, err := newBackend()
	if err != nil {
		return err
	}
	address := cmp.Or(os.Getenv(listenVariable), anyPort)
	url, closeServer, err := listenAndServe(address, b.faults)
	if err != nil {
		return fmt.Errorf("listen at %s (set %s to change it): %w", address, listenVariable, err)
	}
	s.server = Server{URL: url, Client: b.client, backend: b}
	restoreStage := setEnvironment("STAGE", "TEST")
	restoreEndpoint := setEnvironment("AWS_ENDPOINT_URL_DYNAMODB", url)
	s.stop = func(ctx context.Context) error {
		restoreStage()
		restoreEndpoint()
		return errors.Join(closeServer(), b.close(ctx))
	}
	return nil
}

// anyPort is the address of a free port of this host.
const anyPort = "127.0.0.1:0"

// listenAndServe serves a handler at a URL until closeServer is called.
func listenAndServe(address string, handler http.Handler) (url string, closeServer func() error, err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, err
	}
	server := newHTTPServer(handler, readTimeout)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // returns when the server is closed
	return "http://" + reachable(listener.Addr().(*net.TCPAddr)), func() error {
		err := server.Close()
		serving.Wait()
		return err
	}, nil
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
