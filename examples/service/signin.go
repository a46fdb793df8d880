package main

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"

	"github.com/open-alchemy/packagedb"
)

// subHeader holds the user whom a gateway in front of the service has signed in. The gateway must
// remove it from what clients send.
const subHeader = "Sub"

var errNotSignedIn = errors.New("sign in with a public key and its secret key")

// signIn returns the sub of the user who owns the public key and secret key of basic authentication,
// or else of the user whom the gateway has signed in.
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
	case errors.Is(err, packagedb.ErrNotFound), errors.Is(err, packagedb.ErrInvalidInput),
		errors.Is(err, packagedb.ErrAmbiguousPublicKey):
		return "", errNotSignedIn
	case err != nil:
		return "", err
	}
	hash, err := hashOf(secretKey, user.Salt)
	if err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare(hash, user.SecretKeyHash) == 0 {
		return "", errNotSignedIn
	}
	return user.Sub, nil
}

// The keys are those of the original's security package: credentials that either of the two created
// sign in at both.

const (
	hashIterations = 10_000
	keyBytes       = 32
)

// newCredentials returns credentials to store, and the part that their owner may see.
func newCredentials(sub, id string, serviceSecret []byte) (packagedb.CredentialsInput, shownCredentials) {
	salt, token := randomBytes(), randomBytes()
	public := sha256.Sum256(append([]byte(sub), token...))
	shown := shownCredentials{
		ID:        id,
		PublicKey: "pk_" + base64.URLEncoding.EncodeToString(public[:]),
		SecretKey: secretKey(sub, salt, serviceSecret),
	}
	hash, _ := hashOf(shown.SecretKey, salt) // it fails for invalid parameters only
	return packagedb.CredentialsInput{ID: id, PublicKey: shown.PublicKey, SecretKeyHash: hash, Salt: salt}, shown
}

// secretKey derives the secret key of credentials, which can be shown again without being stored.
func secretKey(sub string, salt, serviceSecret []byte) string {
	digest := sha256.New()
	digest.Write([]byte(sub))
	digest.Write(salt)
	digest.Write(serviceSecret)
	return "sk_" + base64.URLEncoding.EncodeToString(digest.Sum(nil))
}

// hashOf returns what is stored of a secret key: PBKDF2 with HMAC-SHA256.
func hashOf(secretKey string, salt []byte) ([]byte, error) {
	return pbkdf2.Key(sha256.New, secretKey, salt, hashIterations, keyBytes)
}

func randomBytes() []byte {
	data := make([]byte, keyBytes)
	_, _ = rand.Read(data) // it never fails
	return data
}
