package soak

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	// shrinkTime is how long a failure is made smaller. It bounds work and decides nothing.
	shrinkTime = 30 * time.Second
	// replays is how often a smaller plan is tried: how hosts interleave is up to chance.
	replays = 4
)

// report fails the test with the seed, the violations, and the shortest trace that shows one.
func (p plan) report(t *testing.T, o outcome) {
	t.Helper()
	for _, v := range o.violations[:min(3, len(o.violations))] {
		t.Errorf("%v\n%s", p, v.message)
	}
	smaller, o := p.shrink(t, o)
	v := o.violations[0]
	var trace strings.Builder
	for _, c := range o.calls {
		if v.about(c) {
			trace.WriteString(c.String() + "\n")
		}
	}
	t.Errorf("shortest trace found, of %d of %d calls:\n%s\n%s", smaller.size(), p.size(), v.message, trace.String())
}

// shrink returns the smallest plan found that still breaks a promise, and what came of it.
func (p plan) shrink(t *testing.T, o outcome) (plan, outcome) {
	end := time.Now().Add(shrinkTime)
	for chunk := (p.size() + 1) / 2; chunk > 0; {
		smaller := false
		for from := 0; from < p.size() && time.Now().Before(end); {
			candidate := p.without(from, from+chunk)
			if again, ok := candidate.fails(t); ok {
				p, o, smaller = candidate, again, true
			} else {
				from += chunk
			}
		}
		if !smaller || chunk > p.size() {
			chunk /= 2
		}
	}
	return p, o
}

// without leaves out the calls from one number to another, counted from host to host.
func (p plan) without(from, to int) plan {
	hosts := p.hosts
	p.hosts = nil
	n := 0
	for _, host := range hosts {
		var kept []call
		for i := range host {
			if n < from || n >= to {
				kept = append(kept, host[i])
			}
			n++
		}
		if len(kept) > 0 {
			p.hosts = append(p.hosts, kept)
		}
	}
	p.weather.faults = slices.Clone(p.weather.faults)
	return p
}

// fails carries out the plan until it breaks a promise.
func (p plan) fails(t *testing.T) (o outcome, failed bool) {
	times := replays
	if len(p.hosts) == 1 {
		times = 1 // nothing is up to chance
	}
	for range times {
		t.Run("replay", func(t *testing.T) { o = p.carryOut(t) })
		if len(o.violations) > 0 {
			return o, true
		}
	}
	return o, false
}
