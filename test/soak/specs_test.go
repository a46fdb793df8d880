package soak

import (
	"slices"

	"github.com/open-alchemy/packagedb"
)

func (j *judge) specRead(read *call) {
	w := of(j.specs, read.key)
	if read.is(listVersions) {
		j.history(read, w)
		return
	}
	puts, none := w.candidates(read)
	switch {
	case !read.ok():
		if !none {
			j.violates(read, read.key, "a spec that was acknowledged is not found")
		}
	case read.is(getVersion):
		if !slices.ContainsFunc(puts, func(put *call) bool { return put.spec.Version == read.version }) {
			j.violates(read, read.key, "the latest version is none that may be it")
		}
	default:
		j.latest(read, puts, read.specs[0])
	}
}

func (j *judge) latest(read *call, puts []*call, spec packagedb.SpecInfo) {
	if !slices.ContainsFunc(puts, func(put *call) bool { return put.wrote(spec) }) {
		j.violates(read, key{read.sub, spec.ID}, "the latest %s is none that may be it", brief([]packagedb.SpecInfo{spec}))
	}
}

// specsRead judges a list of a user's specs or the sum of their model counts.
func (j *judge) specsRead(read *call) {
	least, most := 0, 0
	for _, k := range sorted(j.specs) {
		if k.sub != read.sub {
			continue
		}
		puts, none := j.specs[k].candidates(read)
		i := slices.IndexFunc(read.specs, func(spec packagedb.SpecInfo) bool { return spec.ID == k.id })
		switch {
		case read.is(countModels):
			low, high := counts(puts, none)
			least, most = least+low, most+high
		case i >= 0:
			j.latest(read, puts, read.specs[i])
		case !none:
			j.violates(read, k, "the list lacks the spec %q, which was acknowledged", k.id)
		}
	}
	if read.is(countModels) && (read.count < least || read.count > most) {
		j.violates(read, read.key, "the sum is not from %d to %d", least, most)
	}
	for i, spec := range read.specs {
		if j.specs[key{read.sub, spec.ID}] == nil {
			j.violates(read, read.key, "the list has the spec %q, which nobody wrote", spec.ID)
		}
		if i > 0 && read.specs[i-1].ID >= spec.ID {
			j.violates(read, read.key, "the list is not in the order of the ids")
		}
	}
}

// counts are the least and the largest model count that a spec may add to the sum.
func counts(puts []*call, none bool) (least, most int) {
	for i, put := range puts {
		if i == 0 {
			least = put.spec.ModelCount
		}
		least, most = min(least, put.spec.ModelCount), max(most, put.spec.ModelCount)
	}
	if none {
		least = 0
	}
	return least, most
}

// writer is the call that wrote a version of the history, or nil.
func (w *writes) writer(spec packagedb.SpecInfo) *call {
	i := slices.IndexFunc(w.puts, func(put *call) bool { return put.wrote(spec) })
	if i < 0 {
		return nil
	}
	return w.puts[i]
}

func (j *judge) history(read *call, w *writes) {
	writers := make([]*call, len(read.specs))
	for i, spec := range read.specs {
		put := w.writer(spec)
		writers[i] = put
		switch {
		case put == nil:
			j.violates(read, read.key, "entry %d is nothing that anybody wrote", i)
			return
		case !w.seen(put, read):
			j.violates(read, read.key, "entry %d is back after it was deleted, or there before it was written", i)
		case slices.Contains(writers[:i], put):
			j.violates(read, read.key, "entry %d is there twice", i)
		case i > 0 && spec.UpdatedAt <= read.specs[i-1].UpdatedAt:
			j.violates(read, read.key, "entry %d is not dated after the one before", i)
		}
		j.date(read, w, i, put)
	}
	for _, put := range w.puts {
		if w.kept(put, read) && !slices.Contains(writers, put) && !w.updated(put, writers) {
			j.violates(read, read.key, "the history lacks %s, which was acknowledged", put.spec.Title)
		}
	}
	for i, put := range writers {
		for _, earlier := range writers[i+1:] {
			if earlier.before(put) && !w.deletedMeanwhile(earlier, put) {
				j.violates(read, read.key, "%s comes before %s, which had been answered before", put.spec.Title, earlier.spec.Title)
			}
		}
	}
}

// updated tells whether a version was replaced by the same version in its second.
func (w *writes) updated(put *call, writers []*call) bool {
	return slices.ContainsFunc(writers, func(other *call) bool {
		return other.spec.Version == put.spec.Version && !other.before(put)
	})
}

// date judges when a version is dated: at the clock's second, or at the one after another version.
func (j *judge) date(read *call, w *writes, i int, put *call) {
	second, clock := read.specs[i].UpdatedAt, max(0, put.clock)
	switch {
	case second == clock || len(w.deletes) > 0:
	case second < clock:
		j.violates(read, read.key, "entry %d is dated before the clock's %d", i, clock)
	case i == 0 || read.specs[i-1].UpdatedAt != second-1:
		j.violates(read, read.key, "entry %d is dated neither by the clock, %d, nor just after the entry before", i, clock)
	}
}

// deletedMeanwhile tells whether a delete may have taken away the latest item between two puts, so
// that the second could not come after the first.
func (w *writes) deletedMeanwhile(first, second *call) bool {
	return slices.ContainsFunc(w.deletes, func(d *call) bool { return !d.before(first) && !second.before(d) })
}

// agreement judges whether the latest item is the last of the history, when nothing is under way.
//
// Before everything is made whole by a repeat, some calls may have left one of their two items: a
// write that a delete met, or that a delete failed to take away as a whole, and, without transactions,
// a write that failed. Without transactions, two writes of the same version in the same second may also
// have left an item each.
func (j *judge) agreement(k key, latest, history *call, whole bool) {
	w := of(j.specs, k)
	torn := func(spec packagedb.SpecInfo) bool {
		put := w.writer(spec)
		return !whole && put != nil && (!j.atOnce && !put.ok() || w.deletedSince(put))
	}
	isLatest := func(spec packagedb.SpecInfo) bool {
		return slices.ContainsFunc(latest.specs, func(shown packagedb.SpecInfo) bool {
			return spec == shown ||
				!whole && !j.atOnce && spec.UpdatedAt == shown.UpdatedAt && spec.Version == shown.Version
		})
	}
	i := slices.IndexFunc(history.specs, isLatest)
	newer := history.specs[i+1:]
	if i < 0 && slices.ContainsFunc(latest.specs, func(spec packagedb.SpecInfo) bool { return !torn(spec) }) ||
		slices.ContainsFunc(newer, func(spec packagedb.SpecInfo) bool { return !torn(spec) }) {
		j.violates(history, k, "the last of the history is not the latest, which is %s", brief(latest.specs))
	}
}

// deletedSince tells whether a delete was under way after the put began, which may have taken one of
// its two items.
func (w *writes) deletedSince(put *call) bool {
	return slices.ContainsFunc(w.deletes, func(d *call) bool { return !d.before(put) })
}

// clockToMend is a clock by which a create mends a spec. What a delete left must be behind it.
func (j *judge) clockToMend(k key) int64 {
	const anHour = 3600
	clock := int64(0)
	w := of(j.specs, k)
	if len(w.deletes) == 0 {
		return clock
	}
	for _, put := range w.puts {
		clock = max(clock, put.clock+anHour)
	}
	return clock
}
