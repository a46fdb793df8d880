package packagedb_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// TestTheServerRefusesFromTheSameByteOn compares the limits of this library with those of the server:
// what is just within a limit is stored, and what is over it by a byte is refused by both.
func TestTheServerRefusesFromTheSameByteOn(t *testing.T) {
	client := testutil.New(t).Client
	db := packagedb.New(client, packagedb.WithClock(frozen(start)))

	spec := func(sub, name string, description int) (item, error) {
		input := packagedb.SpecInput{Name: name, Version: "1", ModelCount: 100, Description: strings.Repeat("d", description)}
		_, err := db.CreateUpdateSpec(t.Context(), sub, input)
		return rawSpec(sub, name, input), err
	}
	credentials := func(sub, id, publicKey string, salt int) (item, error) {
		input := packagedb.CredentialsInput{
			ID: id, PublicKey: publicKey, SecretKeyHash: []byte("hash"), Salt: []byte(strings.Repeat("s", salt)),
		}
		raw := item{
			"sub": text(sub), "id": text(id), "public_key": text(publicKey),
			"secret_key_hash": bytesOf("hash"), "salt": bytesOf(string(input.Salt)),
		}
		return raw, db.CreateUpdateCredentials(t.Context(), sub, input)
	}
	// The number 100 has two bytes. The names and the other values are as in the items below.
	restOfSpec := textSize(rawSpec("sub", "spec", packagedb.SpecInput{Name: "spec", Version: "1", Description: "d"})) - 1 + 2
	small, err := credentials("sub", "id", "key", 1)
	must(t, err)
	restOfCredentials := textSize(small) - 1

	for _, test := range []struct {
		name  string
		limit int
		table string
		put   func(size int) (item, error)
	}{
		{"sub of a spec", 2048, "package.specs", func(size int) (item, error) { return spec(strings.Repeat("s", size), "spec", 1) }},
		{"id of a spec", 1003, "package.specs", func(size int) (item, error) { return spec("sub", strings.Repeat("n", size), 1) }},
		{"spec", 204_800, "package.specs", func(size int) (item, error) { return spec("sub", "spec", size-restOfSpec) }},
		{"sub of credentials", 2048, "package.credentials", func(size int) (item, error) {
			return credentials(strings.Repeat("s", size), "id", "key", 1)
		}},
		{"id of credentials", 1024, "package.credentials", func(size int) (item, error) {
			return credentials("sub", strings.Repeat("i", size), "key", 1)
		}},
		{"public key", 2048, "package.credentials", func(size int) (item, error) {
			return credentials("sub", "id", strings.Repeat("k", size), 1)
		}},
		{"credentials", 409_600, "package.credentials", func(size int) (item, error) {
			return credentials("sub", "id", "key", size-restOfCredentials)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := test.put(test.limit); err != nil {
				t.Errorf("%d bytes are refused: %.300v", test.limit, err)
			}
			raw, err := test.put(test.limit + 1)
			if !errors.Is(err, packagedb.ErrInvalidInput) {
				t.Errorf("%d bytes: got the error %.300v, want ErrInvalidInput", test.limit+1, err)
			}
			if inIndex := test.name == "spec" || test.name == "public key"; inIndex && !limitsIndexes() {
				return
			}
			if isAccepted(t, client, test.table, raw) {
				t.Errorf("%d bytes are refused here and accepted by the server", test.limit+1)
			}
		})
	}
}

// limitsIndexes tells whether the server under test limits the entries of indexes, as DynamoDB does.
// dynalite does not.
func limitsIndexes() bool { return os.Getenv("PACKAGEDB_TEST_ENGINE") != "dynalite" }
