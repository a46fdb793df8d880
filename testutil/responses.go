package testutil

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/protocol"
)

// request is a request that may get a fault.
type request struct {
	*protocol.Request
	next   http.Handler // responds to the request
	random *rand.Rand   // for the choices of the fault that the request gets
	only   []string     // the tables of that fault; any if empty
}

// respond returns the response to a request that gets the fault, or that of the server if it is nil.
func (f *activeFault) respond(r *request) *protocol.Response {
	if f == nil {
		return protocol.Serve(r.next, r.HTTP)
	}
	switch f.Kind {
	case Throttle:
		return protocol.Exception(http.StatusBadRequest, "ProvisionedThroughputExceededException",
			"The level of configured provisioned throughput for the table was exceeded"+injected,
			map[string]any{"ThrottlingReasons": throttlingReasons(r, "ProvisionedThroughputExceeded")})
	case ThrottleOnDemand:
		return protocol.Exception(http.StatusBadRequest, "com.amazon.coral.availability#ThrottlingException",
			"Throughput exceeds the maximum on-demand throughput of the table"+injected,
			map[string]any{"throttlingReasons": throttlingReasons(r, "MaxOnDemandThroughputExceeded")})
	case InternalServerError:
		return protocol.Exception(http.StatusInternalServerError, "InternalServerError",
			"Internal server error"+injected, nil)
	case ServiceUnavailable:
		return protocol.Exception(http.StatusServiceUnavailable, "ServiceUnavailable", "Service unavailable"+injected, nil)
	case DropAfter:
		_ = protocol.Serve(r.next, r.HTTP)
		return nil
	case Unprocessed:
		return processPart(r)
	case Conflict:
		return conflict(r)
	case AccessDenied:
		return protocol.Exception(http.StatusBadRequest, "com.amazon.coral.service#AccessDeniedException", fmt.Sprintf(
			"User: arn:aws:iam::000000000000:user/test is not authorized to perform: dynamodb:%s on resource: %s%s",
			r.Operation, arn(r.table()), injected), nil)
	case Error:
		return protocol.Exception(cmp.Or(f.Status, http.StatusBadRequest), f.Code, cmp.Or(f.Message, f.Code+injected), nil)
	case Stale:
		return protocol.Serve(f.past.reader(), r.HTTP)
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
	case slices.Contains(writeOperations, r.Operation):
		operation = "Write"
	case !slices.Contains(readOperations, r.Operation):
		return nil
	}
	return []map[string]string{{"reason": "Table" + operation + limit, "resource": arn(r.table())}}
}

// conflict responds as if a transaction held the item of the request, or one of its items.
//
//	{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
//	 "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",
//	 "CancellationReasons": [{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}]}
func conflict(r *request) *protocol.Response {
	const code, ongoing = "TransactionConflict", "Transaction is ongoing for the item"
	switch r.Operation {
	case "BatchWriteItem":
		return processPart(r)
	case "PutItem", "UpdateItem", "DeleteItem":
		return protocol.Exception(http.StatusBadRequest, code+"Exception", ongoing, nil)
	}
	codes := slices.Repeat([]string{"None"}, len(r.actions()))
	reasons := slices.Repeat([]map[string]string{{"Code": "None"}}, len(codes))
	held := r.random.IntN(len(codes))
	for range codes { // to the next action for one of the fault's tables
		if slices.ContainsFunc(actionTables(r.actions()[held]), r.isConcerned) {
			break
		}
		held = (held + 1) % len(codes)
	}
	codes[held], reasons[held] = code, map[string]string{"Code": code, "Message": ongoing}
	return protocol.NewResponse(http.StatusBadRequest, map[string]any{
		"__type": protocol.Namespace + "TransactionCanceledException",
		"Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
			strings.Join(codes, ", ") + "]",
		"CancellationReasons": reasons,
	})
}

// processPart passes some but not all items of a batch on, and none of a single one. It returns the rest
// as unprocessed.
func processPart(r *request) *protocol.Response {
	unprocessed, members := "UnprocessedItems", map[string]any{}
	if r.Operation == "BatchGetItem" {
		unprocessed, members["Responses"] = "UnprocessedKeys", map[string]any{}
	}
	items := batchItems(r.Members["RequestItems"])
	r.random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	rest := 0
	for i, item := range items { // those of the fault's tables first
		if r.isConcerned(item.table) {
			items[rest], items[i] = items[i], items[rest]
			rest++
		}
	}
	if rest > 1 {
		rest = 1 + r.random.IntN(rest-1)
	}
	left, processed := items[:rest:rest], items[rest:]
	if len(processed) > 0 {
		part := maps.Clone(r.Members)
		part["RequestItems"] = r.requestItems(processed)
		r.SetBody(protocol.Encode(part))
		response := protocol.Serve(r.next, r.HTTP)
		if response == nil || response.Status != http.StatusOK || protocol.Decode(response.Body) == nil {
			return response
		}
		members = protocol.Decode(response.Body)
		left = append(left, batchItems(members[unprocessed])...)
	}
	members[unprocessed] = r.requestItems(left)
	return protocol.NewResponse(http.StatusOK, members)
}

// tables returns the names of the tables that the request names, sorted in a batch and in the order of the
// actions in a transaction.
func (r *request) tables() []string {
	names := slices.Sorted(maps.Keys(protocol.Object(r.Members["RequestItems"])))
	names = append(names, namedTables(r.Members)...)
	for _, action := range r.actions() {
		names = append(names, actionTables(action)...)
	}
	for i, name := range names {
		names[i] = tableName(name)
	}
	return names
}

// actionTables returns the name or ARN of the table of an action, such as {"Put": {"TableName": "pets"}}.
func actionTables(action any) (names []string) {
	for _, members := range protocol.Object(action) {
		names = append(names, namedTables(members)...)
	}
	return names
}

func namedTables(members any) (names []string) {
	for _, member := range []string{"TableName", "ResourceArn"} {
		if name, isString := protocol.Object(members)[member].(string); isString {
			names = append(names, name)
		}
	}
	return names
}

// tableName returns the name of the table in an ARN, or a name as it is.
func tableName(name string) string {
	if _, table, isARN := strings.Cut(name, ":table/"); isARN {
		name, _, _ = strings.Cut(table, "/") // an index or a stream of it
	}
	return name
}

// table returns the name of the first table in the request that the fault concerns, or "".
func (r *request) table() string {
	for _, name := range r.tables() {
		if r.isConcerned(name) {
			return name
		}
	}
	return ""
}

// isConcerned reports whether the fault that the request gets is for the table, a name or an ARN.
func (r *request) isConcerned(table string) bool { return isAmong(r.only, table) }

// isFor reports whether the request is for one of the tables, or whether there are none.
func (r *request) isFor(tables []string) bool {
	return len(tables) == 0 || slices.ContainsFunc(r.tables(), func(name string) bool { return isAmong(tables, name) })
}

// isAmong reports whether the table, a name or an ARN, is one of the tables, or whether there are none.
func isAmong(tables []string, table string) bool {
	return len(tables) == 0 || slices.ContainsFunc(tables, func(name string) bool {
		return tableName(name) == tableName(table)
	})
}

// actions returns the actions of a transaction.
func (r *request) actions() []any { return protocol.List(r.Members["TransactItems"]) }

// hasItems reports whether the request names an item.
func (r *request) hasItems() bool {
	return r.Members["Item"] != nil || r.Members["Key"] != nil ||
		len(r.actions()) > 0 || len(batchItems(r.Members["RequestItems"])) > 0
}

// isConsistent reports whether a read is strongly consistent, of one table at least.
func (r *request) isConsistent() bool {
	for _, table := range protocol.Object(r.Members["RequestItems"]) {
		if protocol.Object(table)["ConsistentRead"] == true {
			return true
		}
	}
	return r.Members["ConsistentRead"] == true
}

// batchItem is an item of a BatchWriteItem or a key of a BatchGetItem.
type batchItem struct {
	table string
	item  any
}

// batchItems returns the items in RequestItems, UnprocessedItems or UnprocessedKeys.
//
//	{"pets": [{"PutRequest": {"Item": {"id": {"S": "a"}}}}]}
//	{"pets": {"Keys": [{"id": {"S": "a"}}], "ConsistentRead": true}}
func batchItems(tables any) (all []batchItem) {
	for _, table := range slices.Sorted(maps.Keys(protocol.Object(tables))) {
		items := protocol.Object(tables)[table]
		if get := protocol.Object(items); get != nil {
			items = get["Keys"]
		}
		for _, item := range protocol.List(items) {
			all = append(all, batchItem{table, item})
		}
	}
	return all
}

// requestItems returns the RequestItems of the request with some of the items.
func (r *request) requestItems(items []batchItem) map[string]any {
	byTable := map[string][]any{}
	for _, item := range items {
		byTable[item.table] = append(byTable[item.table], item.item)
	}
	tables := map[string]any{}
	for table, items := range byTable {
		tables[table] = items
		if get := protocol.Object(protocol.Object(r.Members["RequestItems"])[table]); get != nil {
			get = maps.Clone(get) // how the keys are read
			get["Keys"] = items
			tables[table] = get
		}
	}
	return tables
}

// staleness has the states of an engine that stale reads may see.
type staleness struct {
	engine *engine.Engine
	writes int           // reads are behind by this number of writes,
	delay  time.Duration // or by this time
	clock  *clock

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
	return http.HandlerFunc(func(w http.ResponseWriter, write *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		before := state{s.engine.Snapshot(), s.clock.now()}
		response := protocol.Serve(next, write)
		if response != nil && response.Status == http.StatusOK {
			s.states = append(s.states, before)
			s.trim()
		}
		response.Write(w)
	})
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
	for s.delay > 0 && seen < len(s.states) && s.clock.now().Sub(s.states[seen].at) >= s.delay {
		seen++
	}
	s.states = s.states[seen:]
}
