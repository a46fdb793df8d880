package differential

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	seed       = flag.Uint64("seed", 1, "what the random requests depend on")
	operations = flag.Int("operations", 20000, "how many requests to compare at least")
	workers    = flag.Int("workers", 3, "how many traces to play at once")
	plays      = flag.Int("plays", 400, "how many traces to play in the search for a short one")
	findings   = flag.Int("findings", 5, "how many different findings to report")
)

const stepsPerTrace = 200

func TestTheEngineAnswersAsDynamoDBLocalDoes(t *testing.T) {
	endpoint := os.Getenv("PACKAGEDB_TEST_ENDPOINT")
	if endpoint == "" || os.Getenv("PACKAGEDB_TEST_ENGINE") != "dynamodb-local" {
		t.Skip("needs DynamoDB Local: test/engines/run dynamodb-local -- go test ./internal/engine/differential")
	}
	t.Logf("seed %d: repeat with -seed %d -operations %d", *seed, *seed, *operations)
	start := time.Now()
	f := &fuzzing{t: t, server: remote(endpoint, *workers), accepted: newAcceptance(), seen: map[string]int{}}
	var group sync.WaitGroup
	for range *workers {
		group.Go(f.work)
	}
	group.Wait()
	t.Logf("compared %d answers in %v", f.compared, time.Since(start).Round(time.Second))
	for i := range acceptedDifferences {
		t.Logf("accepted %d times: %s", f.accepted.counts[i].Load(), acceptedDifferences[i].reason)
	}
	for s, n := range f.seen {
		t.Logf("%5d %.300s", n, s)
	}
}

type fuzzing struct {
	t        *testing.T
	server   *server
	accepted *acceptance

	mu       sync.Mutex
	streams  uint64
	compared int
	seen     map[string]int
}

func (f *fuzzing) next() (stream uint64, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.streams++
	return f.streams, f.compared < *operations && len(f.seen) < *findings
}

func (f *fuzzing) work() {
	for {
		stream, more := f.next()
		if !more {
			return
		}
		f.world(stream)
	}
}

func (f *fuzzing) world(stream uint64) {
	name := fmt.Sprintf("differential-%d-%d", *seed, stream)
	w := &world{server: f.server, accepted: f.accepted, run: rand.Text}
	t := generate(*seed, stream, name, stepsPerTrace)
	all, err := w.play(context.Background(), &t)
	f.mu.Lock()
	f.compared += w.compared
	f.mu.Unlock()
	if err != nil {
		f.t.Error(err)
		return
	}
	for _, found := range all {
		f.found(w, &t, found)
	}
}

func (f *fuzzing) found(w *world, t *trace, found *finding) {
	f.mu.Lock()
	f.seen[found.signature()]++
	known := f.seen[found.signature()] > 1
	f.mu.Unlock()
	if known {
		return
	}
	if *plays == 0 {
		f.t.Error(report(&trace{steps: []step{found.request}}, found))
		return
	}
	short, found, err := w.shrink(context.Background(), t, found, *plays)
	if err != nil {
		f.t.Error(err)
		return
	}
	f.t.Error(report(short, found))
}

// report tells how to get to a finding, and what it is.
func report(t *trace, found *finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d:\n", *seed)
	for i := range t.tables {
		fmt.Fprintf(&b, "CreateTable %s\n", encode(t.tables[i].definition))
	}
	for _, s := range t.steps {
		fmt.Fprintf(&b, "%s %s\n", s.operation, encode(s.body))
	}
	for _, d := range found.differences {
		fmt.Fprintf(&b, "at %s\n  DynamoDB Local: %s%s\n  this engine:    %s%s\n", d.path, d.localFailure, shown(d.local), d.oursFailure, shown(d.ours))
	}
	fmt.Fprintf(&b, "DynamoDB Local: %d %s\n", found.local.status, encode(found.local.body))
	fmt.Fprintf(&b, "this engine:    %d %s\n", found.ours.status, encode(found.ours.body))
	return b.String()
}
