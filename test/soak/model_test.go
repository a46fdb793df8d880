package soak

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/open-alchemy/packagedb"
)

// violation is a promise that was broken, and the calls that show it.
type violation struct {
	message string
	calls   []*call
}

// writes are the calls that change one spec, or credentials. They are the model if a call need not
// take effect at one moment: a put may take effect again whenever a request is repeated because its
// answer was lost.
type writes struct{ puts, deletes []*call }

// writesOf returns the writes of each key that calls put.
func writesOf(calls []*call, puts, deletes []operation) map[key]writes {
	all := map[key]writes{}
	for _, c := range calls {
		if c.is(puts...) {
			w := all[c.key]
			w.puts = append(w.puts, c)
			all[c.key] = w
		}
	}
	for _, c := range calls {
		for k, w := range all {
			if c.is(deletes...) && c.sub == k.sub && (c.id == "" || c.id == k.id) {
				w.deletes = append(w.deletes, c)
				all[k] = w
			}
		}
	}
	return all
}

// seen reports whether a read may return what a put wrote, if nothing but deletes removes it.
func (w writes) seen(put, read *call) bool {
	return put != read && put.begin < read.end && !slices.ContainsFunc(w.deletes, func(d *call) bool {
		return d.ok() && put.before(d) && d.before(read)
	})
}

// current reports whether a read may return what a put wrote as the value that counts.
func (w writes) current(put, read *call) bool {
	return w.seen(put, read) && !slices.ContainsFunc(w.puts, func(later *call) bool {
		return later.ok() && put.before(later) && later.before(read)
	})
}

// kept reports whether what a put wrote must be there for a read: it was acknowledged, and no delete
// came after it or overlapped it.
func (w writes) kept(put, read *call) bool {
	return put.ok() && put.before(read) && !slices.ContainsFunc(w.deletes, func(d *call) bool {
		return !d.before(put) && !read.before(d)
	})
}

// candidates returns the puts whose value a read may return, and reports whether it may find none.
func (w writes) candidates(read *call) (puts []*call, none bool) {
	none = true
	for _, put := range w.puts {
		if w.current(put, read) {
			puts = append(puts, put)
		}
		if w.kept(put, read) {
			none = false
		}
	}
	return puts, none
}

// all returns the writes, and the calls beside them, in the order in which they began.
func (w writes) all(reads ...*call) []*call {
	return slices.SortedFunc(slices.Values(slices.Concat(w.puts, w.deletes, reads)), byBegin)
}

func byBegin(a, b *call) int { return cmp.Compare(a.begin, b.begin) }

func compareKeys(a, b key) int { return cmp.Or(cmp.Compare(a.sub, b.sub), cmp.Compare(a.id, b.id)) }

// check returns the violations of a run's calls.
func (r *run) check() (found []violation) {
	slices.SortFunc(r.calls, byBegin)
	for _, c := range r.calls {
		if err := r.checkError(c); err != nil {
			found = append(found, violation{err.Error() + ": " + c.String(), []*call{c}})
		}
	}
	if r.atomic.Load() {
		found = append(found, checkLinearizable(r.calls)...)
	} else {
		found = append(found, checkSpecs(r.calls)...)
	}
	return append(found, checkCredentials(r.calls)...)
}

// checkError returns an error if a call failed although no fault was injected.
func (r *run) checkError(c *call) error {
	disturbed := c.host != operator && len(r.mix.faults) > 0 || c.requests > 0
	if !c.answered() && !disturbed {
		return errors.New("failure without a fault")
	}
	for _, err := range []error{packagedb.ErrInvalidInput, packagedb.ErrInvalidStage, packagedb.ErrNotFound} {
		if !c.answered() && errors.Is(c.err, err) {
			return fmt.Errorf("unexpected error: %w", err)
		}
	}
	return nil
}
