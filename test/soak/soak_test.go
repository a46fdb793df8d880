// Package soak tests the whole library against a model in memory: many hosts with clocks that differ
// call the same database at once, while its requests fail.
//
//	make soak SOAKTIME=10m SEED=1 ENGINE=dynamodb-local
package soak

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var (
	soakTime = flag.Duration("soak.time", 0, "how long TestSoak runs; 0 leaves it out")
	soakSeed = flag.Uint64("soak.seed", 0, "the seed of the first run of TestSoak; 0 is a new one, which is printed")
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestEveryPromiseIsKeptWhateverGoesWrong(t *testing.T) {
	for seed := range uint64(2 * len(weathers())) {
		p := newPlan(seed)
		transactions := "with transactions"
		if !p.transactions {
			transactions = "without transactions"
		}
		t.Run(p.weather.name+" "+transactions, func(t *testing.T) {
			t.Parallel()
			o := p.carryOut(t)
			if len(o.violations) > 0 {
				p.report(t, o)
			}
			if len(p.weather.faults) > 0 && o.injected == 0 && (o.atOnce || p.weather.name != "Conflict") {
				t.Error("no fault was injected")
			}
		})
	}
}

func TestSoak(t *testing.T) {
	if *soakTime == 0 {
		t.Skip("-soak.time is 0: make soak runs this test")
	}
	seed := *soakSeed
	if seed == 0 {
		seed = rand.Uint64N(1_000_000_000)
	}
	s := summary{start: time.Now(), first: seed}
	defer func() { fmt.Println(s) }()
	for ; time.Since(s.start) < *soakTime && !t.Failed(); seed++ {
		p := newPlan(seed)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			o := p.carryOut(t)
			s.add(o)
			if len(o.violations) > 0 {
				p.report(t, o)
			}
		})
	}
}

// summary is what a soak came to.
type summary struct {
	start time.Time
	first uint64

	runs, calls, failed, injected, violations int
}

func (s *summary) add(o outcome) {
	s.runs++
	s.calls += len(o.calls)
	s.injected += o.injected
	s.violations += len(o.violations)
	for _, c := range o.calls {
		if !c.ok() {
			s.failed++
		}
	}
}

// String is the summary in a line.
func (s summary) String() string {
	engine := os.Getenv("PACKAGEDB_TEST_ENGINE")
	if engine == "" {
		engine = "embedded"
	}
	return fmt.Sprintf("soak: engine %s, seed %d, %v: %d runs, %d calls (%d returned an error), %d faults injected, %d violations",
		engine, s.first, time.Since(s.start).Round(time.Second), s.runs, s.calls, s.failed, s.injected, s.violations)
}
