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

	mu     sync.Mutex
	faults []*activeFault
}

// activeFault is a fault with its state.
type activeFault struct {
	Fault
	injected *Injected
	random   *rand.Rand
	met      int
	past     *staleness // of the kind Stale
}

// Injected is a set of faults that were injected together. A request meets the first fault for which
// it is drawn, in the order in which the faults were injected, and all delays. The same requests, one
// after the other, meet the same faults.
type Injected struct {
	injector *injector
	active   context.Context // ends with Stop
	end      context.CancelFunc
	count    int // the lock of the injector must be held
}

// inject adds faults until the test ends or they are stopped.
func (i *injector) inject(tb testing.TB, faults []Fault) *Injected {
	tb.Helper()
	if len(faults) == 0 {
		tb.Fatal("testutil: no fault to inject")
	}
	in := &Injected{injector: i}
	in.active, in.end = context.WithCancel(context.Background())
	var added []*activeFault
	for n, fault := range faults {
		if err := fault.check(); err != nil {
			tb.Fatalf("testutil: inject %v", err)
		}
		if len(fault.Operations) == 0 {
			fault.Operations = kinds[fault.Kind].operations
		}
		active := &activeFault{Fault: fault, injected: in, random: rand.New(rand.NewPCG(fault.Seed, uint64(n)))}
		if fault.Kind == Stale {
			e, ok := i.next.(*engine.Engine)
			if !ok {
				tb.Skip("testutil: Stale needs the embedded engine")
			}
			active.past = &staleness{engine: e, writes: max(1, fault.Writes), delay: fault.Delay}
		}
		added = append(added, active)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = append(i.faults, added...)
	tb.Cleanup(in.Stop)
	return in
}

// Count returns the number of times that requests have met one of the faults.
func (in *Injected) Count() int {
	in.injector.mu.Lock()
	defer in.injector.mu.Unlock()
	return in.count
}

// Stop ends the faults and all delays before the test ends.
func (in *Injected) Stop() {
	in.injector.mu.Lock()
	defer in.injector.mu.Unlock()
	in.end()
	in.injector.faults = slices.DeleteFunc(in.injector.faults, func(f *activeFault) bool { return f.injected == in })
}

// ServeHTTP implements [http.Handler].
func (i *injector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	idle := len(i.faults) == 0
	i.mu.Unlock()
	if idle {
		i.next.ServeHTTP(w, r)
		return
	}
	q := newRequest(r, i.next)
	met, delays := i.draw(q)
	if met == nil && len(delays) == 0 {
		q.next.ServeHTTP(w, r)
		return
	}
	a := met.answer(q)
	for _, delay := range delays {
		delay.wait(r.Context())
	}
	a.write(w)
}

// draw returns the faults that the request meets: all delays, and at most one other.
func (i *injector) draw(r *request) (met *activeFault, delays []*activeFault) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, fault := range i.faults {
		if fault.past != nil && slices.Contains(writeOperations, r.operation) {
			r.next = fault.past.noting(r.next)
		}
		if fault.Kind != Delay && met != nil || !fault.meets(r) {
			continue
		}
		fault.met++
		fault.injected.count++
		if fault.Kind == Delay {
			delays = append(delays, fault)
			continue
		}
		met = fault
		r.random = rand.New(rand.NewPCG(fault.random.Uint64(), 0))
	}
	return met, delays
}

// meets reports whether the request meets the fault.
func (f *activeFault) meets(r *request) bool {
	switch {
	case !slices.Contains(f.Operations, r.operation) || f.Times > 0 && f.met == f.Times:
		return false
	case (f.Kind == Unprocessed || f.Kind == Conflict) && !r.hasItems(): // the server rejects it
		return false
	case f.Kind == Stale && r.isConsistent():
		return false
	}
	return f.Rate == 0 || f.random.Float64() < f.Rate
}

// wait returns after the delay, or earlier if it is stopped or the client gives up.
func (f *activeFault) wait(client context.Context) {
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.injected.active.Done():
	case <-client.Done():
	}
}
