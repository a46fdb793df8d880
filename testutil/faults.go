package testutil

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// FaultKind is what happens to a request that meets a [Fault].
type FaultKind int

const (
	// Throttle refuses an operation on items with ProvisionedThroughputExceededException.
	Throttle FaultKind = iota + 1
	// InternalServerError answers with that error and status 500, and nothing happens.
	InternalServerError
	// ServiceUnavailable answers with that error and status 503, and nothing happens.
	ServiceUnavailable
	// DropBefore drops the connection before the request takes effect.
	DropBefore
	// DropAfter drops the connection after the request took effect.
	DropAfter
	// Unprocessed makes BatchWriteItem or BatchGetItem process a part of its items only and return
	// the others as unprocessed. Of two items and more, one at least is processed. A single item is
	// returned unprocessed.
	Unprocessed
	// Conflict cancels TransactWriteItems with the reason TransactionConflict for one of its items.
	Conflict
	// Delay keeps the answer back for as long as Fault.Delay says, or until the client gives up. The
	// request takes effect at once.
	Delay
)

var kindNames = [...]string{
	Throttle:            "Throttle",
	InternalServerError: "InternalServerError",
	ServiceUnavailable:  "ServiceUnavailable",
	DropBefore:          "DropBefore",
	DropAfter:           "DropAfter",
	Unprocessed:         "Unprocessed",
	Conflict:            "Conflict",
	Delay:               "Delay",
}

// String is the name of the constant.
func (k FaultKind) String() string {
	if k < Throttle || k > Delay {
		return fmt.Sprintf("FaultKind(%d)", int(k))
	}
	return kindNames[k]
}

// Fault is something that goes wrong with requests.
type Fault struct {
	Kind FaultKind

	// Operations are the operations whose requests meet the fault, such as "PutItem". None are all
	// that the kind applies to.
	Operations []string

	// Times is how many requests meet the fault at most. 0 is no limit.
	Times int

	// Rate is the share of the requests that meet the fault, from 0 to 1. 0 is every request. Which
	// requests do is drawn at random from Seed, and so are the items that Unprocessed leaves.
	Rate float64
	Seed uint64

	// Delay is by how much the kind Delay delays an answer. The other kinds have none.
	Delay time.Duration
}

var (
	itemOperations = []string{
		"GetItem", "PutItem", "DeleteItem", "Query", "Scan",
		"BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems",
	}
	tableOperations = []string{"CreateTable", "DeleteTable", "DescribeTable", "ListTables"}
	everyOperation  = slices.Concat(itemOperations, tableOperations)
)

// appliesTo are the operations whose requests can meet a fault of the kind.
func (k FaultKind) appliesTo() []string {
	switch k {
	case Throttle:
		return itemOperations
	case Unprocessed:
		return []string{"BatchGetItem", "BatchWriteItem"}
	case Conflict:
		return []string{"TransactWriteItems"}
	default:
		return everyOperation
	}
}

func (f Fault) check() error {
	if f.Kind < Throttle || f.Kind > Delay {
		return fmt.Errorf("there is no %v", f.Kind)
	}
	for _, operation := range f.Operations {
		if possible := f.Kind.appliesTo(); !slices.Contains(possible, operation) {
			return fmt.Errorf("%v cannot happen to the operation %q, only to %q", f.Kind, operation, possible)
		}
	}
	switch {
	case f.Times < 0:
		return fmt.Errorf("%v has Times %d, the least is 0, for no limit", f.Kind, f.Times)
	case !(f.Rate >= 0 && f.Rate <= 1):
		return fmt.Errorf("%v has Rate %v, it must be from 0 to 1", f.Kind, f.Rate)
	case f.Kind == Delay && f.Delay <= 0:
		return errors.New("Delay needs the field Delay to be over 0")
	case f.Kind != Delay && f.Delay != 0:
		return fmt.Errorf("%v has the field Delay, which is for the kind Delay only", f.Kind)
	}
	return nil
}

// Inject makes requests to the DynamoDB that [Client] returns the client of fail, and those to every
// database that [New] goes on to make for the test, until the test ends. That includes the requests of
// [packagedb.Get] where this is the server of [Main] or of a fixture, and those of all other tests that
// use it at that time. What testutil itself does with a server meets no fault.
//
// A request meets the first fault for which it is drawn, in the order in which they were injected.
// Delays come on top of that. Faults that are drawn from the same seed for the same requests, one after
// the other, are the same.
func Inject(tb testing.TB, faults ...Fault) *Injected {
	tb.Helper()
	if len(faults) == 0 {
		tb.Fatal("testutil.Inject: there is no fault to inject")
	}
	for _, fault := range faults {
		if err := fault.check(); err != nil {
			tb.Fatalf("testutil.Inject: %v", err)
		}
	}
	w, err := tests.world(tb)
	if err != nil {
		tb.Fatalf("testutil.Inject: %v%s", err, hint())
	}
	injected := newInjected(faults)
	injected.into(w.handler)
	tests.useFaults(tb, injected)
	return injected
}

// Injected is a set of faults that were injected together.
type Injected struct {
	stopped chan struct{} // closed by Stop

	mu     sync.Mutex
	faults []*drawnFault
	places []*injector
	count  int
}

func newInjected(faults []Fault) *Injected {
	in := &Injected{stopped: make(chan struct{})}
	for i, fault := range faults {
		in.faults = append(in.faults, newDrawnFault(fault, i))
	}
	return in
}

// Count is how often a request has met one of the faults so far.
func (in *Injected) Count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.count
}

// Stop ends the faults before the test does. Answers that are being delayed are delayed no longer.
func (in *Injected) Stop() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.isStopped() {
		return
	}
	close(in.stopped)
	for _, place := range in.places {
		place.remove(in)
	}
	in.places = nil
}

func (in *Injected) isStopped() bool {
	select {
	case <-in.stopped:
		return true
	default:
		return false
	}
}

// into puts the faults into one more place.
func (in *Injected) into(place *injector) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.isStopped() {
		in.places = append(in.places, place)
		place.add(in)
	}
}
