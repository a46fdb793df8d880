package testutil

import (
	"context"
	"fmt"
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
func Main(m *testing.M) { os.Exit(runMain(m)) }

// runMain is Main up to the end of the process.
func runMain(m interface{ Run() int }) (code int) {
	ctx := context.Background()
	server, err := shared.acquireForMain()
	if err == nil {
		defer func() {
			if err := shared.release(ctx); err != nil {
				fmt.Fprintf(os.Stderr, "testutil.Main: %v%s\n", err, hint())
				code = max(code, 1)
			}
		}()
		err = server.createTables(ctx)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "testutil.Main: %v%s\n", err, hint())
		return 1
	}
	return m.Run()
}
