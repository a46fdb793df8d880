package soak

import (
	"errors"
	"fmt"
	"slices"

	"github.com/open-alchemy/packagedb"
)

// writes are the calls that change one spec, or credentials. They are the model if a call need not
// take effect at one moment: a put may take effect again whenever a request is repeated because its
// answer was lost.
type writes struct{ puts, deletes []*call }

// writesOf returns the writes of each key that calls put.
func writesOf(calls []*call, puts, deletes []operation) map[key]writes {
	all := map[key]writes{}
	for _, c := range calls {
		if c.is(puts...) && !(c.is(createOnce) && errors.Is(c.err, packagedb.ErrExists)) {
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

// specWrites returns the writes of each spec.
func specWrites(calls []*call) map[key]writes {
	return writesOf(calls, []operation{createSpec, createOnce}, []operation{deleteSpec, deleteAllSpecs, deleteAll})
}

// certain reports whether the entry that a read returned was there all the time.
func (w writes) certain(p part) bool {
	put := w.writer(*p.entry)
	return put != nil && w.kept(put, p.call) && !w.replaced(put)
}

// seen reports whether a read may return what a put wrote, if nothing but deletes removes it.
func (w writes) seen(put, read *call) bool {
	return put != read && put.begin < read.end && !slices.ContainsFunc(w.deletes, func(d *call) bool {
		return d.ok() && put.before(d) && d.before(read)
	})
}

// broughtBack reports whether each delete between a put and a read overlaps another create that may have found
// the put's version missing while its latest item was there, and have completed it.
func (w writes) broughtBack(put, read *call) bool {
	return put.begin < read.end && !slices.ContainsFunc(w.deletes, func(d *call) bool {
		return d.ok() && put.before(d) && d.before(read) && !slices.ContainsFunc(w.puts, func(other *call) bool {
			return other != put && !other.before(d) && !d.before(other) && w.current(put, other)
		})
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

// checkSpecs finds reads of specs that return what they must not on a server without transactions.
//
// There, a call is many requests that others see one by one, so its calls cannot be put into an order:
//
//   - a create shows its version in the history before GetSpec shows it;
//   - a create that fails, or that a delete overlaps, may leave its version without the latest item;
//   - a delete that fails, or that a create overlaps, may leave versions without a latest item;
//   - two creates of one version in one second may leave one in the history and the other as the latest;
//   - a create that a delete overlaps may bring back the version that was the latest.
//
// All the rest holds, and the next create or delete of the spec that succeeds makes it whole: a read
// returns what a call wrote, byte for byte; what was acknowledged is found until a delete begins; what
// was deleted stays deleted; a history is in the order in which calls wrote it, and no entry of it is
// dated before the clock of its writer.
func checkSpecs(calls []*call) (found []string) {
	all := specWrites(calls)
	for _, c := range calls {
		if !c.answered() || c.isWrite() {
			continue
		}
		parts, err := c.parts(withoutTransactions)
		if err != nil {
			found = append(found, fmt.Sprintf("%v: %v", err, c))
		}
		for _, p := range parts {
			w := all[key{c.sub, p.id}]
			check := w.checkLatest
			if p.latest == nil {
				check = func(p part) error { return w.checkHistory(p, false) }
			}
			if err := check(p); err != nil {
				found = append(found, fmt.Sprintf("%v: %v", err, c))
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
// order, or if it lacks others. Atomic calls bring nothing back.
func (w writes) checkHistory(p part, atomic bool) error {
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
		case !w.seen(put, p.call) && (atomic || !w.broughtBack(put, p.call)):
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

// checkCredentials finds calls that return credentials, or none, although they must not.
func checkCredentials(calls []*call) (found []string) {
	all := writesOf(calls, []operation{putCredentials, createCredentials},
		[]operation{deleteCredentials, deleteAllCredentials, deleteAll})
	for _, c := range calls {
		if !c.answered() {
			continue
		}
		var messages []string
		switch {
		case c.is(getCredentials, listCredentials):
			messages = append(messages, credentialsListed(c, all))
		case c.is(getUser):
			messages = append(messages, userRead(c, all))
		}
		for k, w := range all {
			if k.sub == c.sub && (c.id == "" || k == c.key) {
				messages = append(messages, credentialsRead(c, k, w))
			}
		}
		for _, message := range messages {
			if message != "" {
				found = append(found, fmt.Sprintf("%s: %v", message, c))
			}
		}
	}
	return found
}

// credentialsRead returns what is wrong with the result of a call for one key, or "".
func credentialsRead(c *call, k key, w writes) string {
	puts, none := w.candidates(c)
	var listed []string
	for _, info := range c.infos {
		listed = append(listed, info.ID)
	}
	i := slices.Index(listed, k.id)
	switch {
	case c.is(createCredentials) && c.ok() && !none:
		return "credentials are created that were acknowledged before"
	case !c.is(getCredentials, listCredentials):
	case i >= 0 && !slices.ContainsFunc(puts, func(put *call) bool { return put.stored(c.infos[i]) }):
		return fmt.Sprintf("the credentials %q are none that may be there", k.id)
	case i < 0 && !none && (c.is(getCredentials) || c.page.covers(k.id, listed)):
		return fmt.Sprintf("the credentials %q, which were acknowledged, are not there", k.id)
	}
	return ""
}

// credentialsListed returns what is wrong with the ids of a list, or "".
func credentialsListed(c *call, all map[key]writes) string {
	var listed []string
	for _, info := range c.infos {
		listed = append(listed, info.ID)
		if _, written := all[key{c.sub, info.ID}]; !written {
			return fmt.Sprintf("credentials %q that no call wrote", info.ID)
		}
	}
	if !c.page.ordered(listed) {
		return "page too long or not in the order of the ids"
	}
	return ""
}

// userRead returns what is wrong with the user of a public key, or "".
func userRead(read *call, all map[key]writes) string {
	holders, certain, found := 0, 0, false
	for _, w := range all {
		puts, none := w.candidates(read)
		holds := func(put *call) bool { return put.publicKey == read.publicKey }
		if !slices.ContainsFunc(puts, holds) {
			continue
		}
		holders++
		if !none && !slices.ContainsFunc(puts, func(put *call) bool { return !holds(put) }) {
			certain++
		}
		found = found || slices.ContainsFunc(puts, func(put *call) bool { return holds(put) && put.storedUser(read.user) })
	}
	switch {
	case read.ok() && !found:
		return "the user is none who may hold the public key"
	case read.ok() && certain > 1:
		return "a user is guessed from several"
	case errors.Is(read.err, packagedb.ErrNotFound) && certain > 0:
		return "the user of a public key that was acknowledged is not found"
	case errors.Is(read.err, packagedb.ErrAmbiguousPublicKey) && holders < 2:
		return "a public key that at most one user holds is ambiguous"
	}
	return ""
}
