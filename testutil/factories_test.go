package testutil_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestFactories_NumberEveryField(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "sub 12", testutil.Sub(12))
	assert.Equal(t, packagedb.SpecInput{
		Name: "name 12", Version: "version 12", ModelCount: 12, Title: "title 12", Description: "description 12",
	}, testutil.Spec(12))
	assert.Equal(t, packagedb.CredentialsInput{
		ID: "id 12", PublicKey: "public key 12", SecretKeyHash: []byte("secret key hash 12"), Salt: []byte("salt 12"),
	}, testutil.Credentials(12))
}
