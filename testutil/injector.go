package testutil

import (
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// injector is an [http.Handler] that lets requests of the DynamoDB protocol meet faults on their way to
// the next one.
type injector struct {
	next http.Handler

	mu       sync.RWMutex
	injected []*Injected // replaced, never changed
}

func (i *injector) add(in *Injected) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.injected = append(slices.Clip(i.injected), in)
}

func (i *injector) remove(in *Injected) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.injected = slices.DeleteFunc(slices.Clone(i.injected), func(other *Injected) bool { return other == in })
}

// inject adds faults until the test ends or they are stopped.
func (i *injector) inject(tb testing.TB, faults []Fault) *Injected {
	tb.Helper()
	if len(faults) == 0 {
		tb.Fatal("testutil: no fault to inject")
	}
	in := &Injected{place: i, stopped: make(chan struct{})}
	for n, fault := range faults {
		if err := fault.check(); err != nil {
			tb.Fatalf("testutil: inject %v", err)
		}
		in.faults = append(in.faults, newDrawnFault(fault, n))
	}
	i.add(in)
	tb.Cleanup(in.Stop)
	return in
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
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // nobody is there to read an answer
	}
	m := meeting{request: r, operation: operationOf(r), next: i.next}
	m.setBody(body)
	for _, in := range injected {
		in.meet(&m)
	}
	if m.fault == 0 && len(m.delays) == 0 {
		i.next.ServeHTTP(w, r)
		return
	}
	m.answer().give(w)
}

// drawnFault is a fault with the state of its draws, which the mutex of its Injected guards.
type drawnFault struct {
	Fault
	random *rand.Rand
	met    int
}

func newDrawnFault(fault Fault, stream int) *drawnFault {
	if len(fault.Operations) == 0 {
		fault.Operations = fault.Kind.appliesTo()
	}
	return &drawnFault{Fault: fault, random: rand.New(rand.NewPCG(fault.Seed, uint64(stream)))}
}

// draw tells whether a request meets the fault.
func (f *drawnFault) draw(m *meeting) bool {
	switch {
	case !slices.Contains(f.Operations, m.operation),
		f.Times > 0 && f.met == f.Times,
		f.Kind == Unprocessed && m.batch().size() == 0,
		f.Kind == Conflict && m.actions() == 0,
		f.Rate > 0 && f.random.Float64() >= f.Rate:
		return false
	}
	f.met++
	return true
}

// meet draws which of the faults a request meets.
func (in *Injected) meet(m *meeting) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.isStopped() {
		return
	}
	for _, fault := range in.faults {
		if fault.Kind != Delay && m.fault != 0 || !fault.draw(m) {
			continue
		}
		in.count++
		if fault.Kind == Delay {
			m.delays = append(m.delays, delay{fault.Delay, in.stopped})
			continue
		}
		m.fault = fault.Kind
		m.random = rand.New(rand.NewPCG(fault.random.Uint64(), 0))
	}
}
