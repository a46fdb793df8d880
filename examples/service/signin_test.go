package main

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	handler := newService(db)
	send(t, handler, "owner", "PUT", "/specs/pets", pets, http.StatusOK)
	keys := decoded[shownCredentials](t, send(t, handler, "owner", "POST", "/credentials/ci", "", http.StatusCreated))
	send(t, handler, "owner", "POST", "/credentials/ci", "", http.StatusConflict) // the id is taken

	// Two credentials hold the key, so no user can sign in with it.
	shared := testutil.Credentials(1)
	for _, sub := range []string{"one", "other"} {
		require.NoError(t, db.CreateCredentials(t.Context(), sub, shared))
	}
	for _, test := range []struct {
		name, publicKey, secretKey, sub string
		want                            int
	}{
		{"with the right keys", keys.PublicKey, keys.SecretKey, "", http.StatusOK},
		{"with a wrong secret key", keys.PublicKey, "guess", "", http.StatusUnauthorized},
		{"with an unknown public key", "guess", keys.SecretKey, "", http.StatusUnauthorized},
		{"with an empty public key", "", keys.SecretKey, "", http.StatusUnauthorized},
		{"with an ambiguous public key", shared.PublicKey, "guess", "", http.StatusUnauthorized},
		{"with wrong keys and a sub", keys.PublicKey, "guess", "owner", http.StatusUnauthorized},
		{"by the gateway", "", "", "owner", http.StatusOK},
		{"by the gateway as another user", "", "", "other", http.StatusNotFound},
		{"not at all", "", "", "", http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/specs/pets", nil)
			if test.secretKey != "" {
				request.SetBasicAuth(test.publicKey, test.secretKey)
			}
			request.Header.Set(subHeader, test.sub)
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			assert.Equal(t, test.want, recorder.Code, recorder.Body)
		})
	}
	send(t, handler, "owner", "DELETE", "/credentials/ci", "", http.StatusNoContent)
	_, err := db.GetUser(t.Context(), keys.PublicKey)
	assert.ErrorIs(t, err, packagedb.ErrNotFound)
}

func TestDefaultCredentials_CreatedOnce(t *testing.T) {
	inBothWays(t, func(t *testing.T, handler http.Handler) {
		sub := testutil.NewSub(t)
		shown := make([]shownCredentials, 16)
		var running sync.WaitGroup
		for i := range shown {
			running.Go(func() {
				shown[i] = decoded[shownCredentials](t, send(t, handler, sub, "GET", "/credentials/default", "", http.StatusOK))
			})
		}
		running.Wait()
		for _, other := range shown {
			assert.Equal(t, shown[0], other)
		}
	})
}

// The key and the hash were computed with Python's hashlib, as the original's security package does it.
func TestSecretKey_OfTheOriginal(t *testing.T) {
	key := secretKey("sub 1", []byte("salt"), []byte("service secret"))
	assert.Equal(t, "sk_CNzLdVr293rzo4Kk1-ow6oIq77FyOgeLkpKdI0OElCY=", key)
	hash, err := hashOf(key, []byte("salt"))
	require.NoError(t, err)
	assert.Equal(t, "uSuz0Az0PpspBKPAn2gmuGzRixmYPMkLWtmGVVRO6LI=", base64.StdEncoding.EncodeToString(hash))
}
