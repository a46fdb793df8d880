package packagedb_test

import (
	"fmt"
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

// repeatPages answers every query with its first page, as if more followed.
func repeatPages() handler {
	pages := map[string]*dynamodb.QueryOutput{}
	return func(_ string, input any, next func() (any, error)) (any, error) {
		query := *input.(*dynamodb.QueryInput).KeyConditionExpression + *input.(*dynamodb.QueryInput).TableName
		if page := pages[query]; page != nil {
			return page, nil
		}
		output, err := next()
		if err == nil {
			pages[query] = output.(*dynamodb.QueryOutput)
			pages[query].LastEvaluatedKey = item{"sub": text("sub")}
		}
		return output, err
	}
}

// specReads are the calls that read specs, with the key of the item that each reads.
var specReads = map[string]struct {
	key  string
	call func(t *testing.T, db packagedb.Database) error
}{
	"CountCustomerModels": {"latest#spec", func(t *testing.T, db packagedb.Database) error {
		_, err := db.CountCustomerModels(t.Context(), "sub")
		return err
	}},
	"GetLatestSpecVersion": {"latest#spec", func(t *testing.T, db packagedb.Database) error {
		_, err := db.GetLatestSpecVersion(t.Context(), "sub", "spec")
		return err
	}},
	"ListSpecs": {"latest#spec", func(t *testing.T, db packagedb.Database) error {
		_, err := db.ListSpecs(t.Context(), "sub")
		return err
	}},
	"GetSpec": {"latest#spec", func(t *testing.T, db packagedb.Database) error {
		_, err := db.GetSpec(t.Context(), "sub", "spec")
		return err
	}},
	"GetSpecVersion": {"00000000001700000000#spec", func(t *testing.T, db packagedb.Database) error {
		_, err := db.GetSpecVersion(t.Context(), "sub", "spec", "v1700000000")
		return err
	}},
	"ListSpecVersions": {"00000000001700000000#spec", func(t *testing.T, db packagedb.Database) error {
		_, err := db.ListSpecVersions(t.Context(), "sub", "spec")
		return err
	}},
}

func TestGetSpec_MalformedItems(t *testing.T) {
	counts := []string{"GetLatestSpecVersion"}
	other := []string{"CountCustomerModels", "GetLatestSpecVersion"}
	for _, test := range []struct {
		name, attribute string
		value           types.AttributeValue
		unread          []string // calls that do not read the attribute
	}{
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
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t)
			for _, stored := range rawHistory("sub", "spec", 1) {
				putItem(t, db, specsTable, replaced(stored, test.attribute, test.value))
			}
			for name, read := range specReads {
				err := read.call(t, db)
				if slices.Contains(test.unread, name) {
					assert.NoError(t, err, name)
					continue
				}
				assertMalformed(t, err, name, test.attribute, "sub", read.key)
			}
			require.NoError(t, db.DeleteSpec(t.Context(), "sub", "spec"))
			assert.Empty(t, scan(t, db, specsTable))
		})
	}
	t.Run("a latest item that is not in the index", func(t *testing.T) {
		db := testutil.New(t)
		putItem(t, db, specsTable, without(rawLatest("sub", "spec", start), "id_updated_at"))
		_, err := db.GetSpec(t.Context(), "sub", "spec")
		assertMalformed(t, err, "GetSpec", "id_updated_at", "sub", "latest#spec")
		_, err = db.ListSpecs(t.Context(), "sub")
		assertMalformed(t, err, "ListSpecs", "id_updated_at", "sub", "latest#spec")
	})
	t.Run("a version whose date contradicts its key", func(t *testing.T) {
		db := testutil.New(t)
		putItem(t, db, specsTable, with(rawVersion("sub", "spec", start), "updated_at", text("7")))
		_, err := db.ListSpecVersions(t.Context(), "sub", "spec")
		assertMalformed(t, err, "ListSpecVersions", "updated_at", "sub", "00000000001700000000#spec")
	})
}

// replaced returns a copy of an item with another value of an attribute, or without it if nil. DynamoDB
// stores no empty key, so that an attribute of an index key stays as it is.
func replaced(stored item, attribute string, value types.AttributeValue) item {
	if value == nil {
		return without(stored, attribute)
	}
	return with(stored, attribute, value)
}

func assertMalformed(t *testing.T, err error, call, attribute, sub, sortKey string) {
	t.Helper()
	if assert.Error(t, err, call) {
		for _, part := range []string{"malformed item", attribute, fmt.Sprintf("%q", sub), fmt.Sprintf("%q", sortKey)} {
			assert.ErrorContains(t, err, part, call)
		}
		assert.NotErrorIs(t, err, packagedb.ErrNotFound, call)
		assert.NotErrorIs(t, err, packagedb.ErrInvalidInput, call)
	}
}

func TestCreateUpdateSpec_MalformedLatestItem(t *testing.T) {
	for _, path := range writePaths {
		for _, updatedAt := range []types.AttributeValue{nil, text("00001700000000"), text("+1700000000")} {
			t.Run(fmt.Sprintf("%s, updated_at %+v", path.name, updatedAt), func(t *testing.T) {
				t.Parallel()
				server := testutil.New(t)
				putItem(t, server, specsTable, replaced(rawLatest("sub", "spec", start), "updated_at", updatedAt))
				_, err := intercept(server, path.handle, frozen(start)).
					CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "2"})
				assertMalformed(t, err, "CreateUpdateSpec", "updated_at", "sub", "latest#spec")
			})
		}
	}
}

func TestCredentials_MalformedItems(t *testing.T) {
	whole := item{
		"sub": text("sub"), "id": text("id"), "public_key": text("key"),
		"secret_key_hash": bytesOf("aGFzaA=="), "salt": bytesOf("c2FsdA=="),
	}
	lists := []string{"GetCredentials", "ListCredentials"}
	for _, test := range []struct {
		name, attribute string
		value           types.AttributeValue
		unread          []string
	}{
		{"no salt", "salt", nil, nil},
		{"an empty salt", "salt", bytesOf(""), nil},
		{"a salt that is text", "salt", text("c2FsdA=="), nil},
		{"a salt that is not base64", "salt", bytesOf("?"), nil},
		{"no hash", "secret_key_hash", nil, lists},
		{"an empty hash", "secret_key_hash", bytesOf(""), lists},
		{"a hash that is not base64", "secret_key_hash", bytesOf("?"), lists},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t, packagedb.WithPythonFacade())
			putItem(t, db, credentialsTable, replaced(whole, test.attribute, test.value))
			_, getErr := db.GetCredentials(t.Context(), "sub", "id")
			_, listErr := db.ListCredentials(t.Context(), "sub")
			_, userErr := db.GetUser(t.Context(), "key")
			for name, err := range map[string]error{"GetCredentials": getErr, "ListCredentials": listErr, "GetUser": userErr} {
				if slices.Contains(test.unread, name) {
					assert.NoError(t, err, name)
					continue
				}
				assertMalformed(t, err, name, test.attribute, "sub", "id")
			}
		})
	}
}

func TestAnswers_OfTheWrongItem(t *testing.T) {
	server := testutil.New(t)
	store(t, server, specsTable, append(rawHistory("sub", "spec", 1), rawHistory("other", "spec", 1)...))
	require.NoError(t, server.CreateCredentials(t.Context(), "sub", testutil.Credentials(1)))
	for name, spoil := range map[string]func(stored item){
		"another user": func(stored item) { stored["sub"] = text("other") },
		"another key": func(stored item) {
			for _, attribute := range []string{"id", "updated_at_id"} {
				if stored[attribute] != nil {
					stored[attribute] = text(strings.Replace(textOf(stored, attribute), "spec", "else", 1) + "x")
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := intercept(server, func(_ string, _ any, next func() (any, error)) (any, error) {
				output, err := next()
				switch output := output.(type) {
				case *dynamodb.GetItemOutput:
					spoil(output.Item)
				case *dynamodb.QueryOutput:
					for _, stored := range output.Items {
						spoil(stored)
					}
				}
				return output, err
			})
			for call, read := range specReads {
				if name == "another key" && (call == "CountCustomerModels" || call == "ListSpecs") {
					continue // a list does not know the keys
				}
				assert.Error(t, read.call(t, db), call)
			}
			_, err := db.GetCredentials(t.Context(), "sub", testutil.Credentials(1).ID)
			assert.Error(t, err)
		})
	}
	t.Run("another public key", func(t *testing.T) {
		db := intercept(server, func(_ string, _ any, next func() (any, error)) (any, error) {
			output, err := next()
			output.(*dynamodb.QueryOutput).Items[0]["public_key"] = text("other")
			return output, err
		})
		_, err := db.GetUser(t.Context(), testutil.Credentials(1).PublicKey)
		assert.ErrorContains(t, err, "another public key")
	})
	t.Run("neither an output nor an error", func(t *testing.T) {
		db := intercept(server, func(string, any, func() (any, error)) (any, error) { return nil, nil })
		for call, read := range specReads {
			assert.ErrorContains(t, read.call(t, db), "neither an output nor an error", call)
		}
	})
}
