package testutil

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
)

// Main runs the tests of a package with one server for all of them, and ends the process. It is the
// whole TestMain of a package whose code calls [packagedb.Get]:
//
//	func TestMain(m *testing.M) { testutil.Main(m) }
//
// The server listens on a free port of this machine, so that any number of test binaries run at once,
// and has both tables. Get finds it, because STAGE and AWS_ENDPOINT_URL_DYNAMODB are set.
func Main(m *testing.M) { os.Exit(shared.run(m, os.Stderr)) }

// run is Main up to the end of the process.
func (s *sharedServer) run(m interface{ Run() int }, stderr io.Writer) (code int) {
	ctx := context.Background()
	fail := func(err error) {
		fmt.Fprintf(stderr, "testutil.Main: %v%s\n", err, hint())
		code = max(code, 1)
	}
	server, err := s.acquire()
	if err != nil {
		fail(err)
		return code
	}
	defer func() {
		if err := s.release(ctx); err != nil {
			fail(err)
		}
	}()
	if err := server.createTables(ctx); err != nil {
		fail(err)
		return code
	}
	s.setMain(true)
	defer s.setMain(false)
	return m.Run()
}
