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
func (p plan) report(t *testing.T, o outcome) {
	t.Helper()
	if len(o.violations) == 0 {
		return
	}
	for _, v := range o.violations[:min(3, len(o.violations))] {
		assert.Fail(t, v.message, "%v", p)
	}
	smaller, o := p.shrink(t, o)
	v := o.violations[0]
	if len(v.calls) == 0 {
		v.calls = o.calls
	}
	var trace strings.Builder
	for _, c := range v.calls {
		trace.WriteString(c.String() + "\n")
	}
	assert.Fail(t, v.message, "the shortest trace found, of %d of %d calls:\n%s",
		len(smaller.calls()), len(p.calls()), &trace)
}

// shrink returns the smallest plan found that still breaks a promise, and its outcome.
func (p plan) shrink(t *testing.T, o outcome) (plan, outcome) {
	end := time.Now().Add(shrinkTime)
	for chunk := (len(p.calls()) + 1) / 2; chunk > 0; {
		smaller := false
		for from := 0; from < len(p.calls()) && time.Now().Before(end); {
			candidate := p.without(from, from+chunk)
			if again := candidate.replay(t); len(again.violations) > 0 {
				p, o, smaller = candidate, again, true
			} else {
				from += chunk
			}
		}
		if !smaller || chunk > len(p.calls()) {
			chunk /= 2
		}
	}
	return p, o
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
func (p plan) replay(t *testing.T) (o outcome) {
	for range replays {
		t.Run("replay", func(t *testing.T) { o = p.carryOut(t) })
		if len(o.violations) > 0 || len(p.hosts) == 1 {
			break
		}
	}
	return o
}
