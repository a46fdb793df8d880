package testutil

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
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

// answer returns the answer to the request after all delays, or nil where the connection is to be
// dropped.
func (m *meeting) answer() *answer {
	answer := m.answerAtOnce()
	for _, d := range m.delays {
		d.wait(m.request.Context())
	}
	return answer
}

func (m *meeting) answerAtOnce() *answer {
	switch m.fault {
	case Throttle:
		return refusal(http.StatusBadRequest, "ProvisionedThroughputExceededException",
			"The level of configured provisioned throughput for the table was exceeded (injected by testutil)")
	case InternalServerError:
		return refusal(http.StatusInternalServerError, "InternalServerError", "Internal server error (injected by testutil)")
	case ServiceUnavailable:
		return refusal(http.StatusServiceUnavailable, "ServiceUnavailable", "Service unavailable (injected by testutil)")
	case DropBefore:
		return nil
	case DropAfter:
		_ = record(m.next, m.request)
		return nil
	case Unprocessed:
		return m.processPart()
	case Conflict:
		return m.conflict()
	default:
		return record(m.next, m.request)
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
func (m *meeting) conflict() *answer {
	reasons := slices.Repeat([]cancellationReason{{Code: "None"}}, m.actions())
	reasons[m.random.IntN(len(reasons))] = cancellationReason{"TransactionConflict", "Transaction is ongoing for the item"}
	codes := make([]string, len(reasons))
	for i, reason := range reasons {
		codes[i] = reason.Code
	}
	return reply(http.StatusBadRequest, map[string]any{
		"__type": namespace + "TransactionCanceledException",
		"Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
			strings.Join(codes, ", ") + "]",
		"CancellationReasons": reasons,
	})
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
func (m *meeting) processPart() *answer {
	member := "UnprocessedItems"
	if m.operation == "BatchGetItem" {
		member = "UnprocessedKeys"
	}
	processed, unprocessed := m.batch().split(m.random)
	if processed.size() == 0 {
		members := map[string]any{member: unprocessed}
		if m.operation == "BatchGetItem" {
			members["Responses"] = struct{}{}
		}
		return reply(http.StatusOK, members)
	}
	var request, members map[string]json.RawMessage
	_ = json.Unmarshal(m.body, &request) // it is an object, because it holds the batch
	request["RequestItems"] = encode(processed)
	m.setBody(encode(request))
	answer := record(m.next, m.request)
	if answer == nil || answer.status != http.StatusOK || json.Unmarshal(answer.body, &members) != nil {
		return answer
	}
	unprocessed.add(parseBatch(members[member]))
	members[member] = encode(unprocessed)
	return reply(http.StatusOK, members)
}

// setBody gives the request a body.
func (m *meeting) setBody(body []byte) {
	m.body = body
	m.request.Body = io.NopCloser(bytes.NewReader(body))
	m.request.ContentLength = int64(len(body))
}
