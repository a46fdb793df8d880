package differential

import (
	"crypto/rand"
	"flag"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"
)

var (
	seed       = flag.Uint64("seed", 1, "what the random requests depend on")
	operations = flag.Int("operations", 20_000, "how many requests to compare at least")
	only       = flag.Uint64("only", 0, "play only the trace of this number")
	workers    = flag.Int("workers", 3, "how many traces to play at once")
	findings   = flag.Int("findings", 3, "how many different findings to look for")
	plays      = flag.Int("plays", 300, "how many traces to play in the search for a short one")
)

// longRun is how many requests should meet every accepted difference.
const longRun = 200_000

func TestTheEngineAnswersAsDynamoDBLocalDoes(t *testing.T) {
	endpoint := os.Getenv("PACKAGEDB_TEST_ENDPOINT")
	if endpoint == "" || os.Getenv("PACKAGEDB_TEST_ENGINE") != "dynamodb-local" {
		t.Skip("needs DynamoDB Local: test/engines/run dynamodb-local -- go test -v ./internal/engine/differential")
	}
	t.Logf("seed %d", *seed)
	start := time.Now()
	c := &comparing{t: t, server: remote(endpoint, *workers), accepted: newAcceptance(), found: map[string]int{}}
	var group sync.WaitGroup
	for range *workers {
		group.Go(c.work)
	}
	group.Wait()
	t.Logf("compared %d answers in %v", c.compared, time.Since(start).Round(time.Second))
	reasons, counts := c.accepted.byReason()
	for _, reason := range reasons {
		t.Logf("%7d times accepted: %s", counts[reason], reason)
		if counts[reason] == 0 && c.compared >= longRun {
			t.Errorf("this difference never occurs, and can be removed: %s", reason)
		}
	}
}

// comparing is the state that the workers share.
type comparing struct {
	t        *testing.T
	server   *server
	accepted *acceptance

	mu       sync.Mutex
	streams  uint64
	compared int
	found    map[string]int // by signature
}

func (c *comparing) work() {
	for {
		stream, more := c.next()
		if !more {
			return
		}
		c.play(stream)
	}
}

func (c *comparing) next() (stream uint64, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams++
	if *only > 0 {
		return *only, c.streams == 1
	}
	return c.streams, c.compared < *operations && len(c.found) < *findings
}

// play plays one trace, and reports what it finds for the first time.
func (c *comparing) play(stream uint64) {
	w := &world{server: c.server, accepted: c.accepted, run: rand.Text}
	t := generate(*seed, stream, fmt.Sprintf("differential-%d-%d", *seed, stream))
	all, err := w.play(c.t.Context(), &t)
	if err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	c.compared += w.compared
	c.mu.Unlock()
	for _, f := range all {
		if !c.isNew(f) {
			continue
		}
		short, f, err := w.shrink(c.t.Context(), &t, f, *plays)
		if err != nil {
			c.t.Error(err)
			continue
		}
		c.t.Errorf("seed %d; again with: -seed %d -only %d\n%s", *seed, *seed, stream, report(short, f))
	}
}

func (c *comparing) isNew(f *finding) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found[f.signature()]++
	return c.found[f.signature()] == 1
}

// TestEveryRequestHasAnAnswer needs no other server: whatever the generator
// makes, the engine answers or refuses it.
func TestEveryRequestHasAnAnswer(t *testing.T) {
	served, refused := 0, 0
	for stream := range uint64(10) {
		made := generate(*seed, stream, "random")
		engine := embedded()
		for i := range made.tables {
			if err := engine.create(t.Context(), made.tables[i].definition); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range made.steps {
			a, err := engine.send(t.Context(), s.operation, encode(s.body))
			if err != nil {
				t.Fatal(err)
			}
			switch a.status {
			case http.StatusOK:
				served++
			case http.StatusBadRequest:
				refused++
			default:
				t.Errorf("seed %d: %s %s: %s", *seed, s.operation, shortened(string(encode(s.body))), a.failure())
			}
		}
	}
	// The generator is worth nothing if it makes only requests of one sort.
	if served < refused || refused < served/10 {
		t.Errorf("%d requests were served and %d refused", served, refused)
	}
}

func TestTheSameSeedMakesTheSameTrace(t *testing.T) {
	text := func(stream uint64) string {
		made := generate(*seed, stream, "random")
		text := ""
		for i := range made.tables {
			text += string(encode(made.tables[i].definition))
		}
		for _, s := range made.steps {
			text += s.operation + string(encode(s.body))
		}
		return text
	}
	for stream := range uint64(5) {
		if once, again := text(stream), text(stream); once != again {
			t.Errorf("seed %d: trace %d differs from one time to the next", *seed, stream)
		}
	}
	if text(1) == text(2) {
		t.Errorf("seed %d: all traces are the same", *seed)
	}
}
