package soak

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb"
)

// violation is a promise that was broken, and which calls have to do with it.
type violation struct {
	message string
	about   func(*call) bool
}

func everything(*call) bool { return true }

// judge knows what calls may return, given which calls were made when: the model of a Database in
// memory. A call takes effect at some moment between its beginning and its end. One that failed took
// effect as a whole, or not at all, or, as documented, as a part that the same call repeated mends.
type judge struct {
	calls  []*call
	atOnce bool // the two items of a version are written in one transaction

	specs       map[key]*writes
	credentials map[key]*writes
	found       []violation
}

// writes are the calls that change a spec or credentials.
type writes struct{ puts, deletes []*call }

func newJudge(calls []*call, atOnce bool) *judge {
	j := &judge{calls: calls, atOnce: atOnce, specs: map[key]*writes{}, credentials: map[key]*writes{}}
	for _, c := range calls {
		switch {
		case c.is(createSpec):
			of(j.specs, c.key).puts = append(of(j.specs, c.key).puts, c)
		case c.is(putCredentials):
			of(j.credentials, c.key).puts = append(of(j.credentials, c.key).puts, c)
		}
	}
	for _, c := range calls {
		for k, w := range j.specs {
			if c.is(deleteSpec) && c.key == k || c.is(deleteAllSpecs, deleteAll) && c.sub == k.sub {
				w.deletes = append(w.deletes, c)
			}
		}
		for k, w := range j.credentials {
			if c.is(deleteCredentials) && c.key == k || c.is(deleteAllCredentials, deleteAll) && c.sub == k.sub {
				w.deletes = append(w.deletes, c)
			}
		}
	}
	return j
}

func of(all map[key]*writes, k key) *writes {
	if all[k] == nil {
		all[k] = &writes{}
	}
	return all[k]
}

// keys are all specs that were ever written.
func (j *judge) keys() []key { return sorted(j.specs) }

func sorted(all map[key]*writes) []key {
	return slices.SortedFunc(maps.Keys(all), func(a, b key) int {
		return strings.Compare(a.sub+"\x00"+a.id, b.sub+"\x00"+b.id)
	})
}

func (j *judge) publicKeys() []string {
	all := map[string]bool{}
	for _, w := range j.credentials {
		for _, put := range w.puts {
			all[put.credentials.PublicKey] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// seen tells whether a read may have found what a put wrote, if nothing but deletes takes it away.
func (w *writes) seen(put, read *call) bool {
	return put.begin < read.end && !slices.ContainsFunc(w.deletes, func(d *call) bool {
		return d.ok() && put.before(d) && d.before(read)
	})
}

// current tells whether a read may have found what a put wrote as the value that counts.
func (w *writes) current(put, read *call) bool {
	return w.seen(put, read) && !slices.ContainsFunc(w.puts, func(later *call) bool {
		return later.ok() && put.before(later) && later.before(read)
	})
}

// kept tells whether what a put wrote must be there for a read: it was acknowledged, and no delete
// came after it or met it.
func (w *writes) kept(put, read *call) bool {
	return put.ok() && put.before(read) && !slices.ContainsFunc(w.deletes, func(d *call) bool {
		return !d.before(put) && !read.before(d)
	})
}

// candidates are the puts whose value a read may have found, and whether it may have found none.
func (w *writes) candidates(read *call) (puts []*call, none bool) {
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

func (j *judge) violates(c *call, k key, format string, arguments ...any) {
	j.found = append(j.found, violation{
		fmt.Sprintf(format, arguments...) + "\nin the call " + c.String(),
		func(other *call) bool {
			return other.key == k || other.sub == k.sub && other.id == "" || other == c
		},
	})
}

// everyCall judges all calls. Only while there are faults may a call fail.
func (j *judge) everyCall(faults bool, operator int) {
	for _, c := range j.calls {
		notFound, ambiguous := errors.Is(c.err, packagedb.ErrNotFound), errors.Is(c.err, packagedb.ErrAmbiguousPublicKey)
		answered := c.ok() || notFound && c.is(getSpec, getVersion, listVersions, getCredentials, getUser) ||
			ambiguous && c.is(getUser)
		if !answered {
			if !faults || c.host == operator || errors.Is(c.err, packagedb.ErrInvalidInput) || notFound || ambiguous {
				j.violates(c, c.key, "a call fails without a reason")
			}
			continue
		}
		switch {
		case c.is(getSpec, getVersion, listVersions):
			j.specRead(c)
		case c.is(listSpecs, countModels):
			j.specsRead(c)
		case c.is(getCredentials, listCredentials):
			j.credentialsRead(c)
		case c.is(getUser):
			j.userRead(c)
		}
	}
}
