package engine

import "time"

// tokenWindow is how long a client request token is remembered.
const tokenWindow = 10 * time.Minute

// tokens remembers the client request tokens of the transactions that
// succeeded, so that a repetition does nothing.
type tokens struct {
	entries map[string]tokenEntry
	// order has the tokens by age, oldest first.
	order []string
}

type tokenEntry struct {
	fingerprint uint64
	at          time.Time
}

// find gives the fingerprint of the transaction that used the token.
func (t *tokens) find(token string, now time.Time) (fingerprint uint64, found bool) {
	t.expire(now)
	entry, found := t.entries[token]
	return entry.fingerprint, found
}

func (t *tokens) add(token string, fingerprint uint64, now time.Time) {
	if t.entries == nil {
		t.entries = map[string]tokenEntry{}
	}
	t.entries[token] = tokenEntry{fingerprint, now}
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

// fingerprint is a hash of a JSON value in which the order of an object's
// members does not count: clients write maps in any order.
func fingerprint(d document) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	switch d[0] {
	case '{':
		sum := uint64(0)
		for name, value := range d.members() {
			sum += mix(hashText(name)*prime ^ fingerprint(value))
		}
		return mix(h ^ sum)
	case '[':
		for element := range d.elements() {
			h = mix((h ^ fingerprint(element)) * prime)
		}
		return h + 1
	case '"':
		return hashText(unquote(d))
	}
	return hashText(string(d)) + 1
}
