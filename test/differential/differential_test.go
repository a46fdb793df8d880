package differential

import (
	"crypto/rand"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	seed     = flag.Uint64("seed", 1, "the seed of the random requests")
	requests = flag.Int("operations", 20_000, "the least number of requests to compare")
	only     = flag.Uint64("only", 0, "play only the trace of this number")
	workers  = flag.Int("workers", 3, "the number of traces to play at once")
	findings = flag.Int("findings", 3, "stop after this many different findings")
	plays    = flag.Int("plays", 300, "the most traces to play while shortening one")
)

// longRun is the number of requests after which every accepted difference must
// have occurred.
const longRun = 200_000

func TestEngine_AnswersLikeDynamoDBLocal(t *testing.T) {
	endpoint := os.Getenv("PACKAGEDB_TEST_ENDPOINT")
	if endpoint == "" || os.Getenv("PACKAGEDB_TEST_ENGINE") != "dynamodb-local" {
		t.Skip("needs DynamoDB Local: test/engines/run dynamodb-local -- go test -C test -v ./differential")
	}
	t.Logf("seed %d", *seed)
	start := time.Now()
	c := &campaign{t: t, server: remote(endpoint, *workers), accepted: newAcceptance(), found: map[string]int{}}
	var group sync.WaitGroup
	for range *workers {
		group.Go(c.work)
	}
	group.Wait()
	t.Logf("compared %d answers in %v", c.compared, time.Since(start).Round(time.Second))
	counts := c.accepted.byReason()
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%7d times accepted: %s", counts[reason], reason)
		if c.compared >= longRun {
			assert.NotZero(t, counts[reason], "%s never occurs and can be removed", reason)
		}
	}
}

// campaign is the state that the workers share.
type campaign struct {
	t        *testing.T
	server   *server
	accepted acceptance

	mu       sync.Mutex
	streams  uint64
	compared int
	found    map[string]int // by signature
}

func (c *campaign) work() {
	for stream, more := c.next(); more; stream, more = c.next() {
		c.play(stream)
	}
}

func (c *campaign) next() (stream uint64, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams++
	if *only > 0 {
		return *only, c.streams == 1
	}
	return c.streams, c.compared < *requests && len(c.found) < *findings
}

// play plays one trace and reports findings that are new.
func (c *campaign) play(stream uint64) {
	p := &player{server: c.server, accepted: c.accepted, run: rand.Text}
	t := generate(*seed, stream, fmt.Sprintf("differential-%d-%d", *seed, stream))
	all, err := p.play(c.t.Context(), &t)
	assert.NoError(c.t, err)
	c.mu.Lock()
	c.compared += p.compared
	c.mu.Unlock()
	for _, f := range all {
		if !c.isNew(f) {
			continue
		}
		short, f, err := p.shrink(c.t.Context(), &t, f, *plays)
		if assert.NoError(c.t, err) {
			assert.Failf(c.t, "answers differ", "repeat with: -seed %d -only %d\n%s", *seed, stream, report(short, f))
		}
	}
}

func (c *campaign) isNew(f *finding) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found[f.signature()]++
	return c.found[f.signature()] == 1
}

// TestGenerate_EngineAnswersEveryRequest needs no other server.
func TestGenerate_EngineAnswersEveryRequest(t *testing.T) {
	served, refused := 0, 0
	for stream := range uint64(10) {
		made := generate(*seed, stream, "random")
		engine := embedded()
		for i := range made.tables {
			require.NoError(t, engine.create(t.Context(), made.tables[i].definition))
		}
		for _, s := range made.steps {
			a, err := engine.send(t.Context(), s.operation, encode(s.body))
			require.NoError(t, err)
			switch a.status {
			case http.StatusOK:
				served++
			case http.StatusBadRequest:
				refused++
			default:
				assert.Failf(t, "internal error", "seed %d: %s %s: %s", *seed, s.operation, shortened(string(encode(s.body))), a.failure())
			}
		}
	}
	// The requests are useful only if neither all succeed nor all fail.
	assert.Greater(t, served, refused)
	assert.Greater(t, refused, served/10)
}

func TestGenerate_SameSeedSameTrace(t *testing.T) {
	for stream := range uint64(5) {
		assert.Equal(t, generate(*seed, stream, "random"), generate(*seed, stream, "random"), "trace %d", stream)
	}
	assert.NotEqual(t, generate(*seed, 1, "random"), generate(*seed, 2, "random"))
}
