package testutil

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// injector is an [http.Handler] that passes requests of the DynamoDB protocol on to next, unless they
// meet a fault.
type injector struct {
	next http.Handler

	mu       sync.RWMutex
	injected []*Injected // replaced, never changed
}

// inject adds faults until the test ends or they are stopped.
func (i *injector) inject(tb testing.TB, faults []Fault) *Injected {
	tb.Helper()
	if len(faults) == 0 {
		tb.Fatal("testutil: no fault to inject")
	}
	in := &Injected{injector: i, stopped: make(chan struct{})}
	for n, fault := range faults {
		if err := fault.check(); err != nil {
			tb.Fatalf("testutil: inject %v", err)
		}
		if len(fault.Operations) == 0 {
			fault.Operations = kinds[fault.Kind].operations
		}
		active := &activeFault{Fault: fault, random: rand.New(rand.NewPCG(fault.Seed, uint64(n)))}
		if fault.Kind == Stale {
			e, ok := i.next.(*engine.Engine)
			if !ok {
				tb.Skip("testutil: Stale needs the embedded engine")
			}
			active.past = &staleness{engine: e, writes: max(1, fault.Writes), delay: fault.Delay}
		}
		in.faults = append(in.faults, active)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.injected = append(slices.Clip(i.injected), in)
	tb.Cleanup(in.Stop)
	return in
}

func (i *injector) remove(in *Injected) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.injected = slices.DeleteFunc(slices.Clone(i.injected), func(other *Injected) bool { return other == in })
}

// ServeHTTP implements [http.Handler].
func (i *injector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.RLock()
	injected := i.injected
	i.mu.RUnlock()
	if len(injected) == 0 {
		i.next.ServeHTTP(w, r)
		return
	}
	q := newRequest(r)
	var drawn drawnFaults
	for _, in := range injected {
		in.draw(&q, &drawn)
	}
	next := i.next
	for _, past := range drawn.past {
		next = past.noting(next)
	}
	if drawn.fault == nil && len(drawn.delays) == 0 {
		next.ServeHTTP(w, r)
		return
	}
	var a *answer
	switch {
	case drawn.fault == nil:
		a = record(next, r)
	case drawn.fault.Kind == Stale:
		a = record(drawn.fault.past.reader(), r)
	default:
		a = drawn.fault.answer(&q, next, drawn.random)
	}
	for _, d := range drawn.delays {
		d.wait(r.Context())
	}
	a.write(w)
}

// drawnFaults are the faults that a request meets: all delays, and at most one other.
type drawnFaults struct {
	fault  *activeFault
	random *rand.Rand // for the choices of fault
	delays []delay
	past   []*staleness // to note a write
}

type delay struct {
	duration time.Duration
	stopped  <-chan struct{}
}

func (d delay) wait(ctx context.Context) {
	timer := time.NewTimer(d.duration)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.stopped:
	case <-ctx.Done():
	}
}

// Injected is a set of faults that were injected together. A request meets the first fault for which
// it is drawn, in the order in which the faults were injected, and all delays. The same requests, one
// after the other, meet the same faults.
type Injected struct {
	injector *injector
	stopped  chan struct{} // closed by Stop

	mu     sync.Mutex
	faults []*activeFault
	count  int
}

// activeFault is a fault with its state.
type activeFault struct {
	Fault
	random *rand.Rand
	met    int
	past   *staleness // of the kind Stale
}

// Count returns the number of times that requests have met one of the faults.
func (in *Injected) Count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.count
}

// Stop ends the faults and all delays before the test ends.
func (in *Injected) Stop() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.isStopped() {
		close(in.stopped)
		in.injector.remove(in)
	}
}

func (in *Injected) isStopped() bool {
	select {
	case <-in.stopped:
		return true
	default:
		return false
	}
}

// draw adds the faults that the request meets.
func (in *Injected) draw(r *request, drawn *drawnFaults) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.isStopped() {
		return
	}
	for _, fault := range in.faults {
		if fault.past != nil && slices.Contains(writeOperations, r.operation) {
			drawn.past = append(drawn.past, fault.past)
		}
		if fault.Kind != Delay && drawn.fault != nil || !fault.meets(r) {
			continue
		}
		fault.met++
		in.count++
		if fault.Kind == Delay {
			drawn.delays = append(drawn.delays, delay{fault.Delay, in.stopped})
			continue
		}
		drawn.fault = fault
		drawn.random = rand.New(rand.NewPCG(fault.random.Uint64(), 0))
	}
}

// meets reports whether the request meets the fault.
func (f *activeFault) meets(r *request) bool {
	if !slices.Contains(f.Operations, r.operation) || f.Times > 0 && f.met == f.Times {
		return false
	}
	if (f.Kind == Unprocessed || f.Kind == Conflict) && r.lacksItems() {
		return false // the server rejects it
	}
	if f.Kind == Stale && r.isConsistent() {
		return false
	}
	return f.Rate == 0 || f.random.Float64() < f.Rate
}
