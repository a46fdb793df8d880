package engine

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// journalHeader is the first line of a journal. Its number changes with the format.
const journalHeader = "packagedb journal 1\n"

var errInUse = errors.New("in use by another process")

// journal is a file with one line for each commit, which is written before the commit is applied
// and answered. A line is the CRC-32 of an entry's JSON in hexadecimal, a space and the JSON. The
// methods of a nil journal do nothing.
type journal struct {
	file *os.File
	lock io.Closer
	err  error // the first failure, after which nothing more is written
}

// entry is one commit: an operation that changes tables, or writes of items that belong together.
type entry struct {
	At          int64           `json:"at,omitempty"` // Unix nanoseconds
	Operation   string          `json:"operation,omitempty"`
	Request     json.RawMessage `json:"request,omitempty"`
	Tables      uint64          `json:"tables,omitempty"` // how many tables had been created before
	Token       string          `json:"token,omitempty"`
	Fingerprint uint64          `json:"fingerprint,omitempty"`
	Bytes       []int           `json:"bytes,omitempty"` // of the transaction's actions
	Writes      []entryWrite    `json:"writes,omitempty"`
}

// entryWrite is a put of an item or the delete of a key.
type entryWrite struct {
	Table  string         `json:"table"`
	Put    attribute.Item `json:"put,omitempty"`
	Delete attribute.Item `json:"delete,omitempty"`
}

// Open returns an Engine that keeps its data in the journal at path, and loads what is there. A
// commit is in the file before it is answered, so it survives a kill of the process; it is not
// synced to the disk, so a power failure may lose the last ones.
//
// An incomplete last line, as a kill leaves it, is cut off with a warning. Any other damage is an
// error that names the line, and leaves the file as it is. Open rewrites the journal without what
// was overwritten and deleted. While an Engine uses a path, every other Open of it fails.
func Open(path string, logger *slog.Logger, options ...Option) (_ *Engine, err error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("lock journal %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	e := New(options...)
	tables, err := e.load(path, logger)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	file, err := e.compact(path, tables)
	if err != nil {
		return nil, fmt.Errorf("compact journal %s: %w", path, err)
	}
	e.journal = &journal{file: file, lock: lock}
	return e, nil
}

// Close syncs and closes the journal of an Engine made by [Open]. Every later write fails.
func (e *Engine) Close() error {
	j := e.journal
	if j == nil {
		return nil
	}
	e.definitions.Lock()
	defer e.definitions.Unlock()
	if j.err == nil {
		j.err = fs.ErrClosed
	}
	return errors.Join(j.file.Sync(), j.file.Close(), j.lock.Close())
}

// performJournaled performs an operation that changes tables, and writes its request to the
// journal.
func (e *Engine) performJournaled(name string, o operation, request document, dst []byte) ([]byte, error) {
	j := e.journal
	if j.err != nil {
		return nil, j.err
	}
	change := &entry{At: e.now().UnixNano(), Operation: name, Request: json.RawMessage(request), Tables: e.ids}
	answer, err := o.perform(e, request, dst)
	if err == nil {
		err = j.append(change)
	}
	return answer, err
}

// commit writes accepted writes to the journal as one line, with the client request token of the
// transaction if there is one. The engine's lock must be held for writing.
func (j *journal) commit(token *string, done tokenEntry, writes ...write) error {
	if j == nil {
		return nil
	}
	var commit entry
	if token != nil {
		commit = tokenLine(*token, done)
	}
	for i := range writes {
		w := &writes[i]
		switch {
		case w.checkOnly:
		case w.new != nil:
			commit.Writes = append(commit.Writes, entryWrite{Table: w.table.name, Put: w.new.item})
		case w.old != nil:
			key := keyItem(w.table.schema.attributes, w.old.item)
			commit.Writes = append(commit.Writes, entryWrite{Table: w.table.name, Delete: key})
		}
	}
	if token == nil && len(commit.Writes) == 0 {
		return nil
	}
	return j.append(&commit)
}

// tokenLine returns the entry of a transaction with a client request token.
func tokenLine(token string, done tokenEntry) entry {
	return entry{At: done.at.UnixNano(), Token: token, Fingerprint: done.fingerprint, Bytes: done.bytes}
}

func (j *journal) append(commit *entry) error {
	if j.err == nil {
		j.err = commit.writeTo(j.file)
	}
	return j.err
}

// writeTo writes the line of the entry at once.
func (c *entry) writeTo(w io.Writer) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = w.Write(fmt.Appendf(make([]byte, 0, len(text)+10), "%08x %s\n", crc32.ChecksumIEEE(text), text))
	return err
}

// load replays the journal at path, if there is one, and returns the entries that created the
// remaining tables.
func (e *Engine) load(path string, logger *slog.Logger) (tables []*entry, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	clock := e.now
	defer func() { e.now = clock }()

	reader := bufio.NewReaderSize(file, 1<<16)
	for number := 1; ; number++ {
		line, err := reader.ReadBytes('\n')
		switch {
		case err == io.EOF && (number > 1 || len(line) == 0):
			if len(line) > 0 {
				logger.Warn("incomplete last line cut off", "file", path, "line", number, "bytes", len(line))
			}
			return tables, nil
		case err != nil && err != io.EOF:
			return nil, err
		case number == 1 && string(line) != journalHeader:
			return nil, errors.New("line 1: not the first line of a journal")
		case number > 1:
			replayed, err := e.replay(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			tables = replayed.addTo(tables)
		}
	}
}

// replay applies the entry of a line.
func (e *Engine) replay(line []byte) (*entry, error) {
	sum, text, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	if string(sum) != fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) {
		return nil, errors.New("checksum mismatch")
	}
	c := &entry{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, err
	}
	if c.Operation != "" {
		o, request := operations[c.Operation], document(c.Request)
		if o.replay == nil || len(request) == 0 || request[0] != '{' {
			return nil, fmt.Errorf("unknown operation %q", c.Operation)
		}
		e.now = func() time.Time { return time.Unix(0, c.At) }
		e.ids = c.Tables
		e.expire()
		return c, o.replay(e, request)
	}
	for _, w := range c.Writes {
		if err := e.restore(w); err != nil {
			return nil, err
		}
	}
	if c.Token != "" {
		e.tokens.add(c.Token, tokenEntry{c.Fingerprint, time.Unix(0, c.At), c.Bytes})
	}
	return c, nil
}

// restore stores or deletes an item that was valid when it was written.
func (e *Engine) restore(w entryWrite) error {
	t := e.tables[w.Table]
	if t == nil {
		return fmt.Errorf("unknown table %q", w.Table)
	}
	item := w.Put
	if item == nil {
		item = w.Delete
	}
	if t.schema.mismatches(item) {
		return errors.New(schemaMismatch)
	}
	var next *record
	if w.Put != nil {
		next = t.storedRecord(item)
	}
	key := t.schema.of(item)
	if prior := t.get(&key); prior != nil || next != nil {
		t.replace(prior, next)
	}
	return nil
}

// addTo appends the entry to those that changed tables, if it did. The entries of a
// deleted table are dropped.
func (c *entry) addTo(tables []*entry) []*entry {
	switch c.Operation {
	case "":
		return tables
	case "DeleteTable":
		return slices.DeleteFunc(tables, func(o *entry) bool { return o.table() == c.table() })
	}
	return append(tables, c)
}

// table returns the name of the operation's table, which the request may give as an ARN.
func (c *entry) table() string {
	var in struct{ TableName, ResourceArn string }
	_ = json.Unmarshal(c.Request, &in) // it was replayed
	name := in.TableName + in.ResourceArn
	return name[strings.LastIndexByte(name, '/')+1:]
}

// compact replaces the journal by what is stored now, and opens it for appending.
func (e *Engine) compact(path string, tables []*entry) (_ *os.File, err error) {
	fresh, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewWriterSize(fresh, 1<<16)
	err = errors.Join(e.writeTo(buffered, tables), buffered.Flush(), fresh.Sync(), fresh.Close())
	if err != nil {
		return nil, err
	}
	if err := os.Rename(fresh.Name(), path); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
}

// writeTo writes the entries of the tables, then the tokens and items that are stored.
func (e *Engine) writeTo(w io.Writer, entries []*entry) error {
	if _, err := io.WriteString(w, journalHeader); err != nil {
		return err
	}
	e.tokens.expire(e.now())
	for _, token := range e.tokens.order {
		line := tokenLine(token, e.tokens.entries[token])
		entries = append(entries, &line)
	}
	for _, c := range entries {
		if err := c.writeTo(w); err != nil {
			return err
		}
	}
	for _, t := range e.tables {
		var err error
		t.views[0].tree.Scan(func(x element) bool {
			err = (&entry{Writes: []entryWrite{{Table: t.name, Put: x.record.item}}}).writeTo(w)
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
