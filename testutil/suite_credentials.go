package testutil

import (
	"fmt"
	"slices"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
)

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

func checkMissingCredentials(u *suiteUser) {
	u.assertMissing("GetCredentials")(u.GetCredentials(u.ctx, u.sub, "absent"))
	u.assertMissing("GetUser")(u.GetUser(u.ctx, "absent "+u.sub))
}

func checkReturnedCredentials(u *suiteUser) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, call := range []string{"CreateCredentials", "CreateUpdateCredentials"} {
		input := newCredentials(u.sub, call)
		input.SecretKeyHash, input.Salt = every, append([]byte{0}, every...)
		_, err := dbtest.Calls(u.ctx, u, dbtest.Input{Sub: u.sub, Credentials: input})[call]()
		require.NoError(u, err, call)
		u.assertCredentials(input)
	}
}

func checkCredentialsAgain(u *suiteUser) {
	old, replacement := newCredentials(u.sub, "id"), newCredentials(u.sub, "id")
	replacement.PublicKey = "another " + old.PublicKey
	u.put(old)
	u.user(old.PublicKey, nil)
	u.put(replacement)
	assert.Equal(u, []string{"id"}, u.listCredentials().ids())
	u.assertCredentials(replacement)
	u.user(old.PublicKey, packagedb.ErrNotFound)
}

func checkCreatedOnce(u *suiteUser) {
	inputs := make([]packagedb.CredentialsInput, 8)
	errs := make([]error, len(inputs))
	var running sync.WaitGroup
	for i := range inputs {
		inputs[i] = newCredentials(u.sub, "id")
		inputs[i].PublicKey += fmt.Sprint(" ", i)
		running.Go(func() { errs[i] = u.CreateCredentials(u.ctx, u.sub, inputs[i]) })
	}
	running.Wait()
	created := slices.Index(errs, nil)
	require.GreaterOrEqual(u, created, 0, "one of the callers of CreateCredentials succeeds: %v", errs)
	for i, input := range inputs {
		if i != created {
			assert.ErrorIs(u, errs[i], packagedb.ErrExists, "CreateCredentials at the same time")
		}
		assert.ErrorIs(u, u.CreateCredentials(u.ctx, u.sub, input), packagedb.ErrExists, "CreateCredentials again")
	}
	u.assertCredentials(inputs[created])
	neighbor := u.other()
	require.NoError(u, neighbor.CreateCredentials(u.ctx, neighbor.sub, newCredentials(neighbor.sub, "id")),
		"CreateCredentials of another user")
	require.NoError(u, u.DeleteCredentials(u.ctx, u.sub, "id"), "DeleteCredentials")
	require.NoError(u, u.CreateCredentials(u.ctx, u.sub, inputs[0]), "CreateCredentials after DeleteCredentials")
	u.assertCredentials(inputs[0])
}

func checkAmbiguousPublicKey(u *suiteUser) {
	neighbor := u.other()
	mine, theirs := newCredentials(u.sub, "id"), newCredentials(neighbor.sub, "id")
	theirs.PublicKey = mine.PublicKey
	u.put(mine)
	neighbor.put(theirs)
	assert.Nil(u, u.user(mine.PublicKey, packagedb.ErrAmbiguousPublicKey), "GetUser")
	require.NoError(u, neighbor.DeleteCredentials(u.ctx, neighbor.sub, "id"), "DeleteCredentials")
	u.assertCredentials(mine)
}
