package testutil

import (
	"os"
	"strings"
	"testing"
)

// RunMain is Main up to the end of the process.
func RunMain(m *testing.M) int { return shared.run(m, os.Stderr) }

// RunMainAlone is Main for other tests, on a server of its own.
func RunMainAlone(tests interface{ Run() int }) (code int, stderr string) {
	var says strings.Builder
	code = new(sharedServer).run(tests, &says)
	return code, says.String()
}
