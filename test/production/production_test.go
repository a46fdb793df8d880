// Package production tests deployed tables through the public API, as a service sees them. It works on
// what STAGE points at, with subs of its own that it removes.
package production

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/open-alchemy/packagedb"
)

const (
	// patience bounds how long a read may lag behind a write. Gets and lists are eventually
	// consistent, and so is the index that GetUser reads; DynamoDB is rarely a second behind.
	patience = 30 * time.Second
	// removalTime bounds the removal of what a test stored.
	removalTime = time.Minute
)

// open returns the database and a sub of this test's own. All that the sub has is removed when the
// test ends, also where it failed.
func open(t *testing.T) (db packagedb.Database, sub string) {
	t.Helper()
	db, err := packagedb.Get()
	if err != nil {
		t.Fatal(err)
	}
	sub = unique("sub")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), removalTime)
		defer cancel()
		if err := db.DeleteAll(ctx, sub); err != nil {
			t.Errorf("the items of the sub %q may be left: %v", sub, err)
		}
	})
	return db, sub
}

// unique returns a text that no other run uses, and that tells where an item comes from.
func unique(kind string) string { return "packagedb-production-test-" + kind + "-" + rand.Text() }

// eventually fails the test where a check does not come to hold in time.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("after %v: %v", patience, err)
		case <-t.Context().Done():
			t.Fatal(err)
		case <-time.After(pause):
		}
	}
}

// must fails the test on an error of a write, which no waiting heals.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// unlike is an error for a result that is not the expected one. It wraps nothing: an error among the
// arguments is a result as well, and may be nil.
func unlike(format string, arguments ...any) error {
	return fmt.Errorf(format, arguments...)
}

// notFound is nil where an error says that something is not there.
func notFound(err error) error {
	if errors.Is(err, packagedb.ErrNotFound) {
		return nil
	}
	return unlike("got the error %v, want that nothing is found", err)
}
