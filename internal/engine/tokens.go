package engine

import (
	"time"

	"github.com/open-alchemy/packagedb/internal/engine/jsontext"
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

// find returns the transaction that used the token within the window.
func (t *tokens) find(token string, now time.Time) (done tokenEntry, found bool) {
	done, found = t.entries[token]
	return done, found && now.Sub(done.at) < tokenWindow
}

// add adds the token of a transaction that succeeds now, and removes those that have expired.
func (t *tokens) add(token string, done tokenEntry) {
	if t.entries == nil {
		t.entries = map[string]tokenEntry{}
	}
	expired := t.expired(done.at)
	for _, old := range expired {
		delete(t.entries, old)
	}
	t.entries[token] = done
	t.order = append(t.order[len(expired):], token)
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
	reader := jsontext.NewReader(string(d))
	return hashJSON(&reader)
}

// hashJSON consumes the next value, which is well-formed.
func hashJSON(r *jsontext.Reader) uint64 {
	const object, array = 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f
	switch r.Peek() {
	case '{':
		h := uint64(object)
		_ = r.Members(func(name string) error {
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
