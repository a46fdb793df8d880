package differential

import (
	"maps"
	"regexp"
	"slices"
	"sync/atomic"
)

// accepted is a difference in which the engine follows the service, and
// DynamoDB Local does not.
type accepted struct {
	reason     string
	operations *regexp.Regexp // nil for all of them
	path       *regexp.Regexp
	// local and ours match the errors, or the JSON of what differs. An empty
	// text is a success, or an absent member. A nil pattern matches everything.
	local, ours *regexp.Regexp
	when        func(s step, d difference) bool // nil for always
}

func (a *accepted) matches(s step, d difference) bool {
	matches := func(pattern *regexp.Regexp, text string) bool { return pattern == nil || pattern.MatchString(text) }
	return matches(a.operations, s.operation) &&
		matches(a.path, d.path) &&
		matches(a.local, d.localText()) &&
		matches(a.ours, d.oursText()) &&
		(a.when == nil || a.when(s, d))
}

// pattern returns an expression that must match a whole text.
func pattern(text string) *regexp.Regexp { return regexp.MustCompile(`^(?s:` + text + `)$`) }

// acceptance applies the accepted differences and counts how often each occurs.
type acceptance struct {
	differences []accepted
	counts      []atomic.Int64
}

func newAcceptance() *acceptance {
	all := append(slices.Clone(acceptedDifferences), wordedRefusals()...)
	return &acceptance{all, make([]atomic.Int64, len(all))}
}

// reject returns the differences that are not accepted.
func (a *acceptance) reject(s step, differences []difference) []difference {
	return slices.DeleteFunc(differences, func(d difference) bool { return a.accepts(s, d) })
}

func (a *acceptance) accepts(s step, d difference) bool {
	for i := range a.differences {
		if a.differences[i].matches(s, d) {
			a.counts[i].Add(1)
			return true
		}
	}
	return false
}

// byReason returns the reasons in order, and how often each applied.
func (a *acceptance) byReason() ([]string, map[string]int64) {
	counts := map[string]int64{}
	for i := range a.differences {
		counts[a.differences[i].reason] += a.counts[i].Load()
	}
	return slices.Sorted(maps.Keys(counts)), counts
}
