package infrastructure

import (
	"cmp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// tableProperties are those of AWS::DynamoDB::Table. They have the names of CreateTable's, except
// for the encryption; recovery is a separate request.
type tableProperties struct {
	dynamodb.CreateTableInput

	PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
	SSESpecification                 struct {
		SSEEnabled              bool
		SSEType, KMSMasterKeyID string
	}
}

var tableResources = []string{"SpecsTable", "CredentialsTable"}

func readTable(tb testing.TB, t template, name string) (resource, tableProperties) {
	tb.Helper()
	var properties tableProperties
	decodeStrictly(tb, t.Resources[name].Properties, &properties)
	return t.Resources[name], properties
}

// readTables returns the requests that create the tables of the template, the specs and then the
// credentials, without deletion protection.
func readTables(tb testing.TB, parameters map[string]string) []dynamodb.CreateTableInput {
	tb.Helper()
	t := readTemplate(tb, parameters)
	var tables []dynamodb.CreateTableInput
	for _, name := range tableResources {
		_, properties := readTable(tb, t, name)
		table := properties.CreateTableInput
		table.DeletionProtectionEnabled = nil
		// The order of attribute definitions has no meaning.
		slices.SortFunc(table.AttributeDefinitions, byName)
		tables = append(tables, table)
	}
	return tables
}

func byName(a, b types.AttributeDefinition) int {
	return cmp.Compare(aws.ToString(a.AttributeName), aws.ToString(b.AttributeName))
}

func TestTables_AreThoseOfTheLibrary(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parameters map[string]string
		options    []packagedb.Option
	}{
		"by default":       {},
		"with other names": {otherNames, []packagedb.Option{packagedb.WithTableNames("specs", "credentials")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := packagedb.Tables(test.options...)
			for i := range want {
				slices.SortFunc(want[i].AttributeDefinitions, byName)
			}
			assert.Equal(t, want, readTables(t, test.parameters))
		})
	}
}

func TestTables_StayAndAreProtectedAndCreatedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	template := readTemplate(t, nil)
	for _, name := range tableResources {
		resource, properties := readTable(t, template, name)
		assert.Equal(t, "Retain", resource.DeletionPolicy, name)
		assert.Equal(t, "Retain", resource.UpdateReplacePolicy, name)
		assert.True(t, aws.ToBool(properties.DeletionProtectionEnabled), name)
		assert.True(t, properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, name)
		assert.True(t, properties.SSESpecification.SSEEnabled, name)
		assert.Empty(t, properties.SSESpecification.KMSMasterKeyID, name)
	}
	// CloudFormation creates resources concurrently, and DynamoDB limits how many tables with indexes
	// are created at a time.
	assert.Equal(t, "SpecsTable", template.Resources["CredentialsTable"].DependsOn)
}

func TestTables_AreEncryptedWithTheKeyOfTheParameter(t *testing.T) {
	t.Parallel()
	template := readTemplate(t, map[string]string{"KmsKeyArn": keyARN})
	for _, name := range tableResources {
		_, properties := readTable(t, template, name)
		assert.Equal(t, keyARN, properties.SSESpecification.KMSMasterKeyID, name)
		assert.Equal(t, "KMS", properties.SSESpecification.SSEType, name)
	}
}

func TestTables_HaveTheMaximumThroughputOfTheParameters(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parameters map[string]string
		want       *types.OnDemandThroughput
	}{
		"none by default": {},
		"of reads":        {map[string]string{"MaxReadRequestUnits": "10"}, &types.OnDemandThroughput{MaxReadRequestUnits: aws.Int64(10)}},
		"of both": {
			map[string]string{"MaxReadRequestUnits": "10", "MaxWriteRequestUnits": "20"},
			&types.OnDemandThroughput{MaxReadRequestUnits: aws.Int64(10), MaxWriteRequestUnits: aws.Int64(20)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tables := readTables(t, test.parameters)
			assert.Equal(t, test.want, tables[0].OnDemandThroughput)
			assert.Equal(t, test.want, tables[1].OnDemandThroughput)
			assert.Equal(t, test.want, tables[1].GlobalSecondaryIndexes[0].OnDemandThroughput)
		})
	}
}

// The engine is the embedded one, or that at PACKAGEDB_TEST_ENDPOINT.
func TestTables_FitWhenAnEngineHasCreatedThem(t *testing.T) {
	t.Parallel()
	client := testutil.New(t, packagedb.WithTableNames("a.specs", "a.credentials")).Client
	for _, table := range readTables(t, otherNames) {
		_, err := client.CreateTable(t.Context(), &table)
		require.NoError(t, err)
	}
	options := packagedb.WithTableNames(otherNames["SpecsTableName"], otherNames["CredentialsTableName"])
	// This keeps existing tables, and waits until they are active.
	require.NoError(t, packagedb.CreateTables(t.Context(), client, options))
	assert.NoError(t, packagedb.CheckTables(t.Context(), client, options))
}
