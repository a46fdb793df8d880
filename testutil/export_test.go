package testutil

import (
	"os"
	"strings"
	"testing"
)

// RunMain is Main without the exit.
func RunMain(m *testing.M) int { return shared.run(m, os.Stderr) }

// RunMainAlone is RunMain for other tests, on a server of its own.
func RunMainAlone(tests interface{ Run() int }) (code int, stderr string) {
	var says strings.Builder
	code = new(sharedServer).run(tests, &says)
	return code, says.String()
}
