package testutil_test

import (
	"testing"

	"github.com/open-alchemy/packagedb/testutil"
)

func TestFactoriesNumberEveryField(t *testing.T) {
	t.Parallel()
	spec := testutil.Spec(12)
	if spec.Name != "name 12" || spec.Version != "version 12" || spec.ModelCount != 12 ||
		spec.Title != "title 12" || spec.Description != "description 12" {
		t.Errorf("the spec is %+v", spec)
	}
	credentials := testutil.Credentials(12)
	if credentials.ID != "id 12" || credentials.PublicKey != "public key 12" ||
		string(credentials.SecretKeyHash) != "secret key hash 12" || string(credentials.Salt) != "salt 12" {
		t.Errorf("the credentials are %+v, with the hash %q and the salt %q",
			credentials, credentials.SecretKeyHash, credentials.Salt)
	}
	if sub := testutil.Sub(12); sub != "sub 12" {
		t.Errorf("the sub is %q", sub)
	}
}
