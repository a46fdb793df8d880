package testutil

import "testing"

// RunMain is Main up to the end of the process.
func RunMain(m *testing.M) int { return shared.run(m) }

// RunMainAlone is Main for other tests, on a server of its own.
func RunMainAlone(tests interface{ Run() int }) int { return new(sharedServer).run(tests) }
