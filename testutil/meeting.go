package testutil

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/open-alchemy/packagedb/internal/loopback"
)

// meeting is a request and what happens to it.
type meeting struct {
	request   *http.Request
	operation string
	body      []byte
	next      http.Handler

	fault  FaultKind  // 0 is none
	random *rand.Rand // for the choices of the fault
	delays []delay
}

// ServeHTTP answers the request after all delays.
func (m *meeting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(m.delays) == 0 {
		m.answer(w, r)
		return
	}
	header, status, body, ok := record(http.HandlerFunc(m.answer), r)
	for _, d := range m.delays {
		d.wait(r.Context())
	}
	if !ok {
		panic(http.ErrAbortHandler)
	}
	reply(w, header, status, body)
}

func (m *meeting) answer(w http.ResponseWriter, r *http.Request) {
	const dynamodb = "com.amazonaws.dynamodb.v20120810#"
	switch m.fault {
	case Throttle:
		refuse(w, http.StatusBadRequest, dynamodb+"ProvisionedThroughputExceededException",
			"The level of configured provisioned throughput for the table was exceeded (injected by testutil).", nil)
	case InternalServerError:
		refuse(w, http.StatusInternalServerError, dynamodb+"InternalServerError",
			"Internal server error (injected by testutil)", nil)
	case ServiceUnavailable:
		refuse(w, http.StatusServiceUnavailable, dynamodb+"ServiceUnavailable",
			"Service unavailable (injected by testutil)", nil)
	case DropBefore:
		panic(http.ErrAbortHandler)
	case DropAfter:
		_, _, _, _ = record(m.next, r)
		panic(http.ErrAbortHandler)
	case Unprocessed:
		m.processPart(w, r)
	case Conflict:
		reasons, message := m.conflict()
		refuse(w, http.StatusBadRequest, dynamodb+"TransactionCanceledException", message,
			map[string]any{"CancellationReasons": reasons})
	default:
		m.next.ServeHTTP(w, r)
	}
}

// delay is how late an answer is, unless its fault is stopped before.
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

// record returns the answer of a handler, or not ok where it drops the connection.
func record(handler http.Handler, r *http.Request) (header http.Header, status int, body []byte, ok bool) {
	// The client may have gone, but the server is not to notice before it has done its work.
	response, err := loopback.Client{Handler: handler}.Do(r.WithContext(context.WithoutCancel(r.Context())))
	if err != nil {
		return nil, 0, nil, false
	}
	body, err = io.ReadAll(response.Body)
	return response.Header, response.StatusCode, body, err == nil
}

// actions is the number of actions of a transaction.
func (m *meeting) actions() int {
	var transaction struct{ TransactItems []json.RawMessage }
	if json.Unmarshal(m.body, &transaction) != nil {
		return 0
	}
	return len(transaction.TransactItems)
}

type cancellationReason struct {
	Code    string
	Message string `json:",omitempty"`
}

// conflict is the answer to a transaction one of whose actions is in conflict with another request.
func (m *meeting) conflict() (reasons []cancellationReason, message string) {
	reasons = slices.Repeat([]cancellationReason{{Code: "None"}}, m.actions())
	reasons[m.random.IntN(len(reasons))] = cancellationReason{"TransactionConflict", "Transaction is ongoing for the item"}
	codes := make([]string, len(reasons))
	for i, reason := range reasons {
		codes[i] = reason.Code
	}
	return reasons, "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
		strings.Join(codes, ", ") + "]"
}

// batch is the items of a BatchWriteItem or the keys of a BatchGetItem, nil where the request is
// malformed.
func (m *meeting) batch() batch {
	var request struct{ RequestItems json.RawMessage }
	if json.Unmarshal(m.body, &request) != nil {
		return nil
	}
	return parseBatch(request.RequestItems)
}

// processPart lets a part of a batch through and returns the rest as unprocessed.
func (m *meeting) processPart(w http.ResponseWriter, r *http.Request) {
	member := "UnprocessedItems"
	if m.operation == "BatchGetItem" {
		member = "UnprocessedKeys"
	}
	whole := m.batch()
	processed, unprocessed := whole.split(m.random)
	if len(processed) == 0 {
		answer := map[string]any{member: unprocessed}
		if m.operation == "BatchGetItem" {
			answer["Responses"] = struct{}{}
		}
		replyJSON(w, http.StatusOK, answer)
		return
	}
	var request, answer map[string]json.RawMessage
	_ = json.Unmarshal(m.body, &request) // it is an object, because it holds the batch
	request["RequestItems"] = encode(processed)
	m.rewrite(encode(request))
	header, status, body, ok := record(m.next, m.request)
	switch {
	case !ok:
		panic(http.ErrAbortHandler)
	case status != http.StatusOK || json.Unmarshal(body, &answer) != nil:
		reply(w, header, status, body)
		return
	}
	unprocessed.add(parseBatch(answer[member]))
	answer[member] = encode(unprocessed)
	replyJSON(w, http.StatusOK, answer)
}
