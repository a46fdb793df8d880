package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/open-alchemy/packagedb/internal/engine"
)

const (
	// lockTimeout is how long Open waits for another process that uses the file, and lockStep how long
	// before it looks whether to stop.
	lockTimeout = time.Second
	lockStep    = lockTimeout / 10
	// journalHeader is the first line of a data file of packagedb-local 0.2.0.
	journalHeader = "packagedb journal 1\n"
	// minFree is the least free space in bytes that is worth a compaction.
	minFree = 64 << 10
	// compactionStep is how many bytes are copied at a time.
	compactionStep = 16 << 20
)

// The bucket and the key that mark a data file, and the format of its content.
const (
	formatBucket = "packagedb"
	formatKey    = "format"
	format       = "1"
)

var (
	errInUse   = errors.New("in use by another process")
	errJournal = errors.New("a journal of packagedb-local 0.2.0, which this version does not read")
	errNotData = errors.New("not a data file of packagedb-local")
	errNotFile = errors.New("not a regular file")
)

// Open opens a data file, and creates it if there is none. The file is locked until it is closed. One
// whose creation was interrupted starts empty. If more than half of the file is free, Open compacts
// it, or logs why it cannot.
func Open(ctx context.Context, path string, logger *slog.Logger) (*Store, error) {
	s := &Store{path: path, logger: logger}
	if err := s.guard(func() error { return s.open(ctx) }); err != nil {
		if s.db != nil {
			_ = s.db.Close()
		}
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := s.openDB(ctx); err != nil {
		return err
	}
	if err := s.checkFormat(); err != nil {
		return err
	}
	switch err := s.compact(ctx); {
	case ctx.Err() != nil:
		return ctx.Err()
	case s.db == nil: // not opened again
		return err
	case err != nil:
		s.logger.Warn("data file not compacted", "file", s.path, "error", err)
	}
	return nil
}

// openDB opens and locks the file.
func (s *Store) openDB(ctx context.Context) (err error) {
	if info, err := os.Stat(s.path); err == nil && !info.Mode().IsRegular() {
		return errNotFile
	}
	if err := finishCreation(s.path); err != nil {
		return err
	}
	var file *os.File
	options := bbolt.Options{Timeout: lockStep, FreelistType: bbolt.FreelistMapType}
	options.OpenFile = func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
		file, err = os.OpenFile(name, flag, mode)
		return file, err
	}
	for start := time.Now(); ; {
		s.db, err = bbolt.Open(s.path, 0o600, &options)
		if !errors.Is(err, bbolterrors.ErrTimeout) || time.Since(start) >= lockTimeout {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	switch {
	case err == nil:
		return s.checkFile(ctx, file)
	case errors.Is(err, bbolterrors.ErrTimeout):
		return errInUse
	case errors.As(err, new(*fs.PathError)):
		return err
	case errors.Is(err, bbolterrors.ErrChecksum):
		return fmt.Errorf("damaged: %w", err)
	}
	switch content := head(s.path); {
	case bytes.HasPrefix(content, []byte(journalHeader)):
		return errJournal
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrVersionMismatch),
		0 < len(content) && len(content) < 4*os.Getpagesize():
		return errNotData
	}
	return err
}

// finishCreation finishes a file whose creation was interrupted, so that it holds some of the pages
// that bbolt writes first, or zeros of that length. It appends, because a creation that is still under
// way then writes the same bytes to the same place.
func finishCreation(path string) error {
	content := head(path)
	if len(content) == 0 || len(content) > 4*os.Getpagesize() {
		return nil
	}
	first, err := firstPages()
	switch {
	case err != nil:
		return err
	case len(bytes.Trim(content, "\x00")) == 0:
		return os.Truncate(path, 0)
	case !bytes.HasPrefix(first, content):
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(first[len(content):])
	return errors.Join(err, file.Close())
}

// firstPages returns the content of a new database.
func firstPages() ([]byte, error) {
	directory, err := os.MkdirTemp("", "packagedb-local-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(directory)
	path := filepath.Join(directory, "new")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// head returns the first bytes of a file, more than bbolt writes first. It is empty after an error.
func head(path string) []byte {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	content, _ := io.ReadAll(io.LimitReader(file, int64(4*os.Getpagesize()+1)))
	return content
}

// checkFile checks that the file is as long as its content, and opens it again if another process
// has compacted it meanwhile, which makes a new file.
func (s *Store) checkFile(ctx context.Context, file *os.File) error {
	opened, err := file.Stat()
	if err != nil {
		return err
	}
	named, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if !os.SameFile(opened, named) {
		return errors.Join(s.db.Close(), s.openDB(ctx))
	}
	return s.db.View(func(tx *bbolt.Tx) error {
		if opened.Size() < tx.Size() {
			return fmt.Errorf("damaged: cut off after %d of %d bytes", opened.Size(), tx.Size())
		}
		return nil
	})
}

// checkFormat checks that the database is a data file, and makes it one if it is empty.
func (s *Store) checkFormat() error {
	tx, err := s.db.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // unless it is committed
	name, _ := tx.Cursor().First()
	switch marker := tx.Bucket([]byte(formatBucket)); {
	case marker == nil && name != nil:
		return errNotData
	case marker == nil:
		err = apply(tx, &engine.Entry{Bucket: formatBucket, Key: []byte(formatKey), Value: []byte(format)})
		err = errors.Join(err, tx.Commit())
		syncDirectory(s.path)
	case string(marker.Get([]byte(formatKey))) != format:
		return fmt.Errorf("format %q of another version", marker.Get([]byte(formatKey)))
	}
	return err
}

// compact copies the data to a file beside it, which then takes the name of the data file. It does so
// only if more than half of the file is free.
func (s *Store) compact(ctx context.Context) error {
	free, size := s.db.Stats().FreePageN*s.db.Info().PageSize, 0
	if err := s.db.View(func(tx *bbolt.Tx) error { size = int(tx.Size()); return nil }); err != nil {
		return err
	}
	if free < minFree || free <= size/2 {
		return nil
	}
	path, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if links(info) > 1 {
		return errors.New("several hard links, of which only one would be compacted")
	}
	smaller, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".compact-*")
	if err != nil {
		return err
	}
	defer os.Remove(smaller.Name()) // unless it is renamed
	if err := errors.Join(smaller.Chmod(info.Mode().Perm()), smaller.Close()); err != nil {
		return err
	}
	if err := s.copyTo(ctx, smaller.Name()); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // where an open file cannot be replaced
		err = s.db.Close()
	}
	if err = errors.Join(err, os.Rename(smaller.Name(), path)); err == nil {
		syncDirectory(path)
	}
	return errors.Join(err, s.db.Close(), s.openDB(ctx))
}

// copyTo copies what is not free to an empty file.
func (s *Store) copyTo(ctx context.Context, path string) error {
	fresh, err := bbolt.Open(path, 0, &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = fresh.Close() }) // ends Compact at its next step
	err = bbolt.Compact(fresh, s.db, compactionStep)
	if !stop() {
		return ctx.Err()
	}
	return errors.Join(err, fresh.Sync(), fresh.Close())
}

// links returns how many hard links the file has, 1 if the system does not say.
func links(info fs.FileInfo) uint64 {
	n := reflect.Indirect(reflect.ValueOf(info.Sys())).FieldByName("Nlink")
	if n.IsValid() && n.CanUint() {
		return n.Uint()
	}
	return 1
}

// syncDirectory makes the name of a new file survive a power failure, where the system can do that.
func syncDirectory(path string) {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	if directory, err := os.Open(filepath.Dir(path)); err == nil {
		_ = directory.Sync()
		_ = directory.Close()
	}
}
