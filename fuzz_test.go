package packagedb_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

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

// requireValid requires that a call succeeds if its input is valid, and otherwise fails with
// ErrInvalidInput.
func requireValid(t *testing.T, call string, err error, valid bool) {
	t.Helper()
	if valid {
		require.NoError(t, err, call)
	} else {
		require.ErrorIs(t, err, packagedb.ErrInvalidInput, call)
	}
}

// bystanders are specs and credentials that no call may change: of another user, and of the same
// user under names that start or end like the one in the call.
type bystanders struct {
	db    packagedb.Database
	specs [][2]string
}

func newBystanders(t *testing.T, db packagedb.Database, sub, name string) *bystanders {
	t.Helper()
	b := &bystanders{db: db}
	for _, candidate := range [][2]string{
		{"another user", name}, {sub + "#", name}, {sub, name + "#b"}, {sub, "b#" + name}, {sub, name + "#latest"}, {sub, "b"},
	} {
		taken := slices.ContainsFunc(append(b.specs, [2]string{sub, name}), func(other [2]string) bool {
			return candidate[0] == other[0] && packagedb.CanonicalID(candidate[1]) == packagedb.CanonicalID(other[1])
		})
		if validKey(candidate[0], 2048) && validName(candidate[1]) && !taken {
			_, err := db.CreateUpdateSpec(t.Context(), candidate[0], packagedb.SpecInput{Name: candidate[1], Version: "bystander"})
			require.NoError(t, err)
			b.specs = append(b.specs, candidate)
		}
	}
	return b
}

func (b *bystanders) requireThere(t *testing.T, after string) {
	t.Helper()
	for _, spec := range b.specs {
		got, err := b.db.GetSpec(t.Context(), spec[0], spec[1])
		require.NoError(t, err, after)
		require.Equal(t, spec[1], got.Name, after)
		history, err := b.db.ListSpecVersions(t.Context(), spec[0], spec[1])
		require.NoError(t, err, after)
		require.Equal(t, []packagedb.SpecInfo{*got}, history, after)
	}
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
		others := newBystanders(t, db, sub, name)

		validAddress := validKey(sub, 2048) && validName(name)
		valid := validAddress && version != "" && modelCount >= 0 &&
			utf8.ValidString(version) && utf8.ValidString(title) && utf8.ValidString(description)
		if valid {
			raw := rawSpec(sub, packagedb.CanonicalID(name), spec)
			switch texts := textSize(raw); {
			case texts+11 <= 204_800: // a number has up to 11 bytes here
			case texts >= 204_800:
				valid = false
			case engineUnderTest() == "dynalite": // which does not limit the entries of indexes
				t.Skip("only the server knows whether the number still fits")
			default:
				valid = isAccepted(t, db, specsTable, raw)
				deleteItem(t, db, sub, textOf(raw, "updated_at_id"))
			}
		}
		_, err := db.CreateUpdateSpec(t.Context(), sub, spec)
		requireValid(t, "CreateUpdateSpec", err, valid)

		want := packagedb.SpecInfo{
			ID: packagedb.CanonicalID(name), Name: name, UpdatedAt: start, Version: version, ModelCount: modelCount,
			Title: title, Description: description,
		}
		requireSpec(t, db, sub, name, want, validAddress, valid)
		others.requireThere(t, "CreateUpdateSpec")
		requireValid(t, "DeleteSpec", db.DeleteSpec(t.Context(), sub, name), validAddress)
		others.requireThere(t, "DeleteSpec")
		requireSpec(t, db, sub, name, want, validAddress, false)

		requireValid(t, "DeleteAllSpecs", db.DeleteAllSpecs(t.Context(), sub), validKey(sub, 2048))
		requireValid(t, "DeleteAll", db.DeleteAll(t.Context(), sub), validKey(sub, 2048))
		others.specs = slices.DeleteFunc(others.specs, func(spec [2]string) bool { return spec[0] == sub })
		others.requireThere(t, "DeleteAllSpecs")
	})
}

// requireSpec checks every call that reads specs: what is stored comes back byte for byte.
func requireSpec(t *testing.T, db packagedb.Database, sub, name string, want packagedb.SpecInfo, valid, stored bool) {
	t.Helper()
	found := func(call string, err error) bool {
		t.Helper()
		if valid && !stored {
			require.ErrorIs(t, err, packagedb.ErrNotFound, call)
			return false
		}
		requireValid(t, call, err, valid)
		return err == nil
	}
	spec, err := db.GetSpec(t.Context(), sub, name)
	if found("GetSpec", err) {
		require.Equal(t, want, *spec)
	}
	version, err := db.GetLatestSpecVersion(t.Context(), sub, name)
	if found("GetLatestSpecVersion", err) {
		require.Equal(t, want.Version, version)
	}
	if want.Version != "" && utf8.ValidString(want.Version) {
		spec, err = db.GetSpecVersion(t.Context(), sub, name, want.Version)
		if found("GetSpecVersion", err) {
			require.Equal(t, want, *spec)
		}
	}
	history, err := db.ListSpecVersions(t.Context(), sub, name)
	if found("ListSpecVersions", err) {
		require.Equal(t, []packagedb.SpecInfo{want}, history)
	}
	for version, err := range db.SpecVersions(t.Context(), sub, name, packagedb.Descending()) {
		if found("SpecVersions", err) {
			require.Equal(t, want, version)
		}
	}
	specs, err := db.ListSpecs(t.Context(), sub)
	requireValid(t, "ListSpecs", err, validKey(sub, 2048))
	listed := false
	for spec, err := range db.Specs(t.Context(), sub) {
		requireValid(t, "Specs", err, validKey(sub, 2048))
		listed = listed || spec == want
	}
	for i, spec := range specs {
		if spec.ID == want.ID {
			require.Equal(t, want, spec)
		}
		require.True(t, i == 0 || specs[i-1].ID < spec.ID, "ListSpecs returns %+v", specs)
	}
	require.Equal(t, stored, listed, "Specs yields the spec")
	models, err := db.CountCustomerModels(t.Context(), sub)
	requireValid(t, "CountCustomerModels", err, validKey(sub, 2048))
	if !stored {
		want.ModelCount = 0
	}
	require.Equal(t, want.ModelCount, models)
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
		bystander := packagedb.CredentialsInput{
			ID: id + "b", PublicKey: publicKey + "b", SecretKeyHash: []byte("other hash"), Salt: []byte("other salt"),
		}
		standsBy := validKey(sub, 2048) && validKey(bystander.ID, 1024) && validKey(bystander.PublicKey, 2048)
		requireValid(t, "CreateUpdateCredentials", db.CreateUpdateCredentials(t.Context(), sub, bystander), standsBy)

		validAddress := validKey(sub, 2048) && validKey(id, 1024)
		itemSize := len(sub) + len(id) + len(publicKey) + form(hash) + form(salt) + len("subidpublic_keysecret_key_hashsalt")
		valid := validAddress && validKey(publicKey, 2048) && len(hash) > 0 && len(salt) > 0 && itemSize <= 409_600
		input := packagedb.CredentialsInput{ID: id, PublicKey: publicKey, SecretKeyHash: hash, Salt: salt}
		requireValid(t, "CreateUpdateCredentials", db.CreateUpdateCredentials(t.Context(), sub, input), valid)

		requireCredentials(t, db, sub, input, validAddress, valid)
		requireValid(t, "DeleteCredentials", db.DeleteCredentials(t.Context(), sub, id), validAddress)
		if valid {
			requireCredentials(t, db, sub, input, validAddress, false)
		}
		if standsBy {
			requireCredentials(t, db, sub, bystander, true, true)
		}
		requireValid(t, "DeleteAllCredentials", db.DeleteAllCredentials(t.Context(), sub), validKey(sub, 2048))
	})
}

// requireCredentials checks every call that reads credentials.
func requireCredentials(
	t *testing.T, db packagedb.Database, sub string, want packagedb.CredentialsInput, valid, stored bool,
) {
	t.Helper()
	info, err := db.GetCredentials(t.Context(), sub, want.ID)
	if valid && !stored {
		require.ErrorIs(t, err, packagedb.ErrNotFound, "GetCredentials")
	} else {
		requireValid(t, "GetCredentials", err, valid)
	}
	isWanted := func(info packagedb.CredentialsInfo) bool {
		return info.ID == want.ID && info.PublicKey == want.PublicKey && bytes.Equal(info.Salt, want.Salt)
	}
	require.True(t, !stored || isWanted(*info), "GetCredentials returns what was stored")
	user, err := db.GetUser(t.Context(), want.PublicKey)
	if validKey(want.PublicKey, 2048) && !stored {
		require.ErrorIs(t, err, packagedb.ErrNotFound, "GetUser")
	} else {
		requireValid(t, "GetUser", err, validKey(want.PublicKey, 2048))
	}
	if stored {
		require.Equal(t, packagedb.CredentialsAuthInfo{
			Sub: sub, ID: want.ID, SecretKeyHash: want.SecretKeyHash, Salt: want.Salt,
		}, *user)
	}
	all, err := db.ListCredentials(t.Context(), sub)
	requireValid(t, "ListCredentials", err, validKey(sub, 2048))
	listed := false
	for _, info := range all {
		listed = listed || isWanted(info)
	}
	require.Equal(t, stored, listed, "ListCredentials has the credentials")
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
