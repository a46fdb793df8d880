package packagedb_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// specReads are the calls that read specs, with the key of the item that each reads.
var specReads = map[string]string{
	"CountCustomerModels":  "latest#spec",
	"GetLatestSpecVersion": "latest#spec",
	"ListSpecs":            "latest#spec",
	"GetSpec":              "latest#spec",
	"GetSpecVersion":       "00000000001700000000#spec",
	"ListSpecVersions":     "00000000001700000000#spec",
}

// malformed is an attribute that makes items malformed, which is set or, if the value is nil, missing.
type malformed struct {
	name, attribute string
	value           types.AttributeValue
	unread          []string // calls that do not read it
}

// test stores the items with the attribute, and makes calls, by name with the key of the item that each reads.
func (m malformed) test(t *testing.T, table string, items []item, reads map[string]string) {
	t.Run(m.name, func(t *testing.T) {
		t.Parallel()
		db := testutil.New(t, packagedb.WithPythonFacade())
		for _, stored := range items {
			store(t, db, table, with(stored, m.attribute, m.value))
		}
		for name, key := range reads {
			err := call(t.Context(), db, name)
			if slices.Contains(m.unread, name) {
				assert.NoError(t, err, name)
			} else {
				assertMalformed(t, err, name, m.attribute, key)
			}
		}
	})
}

func TestGetSpec_MalformedItems(t *testing.T) {
	t.Parallel()
	counts := []string{"GetLatestSpecVersion"}
	other := []string{"CountCustomerModels", "GetLatestSpecVersion"}
	for _, m := range []malformed{
		{"a count that is text", "model_count", text("many"), counts},
		{"a count with a fraction", "model_count", number("1.5"), counts},
		{"a negative count", "model_count", number("-3"), counts},
		{"a count that overflows int", "model_count", number("99999999999999999999"), counts},
		{"no count", "model_count", nil, counts},
		{"no version", "version", nil, []string{"CountCustomerModels"}},
		{"an empty version", "version", text(""), []string{"CountCustomerModels"}},
		{"a version that is a number", "version", number("1"), []string{"CountCustomerModels"}},
		{"an updated_at that is not a number", "updated_at", text("now"), other},
		{"an updated_at of another type", "updated_at", number("1"), other},
		{"an updated_at with leading zeros", "updated_at", text("0001700000000"), other},
		{"an updated_at with a sign", "updated_at", text("+1700000000"), other},
		{"an updated_at before 1970", "updated_at", text("-5"), other},
		{"no updated_at", "updated_at", nil, other},
		{"no id", "id", nil, other},
		{"another id", "id", text("other"), other},
		{"an id that is a number", "id", number("1"), other},
		{"no name", "name", nil, other},
		{"an empty name", "name", text(""), other},
		{"a title that is a number", "title", number("1"), other},
		{"a description that is binary", "description", bytesOf("1"), other},
	} {
		m.test(t, specsTable, rawHistory("sub", "spec", 1), specReads)
	}
	t.Run("an item whose key contradicts its attributes", func(t *testing.T) {
		db := testutil.New(t)
		store(t, db, specsTable, with(rawLatest("sub", "spec", start), "id_updated_at", nil),
			with(rawVersion("sub", "spec", start), "updated_at", text("7")))
		for name, attribute := range map[string]string{
			"GetSpec": "id_updated_at", "ListSpecs": "id_updated_at", "GetSpecVersion": "updated_at", "ListSpecVersions": "updated_at",
		} {
			assertMalformed(t, call(t.Context(), db, name), name, attribute, specReads[name])
		}
	})
}

func TestCountCustomerModels_Overflow(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	for _, id := range []string{"a", "b"} {
		store(t, db, specsTable, with(rawLatest("sub", id, start), "model_count", number(fmt.Sprint(math.MaxInt))))
	}
	assert.ErrorContains(t, call(t.Context(), db, "CountCustomerModels"), "the sum overflows int")
}

func assertMalformed(t *testing.T, err error, call, attribute, sortKey string) {
	t.Helper()
	if assert.Error(t, err, call) {
		for _, part := range []string{"malformed item", attribute, `"sub"`, fmt.Sprintf("%q", sortKey)} {
			assert.ErrorContains(t, err, part, call)
		}
		assert.NotErrorIs(t, err, packagedb.ErrNotFound, call)
		assert.NotErrorIs(t, err, packagedb.ErrInvalidInput, call)
	}
}

func TestCreateUpdateSpec_MalformedLatestItem(t *testing.T) {
	t.Parallel()
	for _, path := range writePaths {
		for _, updatedAt := range []types.AttributeValue{nil, text("00001700000000"), text("+1700000000")} {
			t.Run(fmt.Sprintf("%s, updated_at %+v", path.name, updatedAt), func(t *testing.T) {
				t.Parallel()
				server := testutil.New(t)
				store(t, server, specsTable, with(rawLatest("sub", "spec", start), "updated_at", updatedAt))
				err := call(t.Context(), intercept(server, path.handle, frozen(start)), "CreateUpdateSpec")
				assertMalformed(t, err, "CreateUpdateSpec", "updated_at", "latest#spec")
			})
		}
	}
}

func TestCredentials_MalformedItems(t *testing.T) {
	t.Parallel()
	whole := rawCredentials("sub", packagedb.CredentialsInput{
		ID: "id", PublicKey: "key", SecretKeyHash: []byte("aGFzaA=="), Salt: []byte("c2FsdA=="),
	})
	lists := []string{"GetCredentials", "ListCredentials"}
	for _, m := range []malformed{
		{"no salt", "salt", nil, nil},
		{"an empty salt", "salt", bytesOf(""), nil},
		{"a salt that is text", "salt", text("c2FsdA=="), nil},
		{"a salt that is not base64", "salt", bytesOf("?"), nil},
		{"a salt of white space, which base64 ignores", "salt", bytesOf("\n"), nil},
		{"no hash", "secret_key_hash", nil, lists},
		{"an empty hash", "secret_key_hash", bytesOf(""), lists},
		{"a hash that is not base64", "secret_key_hash", bytesOf("?"), lists},
	} {
		m.test(t, credentialsTable, []item{whole}, map[string]string{"GetCredentials": "id", "ListCredentials": "id", "GetUser": "id"})
	}
}

func TestResponses_OfTheWrongItem(t *testing.T) {
	t.Parallel()
	server := testutil.New(t)
	store(t, server, specsTable, rawHistory("sub", "spec", 1)...)
	require.NoError(t, call(t.Context(), server, "CreateCredentials"))
	for name, test := range map[string]struct {
		spoil func(stored item)
		calls []string
		want  string // in each error
	}{
		"another user": {
			func(stored item) { stored["sub"] = text("other") },
			append(slices.Collect(maps.Keys(specReads)), "GetCredentials", "ListCredentials"),
			"the item belongs to another user",
		},
		"no user": {
			func(stored item) { delete(stored, "sub") },
			append(slices.Collect(maps.Keys(specReads)), "GetCredentials", "ListCredentials", "GetUser"),
			"attribute sub is missing",
		},
		"another key": {
			func(stored item) {
				for _, attribute := range []string{"id", "updated_at_id"} {
					if stored[attribute] != nil {
						stored[attribute] = text(strings.Replace(textOf(stored, attribute), "spec", "else", 1) + "x")
					}
				}
			},
			[]string{"GetLatestSpecVersion", "GetSpec", "GetSpecVersion", "ListSpecVersions", "GetCredentials"},
			"",
		},
		"another public key": {
			func(stored item) { stored["public_key"] = text("other") }, []string{"GetUser"}, "another public key",
		},
	} {
		db := intercept(server, func(_ string, _ any, next func() (any, error)) (any, error) {
			output, err := next()
			switch output := output.(type) {
			case *dynamodb.GetItemOutput:
				test.spoil(output.Item)
			case *dynamodb.QueryOutput:
				for _, stored := range output.Items {
					test.spoil(stored)
				}
			}
			return output, err
		})
		for _, read := range test.calls {
			require.NoError(t, call(t.Context(), server, read), read)
			assert.ErrorContains(t, call(t.Context(), db, read), test.want, "%s of %s", read, name)
		}
	}
}
