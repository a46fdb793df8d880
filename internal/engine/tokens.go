package engine

import (
	"time"

	"github.com/open-alchemy/packagedb/internal/engine/ddbjson"
)

// tokenWindow is how long a client request token is remembered.
const tokenWindow = 10 * time.Minute

// tokens remembers the client request tokens of the transactions that succeeded, so that a repetition
// does nothing.
type tokens struct {
	entries map[string]tokenEntry
	// order has the tokens by age, oldest first.
	order []string
}

// tokenEntry is a transaction that succeeded. It is stored by its time and token.
type tokenEntry struct {
	at          time.Time
	Fingerprint uint64
	Bytes       []int // what each action wrote or replaced, whichever is larger
}

// find returns the transaction that used the token within the window.
func (t *tokens) find(token string, now time.Time) (done tokenEntry, found bool) {
	done, found = t.entries[token]
	return done, found && now.Sub(done.at) < tokenWindow
}

// add adds the token of a transaction that succeeds now, and removes those that have expired.
func (t *tokens) add(token string, done tokenEntry) {
	t.removeExpired(done.at)
	if t.entries == nil {
		t.entries = map[string]tokenEntry{}
	}
	t.entries[token] = done
	t.order = append(t.order, token)
}

// removeExpired removes the tokens that have expired.
func (t *tokens) removeExpired(now time.Time) {
	expired := t.expired(now)
	for _, token := range expired {
		delete(t.entries, token)
	}
	if t.order = t.order[len(expired):]; len(t.order) == 0 {
		*t = tokens{} // a map keeps the space that it had
	}
}

// next returns the second in which the oldest token has expired.
func (t *tokens) next() int64 {
	if len(t.order) == 0 {
		return never
	}
	return t.entries[t.order[0]].at.Add(tokenWindow + time.Second - 1).Unix()
}

// expired returns the tokens that have expired.
func (t *tokens) expired(now time.Time) []string {
	n := 0
	for n < len(t.order) && now.Sub(t.entries[t.order[n]].at) >= tokenWindow {
		n++
	}
	return t.order[:n]
}

// fingerprint returns a hash of a JSON value. The order of an object's members does not count, because
// clients write maps in any order.
func fingerprint(d document) uint64 {
	reader := ddbjson.NewReader(string(d))
	return hashJSON(&reader)
}

// hashJSON consumes the next value, which is well-formed.
func hashJSON(r *ddbjson.Reader) uint64 {
	const object, array = 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f
	switch r.Peek() {
	case '{':
		h := uint64(object)
		_ = r.Object("", func(name string) error {
			h += mix(mix(hashString(name)) + hashJSON(r))
			return nil
		})
		return mix(h)
	case '[':
		h := uint64(array)
		_ = r.Elements(func() error {
			h = mix(h + hashJSON(r))
			return nil
		})
		return mix(h)
	case '"':
		s, _ := r.String()
		return hashString(s)
	}
	literal, _ := r.Raw()
	return mix(hashString(literal))
}

// hashString returns the FNV-1a hash.
func hashString(s string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return h
}

// mix returns a hash in which every bit depends on every bit of h.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
