package infrastructure

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// tableProperties are those of AWS::DynamoDB::Table. They have the names of CreateTable's, but for
// the encryption; recovery is another request.
type tableProperties struct {
	dynamodb.CreateTableInput

	PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
	SSESpecification                 struct{ SSEEnabled bool }
}

func readTable(tb testing.TB, t template, name string) (resource, tableProperties) {
	tb.Helper()
	var properties tableProperties
	decodeStrictly(tb, t.Resources[name].Properties, &properties)
	return t.Resources[name], properties
}

// readTables returns the requests that create the tables of the template, the specs and then the
// credentials, without the protection that would keep a test from deleting them.
func readTables(tb testing.TB, parameters map[string]string) []dynamodb.CreateTableInput {
	tb.Helper()
	t := readTemplate(tb, parameters)
	var tables []dynamodb.CreateTableInput
	for _, name := range []string{"SpecsTable", "CredentialsTable"} {
		_, properties := readTable(tb, t, name)
		table := properties.CreateTableInput
		table.DeletionProtectionEnabled = nil
		tables = append(tables, table)
	}
	return tables
}

func TestTheTablesAreThoseOfTheLibrary(t *testing.T) {
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
			got, want := readTables(t, test.parameters), packagedb.Tables(test.options...)
			for i := range want {
				// The order of attribute definitions means nothing.
				sortAttributes(got[i].AttributeDefinitions)
				sortAttributes(want[i].AttributeDefinitions)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("the template has\n%s\nthe library wants\n%s", indented(t, got), indented(t, want))
			}
		})
	}
}

func sortAttributes(definitions []types.AttributeDefinition) {
	slices.SortFunc(definitions, func(a, b types.AttributeDefinition) int {
		return cmp.Compare(aws.ToString(a.AttributeName), aws.ToString(b.AttributeName))
	})
}

func indented(tb testing.TB, value any) []byte {
	tb.Helper()
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func TestTheTablesAreKeptAndProtected(t *testing.T) {
	t.Parallel()
	template := readTemplate(t, nil)
	for _, name := range []string{"SpecsTable", "CredentialsTable"} {
		resource, properties := readTable(t, template, name)
		for promise, kept := range map[string]bool{
			"it stays when the stack is deleted": resource.DeletionPolicy == "Retain",
			"it stays when it is replaced":       resource.UpdateReplacePolicy == "Retain",
			"it is protected from deletion":      aws.ToBool(properties.DeletionProtectionEnabled),
			"it can be recovered":                properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled,
			"it is encrypted":                    properties.SSESpecification.SSEEnabled,
		} {
			if !kept {
				t.Errorf("%s: not true that %s", name, promise)
			}
		}
	}
}

// The engine is the embedded one, or that at PACKAGEDB_TEST_ENDPOINT.
func TestAnEngineMakesTheTablesAsTheLibraryNeedsThem(t *testing.T) {
	t.Parallel()
	client := testutil.Database(t).Client
	for _, table := range readTables(t, nil) {
		if _, err := client.CreateTable(t.Context(), &table); err != nil {
			t.Fatal(err)
		}
	}
	// This leaves tables that exist as they are, and waits until they are active.
	if err := packagedb.CreateTables(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if err := packagedb.CheckTables(t.Context(), client); err != nil {
		t.Error(err)
	}
}
