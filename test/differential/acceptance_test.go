package differential

import (
	"cmp"
	"regexp"
	"slices"
	"sync/atomic"
)

// accepted is a difference in which the engine follows the service, and DynamoDB Local does not. The
// patterns match whole texts; an empty pattern matches every text.
type accepted struct {
	reason      string
	operations  string
	path        string // "failure" if empty
	local, ours string // match the failures, or the JSON of what differs
	when        func(s step, d difference) bool
}

// nothing matches the text of a success and of a missing member.
const nothing = `()`

// acceptance applies the accepted differences and counts how often each occurs.
type acceptance []*rule

// rule is an accepted difference with its patterns compiled.
type rule struct {
	accepted
	patterns [4]*regexp.Regexp
	count    atomic.Int64
}

func newAcceptance() (a acceptance) {
	for _, d := range acceptedDifferences {
		r := &rule{accepted: d}
		for i, text := range []string{d.operations, cmp.Or(d.path, "failure"), d.local, d.ours} {
			r.patterns[i] = regexp.MustCompile(`^(?s:` + cmp.Or(text, `.*`) + `)$`)
		}
		a = append(a, r)
	}
	return a
}

func (r *rule) matches(s step, d difference) bool {
	for i, text := range []string{s.operation, d.path, d.localText(), d.oursText()} {
		if !r.patterns[i].MatchString(text) {
			return false
		}
	}
	return r.when == nil || r.when(s, d)
}

// accepts reports whether a difference is accepted.
func (a acceptance) accepts(s step, d difference) bool {
	i := slices.IndexFunc(a, func(r *rule) bool { return r.matches(s, d) })
	if i < 0 {
		return false
	}
	a[i].count.Add(1)
	return true
}

// byReason returns how often the differences of each reason occurred.
func (a acceptance) byReason() map[string]int64 {
	counts := map[string]int64{}
	for _, r := range a {
		counts[r.reason] += r.count.Load()
	}
	return counts
}
