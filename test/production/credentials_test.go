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

	list := func() ([]packagedb.CredentialsInfo, error) { return db.ListCredentials(ctx, sub) }
	get := func() (*packagedb.CredentialsInfo, error) { return db.GetCredentials(ctx, sub, "1") }
	eventuallyReturns(t, []packagedb.CredentialsInfo{*infoOf(first), *infoOf(second)}, list)
	eventuallyReturns(t, infoOf(first), get)
	hasUser(t, db, sub, first)
	hasUser(t, db, sub, second)

	// A new key replaces the old one, also in the index.
	renewed := first
	renewed.PublicKey, renewed.Salt = unique("key"), []byte("salt 3")
	require.NoError(t, db.CreateUpdateCredentials(ctx, sub, renewed))
	hasUser(t, db, sub, renewed)
	hasNoUser(t, db, first.PublicKey)

	require.NoError(t, db.DeleteCredentials(ctx, sub, "1"))
	eventuallyFails(t, packagedb.ErrNotFound, get)
	hasNoUser(t, db, renewed.PublicKey)
	require.NoError(t, db.DeleteAllCredentials(ctx, sub))
	eventuallyReturns(t, []packagedb.CredentialsInfo{}, list)
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
	eventuallyFails(t, packagedb.ErrAmbiguousPublicKey, userOf(t, db, credentials.PublicKey))
}

func infoOf(credentials packagedb.CredentialsInput) *packagedb.CredentialsInfo {
	return &packagedb.CredentialsInfo{ID: credentials.ID, PublicKey: credentials.PublicKey, Salt: credentials.Salt}
}

func userOf(t *testing.T, db packagedb.Database, publicKey string) func() (*packagedb.CredentialsAuthInfo, error) {
	return func() (*packagedb.CredentialsAuthInfo, error) { return db.GetUser(t.Context(), publicKey) }
}

// hasUser requires that the public key eventually belongs to the sub, with this hash and salt.
func hasUser(t *testing.T, db packagedb.Database, sub string, want packagedb.CredentialsInput) {
	t.Helper()
	eventuallyReturns(t, &packagedb.CredentialsAuthInfo{
		Sub: sub, ID: want.ID, SecretKeyHash: want.SecretKeyHash, Salt: want.Salt,
	}, userOf(t, db, want.PublicKey))
}

func hasNoUser(t *testing.T, db packagedb.Database, publicKey string) {
	t.Helper()
	eventuallyFails(t, packagedb.ErrNotFound, userOf(t, db, publicKey))
}
