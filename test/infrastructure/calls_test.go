package infrastructure

import (
	"context"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb"
)

const (
	sub  = "sub"
	name = "pets"
)

var (
	spec        = packagedb.SpecInput{Name: name, Version: "new"}
	credentials = packagedb.CredentialsInput{
		ID: "id", PublicKey: "key", SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	}
	newCredentials = packagedb.CredentialsInput{
		ID: "new", PublicKey: "new key", SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	}
)

// calls returns a call of every method of Database, by its name. What it reads exists.
func calls(ctx context.Context, db packagedb.Database) map[string]func() error {
	descending, one := packagedb.Descending(), packagedb.Limit(1)
	return map[string]func() error{
		"CountCustomerModels":  func() error { return second(db.CountCustomerModels(ctx, sub)) },
		"GetLatestSpecVersion": func() error { return second(db.GetLatestSpecVersion(ctx, sub, name)) },
		"ListSpecs":            func() error { return second(db.ListSpecs(ctx, sub)) },
		"Specs":                func() error { return drain(db.Specs(ctx, sub, descending)) },
		"GetSpec":              func() error { return second(db.GetSpec(ctx, sub, name)) },
		"GetSpecVersion":       func() error { return second(db.GetSpecVersion(ctx, sub, name, "1")) },
		"ListSpecVersions":     func() error { return second(db.ListSpecVersions(ctx, sub, name)) },
		"SpecVersions":         func() error { return drain(db.SpecVersions(ctx, sub, name, descending, one)) },
		"ListCredentials":      func() error { return second(db.ListCredentials(ctx, sub)) },
		"Credentials":          func() error { return drain(db.Credentials(ctx, sub, one)) },
		"GetCredentials":       func() error { return second(db.GetCredentials(ctx, sub, credentials.ID)) },
		"GetUser":              func() error { return second(db.GetUser(ctx, credentials.PublicKey)) },

		"CreateUpdateSpec":        func() error { return second(db.CreateUpdateSpec(ctx, sub, spec)) },
		"DeleteSpec":              func() error { return db.DeleteSpec(ctx, sub, name) },
		"DeleteAllSpecs":          func() error { return db.DeleteAllSpecs(ctx, sub) },
		"CreateCredentials":       func() error { return db.CreateCredentials(ctx, sub, newCredentials) },
		"CreateUpdateCredentials": func() error { return db.CreateUpdateCredentials(ctx, sub, credentials) },
		"DeleteCredentials":       func() error { return db.DeleteCredentials(ctx, sub, credentials.ID) },
		"DeleteAllCredentials":    func() error { return db.DeleteAllCredentials(ctx, sub) },
		"DeleteAll":               func() error { return db.DeleteAll(ctx, sub) },
	}
}

// isRead reports whether the method only reads.
func isRead(method string) bool {
	return !strings.HasPrefix(method, "Create") && !strings.HasPrefix(method, "Delete")
}

func second[T any](_ T, err error) error { return err }

func drain[T any](results iter.Seq2[T, error]) error {
	for _, err := range results {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestCalls_AreTheMethodsOfDatabase(t *testing.T) {
	t.Parallel()
	database := reflect.TypeFor[packagedb.Database]()
	var methods []string
	for i := range database.NumMethod() {
		methods = append(methods, database.Method(i).Name)
	}
	assert.Equal(t, methods, slices.Sorted(maps.Keys(calls(t.Context(), nil))))
}
