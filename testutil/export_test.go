package testutil

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
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
func RunMainAlone(
	tests interface{ Run() int }, setup ...func(ctx context.Context, server *Server) error,
) (code int, stderr string) {
	var says strings.Builder
	code = new(sharedServer).run(tests, &says, setup...)
	return code, says.String()
}

// Failure returns the message with which a test fails, or "" if it does not.
func Failure(tb testing.TB, test func(tb testing.TB)) string {
	failing := &failingTest{TB: tb}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(failing)
	}()
	<-done
	message, _ := failing.message.Load().(string)
	return message
}

// failingTest is a test that ends with its first failure.
type failingTest struct {
	testing.TB
	message atomic.Value
}

func (f *failingTest) Fatal(args ...any) {
	f.message.CompareAndSwap(nil, fmt.Sprint(args...))
	runtime.Goexit()
}

func (f *failingTest) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }
func (f *failingTest) Errorf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }
func (f *failingTest) FailNow()                          { f.Fatal("FailNow") }
