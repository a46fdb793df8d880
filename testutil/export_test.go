package testutil

import (
	"os"
	"strings"
	"testing"
)

// RunMain is like Main, but returns the exit code.
func RunMain(m *testing.M) int { return shared.run(m, os.Stderr) }

// WithoutMain runs a test as in a test binary without Main.
func WithoutMain(tb testing.TB) {
	main := shared
	shared = new(sharedServer)
	tb.Cleanup(func() { shared = main })
}

// RunMainAlone is like RunMain, for other tests on their own server.
func RunMainAlone(tests interface{ Run() int }) (code int, stderr string) {
	var says strings.Builder
	code = new(sharedServer).run(tests, &says)
	return code, says.String()
}
