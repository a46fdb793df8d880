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

// tokenEntry is a transaction that succeeded.
type tokenEntry struct {
	fingerprint uint64
	at          time.Time
	bytes       []int // what each action wrote or replaced, whichever is larger
}

// find returns the transaction that used the token.
func (t *tokens) find(token string, now time.Time) (done tokenEntry, found bool) {
	t.expire(now)
	done, found = t.entries[token]
	return done, found
}

func (t *tokens) add(token string, done tokenEntry) {
	if t.entries == nil {
		t.entries = map[string]tokenEntry{}
	}
	t.entries[token] = done
	t.order = append(t.order, token)
}

func (t *tokens) expire(now time.Time) {
	old := 0
	for old < len(t.order) && now.Sub(t.entries[t.order[old]].at) >= tokenWindow {
		delete(t.entries, t.order[old])
		old++
	}
	t.order = t.order[old:]
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
			h += mix(mix(hashText(name)) + hashJSON(r))
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
		text, _ := r.String()
		return hashText(text)
	}
	text, _ := r.Raw()
	return mix(hashText(text))
}
