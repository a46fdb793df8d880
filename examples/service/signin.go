package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"

	"github.com/open-alchemy/packagedb"
)

// subHeader holds the user whom a gateway in front of the service has signed in. The gateway must
// remove it from what clients send.
const subHeader = "Sub"

var errNotSignedIn = errors.New("sign in with a public key and its secret key")

// signIn returns the sub of the user: whom the public key and the secret key of basic authentication
// belong to, or else whom the gateway has signed in.
func signIn(r *http.Request, db packagedb.Database) (sub string, err error) {
	publicKey, secretKey, ok := r.BasicAuth()
	if !ok {
		if sub = r.Header.Get(subHeader); sub == "" {
			return "", errNotSignedIn
		}
		return sub, nil
	}
	user, err := db.GetUser(r.Context(), publicKey)
	switch {
	case errors.Is(err, packagedb.ErrNotFound), errors.Is(err, packagedb.ErrInvalidInput):
		return "", errNotSignedIn
	case err != nil:
		return "", err
	case !hmac.Equal(hash(secretKey, user.Salt), user.SecretKeyHash):
		return "", errNotSignedIn
	}
	return user.Sub, nil
}

// hash is what is stored of a secret key. A fast hash is enough for keys that are long and random, as
// these are; passwords that people choose need a slow one.
func hash(secretKey string, salt []byte) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(secretKey))
	return mac.Sum(nil)
}
