package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestCheckTables_AfterCreateTables(t *testing.T) {
	for _, names := range [][2]string{{}, {"other.specs", "other.credentials"}} {
		option := packagedb.WithTableNames(names[0], names[1])
		db := testutil.New(t, option)
		require.NoError(t, packagedb.CheckTables(t.Context(), db.Client, option))
		require.NoError(t, packagedb.CreateTables(t.Context(), db.Client, option), "tables that exist are left as they are")
	}
}

func TestCheckTables_MissingTables(t *testing.T) {
	db := testutil.New(t, packagedb.WithTableNames(specsTable, "other.credentials"))
	err := packagedb.CheckTables(t.Context(), db.Client, packagedb.WithTableNames("other.specs", credentialsTable))
	require.Error(t, err)
	for _, table := range []string{"other.specs", credentialsTable} {
		assert.ErrorContains(t, err, "check table "+table+": there is no such table")
	}
	var missing *types.ResourceNotFoundException
	assert.ErrorAs(t, err, &missing)
}

// tableServer is a TableClient whose missing tables another host creates at the same moment.
type tableServer struct {
	dbtest.Client
	created []string
}

func (s *tableServer) CreateTable(
	_ context.Context, input *dynamodb.CreateTableInput, _ ...func(*dynamodb.Options),
) (*dynamodb.CreateTableOutput, error) {
	s.created = append(s.created, *input.TableName)
	return nil, &types.ResourceInUseException{}
}

// describing returns a server with both tables, whose descriptions the handler may change.
func describing(t *testing.T, describe handler) *tableServer {
	return &tableServer{Client: dbtest.Intercept(testutil.New(t).Client, describe)}
}

// changed changes the descriptions of tables.
func changed(change func(table *types.TableDescription)) handler {
	return func(_ string, _ any, next func() (any, error)) (any, error) {
		output, err := next()
		if err == nil {
			change(output.(*dynamodb.DescribeTableOutput).Table)
		}
		return output, err
	}
}

func TestCheckTables_Differences(t *testing.T) {
	of := func(name string, change func(*types.TableDescription)) func(*types.TableDescription) {
		return func(table *types.TableDescription) {
			if *table.TableName == name {
				change(table)
			}
		}
	}
	const (
		ofSpecs       = "packagedb: check table package.specs: "
		ofCredentials = "packagedb: check table package.credentials: "
	)
	for name, test := range map[string]struct {
		change func(*types.TableDescription)
		want   []string
	}{
		"tables and indexes that are being updated can be used": {
			change: func(table *types.TableDescription) {
				table.TableStatus = types.TableStatusUpdating
				for i := range table.GlobalSecondaryIndexes {
					table.GlobalSecondaryIndexes[i].IndexStatus = types.IndexStatusUpdating
				}
			},
		},
		"billing mode and further indexes do not matter": {
			change: func(table *types.TableDescription) {
				table.BillingModeSummary = &types.BillingModeSummary{BillingMode: types.BillingModeProvisioned}
				table.GlobalSecondaryIndexes = append(table.GlobalSecondaryIndexes, types.GlobalSecondaryIndexDescription{
					IndexName: aws.String("byTitle"), IndexStatus: types.IndexStatusCreating,
				})
			},
		},
		"a table is being deleted": {
			change: of(specsTable, func(table *types.TableDescription) { table.TableStatus = types.TableStatusDeleting }),
			want:   []string{ofSpecs + `the table cannot be used: its status is "DELETING"`},
		},
		"the key of a table's encryption is gone": {
			change: of(credentialsTable, func(table *types.TableDescription) {
				table.TableStatus = types.TableStatusInaccessibleEncryptionCredentials
			}),
			want: []string{ofCredentials + `the table cannot be used: its status is "INACCESSIBLE_ENCRYPTION_CREDENTIALS"`},
		},
		"a table has another sort key": {
			change: of(credentialsTable, func(table *types.TableDescription) {
				table.KeySchema[1].AttributeName = aws.String("public_key")
			}),
			want: []string{ofCredentials + "the key of the table is sub HASH S, public_key RANGE S, want sub HASH S, id RANGE S"},
		},
		"a table has no sort key": {
			change: of(credentialsTable, func(table *types.TableDescription) { table.KeySchema = table.KeySchema[:1] }),
			want:   []string{ofCredentials + "the key of the table is sub HASH S, want sub HASH S, id RANGE S"},
		},
		"a key attribute has another type": {
			change: of(specsTable, func(table *types.TableDescription) {
				table.AttributeDefinitions[2].AttributeType = types.ScalarAttributeTypeN
			}),
			want: []string{ofSpecs + "the key of the local secondary index idUpdatedAt is sub HASH S, id_updated_at RANGE N, " +
				"want sub HASH S, id_updated_at RANGE S"},
		},
		"indexes are missing": {
			change: func(table *types.TableDescription) {
				table.LocalSecondaryIndexes, table.GlobalSecondaryIndexes = nil, nil
			},
			want: []string{
				ofSpecs + "there is no local secondary index idUpdatedAt",
				ofCredentials + "there is no global secondary index publicKey",
			},
		},
		"an index is being created and projects too little": {
			change: of(credentialsTable, func(table *types.TableDescription) {
				table.GlobalSecondaryIndexes[0].IndexStatus = types.IndexStatusCreating
				table.GlobalSecondaryIndexes[0].Projection = &types.Projection{
					ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"salt", "name"},
				}
			}),
			want: []string{
				ofCredentials + `the global secondary index publicKey cannot be used: its status is "CREATING"`,
				ofCredentials + "the global secondary index publicKey does not project secret_key_hash",
			},
		},
		"an index projects what is read": {
			change: of(credentialsTable, func(table *types.TableDescription) {
				table.GlobalSecondaryIndexes[0].Projection = &types.Projection{
					ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"salt", "secret_key_hash"},
				}
			}),
		},
		"an index projects keys only": {
			change: of(specsTable, func(table *types.TableDescription) {
				table.LocalSecondaryIndexes[0].Projection = &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
			}),
			want: []string{ofSpecs + "the local secondary index idUpdatedAt does not project id, name, updated_at, version, " +
				"model_count, title, description"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			if err := packagedb.CheckTables(t.Context(), describing(t, changed(test.change))); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestTables_Responses(t *testing.T) {
	refused := errors.New("access denied")
	for want, describe := range map[string]handler{
		"access denied":                   failOn("DescribeTable", refused),
		"DescribeTable returned no table": func(string, any, func() (any, error)) (any, error) { return &dynamodb.DescribeTableOutput{}, nil },
		"neither an output nor an error":  func(string, any, func() (any, error)) (any, error) { return nil, nil },
	} {
		server := describing(t, describe)
		require.ErrorContains(t, packagedb.CreateTables(t.Context(), server), want)
		err := packagedb.CheckTables(t.Context(), server)
		require.Error(t, err)
		assert.Equal(t, want == "access denied", errors.Is(err, refused))
		assert.Equal(t, 2, strings.Count(err.Error(), want), "once for each table")
	}
}

// TestCreateTables_Waits has tables that another host creates at the same moment, slowly.
func TestCreateTables_Waits(t *testing.T) {
	t.Setenv("PACKAGEDB_TEST_ENDPOINT", "") // time in the bubble stands still while there are connections
	synctest.Test(t, func(t *testing.T) {
		var server *tableServer
		describes := 0
		server = describing(t, func(_ string, _ any, next func() (any, error)) (any, error) {
			describes++
			output, err := next()
			table := output.(*dynamodb.DescribeTableOutput).Table
			switch {
			case !slices.Contains(server.created, *table.TableName) || describes <= 6:
				return nil, &types.ResourceNotFoundException{}
			case describes <= 10:
				table.TableStatus = types.TableStatusCreating
			case describes <= 14:
				table.TableStatus = types.TableStatusUpdating
			case describes <= 18 && *table.TableName == credentialsTable:
				table.GlobalSecondaryIndexes[0].IndexStatus = types.IndexStatusCreating
			}
			return output, err
		})
		require.NoError(t, packagedb.CreateTables(t.Context(), server))
		assert.Subset(t, server.created, []string{specsTable, credentialsTable})
		assert.Greater(t, describes, 18)
	})
}

// TestCreateTables_WaitsForNothing creates tables that are active at once.
func TestCreateTables_WaitsForNothing(t *testing.T) {
	t.Setenv("PACKAGEDB_TEST_ENDPOINT", "")
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		client := loopback.NewDynamoDB(engine.New())
		require.NoError(t, packagedb.CreateTables(t.Context(), client))
		require.NoError(t, packagedb.CreateTables(t.Context(), client))

		var server *tableServer // whose tables another host creates at the same moment
		server = describing(t, func(_ string, input any, next func() (any, error)) (any, error) {
			if !slices.Contains(server.created, *input.(*dynamodb.DescribeTableInput).TableName) {
				return nil, &types.ResourceNotFoundException{}
			}
			return next()
		})
		require.NoError(t, packagedb.CreateTables(t.Context(), server))
		assert.Equal(t, begun, time.Now())
	})
}

// TestCreateTables_StatusThatDoesNotPass has a table or an index that does not become active by waiting.
func TestCreateTables_StatusThatDoesNotPass(t *testing.T) {
	t.Setenv("PACKAGEDB_TEST_ENDPOINT", "")
	statuses := []string{"SLEEPING", ""}
	for _, status := range types.TableStatus("").Values() {
		switch status {
		case types.TableStatusCreating, types.TableStatusUpdating, types.TableStatusActive:
		default:
			statuses = append(statuses, string(status))
		}
	}
	require.Subset(t, statuses, []string{"DELETING", "ARCHIVING", "ARCHIVED", "INACCESSIBLE_ENCRYPTION_CREDENTIALS"})
	for _, status := range statuses {
		for part, change := range map[string]func(*types.TableDescription){
			"table": func(table *types.TableDescription) { table.TableStatus = types.TableStatus(status) },
			"global secondary index publicKey": func(table *types.TableDescription) {
				for i := range table.GlobalSecondaryIndexes {
					table.GlobalSecondaryIndexes[i].IndexStatus = types.IndexStatus(status)
				}
			},
		} {
			t.Run(fmt.Sprintf("%q of the %s", status, part), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					defer cancel()
					want := fmt.Sprintf("the %s cannot be used: its status is %q", part, status)
					server := describing(t, changed(change))
					require.ErrorContains(t, packagedb.CreateTables(ctx, server), want)
					assert.ErrorContains(t, packagedb.CheckTables(ctx, server), want)
				})
			})
		}
	}
}

func TestCreateTables_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	described := 0
	err := packagedb.CreateTables(ctx, describing(t, changed(func(table *types.TableDescription) {
		table.TableStatus = types.TableStatusCreating
		if described++; described == 2 {
			cancel()
		}
	})))
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "0 of 2 are active")
}
