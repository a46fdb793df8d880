package testutil

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// FaultKind is a kind of [Fault].
type FaultKind int

// The kinds of faults. Unless stated otherwise, they apply to every operation and the request has
// no effect.
const (
	// Throttle answers an operation on items with ProvisionedThroughputExceededException.
	Throttle FaultKind = iota + 1
	// InternalServerError answers with that error and status 500.
	InternalServerError
	// ServiceUnavailable answers with that error and status 503.
	ServiceUnavailable
	// DropBefore drops the connection before the request takes effect.
	DropBefore
	// DropAfter drops the connection after the request took effect.
	DropAfter
	// Unprocessed makes BatchWriteItem or BatchGetItem process some of its items and return the
	// others as unprocessed. At least one of several items is processed; a single item never is.
	Unprocessed
	// Conflict answers a write or TransactGetItems as if another transaction held the item. A
	// transaction is canceled with the reason TransactionConflict for one of its items, a single
	// write fails with TransactionConflictException, and BatchWriteItem does as for Unprocessed.
	Conflict
	// Delay delays the answer by Fault.Delay, or until the client gives up. The request takes
	// effect at once.
	Delay
	// ThrottleOnDemand answers with ThrottlingException.
	ThrottleOnDemand
	// AccessDenied answers with AccessDeniedException.
	AccessDenied
	// Error answers with Fault.Code, Fault.Message and Fault.Status.
	Error
	// Stale answers an eventually consistent read, of a table or an index, with what was there before
	// the last writes: the last Fault.Writes, or those of the last Fault.Delay, or without either the
	// last one. Writes are the requests that were sent since Inject. It needs the embedded engine;
	// on another server Inject skips the test.
	Stale
)

// kinds has the name of each kind and the operations that it applies to.
var kinds = [...]struct {
	name       string
	operations []string
}{
	Throttle:            {"Throttle", itemOperations},
	InternalServerError: {"InternalServerError", everyOperation},
	ServiceUnavailable:  {"ServiceUnavailable", everyOperation},
	DropBefore:          {"DropBefore", everyOperation},
	DropAfter:           {"DropAfter", everyOperation},
	Unprocessed:         {"Unprocessed", []string{"BatchGetItem", "BatchWriteItem"}},
	Conflict:            {"Conflict", append([]string{"TransactGetItems"}, writeOperations...)},
	Delay:               {"Delay", everyOperation},
	ThrottleOnDemand:    {"ThrottleOnDemand", everyOperation},
	AccessDenied:        {"AccessDenied", everyOperation},
	Error:               {"Error", everyOperation},
	Stale:               {"Stale", []string{"GetItem", "Query", "Scan", "BatchGetItem"}},
}

var (
	readOperations  = []string{"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"}
	writeOperations = []string{"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
	itemOperations  = slices.Concat(readOperations, writeOperations)
	everyOperation  = append([]string{
		"CreateTable", "UpdateTable", "DeleteTable", "DescribeTable", "ListTables",
		"DescribeTimeToLive", "UpdateTimeToLive", "TagResource", "UntagResource", "ListTagsOfResource",
		"DescribeContinuousBackups", "DescribeEndpoints", "DescribeLimits",
	}, itemOperations...)
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

	// Operations are the operations whose requests meet the fault, such as "PutItem". If empty, the
	// fault applies to every operation that supports it.
	Operations []string

	// Times limits the number of requests that meet the fault. 0 is no limit.
	Times int

	// Rate is the share of the requests that meet the fault, from 0 to 1. 0 is every request. Seed
	// determines which requests do, and which items Unprocessed leaves.
	Rate float64
	Seed uint64

	// Delay is the time by which the kind Delay delays an answer, or by which a Stale read is
	// behind.
	Delay time.Duration

	// Writes is the number of writes by which a Stale read is behind.
	Writes int

	// Code, Message and Status are the answer of the kind Error: the name of an exception, such as
	// "RequestLimitExceeded", its text, and the HTTP status, 400 if 0.
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
	case f.Times < 0:
		return fmt.Errorf("%v: Times %d is negative", f.Kind, f.Times)
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

// answer returns the answer to a request, which meets the fault unless that is nil.
func (f *activeFault) answer(r *request) *answer {
	if f == nil {
		return record(r.next, r.Request)
	}
	switch f.Kind {
	case Throttle:
		return failure(http.StatusBadRequest, "ProvisionedThroughputExceededException",
			"The level of configured provisioned throughput for the table was exceeded"+injected,
			map[string]any{"ThrottlingReasons": throttlingReasons(r, "ProvisionedThroughputExceeded")})
	case ThrottleOnDemand:
		return failure(http.StatusBadRequest, "com.amazon.coral.availability#ThrottlingException",
			"Throughput exceeds the maximum on-demand throughput of the table"+injected,
			map[string]any{"throttlingReasons": throttlingReasons(r, "MaxOnDemandThroughputExceeded")})
	case InternalServerError:
		return failure(http.StatusInternalServerError, "InternalServerError", "Internal server error"+injected, nil)
	case ServiceUnavailable:
		return failure(http.StatusServiceUnavailable, "ServiceUnavailable", "Service unavailable"+injected, nil)
	case DropAfter:
		_ = record(r.next, r.Request)
		return nil
	case Unprocessed:
		return r.processPart()
	case Conflict:
		return conflict(r)
	case AccessDenied:
		return failure(http.StatusBadRequest, "com.amazon.coral.service#AccessDeniedException", fmt.Sprintf(
			"User: arn:aws:iam::000000000000:user/test is not authorized to perform: dynamodb:%s on resource: %s%s",
			r.operation, arn(r.table()), injected), nil)
	case Error:
		return failure(cmp.Or(f.Status, http.StatusBadRequest), f.Code, cmp.Or(f.Message, f.Code+injected), nil)
	case Stale:
		return record(f.past.reader(), r.Request)
	default: // DropBefore
		return nil
	}
}

// injected ends the messages of injected answers.
const injected = " (injected by testutil)"

func arn(table string) string { return "arn:aws:dynamodb:us-east-1:000000000000:table/" + table }

// throttlingReasons returns the reasons for throttling an operation on items.
func throttlingReasons(r *request, limit string) []map[string]string {
	operation := "Read"
	switch {
	case slices.Contains(writeOperations, r.operation):
		operation = "Write"
	case !slices.Contains(readOperations, r.operation):
		return nil
	}
	return []map[string]string{{"reason": "Table" + operation + limit, "resource": arn(r.table())}}
}

// conflict answers a request as if a transaction held its item, or one of them.
func conflict(r *request) *answer {
	const code, ongoing = "TransactionConflict", "Transaction is ongoing for the item"
	switch r.operation {
	case "BatchWriteItem":
		return r.processPart()
	case "PutItem", "UpdateItem", "DeleteItem":
		return failure(http.StatusBadRequest, code+"Exception", ongoing, nil)
	}
	codes := slices.Repeat([]string{"None"}, len(r.actions()))
	reasons := slices.Repeat([]map[string]string{{"Code": "None"}}, len(codes))
	held := r.random.IntN(len(codes))
	codes[held], reasons[held] = code, map[string]string{"Code": code, "Message": ongoing}
	return reply(http.StatusBadRequest, map[string]any{
		"__type": namespace + "TransactionCanceledException",
		"Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
			strings.Join(codes, ", ") + "]",
		"CancellationReasons": reasons,
	})
}
