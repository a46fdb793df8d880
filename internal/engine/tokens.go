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
	h, _ := hashValue(d, 0)
	return h
}

// hashValue gives the hash of the value that begins at i, and where it ends.
func hashValue(d document, i int) (h uint64, end int) {
	switch d[i] {
	case '{':
		return hashObject(d, i)
	case '[':
		return hashArray(d, i)
	}
	end = skipValue(d, i)
	if d[i] == '"' {
		return hashText(unquote(d[i:end])), end
	}
	return mix(hashText(string(d[i:end]))), end
}

func hashObject(d document, i int) (h uint64, end int) {
	const seed = 0x9e3779b97f4a7c15
	i = skipSpace(d, i+1)
	for d[i] != '}' {
		end := skipString(d, i)
		name := hashText(unquote(d[i:end]))
		i = skipSpace(d, skipSpace(d, end)+1) // behind the colon
		value, end := hashValue(d, i)
		h += mix(mix(name) + value)
		if i = skipSpace(d, end); d[i] == ',' {
			i = skipSpace(d, i+1)
		}
	}
	return mix(h ^ seed), i + 1
}

func hashArray(d document, i int) (h uint64, end int) {
	const seed = 0xc2b2ae3d27d4eb4f
	h = seed
	i = skipSpace(d, i+1)
	for d[i] != ']' {
		value, end := hashValue(d, i)
		h = mix(h + value)
		if i = skipSpace(d, end); d[i] == ',' {
			i = skipSpace(d, i+1)
		}
	}
	return mix(h), i + 1
}
