package soak

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const (
	shrinkTime = 30 * time.Second // a bound on the work, which decides nothing
	replays    = 4                // of each smaller plan, because hosts interleave by chance
)

// report fails the test if there are violations, with the seed and the shortest trace that shows one.
func (r *run) report() {
	r.t.Helper()
	if len(r.violations) == 0 {
		return
	}
	for _, v := range r.violations[:min(3, len(r.violations))] {
		assert.Fail(r.t, v.message, "%v", r.plan)
	}
	smaller := r.shrink(r.t)
	v := smaller.violations[0]
	if len(v.calls) == 0 {
		v.calls = smaller.calls
	}
	var trace strings.Builder
	for _, c := range v.calls {
		trace.WriteString(c.String() + "\n")
	}
	assert.Fail(r.t, v.message, "the shortest trace found, of %d of %d calls:\n%s",
		len(smaller.plan.calls()), len(r.plan.calls()), &trace)
}

// shrink returns the run of the smallest plan found that still breaks a promise.
func (r *run) shrink(t *testing.T) *run {
	end := time.Now().Add(shrinkTime)
	for chunk := (len(r.plan.calls()) + 1) / 2; chunk > 0; {
		smaller := false
		for from := 0; from < len(r.plan.calls()) && time.Now().Before(end); {
			if again := r.without(from, from+chunk).replay(t); len(again.violations) > 0 {
				r, smaller = again, true
			} else {
				from += chunk
			}
		}
		if !smaller || chunk > len(r.plan.calls()) {
			chunk /= 2
		}
	}
	return r
}

// without omits the calls from one number to another, counted from host to host.
func (p plan) without(from, to int) plan {
	hosts := p.hosts
	p.hosts = nil
	n := 0
	for _, host := range hosts {
		var kept []call
		for _, c := range host {
			if n < from || n >= to {
				kept = append(kept, c)
			}
			n++
		}
		if len(kept) > 0 {
			p.hosts = append(p.hosts, kept)
		}
	}
	p.mix.faults = slices.Clone(p.mix.faults)
	return p
}

// replay runs the plan until it breaks a promise. With one host, every replay is the same.
func (p plan) replay(t *testing.T) (r *run) {
	for range replays {
		t.Run("replay", func(t *testing.T) { r = p.carryOut(t) })
		if len(r.violations) > 0 || len(p.hosts) == 1 {
			break
		}
	}
	return r
}
