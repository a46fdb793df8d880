package testutil

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/protocol"
)

// FaultKind is a kind of [Fault].
type FaultKind int

// The kinds of faults. Unless stated otherwise, they apply to every operation and the request has
// no effect.
const (
	// Throttle fails an operation on items with ProvisionedThroughputExceededException.
	Throttle FaultKind = iota + 1
	// InternalServerError fails with that error and status 500.
	InternalServerError
	// ServiceUnavailable fails with that error and status 503.
	ServiceUnavailable
	// DropBefore drops the connection before the request takes effect.
	DropBefore
	// DropAfter drops the connection after the request took effect.
	DropAfter
	// Unprocessed makes BatchWriteItem or BatchGetItem process some of its items and return the
	// others as unprocessed. A batch of several items gets at least one processed; a batch of one
	// gets none.
	Unprocessed
	// Conflict fails a write or TransactGetItems as if another transaction held the item. A
	// transaction is canceled with the reason TransactionConflict for one of its items, a single
	// write fails with TransactionConflictException, and BatchWriteItem does as for Unprocessed.
	Conflict
	// Delay delays the response by Fault.Delay, or until the client gives up. The request takes
	// effect at once.
	Delay
	// ThrottleOnDemand fails with ThrottlingException.
	ThrottleOnDemand
	// AccessDenied fails with AccessDeniedException.
	AccessDenied
	// Error fails with Fault.Code, Fault.Message and Fault.Status.
	Error
	// Stale makes an eventually consistent read, of a table or an index, return items as if the
	// latest writes had not happened: the last Fault.Writes of them, those within Fault.Delay, or by
	// default the last one. Only requests since Inject count as writes. It needs the embedded engine;
	// on another server Inject skips the test.
	Stale
)

// kinds has the name of each kind and the operations that it applies to.
var kinds = [...]struct {
	name       string
	operations []string
}{
	Throttle:            {"Throttle", slices.Concat(readOperations, writeOperations)},
	InternalServerError: {"InternalServerError", engine.Operations()},
	ServiceUnavailable:  {"ServiceUnavailable", engine.Operations()},
	DropBefore:          {"DropBefore", engine.Operations()},
	DropAfter:           {"DropAfter", engine.Operations()},
	Unprocessed:         {"Unprocessed", []string{"BatchGetItem", "BatchWriteItem"}},
	Conflict:            {"Conflict", slices.Concat([]string{"TransactGetItems"}, writeOperations)},
	Delay:               {"Delay", engine.Operations()},
	ThrottleOnDemand:    {"ThrottleOnDemand", engine.Operations()},
	AccessDenied:        {"AccessDenied", engine.Operations()},
	Error:               {"Error", engine.Operations()},
	Stale:               {"Stale", []string{"GetItem", "Query", "Scan", "BatchGetItem"}},
}

var (
	readOperations  = []string{"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"}
	writeOperations = []string{"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
)

func (k FaultKind) isKnown() bool { return k >= Throttle && int(k) < len(kinds) }

// String returns the name of the constant.
func (k FaultKind) String() string {
	if !k.isKnown() {
		return fmt.Sprintf("FaultKind(%d)", int(k))
	}
	return kinds[k].name
}

// Fault makes requests fail.
type Fault struct {
	Kind FaultKind

	// Operations are the operations that the fault applies to, such as "PutItem". If empty, it
	// applies to every operation that supports it.
	Operations []string

	// Tables are the names or ARNs of tables. The fault applies only to requests for one of them, or for
	// an index of it; a batch or a transaction needs one item of these tables, and fails because of those.
	// A Stale read counts only the writes of these tables. Nothing is for a table that does not exist:
	// check Count. If empty, the fault applies to requests for any table or none.
	Tables []string

	// Skip is the number of requests that do not get the fault, although they would: the first ones.
	Skip int

	// Times limits the number of requests that get the fault. 0 is no limit.
	Times int

	// Rate is the share of the requests that get the fault, from 0 to 1. 0 is every request. Seed
	// determines which requests do, and which items Unprocessed leaves.
	Rate float64
	Seed uint64

	// Delay is the time by which the kind Delay delays a response, or by which a Stale read is
	// behind on the clock of [DB.Now].
	Delay time.Duration

	// Writes is the number of writes by which a Stale read is behind.
	Writes int

	// Code, Message and Status are the response of the kind Error: the name of an exception, such as
	// "RequestLimitExceeded", its message, and the HTTP status, 400 if 0.
	Code    string
	Message string
	Status  int
}

func (f *Fault) check() error {
	if !f.Kind.isKnown() {
		return fmt.Errorf("fault of unknown kind %v", f.Kind)
	}
	for _, operation := range f.Operations {
		if possible := kinds[f.Kind].operations; !slices.Contains(possible, operation) {
			return fmt.Errorf("%v: does not apply to operation %q, only to %q", f.Kind, operation, possible)
		}
	}
	switch {
	case slices.Contains(f.Tables, ""):
		return fmt.Errorf("%v: a name in Tables is empty", f.Kind)
	case f.Times < 0 || f.Skip < 0:
		return fmt.Errorf("%v: Times %d or Skip %d is negative", f.Kind, f.Times, f.Skip)
	case !(f.Rate >= 0 && f.Rate <= 1):
		return fmt.Errorf("%v: Rate %v is not between 0 and 1", f.Kind, f.Rate)
	case f.Kind == Delay && f.Delay <= 0:
		return errors.New("Delay: field Delay is not positive")
	case f.Kind != Delay && f.Kind != Stale && f.Delay != 0:
		return fmt.Errorf("%v: field Delay is for the kinds Delay and Stale", f.Kind)
	case f.Delay < 0 || f.Writes < 0:
		return fmt.Errorf("%v: Delay or Writes is negative", f.Kind)
	case f.Kind == Stale && f.Delay > 0 && f.Writes > 0:
		return errors.New("Stale: both Delay and Writes are set")
	case f.Kind != Stale && f.Writes != 0:
		return fmt.Errorf("%v: field Writes is for the kind Stale", f.Kind)
	case f.Kind == Error && f.Code == "":
		return errors.New("Error: Code is empty")
	case f.Kind != Error && (f.Code != "" || f.Message != "" || f.Status != 0):
		return fmt.Errorf("%v: fields Code, Message and Status are for the kind Error", f.Kind)
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("Error: Status %d is not between 400 and 599", f.Status)
	}
	return nil
}

// Injected is a set of faults that were injected together. Each request gets the first fault that
// applies to it, in the order of injection, plus every Delay. The same requests, one after the other,
// get the same faults.
type Injected struct {
	injector *injector

	// The lock of the injector must be held.
	count   int
	stopped bool
	delays  map[chan struct{}]bool // of the requests that are delayed, for Stop to close
}

// Count returns how often requests have got one of the faults.
func (in *Injected) Count() int {
	in.injector.mu.Lock()
	defer in.injector.mu.Unlock()
	return in.count
}

// Stop ends the faults and all delays before the test ends.
func (in *Injected) Stop() {
	in.injector.mu.Lock()
	defer in.injector.mu.Unlock()
	in.stopped = true
	for stop := range in.delays {
		close(stop)
	}
	clear(in.delays)
	in.injector.faults = slices.DeleteFunc(in.injector.faults, func(f *activeFault) bool { return f.injected == in })
}

// injector is an [http.Handler] that passes requests on to next, unless they get a fault.
type injector struct {
	next  http.Handler
	clock *clock

	mu     sync.Mutex
	faults []*activeFault
}

// activeFault is a fault with its state.
type activeFault struct {
	Fault
	injected *Injected
	random   *rand.Rand
	skipped  int
	hits     int
	past     *staleness // of the kind Stale
}

// inject adds faults until the test ends or they are stopped.
func (i *injector) inject(tb testing.TB, faults []Fault) *Injected {
	tb.Helper()
	if len(faults) == 0 {
		tb.Fatal("testutil: no fault to inject")
	}
	in := &Injected{injector: i, delays: map[chan struct{}]bool{}}
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
			active.past = &staleness{engine: e, writes: max(1, fault.Writes), delay: fault.Delay, clock: i.clock}
		}
		added = append(added, active)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = append(i.faults, added...)
	tb.Cleanup(in.Stop)
	return in
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
	q := &request{Request: protocol.ReadRequest(r), next: i.next}
	fault, delays := i.pick(q)
	response := fault.respond(q)
	for _, delay := range delays {
		delay.wait(r.Context())
	}
	response.Write(w)
}

// pick returns the faults that the request gets: all delays, and at most one other.
func (i *injector) pick(r *request) (picked *activeFault, delays []*activeFault) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, fault := range i.faults {
		if fault.past != nil && slices.Contains(writeOperations, r.Operation) && r.isFor(fault.Tables) {
			r.next = fault.past.recordWrites(r.next)
		}
		if fault.Kind != Delay && picked != nil || !fault.matches(r) {
			continue
		}
		seed := fault.random.Uint64()
		if fault.skipped < fault.Skip { // the later ones are those without Skip
			fault.skipped++
			continue
		}
		fault.hits++
		fault.injected.count++
		if fault.Kind == Delay {
			delays = append(delays, fault)
			continue
		}
		picked = fault
		r.random, r.only = rand.New(rand.NewPCG(seed, 0)), fault.Tables
	}
	return picked, delays
}

// matches reports whether the request gets the fault.
func (f *activeFault) matches(r *request) bool {
	switch {
	case !slices.Contains(f.Operations, r.Operation) || !r.isFor(f.Tables) || f.Times > 0 && f.hits == f.Times:
		return false
	case (f.Kind == Unprocessed || f.Kind == Conflict) && !r.hasItems(): // the server rejects it
		return false
	case f.Kind == Stale && r.isConsistent():
		return false
	}
	return f.Rate == 0 || f.random.Float64() < f.Rate
}

// wait returns after the delay, or earlier if it is stopped or the client gives up. What it waits for
// belongs to the request: a channel of package synctest's bubble must not be used outside of it, and an
// Injected may be.
func (f *activeFault) wait(client context.Context) {
	stop := make(chan struct{})
	if !f.injected.addDelay(stop) {
		return
	}
	defer f.injected.removeDelay(stop)
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-stop:
	case <-client.Done():
	}
}

// addDelay has Stop close the channel, and reports whether the faults are still active.
func (in *Injected) addDelay(stop chan struct{}) bool {
	in.injector.mu.Lock()
	defer in.injector.mu.Unlock()
	if !in.stopped {
		in.delays[stop] = true
	}
	return !in.stopped
}

func (in *Injected) removeDelay(stop chan struct{}) {
	in.injector.mu.Lock()
	defer in.injector.mu.Unlock()
	delete(in.delays, stop)
}
