package engine

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// Store keeps what an Engine holds. Package store keeps it in a file.
type Store interface {
	// Commit stores all entries or none. When it returns, they survive a power failure.
	Commit(entries []Entry) error
	// Load calls load with every entry, bucket by bucket in the order of their names, until load fails
	// or the context ends. The bytes of an entry are valid during the call only.
	Load(ctx context.Context, load func(Entry) error) error
}

// Entry is a value with its key in a bucket. In a commit, an entry without a value deletes the key,
// and one without a key the whole bucket.
type Entry struct {
	Bucket     string
	Key, Value []byte
}

// The buckets of an Engine, in the order of loading. Those of items have the table's id appended.
const (
	countersBucket    = "counters"
	definitionsBucket = "definitions" // by the table's id, as JSON
	itemsBucket       = "items "      // by the primary key, in their wire form
	tokensBucket      = "tokens"      // by time and token
)

// Open returns an Engine that holds what the store does and commits every change to it, before the
// change is visible or acknowledged.
func Open(ctx context.Context, s Store, options ...Option) (*Engine, error) {
	e := New(options...)
	l := loader{e, map[string]*table{}}
	if err := s.Load(ctx, l.load); err != nil {
		return nil, err
	}
	e.store = s
	e.nextToken.Store(e.tokens.next())
	return e, nil
}

// loader fills a new Engine.
type loader struct {
	*Engine
	byID map[string]*table
}

func (l *loader) load(x Entry) error {
	if id, ok := strings.CutPrefix(x.Bucket, itemsBucket); ok {
		return l.loadItem(l.byID[id], x.Value)
	}
	switch x.Bucket {
	case countersBucket:
		l.ids, _ = binary.Uvarint(x.Value)
	case definitionsBucket:
		return l.loadTable(x.Value)
	case tokensBucket:
		return l.loadToken(x)
	default:
		return fmt.Errorf("unknown bucket %q", x.Bucket)
	}
	return nil
}

func (l *loader) loadTable(value []byte) error {
	stored := storedTable{Throughput: map[string]throughputHistory{}, Tags: map[string]string{}}
	if err := json.Unmarshal(value, &stored); err != nil {
		return err
	}
	t := l.newTable(stored)
	l.tables[t.Name], l.byID[t.ID] = t, t
	return nil
}

// loadItem adds an item to a table and its indexes. The item was checked before it was stored: as a
// new index does, an index leaves out an item with an impossible key.
func (l *loader) loadItem(t *table, value []byte) error {
	item, err := attribute.ParseItem(string(value))
	switch {
	case err != nil:
		return err
	case t == nil:
		return errors.New("item of an unknown table")
	case t.schema.mismatches(item):
		return fmt.Errorf("item without the key of table %s", t.Name)
	}
	t.replace(nil, t.storedRecord(item))
	return nil
}

// commitTable stores a table without its items.
func (e *Engine) commitTable(t *table, further ...Entry) error {
	if e.store == nil {
		return nil
	}
	value, err := json.Marshal(t.storedTable)
	if err != nil {
		return err
	}
	return e.store.Commit(append(further, Entry{definitionsBucket, []byte(t.ID), value}))
}

// replaceTable commits the changed copy of a table, and puts it in the table's place.
func (e *Engine) replaceTable(after *table) error {
	if err := e.commitTable(after); err != nil {
		return err
	}
	e.tables[after.Name] = after
	return nil
}

// commit stores accepted writes together, with the client request token of the transaction if there
// is one, and without the tokens that have expired by the time of done. It comes right before the writes
// are applied, under the lock for writing.
func (e *Engine) commit(token *string, done tokenEntry, writes ...write) error {
	if e.store == nil {
		return nil
	}
	entries := make([]Entry, 0, len(writes)+1)
	for i := range writes {
		w := &writes[i]
		switch {
		case w.checkOnly:
		case w.new != nil:
			entries = append(entries, w.table.entry(w.new.item, w.new.item.AppendJSON(nil)))
		case w.old != nil:
			entries = append(entries, w.table.entry(w.old.item, nil))
		}
	}
	for _, old := range e.tokens.expired(done.at) {
		entry := e.tokens.entries[old]
		entries = append(entries, Entry{Bucket: tokensBucket, Key: entry.key(old)})
	}
	if token != nil {
		value, err := json.Marshal(done)
		if err != nil {
			return err
		}
		entries = append(entries, Entry{tokensBucket, done.key(*token), value})
	}
	if len(entries) == 0 {
		return nil
	}
	return e.store.Commit(entries)
}

// entry returns the entry of an item. Its key is the values of the primary key, each after its length.
func (t *table) entry(item attribute.Item, value []byte) Entry {
	var key []byte
	for _, a := range t.schema.attributes {
		raw := item[a.name].Raw()
		key = binary.AppendUvarint(key, uint64(len(raw)))
		key = append(key, raw...)
	}
	return Entry{itemsBucket + t.ID, key, value}
}

func (l *loader) loadToken(x Entry) error {
	var done tokenEntry
	if len(x.Key) < 8 {
		return errors.New("token without a time")
	}
	if err := json.Unmarshal(x.Value, &done); err != nil {
		return err
	}
	done.at = time.Unix(0, int64(binary.BigEndian.Uint64(x.Key)))
	l.tokens.add(string(x.Key[8:]), done)
	return nil
}

// key returns the key of a token in the store, where tokens are in the order of their times.
func (d *tokenEntry) key(token string) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(d.at.UnixNano())), token...)
}
