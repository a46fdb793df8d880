package packagedb_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// validKey reports whether text can be a key, or the part of one that the limit is for.
func validKey(text string, limit int) bool {
	return text != "" && utf8.ValidString(text) && len(text) <= limit
}

func validName(name string) bool {
	return name != "" && utf8.ValidString(name) && len(packagedb.CanonicalID(name)) <= 1003
}

// outcome returns the error of a call with valid input, or of a call that finds what it asks for.
func outcome(valid, found bool) error {
	switch {
	case !valid:
		return packagedb.ErrInvalidInput
	case !found:
		return packagedb.ErrNotFound
	}
	return nil
}

// pad makes one of several texts long. Long inputs would keep the fuzzer busy with shortening them.
func pad(field uint8, size uint32, texts ...*string) {
	padded := texts[int(field)%len(texts)]
	*padded += strings.Repeat("p", int(size%420_000))
}

func FuzzSpec(f *testing.F) {
	const rest = uint32(len("subsubidspecnamespecversion1updated_at1700000000model_countdescription") +
		len("updated_at_id00000000001700000000#specid_updated_atspec#00000000001700000000"))
	f.Add("sub", "name", "1", "title", "description", 3, uint8(0), uint32(0))
	f.Add("", "", "", "", "", 0, uint8(0), uint32(0))
	f.Add("sub\x00", "A.-_b#c", "\u2028\x1f\"\\", "\xff", "\ufffd", -1, uint8(0), uint32(0))
	f.Add("", "spec", "1", "", "", math.MaxInt, uint8(0), uint32(2048))
	f.Add("", "spec", "1", "", "", math.MinInt, uint8(0), uint32(2049))
	f.Add("sub", "", "1", "", "", 1, uint8(1), uint32(1003))
	f.Add("sub", "", "1", "", "", 1, uint8(1), uint32(1004))
	f.Add("sub", strings.Repeat("İ", 334), "1", "", "", 1, uint8(0), uint32(0))
	f.Add("sub", strings.Repeat("İ", 335), "1", "", "", 1, uint8(0), uint32(0))
	f.Add("sub", "spec", "1", "", "", 100, uint8(4), 204_800-2-rest)
	f.Add("sub", "spec", "1", "", "", 100, uint8(4), 204_800-1-rest)
	f.Add("sub", "spec", "", "", "", 1, uint8(2), uint32(409_600))
	f.Add("sub", "spec", "1", "\x01", "", 1, uint8(3), uint32(200_000))
	f.Fuzz(func(t *testing.T, sub, name, version, title, description string, modelCount int, field uint8, size uint32) {
		pad(field, size, &sub, &name, &version, &title, &description)
		db := testutil.New(t, frozen(start))
		spec := packagedb.SpecInput{Name: name, Version: version, ModelCount: modelCount, Title: title, Description: description}
		validSub := validKey(sub, 2048)
		validAddress := validSub && validName(name)
		valid := validAddress && version != "" && modelCount >= 0 &&
			utf8.ValidString(version) && utf8.ValidString(title) && utf8.ValidString(description)
		if valid {
			raw := rawSpec(sub, packagedb.CanonicalID(name), start, spec)
			switch texts := textSize(raw); {
			case texts+11 <= 204_800: // a number has up to 11 bytes here
			case texts >= 204_800:
				valid = false
			case engineUnderTest() == "dynalite": // which does not limit the entries of indexes
				t.Skip("only the server knows whether the number still fits")
			default:
				valid = isAccepted(t, testutil.New(t), specsTable, raw)
			}
		}
		_, err := db.CreateUpdateSpec(t.Context(), sub, spec)
		require.ErrorIs(t, err, outcome(valid, true))
		want := packagedb.SpecInfo{
			ID: packagedb.CanonicalID(name), Name: name, UpdatedAt: start, Version: version, ModelCount: modelCount,
			Title: title, Description: description,
		}
		requireSpec(t, db, sub, want, valid)
		require.ErrorIs(t, db.DeleteSpec(t.Context(), sub, name), outcome(validAddress, true))
		requireSpec(t, db, sub, want, false)
		require.ErrorIs(t, db.DeleteAllSpecs(t.Context(), sub), outcome(validSub, true))
		require.ErrorIs(t, db.DeleteAll(t.Context(), sub), outcome(validSub, true))
	})
}

// requireSpec checks every call that reads specs: what is stored comes back byte for byte.
func requireSpec(t *testing.T, db packagedb.Database, sub string, want packagedb.SpecInfo, stored bool) {
	t.Helper()
	listed, models := []packagedb.SpecInfo{}, 0
	if stored {
		listed, models = append(listed, want), want.ModelCount
	}
	validSub := validKey(sub, 2048)
	validAddress := validSub && validName(want.Name)
	found := outcome(validAddress, stored)
	spec, err := db.GetSpec(t.Context(), sub, want.Name)
	require.ErrorIs(t, err, found, "GetSpec")
	require.True(t, err != nil || *spec == want, "GetSpec returns %+v", spec)
	version, err := db.GetLatestSpecVersion(t.Context(), sub, want.Name)
	require.ErrorIs(t, err, found, "GetLatestSpecVersion")
	require.True(t, err != nil || version == want.Version, "GetLatestSpecVersion returns %q", version)
	spec, err = db.GetSpecVersion(t.Context(), sub, want.Name, want.Version)
	require.ErrorIs(t, err, outcome(validAddress && validKey(want.Version, math.MaxInt), stored), "GetSpecVersion")
	require.True(t, err != nil || *spec == want, "GetSpecVersion returns %+v", spec)
	history, err := db.ListSpecVersions(t.Context(), sub, want.Name)
	require.ErrorIs(t, err, found, "ListSpecVersions")
	require.True(t, err != nil || slices.Equal(history, listed), "ListSpecVersions returns %+v", history)
	specs, err := db.ListSpecs(t.Context(), sub)
	require.ErrorIs(t, err, outcome(validSub, true), "ListSpecs")
	require.True(t, err != nil || slices.Equal(specs, listed), "ListSpecs returns %+v", specs)
	count, err := db.CountCustomerModels(t.Context(), sub)
	require.ErrorIs(t, err, outcome(validSub, true), "CountCustomerModels")
	require.Equal(t, models, count)
}

func FuzzCredentials(f *testing.F) {
	const rest = uint32(len("subsubididpublic_keykeysecret_key_hashhashsalt"))
	f.Add("sub", "id", "key", "hash", "salt", false, uint8(0), uint32(0))
	f.Add("sub", "id#", "key", "hash", "salt", true, uint8(0), uint32(0))
	f.Add("", "", "", "", "", false, uint8(0), uint32(0))
	f.Add("\x00", "\u2028", "\ufffd", "\x00\xff", "=", true, uint8(0), uint32(0))
	f.Add("sub", "\xff", "key", "hash", "salt", false, uint8(0), uint32(0))
	f.Add("", "id", "key", "hash", "salt", false, uint8(0), uint32(2048))
	f.Add("", "id", "key", "hash", "salt", false, uint8(0), uint32(2049))
	f.Add("sub", "", "key", "hash", "salt", false, uint8(1), uint32(1024))
	f.Add("sub", "", "key", "hash", "salt", false, uint8(1), uint32(1025))
	f.Add("sub", "id", "", "hash", "salt", false, uint8(2), uint32(2048))
	f.Add("sub", "id", "", "hash", "salt", true, uint8(2), uint32(2049))
	f.Add("sub", "id", "key", "hash", "", false, uint8(4), 409_600-rest)
	f.Add("sub", "id", "key", "hash", "", false, uint8(4), 409_600-rest+1)
	f.Add("sub", "id", "key", "hash", "", true, uint8(4), uint32(307_000))
	f.Fuzz(func(t *testing.T, sub, id, publicKey, hashText, saltText string, python bool, field uint8, size uint32) {
		pad(field, size, &sub, &id, &publicKey, &hashText, &saltText)
		hash, salt := []byte(hashText), []byte(saltText)
		var options []packagedb.Option
		form := func(data []byte) int { return len(data) }
		if python {
			options = append(options, packagedb.WithPythonFacade())
			form = func(data []byte) int { return (len(data) + 2) / 3 * 4 }
		}
		db := testutil.New(t, options...)
		validAddress := validKey(sub, 2048) && validKey(id, 1024)
		itemSize := len(sub) + len(id) + len(publicKey) + form(hash) + form(salt) + len("subidpublic_keysecret_key_hashsalt")
		valid := validAddress && validKey(publicKey, 2048) && len(hash) > 0 && len(salt) > 0 && itemSize <= 409_600
		want := packagedb.CredentialsInput{ID: id, PublicKey: publicKey, SecretKeyHash: hash, Salt: salt}
		require.ErrorIs(t, db.CreateUpdateCredentials(t.Context(), sub, want), outcome(valid, true))
		requireCredentials(t, db, sub, want, valid)
		require.ErrorIs(t, db.DeleteCredentials(t.Context(), sub, id), outcome(validAddress, true))
		requireCredentials(t, db, sub, want, false)
		require.ErrorIs(t, db.DeleteAllCredentials(t.Context(), sub), outcome(validKey(sub, 2048), true))
	})
}

// requireCredentials checks every call that reads credentials.
func requireCredentials(t *testing.T, db packagedb.Database, sub string, want packagedb.CredentialsInput, stored bool) {
	t.Helper()
	validSub := validKey(sub, 2048)
	wanted := []packagedb.CredentialsInfo{}
	if stored {
		wanted = append(wanted, packagedb.CredentialsInfo{ID: want.ID, PublicKey: want.PublicKey, Salt: want.Salt})
	}
	info, err := db.GetCredentials(t.Context(), sub, want.ID)
	require.ErrorIs(t, err, outcome(validSub && validKey(want.ID, 1024), stored), "GetCredentials")
	all, err := db.ListCredentials(t.Context(), sub)
	require.ErrorIs(t, err, outcome(validSub, true), "ListCredentials")
	require.True(t, err != nil || assert.ObjectsAreEqual(wanted, all), "ListCredentials returns %+v", all)
	user, err := db.GetUser(t.Context(), want.PublicKey)
	require.ErrorIs(t, err, outcome(validKey(want.PublicKey, 2048), stored), "GetUser")
	if stored {
		require.Equal(t, wanted[0], *info)
		require.Equal(t, packagedb.CredentialsAuthInfo{
			Sub: sub, ID: want.ID, SecretKeyHash: want.SecretKeyHash, Salt: want.Salt,
		}, *user)
	}
}

// FuzzTwoNames stores specs under two names: they are one spec if and only if the names have the
// same id.
func FuzzTwoNames(f *testing.F) {
	f.Add("a", "a#b")
	f.Add("a.b", "A__-B")
	f.Add("a", "a#00000000001700000000")
	f.Add("ΑΣ", "ας")
	f.Add("İ", "i\u0307")
	f.Add("-", ".._")
	f.Add("latest", "latest#latest")
	f.Fuzz(func(t *testing.T, one, other string) {
		if !validName(one) || !validName(other) {
			t.Skip("FuzzSpec tests invalid names")
		}
		db := testutil.New(t, frozen(start))
		create(t, db, "sub", one, "1")
		create(t, db, "sub", other, "2")
		same := packagedb.CanonicalID(one) == packagedb.CanonicalID(other)

		history, err := db.ListSpecVersions(t.Context(), "sub", one)
		require.NoError(t, err)
		require.Len(t, history, map[bool]int{false: 1, true: 2}[same], "%q beside %q", one, other)
		require.Equal(t, one, history[0].Name)
		require.NoError(t, db.DeleteSpec(t.Context(), "sub", one))
		history, err = db.ListSpecVersions(t.Context(), "sub", other)
		if same {
			require.ErrorIs(t, err, packagedb.ErrNotFound, "%q after the delete of %q", other, one)
			return
		}
		require.NoError(t, err)
		require.Len(t, history, 1, "%q after the delete of %q", other, one)
		require.Equal(t, other, history[0].Name)
	})
}
