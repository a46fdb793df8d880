package infrastructure

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/open-alchemy/packagedb"
)

const (
	sub  = "sub"
	name = "pets"
)

var (
	spec        = packagedb.SpecInput{Name: name, Version: "2"}
	credentials = packagedb.CredentialsInput{ID: "id", PublicKey: "key", SecretKeyHash: []byte("hash"), Salt: []byte("salt")}
)

// calls has every method of Database, called for something that is there.
var calls = map[string]func(context.Context, packagedb.Database) error{
	"CountCustomerModels": func(ctx context.Context, db packagedb.Database) error {
		_, err := db.CountCustomerModels(ctx, sub)
		return err
	},
	"CreateUpdateSpec": func(ctx context.Context, db packagedb.Database) error {
		return db.CreateUpdateSpec(ctx, sub, spec)
	},
	"GetLatestSpecVersion": func(ctx context.Context, db packagedb.Database) error {
		_, err := db.GetLatestSpecVersion(ctx, sub, name)
		return err
	},
	"ListSpecs": func(ctx context.Context, db packagedb.Database) error {
		_, err := db.ListSpecs(ctx, sub)
		return err
	},
	"Specs": func(ctx context.Context, db packagedb.Database) error {
		for _, err := range db.Specs(ctx, sub) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"GetSpec": func(ctx context.Context, db packagedb.Database) error {
		_, err := db.GetSpec(ctx, sub, name)
		return err
	},
	"DeleteSpec": func(ctx context.Context, db packagedb.Database) error {
		return db.DeleteSpec(ctx, sub, name)
	},
	"ListSpecVersions": func(ctx context.Context, db packagedb.Database) error {
		_, err := db.ListSpecVersions(ctx, sub, name)
		return err
	},
	"SpecVersions": func(ctx context.Context, db packagedb.Database) error {
		for _, err := range db.SpecVersions(ctx, sub, name, packagedb.NewestFirst) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"DeleteAllSpecs": func(ctx context.Context, db packagedb.Database) error {
		return db.DeleteAllSpecs(ctx, sub)
	},
	"ListCredentials": func(ctx context.Context, db packagedb.Database) error {
		_, err := db.ListCredentials(ctx, sub)
		return err
	},
	"Credentials": func(ctx context.Context, db packagedb.Database) error {
		for _, err := range db.Credentials(ctx, sub) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"CreateUpdateCredentials": func(ctx context.Context, db packagedb.Database) error {
		return db.CreateUpdateCredentials(ctx, sub, credentials)
	},
	"GetCredentials": func(ctx context.Context, db packagedb.Database) error {
		_, err := db.GetCredentials(ctx, sub, credentials.ID)
		return err
	},
	"GetUser": func(ctx context.Context, db packagedb.Database) error {
		_, err := db.GetUser(ctx, credentials.PublicKey)
		return err
	},
	"DeleteCredentials": func(ctx context.Context, db packagedb.Database) error {
		return db.DeleteCredentials(ctx, sub, credentials.ID)
	},
	"DeleteAllCredentials": func(ctx context.Context, db packagedb.Database) error {
		return db.DeleteAllCredentials(ctx, sub)
	},
	"DeleteAll": func(ctx context.Context, db packagedb.Database) error {
		return db.DeleteAll(ctx, sub)
	},
}

func TestEveryMethodOfDatabaseIsAmongTheCalls(t *testing.T) {
	t.Parallel()
	database := reflect.TypeFor[packagedb.Database]()
	var methods []string
	for i := range database.NumMethod() {
		methods = append(methods, database.Method(i).Name)
	}
	if got := slices.Sorted(maps.Keys(calls)); !slices.Equal(got, methods) {
		t.Errorf("the calls are %q, the methods %q", got, methods)
	}
}
