package testutil

import (
	"errors"
	"fmt"
	"slices"
	"sync"
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
		return fmt.Errorf("fault of unknown kind %v", f.Kind)
	}
	for _, operation := range f.Operations {
		if possible := f.Kind.appliesTo(); !slices.Contains(possible, operation) {
			return fmt.Errorf("%v: does not apply to operation %q, only to %q", f.Kind, operation, possible)
		}
	}
	switch {
	case f.Times < 0:
		return fmt.Errorf("%v: Times %d is negative", f.Kind, f.Times)
	case !(f.Rate >= 0 && f.Rate <= 1):
		return fmt.Errorf("%v: Rate %v is not between 0 and 1", f.Kind, f.Rate)
	case f.Kind == Delay && f.Delay <= 0:
		return errors.New("Delay: field Delay is not positive")
	case f.Kind != Delay && f.Delay != 0:
		return fmt.Errorf("%v: field Delay is for kind Delay only", f.Kind)
	}
	return nil
}

// Injected is a set of faults that were injected together.
type Injected struct {
	place   *injector
	stopped chan struct{} // closed by Stop

	mu     sync.Mutex
	faults []*drawnFault
	count  int
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
	in.place.remove(in)
}

func (in *Injected) isStopped() bool {
	select {
	case <-in.stopped:
		return true
	default:
		return false
	}
}
