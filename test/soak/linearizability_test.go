package soak

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/open-alchemy/packagedb"
)

// decisionTime bounds how long porcupine searches for an order of the calls to one spec.
const decisionTime = time.Minute

// maxEntries bounds for how many entries of a list porcupine searches a moment at which each was there. Of
// the others, checkHistory knows that they were written before the call ended, and not deleted before it began.
const maxEntries = 8

// part is what a call does to one spec, or returns about it. A call to all specs of a user has a
// part for each of them: lists, counts and DeleteAllSpecs promise nothing about two specs together.
type part struct {
	*call
	id string

	latest   func(*packagedb.SpecInfo) bool // reports whether a read may return this latest version, nil for none
	moved    int64                          // the second of a create that may have moved past a version since deleted
	optional bool                           // a delete that need not take effect
	entry    *packagedb.SpecInfo            // an entry that a read-committed query returned by itself
}

// readsInSteps reports whether the call reads a history that it need not return as it was at one moment: queries
// are not isolated, or items of specs such as a#b lie between those of a, so that a few take several pages.
func (c *call) readsInSteps(mode mode) bool {
	isNested := func(id string) bool { return strings.HasPrefix(id, c.id+"#") }
	return c.is(listVersions, getSpecVersion) && (mode == readCommitted ||
		(c.page.limit > 0 || c.is(getSpecVersion)) && slices.ContainsFunc(ids, isNested))
}

// parts returns the parts of a call, and an error if what it returned is about no known spec.
func (c *call) parts(mode mode) (parts []part, err error) {
	switch {
	case c.readsInSteps(mode):
		for i := range min(len(c.specs), maxEntries) {
			parts = append(parts, part{call: c, id: c.id, entry: &c.specs[i]})
		}
	case c.is(createSpec, createOnce, deleteSpec, listVersions, getSpecVersion):
		return []part{{call: c, id: c.id}}, nil
	case c.is(deleteAllSpecs, deleteAll): // a later page may show what was created since an earlier one
		again := 1
		if mode == readCommitted {
			again = 3
		}
		for _, id := range ids {
			parts = append(parts, part{call: c, id: id})
			for range again {
				parts = append(parts, part{call: c, id: id, optional: true})
			}
		}
	case c.is(getSpec):
		return []part{{call: c, id: c.id, latest: func(latest *packagedb.SpecInfo) bool { return same(c.specs, latest) }}}, nil
	case c.is(getLatestVersion):
		return []part{{call: c, id: c.id, latest: func(latest *packagedb.SpecInfo) bool {
			return (latest != nil) == c.ok() && (latest == nil || latest.Version == c.latest)
		}}}, nil
	case c.is(countModels):
		for i, id := range ids {
			digits := c.count / countUnit(i) % countBase * countUnit(i)
			parts = append(parts, part{call: c, id: id, latest: func(latest *packagedb.SpecInfo) bool {
				return latest == nil && digits == 0 || latest != nil && latest.ModelCount == digits
			}})
		}
		if c.count < 0 || c.count >= countUnit(len(ids)) {
			err = errors.New("sum with digits of no spec")
		}
	case c.is(listSpecs):
		return c.listParts()
	}
	return parts, err
}

// listParts returns a part for each spec that the list is about: without limit, all of them.
func (c *call) listParts() (parts []part, err error) {
	var listed []string
	for _, spec := range c.specs {
		listed = append(listed, spec.ID)
		if !slices.Contains(ids, spec.ID) {
			err = fmt.Errorf("spec %q that no call wrote", spec.ID)
		}
	}
	for _, id := range ids {
		if c.page.covers(id, listed) {
			found := c.specs[:0:0]
			if i := slices.Index(listed, id); i >= 0 {
				found = c.specs[i : i+1]
			}
			parts = append(parts, part{call: c, id: id, latest: func(latest *packagedb.SpecInfo) bool { return same(found, latest) }})
		} else if slices.Contains(listed, id) {
			err = fmt.Errorf("spec %q outside of the page", id)
		}
	}
	if !c.page.ordered(listed) {
		err = errors.New("page too long or not in the order of the ids")
	}
	return parts, err
}

func same(read []packagedb.SpecInfo, latest *packagedb.SpecInfo) bool {
	if latest == nil {
		return len(read) == 0
	}
	return len(read) == 1 && read[0] == *latest
}

// covers reports whether an id that exists must be on the page.
func (p page) covers(id string, listed []string) bool {
	from, to := p.after, ""
	if full := p.limit > 0 && len(listed) == p.limit; full {
		to = listed[len(listed)-1]
	}
	if p.descending {
		return (from == "" || id < from) && id >= to
	}
	return id > from && (to == "" || id <= to)
}

// ordered reports whether the ids are in the order of the page, and no more than its limit.
func (p page) ordered(listed []string) bool {
	return (p.limit == 0 || len(listed) <= p.limit) &&
		slices.IsSortedFunc(listed, func(a, b string) int {
			if p.descending {
				a, b = b, a
			}
			return strings.Compare(a, b)
		}) && len(slices.Compact(slices.Clone(listed))) == len(listed)
}

// history is the state of the model of one spec: its versions, oldest first. The last is the
// latest. An empty history is a spec that does not exist.
type history []packagedb.SpecInfo

// step returns the possible histories after the part of a call, none if the call cannot have
// returned what it did. It is the whole contract of sequential calls. A write that failed may have
// taken effect or not.
func (h history) step(p part) (next []any) {
	exists := p.is(createOnce) && h.version(p.spec.Version) != nil
	if p.is(createOnce) && p.answered() && exists == p.ok() {
		return nil
	}
	if p.isWrite() && (!p.ok() || p.optional) {
		next = append(next, h)
	}
	unchanged := func(returned bool) []any {
		if returned {
			next = append(next, h)
		}
		return next
	}
	switch {
	case exists || p.is(createOnce) && p.answered() && !p.ok():
		return next
	case p.isCreate():
		for _, created := range h.create(p) {
			if !p.ok() || same(p.specs, created.latest()) {
				next = append(next, created)
			}
		}
		return next
	case p.isWrite():
		return append(next, history(nil))
	case p.entry != nil:
		return unchanged(slices.Contains(h, *p.entry))
	case p.is(listVersions) && len(h) == 0 && p.page.after == "":
		return unchanged(errors.Is(p.err, packagedb.ErrNotFound))
	case p.is(listVersions):
		return unchanged(p.ok() && slices.Equal(p.specs, h.page(p.page)))
	case p.is(getSpecVersion):
		return unchanged(same(p.specs, h.version(p.version)))
	}
	return unchanged(p.latest(h.latest()))
}

func (h history) latest() *packagedb.SpecInfo {
	if len(h) == 0 {
		return nil
	}
	return &h[len(h)-1]
}

// create returns the possible histories after a create, which is dated with the clock's second, or
// else with the second after the latest version. The same version again replaces the latest in its
// second.
func (h history) create(p part) []history {
	written, latest, before := p.written(p.clock), h.latest(), h
	switch {
	case latest == nil || written.UpdatedAt > latest.UpdatedAt:
	case written.Version == latest.Version:
		written.UpdatedAt = latest.UpdatedAt
		before = h[:len(h)-1]
	default:
		written.UpdatedAt = latest.UpdatedAt + 1
	}
	created := []history{append(slices.Clip(before), written)}
	if p.moved > p.clock && (latest == nil || p.moved > latest.UpdatedAt) {
		created = append(created, append(slices.Clip(h), p.written(p.moved)))
	}
	return created
}

// version returns the newest entry with the version, nil for none.
func (h history) version(version string) *packagedb.SpecInfo {
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].Version == version {
			return &h[i]
		}
	}
	return nil
}

func (h history) page(p page) []packagedb.SpecInfo {
	after, err := strconv.ParseInt(p.after, 10, 64)
	entries := slices.Clone(h)
	if p.descending {
		slices.Reverse(entries)
	}
	entries = slices.DeleteFunc(entries, func(entry packagedb.SpecInfo) bool {
		return err == nil && (entry.UpdatedAt == after || (entry.UpdatedAt < after) != p.descending)
	})
	if p.limit > 0 {
		entries = entries[:min(p.limit, len(entries))]
	}
	return entries
}

// specModel returns the model of one spec for porcupine.
func specModel() porcupine.Model {
	seed := maphash.MakeSeed()
	model := porcupine.NondeterministicModel{
		Init:  func() []any { return []any{history(nil)} },
		Step:  func(state, input, _ any) []any { return state.(history).step(input.(part)) },
		Equal: func(a, b any) bool { return slices.Equal(a.(history), b.(history)) },
		Hash: func(state any) (sum uint64) {
			for _, entry := range state.(history) {
				sum = sum*31 + maphash.String(seed, entry.Title)
			}
			return sum
		},
	}
	return model.ToModel()
}

// checkLinearizable finds specs whose results no order of their calls explains. A call takes effect
// at one moment between its start and its end. A write that failed takes effect then or never,
// because all requests of a call are complete when it returns. A read that failed says nothing. A
// read-committed query promises only that each entry was there at some moment of the call.
func checkLinearizable(calls []*call, mode mode) (found []finding) {
	parts, writes := map[key][]part{}, specWrites(calls)
	for _, c := range calls {
		if !c.answered() && !c.isWrite() {
			continue
		}
		of, err := c.parts(mode)
		if err == nil && c.readsInSteps(mode) {
			err = writes[c.key].checkHistory(part{call: c, id: c.id}, true)
		}
		if err != nil {
			found = append(found, finding{c.key, fmt.Sprintf("%v: %v", err, c)})
		}
		for _, p := range of {
			k := key{c.sub, p.id}
			if p.entry == nil || !writes[k].certain(p) {
				parts[k] = append(parts[k], p)
			}
		}
	}
	for k, of := range parts {
		markMoved(of)
		var operations []porcupine.Operation
		for _, p := range of {
			operations = append(operations, porcupine.Operation{ClientId: p.host, Input: p, Call: p.begin, Return: p.end})
		}
		switch porcupine.CheckOperationsTimeout(specModel(), operations, decisionTime) {
		case porcupine.Ok:
		case porcupine.Illegal:
			found = append(found, finding{k, "no order of the calls explains what they returned"})
		case porcupine.Unknown:
			found = append(found, finding{k, fmt.Sprint("not decided within ", decisionTime)})
		}
	}
	return found
}

// markMoved marks the creates of a spec that may be dated later than the latest version requires: a
// create is dated after the version that it found, and a delete that overlaps the create may delete
// that version, or the one that another create was dated after. Titles are unique, so the second of
// a create that failed is known if any call read it.
func markMoved(parts []part) {
	seconds := map[string]int64{}
	for _, p := range parts {
		for _, spec := range p.specs {
			seconds[spec.Title] = spec.UpdatedAt
		}
	}
	deleted := func(p part) bool {
		return slices.ContainsFunc(parts, func(d part) bool {
			return d.isWrite() && !d.isCreate() && !d.before(p.call) && !p.before(d.call)
		})
	}
	for i, p := range parts {
		if p.isCreate() && (deleted(p) || slices.ContainsFunc(parts, func(failed part) bool {
			return failed.isCreate() && !failed.ok() && failed.begin < p.end && deleted(failed)
		})) {
			parts[i].moved = seconds[p.spec.Title]
		}
	}
}
