package infrastructure

import (
	"context"
	"iter"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb"
)

const (
	sub  = "sub"
	name = "pets"
)

var (
	spec        = packagedb.SpecInput{Name: name, Version: "2"}
	credentials = packagedb.CredentialsInput{
		ID: "id", PublicKey: "key", SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	}
	newCredentials = packagedb.CredentialsInput{
		ID: "new", PublicKey: "new key", SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	}
)

type call func(context.Context, packagedb.Database) error

// reads has every method of Database that only reads, called for something that exists.
var reads = map[string]call{
	"CountCustomerModels": func(ctx context.Context, db packagedb.Database) error {
		return second(db.CountCustomerModels(ctx, sub))
	},
	"GetLatestSpecVersion": func(ctx context.Context, db packagedb.Database) error {
		return second(db.GetLatestSpecVersion(ctx, sub, name))
	},
	"ListSpecs": func(ctx context.Context, db packagedb.Database) error {
		return second(db.ListSpecs(ctx, sub))
	},
	"Specs": func(ctx context.Context, db packagedb.Database) error {
		return drain(db.Specs(ctx, sub, packagedb.Descending()))
	},
	"GetSpec": func(ctx context.Context, db packagedb.Database) error {
		return second(db.GetSpec(ctx, sub, name))
	},
	"GetSpecVersion": func(ctx context.Context, db packagedb.Database) error {
		return second(db.GetSpecVersion(ctx, sub, name, "1"))
	},
	"ListSpecVersions": func(ctx context.Context, db packagedb.Database) error {
		return second(db.ListSpecVersions(ctx, sub, name))
	},
	"SpecVersions": func(ctx context.Context, db packagedb.Database) error {
		return drain(db.SpecVersions(ctx, sub, name, packagedb.Descending(), packagedb.Limit(1)))
	},
	"ListCredentials": func(ctx context.Context, db packagedb.Database) error {
		return second(db.ListCredentials(ctx, sub))
	},
	"Credentials": func(ctx context.Context, db packagedb.Database) error {
		return drain(db.Credentials(ctx, sub, packagedb.Limit(1)))
	},
	"GetCredentials": func(ctx context.Context, db packagedb.Database) error {
		return second(db.GetCredentials(ctx, sub, credentials.ID))
	},
	"GetUser": func(ctx context.Context, db packagedb.Database) error {
		return second(db.GetUser(ctx, credentials.PublicKey))
	},
}

// writes has the other methods.
var writes = map[string]call{
	"CreateUpdateSpec": func(ctx context.Context, db packagedb.Database) error {
		return second(db.CreateUpdateSpec(ctx, sub, spec))
	},
	"DeleteSpec": func(ctx context.Context, db packagedb.Database) error {
		return db.DeleteSpec(ctx, sub, name)
	},
	"DeleteAllSpecs": func(ctx context.Context, db packagedb.Database) error {
		return db.DeleteAllSpecs(ctx, sub)
	},
	"CreateCredentials": func(ctx context.Context, db packagedb.Database) error {
		return db.CreateCredentials(ctx, sub, newCredentials)
	},
	"CreateUpdateCredentials": func(ctx context.Context, db packagedb.Database) error {
		return db.CreateUpdateCredentials(ctx, sub, credentials)
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
	calls := slices.Concat(slices.Collect(maps.Keys(reads)), slices.Collect(maps.Keys(writes)))
	assert.ElementsMatch(t, methods, calls)
}
