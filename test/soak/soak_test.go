// Package soak tests the whole library against a model: many hosts with clocks that differ call the
// same database at once, while its requests fail. Porcupine checks that the calls to each spec are
// linearizable, and an observer that every spec is whole at every moment.
//
//	make soak-dynamodb-local SOAKTIME=10m SEED=1
//	go test -C test ./soak
package soak

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

var (
	soakTime = flag.Duration("soak.time", 0, "how long TestSoak runs; 0 skips it")
	soakSeed = flag.Uint64("soak.seed", 0, "the seed of the first run of TestSoak; 0 draws one, which is printed")
	soakMode = flag.String("soak.mode", "", "the only mode of TestSoak: isolated, without-transactions or read-committed; all if empty")

	specCalls = flag.Int("soak.calls", 2000, "how many calls of specs TestSpecs_AreLinearizable makes with read-committed queries")
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestDatabase_KeepsItsPromisesUnderEveryFault(t *testing.T) {
	for seed := range uint64(int(modes) * len(faultMixes())) {
		p := newPlan(seed)
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			r := p.carryOut(t)
			r.report()
			few := map[string]bool{"Conflict": !r.atomic.Load(), "Unprocessed": p.readCommitted} // few requests get them
			if len(p.mix.faults) > 0 && !few[p.mix.name] {
				assert.Positive(t, r.injected, "faults injected")
			}
		})
	}
}

// TestSpecs_AreLinearizable checks at least 10,000 calls of specs with transactions, and -soak.calls with
// read-committed queries.
func TestSpecs_AreLinearizable(t *testing.T) {
	t.Parallel()
	for mode, calls := range map[mode]int{isolated: 10_000, readCommitted: *specCalls} {
		t.Run(mode.String(), func(t *testing.T) {
			s := newSummary(1)
			defer func() { fmt.Println(s) }()
			for seed := s.seed; s.specCalls < calls && !t.Failed(); seed++ {
				if p := newPlan(seed); p.mode() == mode {
					s.run(t, p)
				}
				if s.runs > 0 && s.specCalls == 0 {
					t.Skip("the server has no transactions")
				}
			}
			assert.Equal(t, mode == readCommitted, s.torn > 0, "torn pages")
		})
	}
}

func TestSoak(t *testing.T) {
	if *soakTime == 0 {
		t.Skip("-soak.time is 0: make soak runs this test")
	}
	s := newSummary(cmp.Or(*soakSeed, rand.Uint64N(1_000_000_000)))
	defer func() { fmt.Println(s) }()
	for seed := s.seed; time.Since(s.start) < *soakTime && !t.Failed(); seed++ {
		if p := newPlan(seed); *soakMode == "" || *soakMode == p.mode().String() {
			s.run(t, p)
		}
	}
}

// summary is the total of many runs.
type summary struct {
	start time.Time
	seed  uint64

	runs, calls, failed, injected, specCalls, torn, looks, violations int

	exceptions map[exception]int
}

func newSummary(seed uint64) *summary {
	return &summary{start: time.Now(), seed: seed, exceptions: map[exception]int{}}
}

func (s *summary) run(t *testing.T, p plan) {
	t.Run(fmt.Sprint(p.seed), func(t *testing.T) {
		r := p.carryOut(t)
		s.runs++
		s.calls += len(r.made)
		s.injected += r.injected
		s.violations += len(r.violations)
		for _, c := range r.made {
			if !c.ok() {
				s.failed++
			}
			if parts, _ := c.parts(p.mode()); r.atomic.Load() && len(parts) > 0 {
				s.specCalls++
			}
		}
		s.looks += r.looks
		if r.shared != nil {
			s.torn += r.shared.Torn()
		}
		for why, count := range r.exceptions {
			s.exceptions[why] += count
		}
		r.report()
	})
}

// String returns the summary as a line.
func (s *summary) String() string {
	return fmt.Sprintf("soak: engine %s, seed %d, %v: %d runs, %d calls (%d returned an error), %d faults injected, "+
		"%d calls checked by porcupine, %d torn pages, %d observations, specs that a limit left half: %d by %s, %d by %s, "+
		"%d by %s, %d violations",
		cmp.Or(os.Getenv("PACKAGEDB_TEST_ENGINE"), "embedded"), s.seed, time.Since(s.start).Round(time.Second),
		s.runs, s.calls, s.failed, s.injected, s.specCalls, s.torn, s.looks, s.exceptions[sameAgain], sameAgain,
		s.exceptions[batched], batched, s.exceptions[inTurn], inTurn, s.violations)
}
