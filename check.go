package packagedb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// CheckTables returns nil if the two tables match, and otherwise an error with a line for each
// difference that would break a call: a missing table or index, other keys or types, a projection
// that lacks attributes, a table or index that cannot be used. It does not check the billing mode
// and further indexes.
//
// CheckTables is for readiness checks and operators. It sends one DescribeTable for each table and
// changes nothing. The options are those of [New].
func CheckTables(ctx context.Context, client DescribeClient, options ...Option) error {
	var found []error
	read := [][]string{append(slices.Clone(wholeSpec.required), attrTitle, attrDescription), credentialsAuth.required}
	for i, want := range Tables(options...) {
		name := *want.TableName
		table, err := describeTable(ctx, client, name)
		if errorCode(err) == "ResourceNotFoundException" {
			err = fmt.Errorf("there is no such table: %w", err)
		}
		if err != nil {
			found = append(found, fmt.Errorf("packagedb: check table %s: %w", name, err))
			continue
		}
		for _, problem := range checkTable(want, table, read[i]) {
			found = append(found, fmt.Errorf("packagedb: check table %s: %s", name, problem))
		}
	}
	return errors.Join(found...)
}

// index is the part of a secondary index that is compared.
type index struct {
	name       string
	status     types.IndexStatus // of the table for a local index
	key        []types.KeySchemaElement
	projection *types.Projection
}

func indexesOf(table *types.TableDescription) (indexes []index) {
	for _, local := range table.LocalSecondaryIndexes {
		indexes = append(indexes, index{
			"local secondary index " + aws.ToString(local.IndexName), types.IndexStatusActive, local.KeySchema, local.Projection,
		})
	}
	for _, global := range table.GlobalSecondaryIndexes {
		indexes = append(indexes, index{
			"global secondary index " + aws.ToString(global.IndexName), global.IndexStatus, global.KeySchema, global.Projection,
		})
	}
	return indexes
}

func wantedIndexes(table dynamodb.CreateTableInput) (indexes []index) {
	for _, local := range table.LocalSecondaryIndexes {
		indexes = append(indexes, index{name: "local secondary index " + *local.IndexName, key: local.KeySchema})
	}
	for _, global := range table.GlobalSecondaryIndexes {
		indexes = append(indexes, index{name: "global secondary index " + *global.IndexName, key: global.KeySchema})
	}
	return indexes
}

// checkTable returns a line for each difference that would break a call. An index must project the
// attributes.
func checkTable(
	want dynamodb.CreateTableInput, table *types.TableDescription, attributes []string,
) (problems []string) {
	if table.TableStatus != types.TableStatusActive && table.TableStatus != types.TableStatusUpdating {
		problems = append(problems, fmt.Sprintf("the table cannot be used: its status is %q", table.TableStatus))
	}
	wanted, got := attributeTypes(want.AttributeDefinitions), attributeTypes(table.AttributeDefinitions)
	if want, got := wanted.describe(want.KeySchema), got.describe(table.KeySchema); got != want {
		problems = append(problems, fmt.Sprintf("the key of the table is %s, want %s", got, want))
	}
	indexes := indexesOf(table)
	for _, w := range wantedIndexes(want) {
		i := slices.IndexFunc(indexes, func(g index) bool { return g.name == w.name })
		if i < 0 {
			problems = append(problems, "there is no "+w.name)
			continue
		}
		g := indexes[i]
		if g.status != types.IndexStatusActive && g.status != types.IndexStatusUpdating {
			problems = append(problems, fmt.Sprintf("the %s cannot be used: its status is %q", w.name, g.status))
		}
		if want, got := wanted.describe(w.key), got.describe(g.key); got != want {
			problems = append(problems, fmt.Sprintf("the key of the %s is %s, want %s", w.name, got, want))
		}
		if missing := notProjected(g.projection, attributes, append(want.KeySchema, w.key...)); len(missing) > 0 {
			problems = append(problems, fmt.Sprintf("the %s does not project %s", w.name, strings.Join(missing, ", ")))
		}
	}
	return problems
}

// notProjected returns the attributes that an index does not project.
func notProjected(projection *types.Projection, attributes []string, keys []types.KeySchemaElement) (missing []string) {
	if projection != nil && projection.ProjectionType == types.ProjectionTypeAll {
		return nil
	}
	for _, attribute := range attributes {
		isKey := slices.ContainsFunc(keys, func(key types.KeySchemaElement) bool {
			return aws.ToString(key.AttributeName) == attribute
		})
		isIncluded := projection != nil && projection.ProjectionType == types.ProjectionTypeInclude &&
			slices.Contains(projection.NonKeyAttributes, attribute)
		if !isKey && !isIncluded {
			missing = append(missing, attribute)
		}
	}
	return missing
}

// attributeTypes are the types of key attributes.
type attributeTypes []types.AttributeDefinition

// describe returns a key as text like "sub HASH S, id RANGE S".
func (attributes attributeTypes) describe(schema []types.KeySchemaElement) string {
	elements := make([]string, len(schema))
	for i, element := range schema {
		name, attributeType := aws.ToString(element.AttributeName), types.ScalarAttributeType("of unknown type")
		for _, attribute := range attributes {
			if aws.ToString(attribute.AttributeName) == name {
				attributeType = attribute.AttributeType
			}
		}
		elements[i] = fmt.Sprintf("%s %s %s", name, element.KeyType, attributeType)
	}
	return strings.Join(elements, ", ")
}
