// Package store keeps the data of an engine in a file, a database of bbolt. It is a package of its
// own, so that only what keeps data compiles bbolt.
package store

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// Store is a data file. It is an [engine.Store].
type Store struct {
	db     *bbolt.DB
	path   string
	logger *slog.Logger
	// failed is the error of a commit that may or may not survive. Nothing is committed after it.
	failed error
}

// Close closes the file. Every later commit fails.
func (s *Store) Close() error { return s.db.Close() }

// Commit writes the entries in one transaction and syncs the file. An error is also logged.
func (s *Store) Commit(entries []engine.Entry) error {
	if s.failed != nil {
		return s.failed
	}
	transaction := 0
	err := s.db.Update(func(tx *bbolt.Tx) error {
		transaction = tx.ID()
		for i := range entries {
			if err := apply(tx, &entries[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return nil
	}
	err = fmt.Errorf("data file %s: %w", s.path, err)
	s.logger.Error("commit failed", "error", err)
	_ = s.db.View(func(tx *bbolt.Tx) error {
		if transaction > 0 && tx.ID() >= transaction { // written, though perhaps not to the disk
			s.failed = err
		}
		return nil
	})
	return err
}

func apply(tx *bbolt.Tx, x *engine.Entry) error {
	name := []byte(x.Bucket)
	if x.Value == nil {
		switch bucket := tx.Bucket(name); {
		case bucket == nil:
			return nil
		case x.Key == nil:
			return tx.DeleteBucket(name)
		default:
			return bucket.Delete(x.Key)
		}
	}
	bucket, err := tx.CreateBucketIfNotExists(name)
	if err != nil {
		return err
	}
	return bucket.Put(x.Key, x.Value)
}

// progressInterval is the time between two log entries of a load.
const progressInterval = time.Second

// Load passes on every entry, and logs how far it is once a second.
func (s *Store) Load(ctx context.Context, load func(engine.Entry) error) error {
	return s.guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			p := progress{Store: s, tx: tx, next: time.Now().Add(progressInterval)}
			return tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
				if string(name) == formatBucket {
					return nil
				}
				return bucket.ForEach(func(key, value []byte) error {
					p.add()
					if err := ctx.Err(); err != nil {
						return err
					}
					if err := load(engine.Entry{Bucket: string(name), Key: key, Value: value}); err != nil {
						return fmt.Errorf("bucket %q, key %q: %w", name, key, err)
					}
					return nil
				})
			})
		})
	})
}

// progress counts the entries that were loaded.
type progress struct {
	*Store
	tx            *bbolt.Tx
	next          time.Time
	loaded, total int
}

func (p *progress) add() {
	if p.loaded++; p.loaded%256 > 0 || time.Now().Before(p.next) {
		return
	}
	if p.total == 0 {
		_ = p.tx.ForEach(func(_ []byte, bucket *bbolt.Bucket) error {
			p.total += bucket.Stats().KeyN
			return nil
		})
	}
	p.next = time.Now().Add(progressInterval)
	p.logger.Warn("still loading", "file", p.path, "entries", p.loaded, "of", p.total)
}

// guard calls f. bbolt panics at a damaged file, and reading beyond its end is a fault.
func (s *Store) guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("damaged or cut off: %v", cause)
		}
		if err != nil {
			err = fmt.Errorf("data file %s: %w", s.path, err)
		}
	}()
	return f()
}
