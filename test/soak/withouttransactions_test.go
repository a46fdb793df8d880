package soak

import (
	"errors"
	"fmt"
	"slices"

	"github.com/open-alchemy/packagedb"
)

// checkSpecs finds reads of specs that return what they must not on a server without transactions.
//
// There, a call is many requests that others see one by one, so its calls cannot be put into an order:
//
//   - a create shows its version in the history before GetSpec shows it;
//   - a create that fails, or that a delete overlaps, may leave its version without the latest item;
//   - a delete that fails, or that a create overlaps, may leave versions without a latest item;
//   - two creates of one version in one second may leave one in the history and the other as the latest.
//
// All the rest holds, and the next create or delete of the spec that succeeds makes it whole: a read
// returns what a call wrote, byte for byte; what was acknowledged is found until a delete begins; what
// was deleted stays deleted; a history is in the order in which calls wrote it, and no entry of it is
// dated before the clock of its writer.
func checkSpecs(calls []*call) (found []violation) {
	all := writesOf(calls, []operation{createSpec}, []operation{deleteSpec, deleteAllSpecs, deleteAll})
	for _, c := range calls {
		if !c.answered() || c.isWrite() {
			continue
		}
		parts, err := c.parts()
		if err != nil {
			found = append(found, violation{fmt.Sprintf("%v: %v", err, c), []*call{c}})
		}
		for _, p := range parts {
			w := all[key{c.sub, p.id}]
			check := w.checkLatest
			if p.latest == nil {
				check = w.checkHistory
			}
			if err := check(p); err != nil {
				found = append(found, violation{fmt.Sprintf("%v: %v", err, c), w.all(c)})
			}
		}
	}
	return found
}

// checkLatest returns an error if no possible latest version explains what was read.
func (w writes) checkLatest(p part) error {
	puts, none := w.candidates(p.call)
	if none && p.latest(nil) {
		return nil
	}
	explains := func(put *call) bool {
		second := put.clock
		if i := slices.IndexFunc(p.specs, func(spec packagedb.SpecInfo) bool { return spec.ID == p.id }); i >= 0 {
			second = max(second, p.specs[i].UpdatedAt)
		}
		written := put.written(second)
		return p.latest(&written)
	}
	if !slices.ContainsFunc(puts, explains) {
		return fmt.Errorf("impossible latest version of %q", p.id)
	}
	return nil
}

// checkHistory returns an error if a history has entries that must not be there or are out of
// order, or if it lacks others.
func (w writes) checkHistory(p part) error {
	entries := slices.Clone(p.specs)
	if p.page.descending {
		slices.Reverse(entries)
	}
	writers := make([]*call, len(entries))
	for i, entry := range entries {
		writers[i] = w.writer(entry)
		switch put := writers[i]; {
		case put == nil:
			return fmt.Errorf("entry %d that no call wrote", i)
		case !w.seen(put, p.call):
			return fmt.Errorf("entry %d after its delete or before its write", i)
		case i > 0 && entry.UpdatedAt <= entries[i-1].UpdatedAt:
			return fmt.Errorf("entry %d is not dated after the one before", i)
		case entry.UpdatedAt < put.clock:
			return fmt.Errorf("entry %d is dated before the clock's %d", i, put.clock)
		}
	}
	whole := p.is(listVersions) && p.page.limit == 0 && p.page.after == ""
	for _, put := range w.puts {
		missing := whole || p.is(getSpecVersion) && errors.Is(p.err, packagedb.ErrNotFound) && put.spec.Version == p.version
		if missing && w.kept(put, p.call) && !slices.Contains(writers, put) && !w.replaced(put) {
			return fmt.Errorf("%s is missing, which was acknowledged", put.spec.Title)
		}
	}
	for i, put := range writers {
		for _, earlier := range writers[i+1:] {
			if earlier.before(put) && !w.deletedBetween(earlier, put) {
				return fmt.Errorf("%s comes before %s, which was acknowledged before", put.spec.Title, earlier.spec.Title)
			}
		}
	}
	return nil
}

// writer returns the call that wrote an entry of the history, or nil.
func (w writes) writer(entry packagedb.SpecInfo) *call {
	for _, put := range w.puts {
		if put.written(entry.UpdatedAt) == entry {
			return put
		}
	}
	return nil
}

// replaced reports whether another call may have written the same version in the second of a put.
func (w writes) replaced(put *call) bool {
	return slices.ContainsFunc(w.puts, func(other *call) bool {
		return other != put && other.spec.Version == put.spec.Version && !other.before(put)
	})
}

// deletedBetween reports whether a delete may have removed the latest item between two puts, so that
// the second could not come after the first.
func (w writes) deletedBetween(first, second *call) bool {
	return slices.ContainsFunc(w.deletes, func(d *call) bool { return !d.before(first) && !second.before(d) })
}
