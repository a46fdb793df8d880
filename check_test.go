package packagedb_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestCheckTablesIsSatisfiedWithWhatCreateTablesMade(t *testing.T) {
	for name, options := range map[string][]packagedb.Option{
		"the default names": nil,
		"other names":       {packagedb.WithTableNames("other.specs", "other.credentials")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testutil.New(t, options...)
			if err := packagedb.CheckTables(t.Context(), db.Client, options...); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCheckTablesNamesEveryTableThatIsMissing(t *testing.T) {
	t.Parallel()
	db := testutil.New(t, packagedb.WithTableNames("package.specs", "other.credentials"))
	err := packagedb.CheckTables(t.Context(), db.Client, packagedb.WithTableNames("other.specs", "package.credentials"))
	for _, table := range []string{"other.specs", "package.credentials"} {
		if !strings.Contains(err.Error(), `check table "`+table+`": there is no such table`) {
			t.Errorf("%q does not name %s", err, table)
		}
	}
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("%v does not wrap the server's error", err)
	}
}

// described is a server whose tables are as CreateTables makes them, but for what spoil does to them.
type described struct {
	spoil func(*types.TableDescription)
	err   error
}

func (d described) DescribeTable(
	_ context.Context, input *dynamodb.DescribeTableInput, _ ...func(*dynamodb.Options),
) (*dynamodb.DescribeTableOutput, error) {
	if d.err != nil {
		return nil, d.err
	}
	tables := packagedb.Tables()
	i := slices.IndexFunc(tables, func(table dynamodb.CreateTableInput) bool { return *table.TableName == *input.TableName })
	table := &types.TableDescription{
		TableName:            tables[i].TableName,
		TableStatus:          types.TableStatusActive,
		BillingModeSummary:   &types.BillingModeSummary{BillingMode: tables[i].BillingMode},
		KeySchema:            tables[i].KeySchema,
		AttributeDefinitions: tables[i].AttributeDefinitions,
	}
	for _, index := range tables[i].LocalSecondaryIndexes {
		table.LocalSecondaryIndexes = append(table.LocalSecondaryIndexes, types.LocalSecondaryIndexDescription{
			IndexName: index.IndexName, KeySchema: index.KeySchema, Projection: index.Projection,
		})
	}
	for _, index := range tables[i].GlobalSecondaryIndexes {
		table.GlobalSecondaryIndexes = append(table.GlobalSecondaryIndexes, types.GlobalSecondaryIndexDescription{
			IndexName: index.IndexName, KeySchema: index.KeySchema, Projection: index.Projection,
			IndexStatus: types.IndexStatusActive,
		})
	}
	d.spoil(table)
	return &dynamodb.DescribeTableOutput{Table: table}, nil
}

func TestCheckTablesNamesEveryDifference(t *testing.T) {
	// A spoiled table is told by its index: the specs have a local one, the credentials a global one.
	specs := func(spoil func(*types.TableDescription)) func(*types.TableDescription) {
		return func(table *types.TableDescription) {
			if len(table.LocalSecondaryIndexes) > 0 {
				spoil(table)
			}
		}
	}
	credentials := func(spoil func(*types.TableDescription)) func(*types.TableDescription) {
		return func(table *types.TableDescription) {
			if len(table.GlobalSecondaryIndexes) > 0 {
				spoil(table)
			}
		}
	}
	const (
		ofSpecs       = `packagedb: check table "package.specs": `
		ofCredentials = `packagedb: check table "package.credentials": `
	)
	for name, test := range map[string]struct {
		spoil func(*types.TableDescription)
		want  []string
	}{
		"nothing differs": {spoil: func(*types.TableDescription) {}},
		"both tables are being updated": {
			spoil: func(table *types.TableDescription) { table.TableStatus = types.TableStatusUpdating },
			want: []string{
				ofSpecs + "the status of the table is UPDATING, want ACTIVE",
				ofCredentials + "the status of the table is UPDATING, want ACTIVE",
			},
		},
		"a table has provisioned capacity": {
			spoil: specs(func(table *types.TableDescription) { table.BillingModeSummary = nil }),
			want:  []string{ofSpecs + "the billing mode of the table is PROVISIONED, want PAY_PER_REQUEST"},
		},
		"a table has another sort key": {
			spoil: credentials(func(table *types.TableDescription) {
				table.KeySchema = slices.Clone(table.KeySchema)
				table.KeySchema[1].AttributeName = aws.String("public_key")
			}),
			want: []string{ofCredentials + "the key of the table is sub HASH S, public_key RANGE S, want sub HASH S, id RANGE S"},
		},
		"a table has no sort key": {
			spoil: credentials(func(table *types.TableDescription) { table.KeySchema = table.KeySchema[:1] }),
			want:  []string{ofCredentials + "the key of the table is sub HASH S, want sub HASH S, id RANGE S"},
		},
		"a key attribute has another type": {
			spoil: specs(func(table *types.TableDescription) {
				table.AttributeDefinitions = slices.Clone(table.AttributeDefinitions)
				table.AttributeDefinitions[2].AttributeType = types.ScalarAttributeTypeN
			}),
			want: []string{ofSpecs + "the key of the local secondary index idUpdatedAt is sub HASH S, id_updated_at RANGE N, " +
				"want sub HASH S, id_updated_at RANGE S"},
		},
		"indexes are missing": {
			spoil: func(table *types.TableDescription) {
				table.LocalSecondaryIndexes, table.GlobalSecondaryIndexes = nil, nil
			},
			want: []string{
				ofSpecs + "there is no local secondary index idUpdatedAt",
				ofCredentials + "there is no global secondary index publicKey",
			},
		},
		"an index is there unasked": {
			spoil: specs(func(table *types.TableDescription) {
				table.GlobalSecondaryIndexes = []types.GlobalSecondaryIndexDescription{{IndexName: aws.String("byTitle")}}
			}),
			want: []string{ofSpecs + "there is a global secondary index byTitle, want none"},
		},
		"an index has another name": {
			spoil: credentials(func(table *types.TableDescription) {
				table.GlobalSecondaryIndexes[0].IndexName = aws.String("publicKeySecretKeyHash")
			}),
			want: []string{
				ofCredentials + "there is no global secondary index publicKey",
				ofCredentials + "there is a global secondary index publicKeySecretKeyHash, want none",
			},
		},
		"an index is still being created and projects little": {
			spoil: credentials(func(table *types.TableDescription) {
				table.GlobalSecondaryIndexes[0].IndexStatus = types.IndexStatusCreating
				table.GlobalSecondaryIndexes[0].Projection = &types.Projection{
					ProjectionType:   types.ProjectionTypeInclude,
					NonKeyAttributes: []string{"salt", "name"},
				}
			}),
			want: []string{
				ofCredentials + "the status of the global secondary index publicKey is CREATING, want ACTIVE",
				ofCredentials + "the projection of the global secondary index publicKey is INCLUDE name, salt, want ALL",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := packagedb.CheckTables(t.Context(), described{spoil: test.spoil})
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestCheckTablesWrapsTheErrorOfTheServer(t *testing.T) {
	refused := errors.New("access denied")
	err := packagedb.CheckTables(t.Context(), described{err: refused})
	if !errors.Is(err, refused) || strings.Count(err.Error(), "access denied") != 2 {
		t.Errorf("got %v, want the error once for each table", err)
	}
}
