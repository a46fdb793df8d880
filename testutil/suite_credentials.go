package testutil

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// newCredentials returns credentials with a public key that no other user has.
func newCredentials(sub, id string) packagedb.CredentialsInput {
	return packagedb.CredentialsInput{
		ID:            id,
		PublicKey:     "public key of " + sub + " " + id,
		SecretKeyHash: []byte("hash of " + sub + " " + id),
		Salt:          []byte("salt of " + sub + " " + id),
	}
}

// assertCredentials checks what every call returns of the credentials.
func (u *suiteUser) assertCredentials(want packagedb.CredentialsInput) {
	u.Helper()
	info := packagedb.CredentialsInfo{ID: want.ID, PublicKey: want.PublicKey, Salt: want.Salt}
	got, err := u.GetCredentials(u.ctx, u.sub, want.ID)
	if assert.NoError(u, err, "GetCredentials") && assert.NotNil(u, got, "GetCredentials") {
		assert.Equal(u, info, *got, "GetCredentials")
	}
	assert.Contains(u, u.listCredentials().all(), info, "ListCredentials")
	user := u.user(want.PublicKey, nil)
	require.NotNil(u, user, "GetUser")
	assert.Equal(u, packagedb.CredentialsAuthInfo{
		Sub: u.sub, ID: want.ID, SecretKeyHash: want.SecretKeyHash, Salt: want.Salt,
	}, *user, "GetUser")
}

var credentialsPromises = []promise{
	{"missing credentials are ErrNotFound from every call that gets them", func(u *suiteUser) {
		credentials, err := u.GetCredentials(u.ctx, u.sub, "absent")
		assert.ErrorIs(u, err, packagedb.ErrNotFound, "GetCredentials")
		assert.Nil(u, credentials, "GetCredentials")
		user, err := u.GetUser(u.ctx, "absent "+u.sub)
		assert.ErrorIs(u, err, packagedb.ErrNotFound, "GetUser")
		assert.Nil(u, user, "GetUser")
	}},
	{"a user without credentials lists an empty slice that is not nil", func(u *suiteUser) {
		assert.Equal(u, []credentialsInfo{}, u.listCredentials().all())
	}},
	{"credentials are returned as they were written, byte for byte, by every call", func(u *suiteUser) {
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		for id, write := range u.puts() {
			input := newCredentials(u.sub, id)
			input.SecretKeyHash, input.Salt = every, append([]byte{0}, every...)
			require.NoError(u, write(input), id)
			u.assertCredentials(input)
		}
	}},
	{"credentials written again replace those with the same id", func(u *suiteUser) {
		old, replacement := newCredentials(u.sub, "id"), newCredentials(u.sub, "id")
		replacement.PublicKey = "another " + old.PublicKey
		u.put(old)
		u.user(old.PublicKey, nil)
		u.put(replacement)
		assert.Equal(u, []string{"id"}, u.listCredentials().ids())
		u.assertCredentials(replacement)
		u.user(old.PublicKey, packagedb.ErrNotFound)
	}},
	{"credentials are not created if the user has some with the same id", func(u *suiteUser) {
		old, replacement := newCredentials(u.sub, "id"), newCredentials(u.sub, "id")
		replacement.PublicKey = "another " + old.PublicKey
		u.put(old)
		assert.ErrorIs(u, u.CreateCredentials(u.ctx, u.sub, replacement), packagedb.ErrExists)
		assert.ErrorIs(u, u.CreateCredentials(u.ctx, u.sub, old), packagedb.ErrExists)
		u.assertCredentials(old)
		neighbor := u.other()
		require.NoError(u, neighbor.CreateCredentials(u.ctx, neighbor.sub, newCredentials(neighbor.sub, "id")))
		require.NoError(u, u.DeleteCredentials(u.ctx, u.sub, "id"), "DeleteCredentials")
		require.NoError(u, u.CreateCredentials(u.ctx, u.sub, replacement), "CreateCredentials after the delete")
		u.assertCredentials(replacement)
	}},
	{"of concurrent creates with the same id exactly one succeeds", func(u *suiteUser) {
		var mu sync.Mutex
		var created []packagedb.CredentialsInput
		var running sync.WaitGroup
		for i := range 8 {
			running.Go(func() {
				input := newCredentials(u.sub, "id")
				input.PublicKey += fmt.Sprint(" ", i)
				err := u.CreateCredentials(u.ctx, u.sub, input)
				if errors.Is(err, packagedb.ErrExists) || !assert.NoError(u, err, "CreateCredentials") {
					return
				}
				mu.Lock()
				created = append(created, input)
				mu.Unlock()
			})
		}
		running.Wait()
		require.Len(u, created, 1)
		u.assertCredentials(created[0])
	}},
	{"credentials are listed by id, in the order of its bytes", func(u *suiteUser) {
		for _, id := range []string{"b", "a", "C", "a b", "é"} {
			u.put(newCredentials(u.sub, id))
		}
		assert.Equal(u, []string{"C", "a", "a b", "b", "é"}, u.listCredentials().ids())
	}},
	{"credentials of more than 1 MB are listed whole, page by page", func(u *suiteUser) {
		written := []credentialsInfo{}
		for i := range 8 {
			input := newCredentials(u.sub, fmt.Sprintf("id %02d", i))
			input.Salt = []byte(strings.Repeat("x", 190_000))
			u.put(input)
			written = append(written, credentialsInfo{ID: input.ID, PublicKey: input.PublicKey, Salt: input.Salt})
		}
		list := u.listCredentials()
		require.Equal(u, written, list.all())
		list.assertPages(5, 7)
	}},
	{"a public key of two credentials is ErrAmbiguousPublicKey", func(u *suiteUser) {
		neighbor := u.other()
		mine, theirs := newCredentials(u.sub, "id"), newCredentials(neighbor.sub, "id")
		theirs.PublicKey = mine.PublicKey
		u.put(mine)
		neighbor.put(theirs)
		assert.Nil(u, u.user(mine.PublicKey, packagedb.ErrAmbiguousPublicKey), "GetUser")
		require.NoError(u, neighbor.DeleteCredentials(u.ctx, neighbor.sub, "id"), "DeleteCredentials")
		u.assertCredentials(mine)
	}},
	{"deleting credentials leaves the user's others, and is not an error if there are none", func(u *suiteUser) {
		u.put(newCredentials(u.sub, "id 1"))
		u.put(newCredentials(u.sub, "id 2"))
		for _, id := range []string{"id 1", "id 1", "absent"} {
			assert.NoError(u, u.DeleteCredentials(u.ctx, u.sub, id), "DeleteCredentials(%q)", id)
		}
		assert.Equal(u, []string{"id 2"}, u.listCredentials().ids())
		u.user(newCredentials(u.sub, "id 1").PublicKey, packagedb.ErrNotFound)
	}},
	{"deleting all credentials leaves the user's specs and everybody else's credentials", func(u *suiteUser) {
		for i := range 30 {
			u.put(newCredentials(u.sub, fmt.Sprint("id ", i)))
		}
		u.createNamed("1", "spec")
		neighbor := u.other()
		neighbor.put(newCredentials(neighbor.sub, "id 1"))
		for range 2 {
			require.NoError(u, u.DeleteAllCredentials(u.ctx, u.sub), "DeleteAllCredentials")
		}
		assert.Empty(u, u.listCredentials().ids())
		assert.Equal(u, []string{"spec"}, u.listSpecs().ids())
		assert.Equal(u, []string{"id 1"}, neighbor.listCredentials().ids())
	}},
}

// puts returns the calls that store credentials, by name.
func (u *suiteUser) puts() map[string]func(packagedb.CredentialsInput) error {
	return map[string]func(packagedb.CredentialsInput) error{
		"CreateCredentials": func(input packagedb.CredentialsInput) error {
			return u.CreateCredentials(u.ctx, u.sub, input)
		},
		"CreateUpdateCredentials": func(input packagedb.CredentialsInput) error {
			return u.CreateUpdateCredentials(u.ctx, u.sub, input)
		},
	}
}
