package packagedb_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

type item = map[string]types.AttributeValue

func text(value string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: value} }
func number(value string) types.AttributeValue { return &types.AttributeValueMemberN{Value: value} }
func bytesOf(value string) types.AttributeValue {
	return &types.AttributeValueMemberB{Value: []byte(value)}
}

func putItem(t *testing.T, client packagedb.Client, table string, item item) {
	t.Helper()
	_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: item})
	must(t, err)
}

// deleteItem deletes an item of the specs table.
func deleteItem(t *testing.T, client packagedb.Client, sub, updatedAtID string) {
	t.Helper()
	table := "package.specs"
	_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &table, Key: item{"sub": text(sub), "updated_at_id": text(updatedAtID)},
	})
	must(t, err)
}

func specItem(updatedAtID, idUpdatedAt string) item {
	return item{
		"sub": text("the sub"), "id": text("spec"), "name": text("spec"), "version": text("1"),
		"updated_at": text("1700000000"), "model_count": number("1"),
		"updated_at_id": text(updatedAtID), "id_updated_at": text(idUpdatedAt),
	}
}

// spoiled is a copy of an item with one attribute replaced, or removed where the value is nil.
func spoiled(whole item, attribute string, value types.AttributeValue) item {
	copied := maps.Clone(whole)
	copied[attribute] = value
	if value == nil {
		delete(copied, attribute)
	}
	return copied
}

func TestAMalformedSpecItemIsAnErrorThatNamesItsKey(t *testing.T) {
	version := "00000000001700000000#spec"
	whole := []item{specItem("latest#spec", "spec#latest"), specItem(version, "spec#00000000001700000000")}

	for _, test := range []struct {
		name, attribute string
		value           types.AttributeValue
		unread          []string // calls that do not read the attribute
	}{
		{"a count that is text", "model_count", text("many"), []string{"GetLatestSpecVersion"}},
		{"a count with a fraction", "model_count", number("1.5"), []string{"GetLatestSpecVersion"}},
		{"a count over an int", "model_count", number("99999999999999999999"), []string{"GetLatestSpecVersion"}},
		{"no count", "model_count", nil, []string{"GetLatestSpecVersion"}},
		{"no version", "version", nil, []string{"CountCustomerModels"}},
		{"a version that is a number", "version", number("1"), []string{"CountCustomerModels"}},
		{"an updated_at that is no number", "updated_at", text("now"), []string{"CountCustomerModels", "GetLatestSpecVersion"}},
		{"an updated_at of another type", "updated_at", number("1"), []string{"CountCustomerModels", "GetLatestSpecVersion"}},
		{"an updated_at with zeros before it", "updated_at", text("0001700000000"), []string{"CountCustomerModels", "GetLatestSpecVersion"}},
		{"an updated_at before 1970", "updated_at", text("-5"), []string{"CountCustomerModels", "GetLatestSpecVersion"}},
		{"no id", "id", nil, []string{"CountCustomerModels", "GetLatestSpecVersion"}},
		{"an id that is a number", "id", number("1"), []string{"CountCustomerModels", "GetLatestSpecVersion"}},
		{"no updated_at", "updated_at", nil, []string{"CountCustomerModels", "GetLatestSpecVersion"}},
		{"no name", "name", nil, []string{"CountCustomerModels", "GetLatestSpecVersion"}},
		{"a title that is a number", "title", number("1"), []string{"CountCustomerModels", "GetLatestSpecVersion"}},
		{"a description that is binary", "description", bytesOf("1"), []string{"CountCustomerModels", "GetLatestSpecVersion"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t)
			for _, item := range whole {
				putItem(t, db.Client, "package.specs", spoiled(item, test.attribute, test.value))
			}
			ctx := t.Context()
			for call, read := range map[string]func() error{
				"CountCustomerModels":  func() error { _, err := db.CountCustomerModels(ctx, "the sub"); return err },
				"GetLatestSpecVersion": func() error { _, err := db.GetLatestSpecVersion(ctx, "the sub", "spec"); return err },
				"ListSpecs":            func() error { _, err := db.ListSpecs(ctx, "the sub"); return err },
				"GetSpec":              func() error { _, err := db.GetSpec(ctx, "the sub", "spec"); return err },
				"ListSpecVersions":     func() error { _, err := db.ListSpecVersions(ctx, "the sub", "spec"); return err },
			} {
				key := "latest#spec"
				if call == "ListSpecVersions" {
					key = version
				}
				mustNameKey(t, call, read(), test.attribute, key, test.unread)
			}
		})
	}
}

func mustNameKey(t *testing.T, call string, err error, attribute, sortKey string, unread []string) {
	t.Helper()
	if slices.Contains(unread, call) {
		if err != nil {
			t.Errorf("%s does not read %s, and fails: %v", call, attribute, err)
		}
		return
	}
	if err == nil {
		t.Errorf("%s does not fail", call)
		return
	}
	for _, part := range []string{"malformed", attribute, "the sub", sortKey} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error of %s does not have %q: %v", call, part, err)
		}
	}
	if errors.Is(err, packagedb.ErrNotFound) || errors.Is(err, packagedb.ErrInvalidInput) {
		t.Errorf("the error of %s is taken for another: %v", call, err)
	}
}

func TestAMalformedLatestItemIsNotOverwrittenUnseen(t *testing.T) {
	for _, path := range writePaths {
		for _, updatedAt := range []types.AttributeValue{nil, text("00001700000000"), text("+1700000000")} {
			t.Run(fmt.Sprintf("%s, updated_at %+v", path.name, updatedAt), func(t *testing.T) {
				t.Parallel()
				db, client := newTapped(t, path.answer, packagedb.WithClock(frozen(start)))
				putItem(t, client, "package.specs", spoiled(specItem("latest#spec", "spec#latest"), "updated_at", updatedAt))
				_, err := db.CreateUpdateSpec(t.Context(), "the sub", packagedb.SpecInput{Name: "spec", Version: "2"})
				mustNameKey(t, "CreateUpdateSpec", err, "updated_at", "latest#spec", nil)
			})
		}
	}
}

func TestAMalformedCredentialsItemIsAnErrorThatNamesItsKey(t *testing.T) {
	whole := item{
		"sub": text("the sub"), "id": text("the id"), "public_key": text("key"),
		"secret_key_hash": bytesOf("aGFzaA=="), "salt": bytesOf("c2FsdA=="),
	}
	for _, test := range []struct {
		name, attribute string
		value           types.AttributeValue
		unread          []string
	}{
		{"no salt", "salt", nil, nil},
		{"a salt that is text", "salt", text("c2FsdA=="), nil},
		{"a salt that is not base64", "salt", bytesOf("?"), nil},
		{"no hash", "secret_key_hash", nil, []string{"GetCredentials", "ListCredentials"}},
		{"a hash that is not base64", "secret_key_hash", bytesOf("?"), []string{"GetCredentials", "ListCredentials"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t, packagedb.WithPythonFacade())
			putItem(t, db.Client, "package.credentials", spoiled(whole, test.attribute, test.value))
			_, err := db.GetCredentials(t.Context(), "the sub", "the id")
			mustNameKey(t, "GetCredentials", err, test.attribute, "the id", test.unread)
			_, err = db.ListCredentials(t.Context(), "the sub")
			mustNameKey(t, "ListCredentials", err, test.attribute, "the id", test.unread)
			_, err = db.GetUser(t.Context(), "key")
			mustNameKey(t, "GetUser", err, test.attribute, "the id", test.unread)
		})
	}
}
