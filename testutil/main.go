package testutil

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/open-alchemy/packagedb"
)

// Main runs the tests of a package with one server for all of them, and exits. It is all that the
// TestMain of a package that calls [packagedb.Get] needs:
//
//	func TestMain(m *testing.M) { testutil.Main(m) }
//
// The server has both tables and listens on a free port of this host, so that any number of test
// binaries run at once. Main sets STAGE and AWS_ENDPOINT_URL_DYNAMODB for Get to find it. It is shared
// by all tests of the binary; give each test its own sub. [Database] returns its handle.
func Main(m *testing.M) { os.Exit(shared.run(m, os.Stderr)) }

// run is like Main, but returns the exit code.
func (s *sharedServer) run(m interface{ Run() int }, stderr io.Writer) (code int) {
	ctx := context.Background()
	l, err := s.acquire()
	if err == nil {
		if err = packagedb.CreateTables(ctx, l.backend.setup); err == nil {
			code = m.Run()
		}
		err = errors.Join(err, s.release(ctx))
	}
	if err != nil {
		fmt.Fprintf(stderr, "testutil: %v%s\n", err, hint())
		code = max(code, 1)
	}
	return code
}
