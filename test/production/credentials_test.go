package production

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

func TestCredentials_Lifecycle(t *testing.T) {
	t.Parallel()
	db, sub := open(t)
	ctx := t.Context()
	first := packagedb.CredentialsInput{
		ID: "1", PublicKey: unique("key"), SecretKeyHash: []byte{0, 1, 0xff}, Salt: []byte("salt 1"),
	}
	second := packagedb.CredentialsInput{
		ID: "2", PublicKey: unique("key"), SecretKeyHash: []byte("hash 2"), Salt: []byte{0x80},
	}
	require.NoError(t, db.CreateCredentials(ctx, sub, second))
	require.NoError(t, db.CreateUpdateCredentials(ctx, sub, first))
	assert.ErrorIs(t, db.CreateCredentials(ctx, sub, second), packagedb.ErrExists)

	eventually(t, func(c *assert.CollectT) {
		listed, err := db.ListCredentials(ctx, sub)
		require.NoError(c, err)
		assert.Equal(c, []packagedb.CredentialsInfo{infoOf(first), infoOf(second)}, listed)
	})
	eventually(t, func(c *assert.CollectT) {
		got, err := db.GetCredentials(ctx, sub, "1")
		require.NoError(c, err)
		assert.Equal(c, infoOf(first), *got)
	})
	hasUser(t, db, sub, first)
	hasUser(t, db, sub, second)

	// A new key replaces the old one, also in the index.
	renewed := first
	renewed.PublicKey, renewed.Salt = unique("key"), []byte("salt 3")
	require.NoError(t, db.CreateUpdateCredentials(ctx, sub, renewed))
	hasUser(t, db, sub, renewed)
	hasNoUser(t, db, first.PublicKey)

	require.NoError(t, db.DeleteCredentials(ctx, sub, "1"))
	eventually(t, func(c *assert.CollectT) {
		_, err := db.GetCredentials(ctx, sub, "1")
		assert.ErrorIs(c, err, packagedb.ErrNotFound)
	})
	hasNoUser(t, db, renewed.PublicKey)
	require.NoError(t, db.DeleteAllCredentials(ctx, sub))
	eventually(t, func(c *assert.CollectT) {
		listed, err := db.ListCredentials(ctx, sub)
		require.NoError(c, err)
		assert.Equal(c, []packagedb.CredentialsInfo{}, listed)
	})
}

func TestGetUser_AmbiguousPublicKey(t *testing.T) {
	t.Parallel()
	db, sub := open(t)
	_, other := open(t)
	credentials := packagedb.CredentialsInput{
		ID: "1", PublicKey: unique("key"), SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	}
	require.NoError(t, db.CreateUpdateCredentials(t.Context(), sub, credentials))
	require.NoError(t, db.CreateUpdateCredentials(t.Context(), other, credentials))
	eventually(t, func(c *assert.CollectT) {
		_, err := db.GetUser(t.Context(), credentials.PublicKey)
		assert.ErrorIs(c, err, packagedb.ErrAmbiguousPublicKey)
	})
}

func infoOf(credentials packagedb.CredentialsInput) packagedb.CredentialsInfo {
	return packagedb.CredentialsInfo{ID: credentials.ID, PublicKey: credentials.PublicKey, Salt: credentials.Salt}
}

// hasUser requires that the public key eventually belongs to the sub, with this hash and salt.
func hasUser(t *testing.T, db packagedb.Database, sub string, want packagedb.CredentialsInput) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		user, err := db.GetUser(t.Context(), want.PublicKey)
		require.NoError(c, err)
		assert.Equal(c, packagedb.CredentialsAuthInfo{
			Sub: sub, ID: want.ID, SecretKeyHash: want.SecretKeyHash, Salt: want.Salt,
		}, *user)
	})
}

func hasNoUser(t *testing.T, db packagedb.Database, publicKey string) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		_, err := db.GetUser(t.Context(), publicKey)
		assert.ErrorIs(c, err, packagedb.ErrNotFound)
	})
}
