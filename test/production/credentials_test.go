package production

import (
	"bytes"
	"errors"
	"testing"

	"github.com/open-alchemy/packagedb"
)

func TestTheLifeOfCredentials(t *testing.T) {
	t.Parallel()
	db, sub := open(t)
	ctx := t.Context()
	first := packagedb.CredentialsInput{
		ID: "1", PublicKey: unique("key"), SecretKeyHash: []byte{0, 1, 0xff}, Salt: []byte("salt 1"),
	}
	second := packagedb.CredentialsInput{
		ID: "2", PublicKey: unique("key"), SecretKeyHash: []byte("hash 2"), Salt: []byte{0x80},
	}
	must(t, db.CreateUpdateCredentials(ctx, sub, second))
	must(t, db.CreateUpdateCredentials(ctx, sub, first))

	eventually(t, func() error {
		listed, err := db.ListCredentials(ctx, sub)
		if err != nil || len(listed) != 2 {
			return unlike("%d credentials are listed, want 2; the error is %v", len(listed), err)
		}
		return errors.Join(same(listed[0], first), same(listed[1], second))
	})
	eventually(t, func() error {
		got, err := db.GetCredentials(ctx, sub, "1")
		if err != nil {
			return err
		}
		return same(*got, first)
	})
	for _, credentials := range []packagedb.CredentialsInput{first, second} {
		eventually(t, func() error { return isUser(t, db, sub, credentials) })
	}

	// A new key takes the place of the old one, also in the index.
	renewed := first
	renewed.PublicKey, renewed.Salt = unique("key"), []byte("salt 3")
	must(t, db.CreateUpdateCredentials(ctx, sub, renewed))
	eventually(t, func() error { return isUser(t, db, sub, renewed) })
	eventually(t, func() error {
		_, err := db.GetUser(ctx, first.PublicKey)
		return notFound(err)
	})

	must(t, db.DeleteCredentials(ctx, sub, "1"))
	eventually(t, func() error {
		_, err := db.GetCredentials(ctx, sub, "1")
		return notFound(err)
	})
	eventually(t, func() error {
		_, err := db.GetUser(ctx, renewed.PublicKey)
		return notFound(err)
	})
	must(t, db.DeleteAllCredentials(ctx, sub))
	eventually(t, func() error {
		listed, err := db.ListCredentials(ctx, sub)
		if err != nil || listed == nil || len(listed) != 0 {
			return unlike("got %v, %v, want an empty list", listed, err)
		}
		return nil
	})
}

func TestAPublicKeyOfTwoUsersIsRefused(t *testing.T) {
	t.Parallel()
	db, sub := open(t)
	_, other := open(t)
	credentials := packagedb.CredentialsInput{
		ID: "1", PublicKey: unique("key"), SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	}
	must(t, db.CreateUpdateCredentials(t.Context(), sub, credentials))
	must(t, db.CreateUpdateCredentials(t.Context(), other, credentials))
	eventually(t, func() error {
		_, err := db.GetUser(t.Context(), credentials.PublicKey)
		if !errors.Is(err, packagedb.ErrAmbiguousPublicKey) {
			return unlike("got the error %v, want that the key is ambiguous", err)
		}
		return nil
	})
}

func same(got packagedb.CredentialsInfo, want packagedb.CredentialsInput) error {
	if got.ID != want.ID || got.PublicKey != want.PublicKey || !bytes.Equal(got.Salt, want.Salt) {
		return unlike("got %+v, want %+v", got, want)
	}
	return nil
}

// isUser is nil where the public key belongs to the sub, with this hash and salt.
func isUser(t *testing.T, db packagedb.Database, sub string, want packagedb.CredentialsInput) error {
	t.Helper()
	user, err := db.GetUser(t.Context(), want.PublicKey)
	if err != nil {
		return err
	}
	if user.Sub != sub || !bytes.Equal(user.SecretKeyHash, want.SecretKeyHash) || !bytes.Equal(user.Salt, want.Salt) {
		return unlike("the user of %s is %+v", want.PublicKey, *user)
	}
	return nil
}
