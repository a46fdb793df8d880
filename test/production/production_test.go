// Package production tests deployed tables through the public API, as a service sees them. It uses
// the deployment of STAGE, with its own subs, which it deletes.
package production

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

const (
	// readLag bounds how long a read may lag behind a write. Gets and lists are eventually
	// consistent, and so is the index that GetUser reads; DynamoDB is rarely a second behind.
	readLag = 30 * time.Second
	// removalTime bounds the removal of what a test stored.
	removalTime = time.Minute
)

// open returns the database and a unique sub. Everything of the sub is deleted when the test ends,
// even if it failed.
func open(t *testing.T) (db packagedb.Database, sub string) {
	t.Helper()
	db, err := packagedb.Get()
	require.NoError(t, err)
	sub = unique("sub")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), removalTime)
		defer cancel()
		assert.NoError(t, db.DeleteAll(ctx, sub), "items of the sub %q may be left", sub)
	})
	return db, sub
}

// unique returns a text that no other run uses and that names the origin of an item.
func unique(kind string) string { return "packagedb-production-test-" + kind + "-" + rand.Text() }

// eventually requires that a check succeeds before readLag ends.
func eventually(t *testing.T, check func(t *assert.CollectT)) {
	t.Helper()
	require.EventuallyWithT(t, check, readLag, 50*time.Millisecond)
}

// eventuallyReturns requires that a read returns the value before readLag ends.
func eventuallyReturns[T any](t *testing.T, want T, read func() (T, error)) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		got, err := read()
		require.NoError(c, err)
		assert.Equal(c, want, got)
	})
}

// eventuallyFails requires that a read fails with the error before readLag ends.
func eventuallyFails[T any](t *testing.T, want error, read func() (T, error)) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		_, err := read()
		assert.ErrorIs(c, err, want)
	})
}
