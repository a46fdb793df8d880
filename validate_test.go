package packagedb_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// TestErrInvalidInput_FromTheByteAtWhichTheServerRejects stores input at a limit, and gives the
// library and the server one byte more.
func TestErrInvalidInput_FromTheByteAtWhichTheServerRejects(t *testing.T) {
	db := testutil.New(t, frozen(start))

	spec := func(sub, name string, description int) (item, error) {
		input := packagedb.SpecInput{Name: name, Version: "1", ModelCount: 100, Description: strings.Repeat("d", description)}
		_, err := db.CreateUpdateSpec(t.Context(), sub, input)
		return rawSpec(sub, name, start, input), err
	}
	credentials := func(sub, id, publicKey string, salt int) (item, error) {
		input := packagedb.CredentialsInput{
			ID: id, PublicKey: publicKey, SecretKeyHash: []byte("hash"), Salt: []byte(strings.Repeat("s", salt)),
		}
		return rawCredentials(sub, input), db.CreateUpdateCredentials(t.Context(), sub, input)
	}
	// The number 100 has two bytes. The names and the other values are as in the items below.
	restOfSpec := textSize(rawSpec("sub", "spec", start, packagedb.SpecInput{Name: "spec", Version: "1", Description: "d"})) - 1 + 2
	small, err := credentials("sub", "id", "key", 1)
	require.NoError(t, err)
	restOfCredentials := textSize(small) - 1

	wide := func(size int) string { return "n" + strings.Repeat("ü", (size-1)/2) + strings.Repeat("n", (size-1)%2) }
	for _, test := range []struct {
		name  string
		limit int
		table string
		put   func(size int) (item, error)
		want  string
	}{
		{"sub of a spec", 2048, specsTable, func(size int) (item, error) { return spec(strings.Repeat("s", size), "spec", 1) },
			"sub too long: 2049 bytes, the limit is 2048"},
		{"id of a spec", 1003, specsTable, func(size int) (item, error) { return spec("sub", wide(size), 1) },
			"name too long: its id is 1004 bytes, the limit is 1003"},
		{"spec", 204_800, specsTable, func(size int) (item, error) { return spec("sub", "spec", size-restOfSpec) },
			"spec too large: the item is 204801 bytes, the limit is 204800"},
		{"sub of credentials", 2048, credentialsTable, func(size int) (item, error) {
			return credentials(strings.Repeat("s", size), "id", "key", 1)
		}, "sub too long: 2049 bytes, the limit is 2048"},
		{"id of credentials", 1024, credentialsTable, func(size int) (item, error) {
			return credentials("sub", strings.Repeat("i", size), "key", 1)
		}, "credentials id too long: 1025 bytes, the limit is 1024"},
		{"public key", 2048, credentialsTable, func(size int) (item, error) {
			return credentials("sub", "id", strings.Repeat("k", size), 1)
		}, "public key too long: 2049 bytes, the limit is 2048"},
		{"credentials", 409_600, credentialsTable, func(size int) (item, error) {
			return credentials("sub", "id", "key", size-restOfCredentials)
		}, "credentials too large: the item is 409601 bytes, the limit is 409600"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.put(test.limit)
			require.NoError(t, err)
			raw, err := test.put(test.limit + 1)
			require.ErrorIs(t, err, packagedb.ErrInvalidInput)
			require.ErrorContains(t, err, test.want)
			assert.Less(t, len(err.Error()), 700, "a long text is cut")
			assert.NotContains(t, err.Error(), `\x`, "between two characters")
			// Dynalite does not limit the entries of indexes, and counts the characters of a key.
			lenient := []string{"spec", "public key", "id of a spec"}
			if engineUnderTest() == "dynalite" && slices.Contains(lenient, test.name) {
				return
			}
			assert.False(t, isAccepted(t, db, test.table, raw), "the server accepts %d bytes", test.limit+1)
		})
	}
}
