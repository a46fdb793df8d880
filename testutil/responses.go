package testutil

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// respond returns the response to a request that gets the fault, or that of the server if it is nil.
func (f *activeFault) respond(r *request) *response {
	if f == nil {
		return serve(r.next, r.Request)
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
		_ = serve(r.next, r.Request)
		return nil
	case Unprocessed:
		return processPart(r)
	case Conflict:
		return conflict(r)
	case AccessDenied:
		return failure(http.StatusBadRequest, "com.amazon.coral.service#AccessDeniedException", fmt.Sprintf(
			"User: arn:aws:iam::000000000000:user/test is not authorized to perform: dynamodb:%s on resource: %s%s",
			r.operation, arn(r.table()), injected), nil)
	case Error:
		return failure(cmp.Or(f.Status, http.StatusBadRequest), f.Code, cmp.Or(f.Message, f.Code+injected), nil)
	case Stale:
		return serve(f.past.reader(), r.Request)
	default: // DropBefore
		return nil
	}
}

// injected ends the messages of faults.
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

// conflict responds as if a transaction held the item of the request, or one of its items.
//
//	{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
//	 "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict]",
//	 "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}]}
func conflict(r *request) *response {
	const code, ongoing = "TransactionConflict", "Transaction is ongoing for the item"
	switch r.operation {
	case "BatchWriteItem":
		return processPart(r)
	case "PutItem", "UpdateItem", "DeleteItem":
		return failure(http.StatusBadRequest, code+"Exception", ongoing, nil)
	}
	codes := slices.Repeat([]string{"None"}, len(r.actions()))
	reasons := slices.Repeat([]map[string]string{{"Code": "None"}}, len(codes))
	held := r.random.IntN(len(codes))
	codes[held], reasons[held] = code, map[string]string{"Code": code, "Message": ongoing}
	return newResponse(http.StatusBadRequest, map[string]any{
		"__type": namespace + "TransactionCanceledException",
		"Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
			strings.Join(codes, ", ") + "]",
		"CancellationReasons": reasons,
	})
}

// processPart passes some but not all items of a batch on, and none of a single one. It returns the rest
// as unprocessed.
func processPart(r *request) *response {
	unprocessed, members := "UnprocessedItems", map[string]any{}
	if r.operation == "BatchGetItem" {
		unprocessed, members["Responses"] = "UnprocessedKeys", map[string]any{}
	}
	items := batchItems(r.members["RequestItems"])
	r.random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	rest := len(items)
	if rest > 1 {
		rest = 1 + r.random.IntN(rest-1)
	}
	left, processed := items[:rest:rest], items[rest:]
	if len(processed) > 0 {
		part := maps.Clone(r.members)
		part["RequestItems"] = r.requestItems(processed)
		r.setBody(encode(part))
		response := serve(r.next, r.Request)
		if response == nil || response.status != http.StatusOK || decode(response.body) == nil {
			return response
		}
		members = decode(response.body)
		left = append(left, batchItems(members[unprocessed])...)
	}
	members[unprocessed] = r.requestItems(left)
	return newResponse(http.StatusOK, members)
}

// staleness has the states of an engine that stale reads may see.
type staleness struct {
	engine *engine.Engine
	writes int           // reads are behind by this number of writes,
	delay  time.Duration // or by this time

	mu     sync.Mutex // held while the engine writes
	states []state    // oldest first
}

// state is an engine before a write.
type state struct {
	before *engine.Engine
	at     time.Time
}

// recordWrites returns a handler that snapshots the engine before every write that succeeds.
func (s *staleness) recordWrites(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.record(next, r).write(w) })
}

func (s *staleness) record(next http.Handler, write *http.Request) *response {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := state{s.engine.Snapshot(), time.Now()}
	response := serve(next, write)
	if response != nil && response.status == http.StatusOK {
		s.states = append(s.states, before)
		s.trim()
	}
	return response
}

// reader returns the engine that responds to a stale read.
func (s *staleness) reader() *engine.Engine {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim()
	if len(s.states) == 0 {
		return s.engine
	}
	return s.states[0].before
}

// trim drops the states before writes that every read sees. The lock must be held.
func (s *staleness) trim() {
	seen := 0
	if s.delay == 0 {
		seen = max(0, len(s.states)-s.writes)
	}
	for s.delay > 0 && seen < len(s.states) && time.Since(s.states[seen].at) >= s.delay {
		seen++
	}
	s.states = s.states[seen:]
}
