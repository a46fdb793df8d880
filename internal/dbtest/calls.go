package dbtest

import (
	"context"
	"iter"

	"github.com/open-alchemy/packagedb"
)

// Input has the arguments of every call.
type Input struct {
	Sub         string
	Spec        packagedb.SpecInput        // the spec of calls that take a name is that with its name
	Version     string                     // of GetSpecVersion
	Credentials packagedb.CredentialsInput // calls that take an id or a public key take theirs
	Options     []packagedb.ListOption     // of the lists
}

// Calls returns a call of each method of [packagedb.Database], by its name. It returns what the method
// returns; the result of an iterator is a slice of what it yields before the first error.
func Calls(ctx context.Context, db packagedb.Database, in Input) map[string]func() (any, error) {
	sub, name, id := in.Sub, in.Spec.Name, in.Credentials.ID
	return map[string]func() (any, error){
		"CountCustomerModels":  func() (any, error) { return db.CountCustomerModels(ctx, sub) },
		"CreateSpecVersion":    func() (any, error) { return db.CreateSpecVersion(ctx, sub, in.Spec) },
		"CreateUpdateSpec":     func() (any, error) { return db.CreateUpdateSpec(ctx, sub, in.Spec) },
		"GetLatestSpecVersion": func() (any, error) { return db.GetLatestSpecVersion(ctx, sub, name) },
		"ListSpecs":            func() (any, error) { return db.ListSpecs(ctx, sub, in.Options...) },
		"Specs":                func() (any, error) { return collect(db.Specs(ctx, sub, in.Options...)) },
		"GetSpec":              func() (any, error) { return db.GetSpec(ctx, sub, name) },
		"GetSpecVersion":       func() (any, error) { return db.GetSpecVersion(ctx, sub, name, in.Version) },
		"DeleteSpec":           func() (any, error) { return nil, db.DeleteSpec(ctx, sub, name) },
		"ListSpecVersions":     func() (any, error) { return db.ListSpecVersions(ctx, sub, name, in.Options...) },
		"SpecVersions":         func() (any, error) { return collect(db.SpecVersions(ctx, sub, name, in.Options...)) },
		"DeleteAllSpecs":       func() (any, error) { return nil, db.DeleteAllSpecs(ctx, sub) },

		"ListCredentials":         func() (any, error) { return db.ListCredentials(ctx, sub, in.Options...) },
		"Credentials":             func() (any, error) { return collect(db.Credentials(ctx, sub, in.Options...)) },
		"CreateCredentials":       func() (any, error) { return nil, db.CreateCredentials(ctx, sub, in.Credentials) },
		"CreateUpdateCredentials": func() (any, error) { return nil, db.CreateUpdateCredentials(ctx, sub, in.Credentials) },
		"GetCredentials":          func() (any, error) { return db.GetCredentials(ctx, sub, id) },
		"GetUser":                 func() (any, error) { return db.GetUser(ctx, in.Credentials.PublicKey) },
		"DeleteCredentials":       func() (any, error) { return nil, db.DeleteCredentials(ctx, sub, id) },
		"DeleteAllCredentials":    func() (any, error) { return nil, db.DeleteAllCredentials(ctx, sub) },

		"DeleteAll": func() (any, error) { return nil, db.DeleteAll(ctx, sub) },
	}
}

func collect[T any](results iter.Seq2[T, error]) (all []T, err error) {
	for result, err := range results {
		if err != nil {
			return all, err
		}
		all = append(all, result)
	}
	return all, nil
}
