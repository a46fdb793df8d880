package testutil

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/open-alchemy/packagedb"
)

const listenVariable = "PACKAGEDB_TEST_LISTEN"

// shared is the server that Main or the fixtures run.
var shared sharedServer

// sharedServer runs while it has users.
type sharedServer struct {
	mu     sync.Mutex
	users  int
	byMain bool
	server *server
}

// acquire returns the server, which it starts for the first user.
func (s *sharedServer) acquire() (*server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		started, err := startServer()
		if err != nil {
			return nil, err
		}
		s.server = started
	}
	s.users++
	return s.server, nil
}

// release stops the server after the last user.
func (s *sharedServer) release(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	stopping := s.server
	s.server = nil
	return stopping.stop(ctx)
}

// setMain tells whether Main runs the server.
func (s *sharedServer) setMain(byMain bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byMain = byMain
}

// worldOfMain is the world of the server that Main runs, or nil.
func (s *sharedServer) worldOfMain() *world {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.byMain {
		return nil
	}
	return s.server.world
}

// server is a world that can be reached over TCP, where packagedb.Get finds it.
type server struct {
	world    *world
	http     *http.Server
	served   chan struct{} // closed when nothing is served any more
	endpoint string
	restore  func() // undoes what was done to the environment
}

func startServer() (*server, error) {
	address := os.Getenv(listenVariable)
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen at %s, which %s can change: %w", address, listenVariable, err)
	}
	w, err := newWorld()
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	s := &server{
		world:    w,
		http:     &http.Server{Handler: w.handler},
		served:   make(chan struct{}),
		endpoint: "http://" + reachable(listener.Addr().(*net.TCPAddr)),
	}
	s.restore = setEnvironment(map[string]string{
		"STAGE":                     "TEST",
		"AWS_ENDPOINT_URL_DYNAMODB": s.endpoint,
	})
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener) // it ends when the server is closed
	}()
	return s, nil
}

// reachable is an address at which this host reaches a listener.
func reachable(listening *net.TCPAddr) string {
	address := *listening
	if address.IP.IsUnspecified() {
		address.IP = net.IPv4(127, 0, 0, 1)
	}
	return address.String()
}

func (s *server) stop(ctx context.Context) error {
	s.restore()
	err := s.http.Close()
	<-s.served
	return errors.Join(err, s.world.close(ctx))
}

func (s *server) createTables(ctx context.Context) error {
	return packagedb.CreateTables(withoutFaults(ctx), s.world.client)
}

// setEnvironment sets variables and returns what restores them.
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
