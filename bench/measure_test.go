package bench

import (
	"syscall"
	"testing"
	"time"
)

// repeat makes a call again and again. Beside the time it reports the processor time of the process,
// which says more where other processes keep the machine busy.
func repeat(b *testing.B, do func() error) {
	b.Helper()
	b.ReportAllocs()
	started := processorTime(b)
	for b.Loop() {
		if err := do(); err != nil {
			b.Fatal(err)
		}
	}
	reportProcessorTime(b, started)
}

// inTurn makes two calls in turn and reports how many times the processor time of the second one the
// first one takes. What else the machine does meets both alike.
func inTurn(b *testing.B, first, second func() error) {
	b.Helper()
	calls := [...]func() error{first, second}
	var used [len(calls)]time.Duration
	for turn := 0; b.Loop(); turn++ {
		for i := range calls {
			i = (i + turn) % len(calls)
			started := processorTime(b)
			if err := calls[i](); err != nil {
				b.Fatal(err)
			}
			used[i] += processorTime(b) - started
		}
	}
	b.ReportMetric(float64(used[0])/float64(used[1]), "ratio")
}

func reportProcessorTime(b *testing.B, started time.Duration) {
	b.Helper()
	b.ReportMetric(float64(processorTime(b)-started)/float64(b.N), "cpu-ns/op")
}

// processorTime is what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
