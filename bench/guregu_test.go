package bench

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/guregu/dynamo/v2"

	"github.com/open-alchemy/packagedb"
)

// guregu is the access patterns written with github.com/guregu/dynamo.
type guregu struct {
	db                 *dynamo.DB
	specs, credentials dynamo.Table
}

func newGuregu(client *dynamodb.Client) *guregu {
	db := dynamo.NewFromIface(client)
	return &guregu{db: db, specs: db.Table(specsTable), credentials: db.Table(credentialsTable)}
}

func (g *guregu) CreateUpdateSpec(ctx context.Context, sub string, spec packagedb.SpecInput, second int64) error {
	records := recordsOf(sub, spec, second)
	return g.db.WriteTx().Put(g.specs.Put(records[0])).Put(g.specs.Put(records[1])).Run(ctx)
}

func (g *guregu) GetSpec(ctx context.Context, sub, name string) (*record, error) {
	r := new(record)
	return r, g.specs.Get("sub", sub).Range("updated_at_id", dynamo.Equal, "latest#"+strings.ToLower(name)).One(ctx, r)
}

func (g *guregu) ListSpecs(ctx context.Context, sub string) (all []record, err error) {
	err = g.specs.Get("sub", sub).Range("updated_at_id", dynamo.BeginsWith, "latest#").All(ctx, &all)
	return all, err
}

func (g *guregu) CountCustomerModels(ctx context.Context, sub string) (total int, err error) {
	all, err := g.ListSpecs(ctx, sub)
	for _, r := range all {
		total += r.ModelCount
	}
	return total, err
}

func (g *guregu) ListSpecVersions(ctx context.Context, sub, name string) (all []record, err error) {
	id := strings.ToLower(name)
	versions := g.specs.Get("sub", sub).Index("idUpdatedAt").Range("id_updated_at", dynamo.Between, id+"#0", id+"#9")
	err = versions.All(ctx, &all)
	return all, err
}

func (g *guregu) DeleteAllSpecs(ctx context.Context, sub string) error {
	var found []record
	if err := g.specs.Get("sub", sub).Project("sub", "updated_at_id").Consistent(true).All(ctx, &found); err != nil {
		return err
	}
	keys := make([]dynamo.Keyed, len(found))
	for i, r := range found {
		keys[i] = dynamo.Keys{r.Sub, r.UpdatedAtID}
	}
	_, err := g.specs.Batch("sub", "updated_at_id").Write().Delete(keys...).Run(ctx)
	return err
}

func (g *guregu) CreateUpdateCredentials(ctx context.Context, sub string, credentials packagedb.CredentialsInput) error {
	return g.credentials.Put(secretOf(sub, credentials)).Run(ctx)
}

func (g *guregu) GetUser(ctx context.Context, publicKey string) (*secret, error) {
	s := new(secret)
	return s, g.credentials.Get("public_key", publicKey).Index("publicKey").One(ctx, s)
}
