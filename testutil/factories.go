package testutil

import (
	"fmt"

	"github.com/open-alchemy/packagedb"
)

// Sub returns the nth user: "sub 1" for 1.
func Sub(n int) string { return fmt.Sprint("sub ", n) }

// Spec returns the nth spec: valid, and different from every other in all fields. A test sets the
// fields that it is about:
//
//	spec := testutil.Spec(1) // "name 1", "version 1", 1 model, "title 1", "description 1"
//	spec.Version = "1.0.0"
func Spec(n int) packagedb.SpecInput {
	return packagedb.SpecInput{
		Name:        fmt.Sprint("name ", n),
		Version:     fmt.Sprint("version ", n),
		ModelCount:  n,
		Title:       fmt.Sprint("title ", n),
		Description: fmt.Sprint("description ", n),
	}
}

// Credentials returns the nth credentials: valid, and different from every other in all fields. The
// id is "id 1" for 1, and so on: "public key 1", "secret key hash 1", "salt 1".
func Credentials(n int) packagedb.CredentialsInput {
	return packagedb.CredentialsInput{
		ID:            fmt.Sprint("id ", n),
		PublicKey:     fmt.Sprint("public key ", n),
		SecretKeyHash: fmt.Append(nil, "secret key hash ", n),
		Salt:          fmt.Append(nil, "salt ", n),
	}
}
