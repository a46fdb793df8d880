package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	service := newHandler(always(db))

	credentials := testutil.Credentials(1)
	credentials.SecretKeyHash = hash("secret", credentials.Salt)
	if err := db.CreateUpdateCredentials(t.Context(), "owner", credentials); err != nil {
		t.Fatal(err)
	}
	if _, err := db.CreateUpdateSpec(t.Context(), "owner", packagedb.SpecInput{Name: "pets", Version: "1"}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, publicKey, secretKey, sub string
		want                            int
	}{
		{"with the right keys", credentials.PublicKey, "secret", "", http.StatusOK},
		{"with a wrong secret key", credentials.PublicKey, "guess", "", http.StatusUnauthorized},
		{"with an unknown public key", "guess", "secret", "", http.StatusUnauthorized},
		{"with an empty public key", "", "secret", "", http.StatusUnauthorized},
		{"with wrong keys and a sub", credentials.PublicKey, "guess", "owner", http.StatusUnauthorized},
		{"by the gateway", "", "", "owner", http.StatusOK},
		{"by the gateway as somebody else", "", "", "other", http.StatusNotFound},
		{"not at all", "", "", "", http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/specs/pets", nil)
			if test.secretKey != "" {
				request.SetBasicAuth(test.publicKey, test.secretKey)
			}
			request.Header.Set(subHeader, test.sub)
			if status, answer := sendRequest(service, request); status != test.want {
				t.Errorf("the status is %d, want %d: %s", status, test.want, answer)
			}
		})
	}
}
