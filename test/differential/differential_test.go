// Package differential compares the embedded engine with Amazon's DynamoDB
// Local. It sends the same seeded random sequences of requests to both and
// compares the responses: status, exception, message, items, attributes, counts,
// keys of pages, consumed capacity, cancellation reasons and table descriptions.
//
//	test/engines/run dynamodb-local -- go test -C test -v ./differential
//	test/engines/run dynamodb-local -- go test -C test -v ./differential -seed 7 -operations 100000
//
// A failure shows the seed, the shortest trace that was found, and both
// responses. The requests are made without an SDK, so that everything in them can
// be wrong. A request has at most one mistake on purpose, because servers check
// for mistakes in different orders.
//
// Scans and queries of an index are compared as a whole and not page by page,
// because the order of partitions and of equal index keys differs between
// servers.
//
// # Accepted differences
//
// The reference is the service: its captured responses, then its documentation.
// accepted_test.go lists the ways in which DynamoDB Local departs from it, with
// their explanations. Every other difference is a failure.
package differential

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

var (
	seed     = flag.Uint64("seed", 1, "the seed of the random requests")
	requests = flag.Int64("operations", 20_000, "the least number of requests to compare")
	only     = flag.Uint64("only", 0, "play only the trace of this number")
	workers  = flag.Int("workers", 3, "the number of traces to play at once")
	findings = flag.Int64("findings", 3, "stop after this many different findings")
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
	start, server, accepted := time.Now(), remote(endpoint, *workers), newAcceptance()
	var streams atomic.Uint64
	var compared, found atomic.Int64
	var signatures sync.Map
	play := func(stream uint64) {
		p := &player{t: t, server: server, accepted: accepted}
		made := generate(*seed, stream, fmt.Sprintf("differential-%d-%d", *seed, stream))
		all := p.play(made)
		compared.Add(int64(p.compared))
		for _, f := range all {
			if _, known := signatures.LoadOrStore(f.signature(), true); !known {
				found.Add(1)
				short, f := p.shorten(made, f, *plays)
				assert.Failf(t, "responses differ", "repeat with: -seed %d -only %d\n%s", *seed, stream, report(short, f))
			}
		}
	}
	var running sync.WaitGroup
	for range *workers {
		running.Go(func() {
			for compared.Load() < *requests && found.Load() < *findings && *only == 0 {
				play(streams.Add(1))
			}
		})
	}
	if *only > 0 {
		play(*only)
	}
	running.Wait()
	t.Logf("compared %d responses in %v", compared.Load(), time.Since(start).Round(time.Second))
	counts := accepted.byReason()
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%7d times accepted: %s", counts[reason], reason)
		if compared.Load() >= longRun {
			assert.NotZero(t, counts[reason], "%s never occurs and can be removed", reason)
		}
	}
}

// TestGenerate_EngineAnswersEveryRequest needs no other server.
func TestGenerate_EngineAnswersEveryRequest(t *testing.T) {
	served, refused := 0, 0
	for stream := range uint64(10) {
		made := generate(*seed, stream, "random")
		ours := embedded()
		for i := range made.tables {
			ours.create(t, made.tables[i].definition)
		}
		for _, s := range made.steps {
			switch a := ours.send(t, s.operation, s.body); a.status {
			case http.StatusOK:
				served++
			case http.StatusBadRequest:
				refused++
			default:
				assert.Failf(t, "internal error", "seed %d: %s %s: %s", *seed, s.operation, shortened(s.body), a.failure())
			}
		}
	}
	// The requests are useful only if neither all succeed nor all fail.
	assert.Greater(t, served, refused)
	assert.Greater(t, refused, served/10)
}

func TestGenerate_SameSeedSameTrace(t *testing.T) {
	assert.Equal(t, generate(*seed, 1, "random"), generate(*seed, 1, "random"))
	assert.NotEqual(t, generate(*seed, 1, "random"), generate(*seed, 2, "random"))
}

// TestPlayer_FindsDefects compares the engine with one in whose responses a string is replaced by
// another.
func TestPlayer_FindsDefects(t *testing.T) {
	for name, defect := range map[string]struct{ right, wrong string }{
		"none":                {"", ""},
		"a count":             {`"Count":2`, `"Count":3`},
		"a message":           {"The conditional request failed", "The condition failed"},
		"the type of a value": {`{"NULL":true}`, `{"BOOL":true}`},
		"an exception":        {"ConditionalCheckFailedException", "ConditionalCheckException"},
		"a missing member":    {`"ScannedCount"`, `"Scanned"`},
		"a page without end":  {`"LastEvaluatedKey"`, `"LastKey"`},
	} {
		t.Run(name, func(t *testing.T) {
			healthy := engine.New()
			defective := serve(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
				response := httptest.NewRecorder()
				healthy.ServeHTTP(response, request)
				w.WriteHeader(response.Code)
				_, _ = w.Write(bytes.ReplaceAll(response.Body.Bytes(), []byte(defect.right), []byte(defect.wrong)))
			}))
			p := &player{t: t, server: defective, accepted: newAcceptance()}
			traces := uint64(50)
			if name == "none" {
				traces = 5
			}
			for stream := range traces {
				made := generate(1, stream, "defects")
				if all := p.play(made); len(all) > 0 {
					short, found := p.shorten(made, all[0], 200)
					assert.LessOrEqual(t, len(short.steps), 10, report(short, found))
					assert.NotEqual(t, "none", name, report(short, found))
					return
				}
			}
			assert.Equal(t, "none", name, "no difference was found")
		})
	}
}
