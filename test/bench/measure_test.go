package bench

import (
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// inTurn alternates between a call of packagedb and a bare one of the SDK, and reports the
// processor time and the allocations of each, and the ratio of the times. Other load slows both
// alike.
func inTurn(b *testing.B, call, bare func() error) {
	b.Helper()
	calls := [...]func() error{call, bare}
	var used [len(calls)]time.Duration
	for turn := 0; b.Loop(); turn++ {
		for i := range calls {
			i = (i + turn) % len(calls)
			started := processorTime(b)
			require.NoError(b, calls[i]())
			used[i] += processorTime(b) - started
		}
	}
	b.ReportMetric(0, "ns/op") // of both calls together
	b.ReportMetric(float64(used[0])/float64(b.N), "cpu-ns")
	b.ReportMetric(float64(used[1])/float64(b.N), "sdk-cpu-ns")
	b.ReportMetric(float64(used[0])/float64(used[1]), "times-sdk")
	b.ReportMetric(testing.AllocsPerRun(100, func() { _ = call() }), "allocs")
	b.ReportMetric(testing.AllocsPerRun(100, func() { _ = bare() }), "sdk-allocs")
}

// processorTime returns the processor time of this process.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// meter counts requests, the capacity units of queries, and the keys that were read and not yet deleted.
type meter struct {
	mu         sync.Mutex
	requests   int
	units      float64
	held, most int
}

// handle implements [dbtest.Handler].
func (m *meter) handle(_ string, input any, next func() (any, error)) (any, error) {
	if query, ok := input.(*dynamodb.QueryInput); ok {
		query.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	}
	output, err := next()
	switch input := input.(type) {
	case *dynamodb.QueryInput:
		if page := output.(*dynamodb.QueryOutput); err == nil {
			m.count(*page.ConsumedCapacity.CapacityUnits, len(page.Items))
		}
	case *dynamodb.TransactWriteItemsInput:
		m.count(0, -len(input.TransactItems))
	case *dynamodb.BatchWriteItemInput:
		for _, requests := range input.RequestItems {
			m.count(0, -len(requests))
		}
	}
	return output, err
}

func (m *meter) count(units float64, keys int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	m.units += units
	m.held += keys
	m.most = max(m.most, m.held)
}
