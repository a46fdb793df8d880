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

// part is what is compared of a table or of a secondary index.
type part struct {
	name       string
	status     string
	key        []types.KeySchemaElement
	projection *types.Projection
}

const (
	localIndex  = "local secondary index "
	globalIndex = "global secondary index "
)

func partsOf(table *types.TableDescription) []part {
	everything := &types.Projection{ProjectionType: types.ProjectionTypeAll}
	parts := []part{{"table", string(table.TableStatus), table.KeySchema, everything}}
	for _, index := range table.LocalSecondaryIndexes { // they have no status of their own
		parts = append(parts, part{localIndex + aws.ToString(index.IndexName), "ACTIVE", index.KeySchema, index.Projection})
	}
	for _, index := range table.GlobalSecondaryIndexes {
		name, status := globalIndex+aws.ToString(index.IndexName), string(index.IndexStatus)
		parts = append(parts, part{name, status, index.KeySchema, index.Projection})
	}
	return parts
}

func wantedParts(table dynamodb.CreateTableInput) []part {
	parts := []part{{name: "table", key: table.KeySchema}}
	for _, index := range table.LocalSecondaryIndexes {
		parts = append(parts, part{name: localIndex + *index.IndexName, key: index.KeySchema})
	}
	for _, index := range table.GlobalSecondaryIndexes {
		parts = append(parts, part{name: globalIndex + *index.IndexName, key: index.KeySchema})
	}
	return parts
}

// checkTable returns a line for each difference that would break a call. An index must project the
// attributes.
func checkTable(
	want dynamodb.CreateTableInput, table *types.TableDescription, attributes []string,
) (problems []string) {
	report := func(format string, arguments ...any) {
		problems = append(problems, fmt.Sprintf(format, arguments...))
	}
	parts := partsOf(table)
	for _, w := range wantedParts(want) {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == w.name })
		if i < 0 {
			report("there is no %s", w.name)
			continue
		}
		p := parts[i]
		if p.status != "ACTIVE" && p.status != "UPDATING" {
			report("the %s cannot be used: its status is %q", p.name, p.status)
		}
		wantKey := describeKey(w.key, want.AttributeDefinitions)
		if key := describeKey(p.key, table.AttributeDefinitions); key != wantKey {
			report("the key of the %s is %s, want %s", p.name, key, wantKey)
		}
		if missing := notProjected(p.projection, attributes, append(want.KeySchema, w.key...)); len(missing) > 0 {
			report("the %s does not project %s", p.name, strings.Join(missing, ", "))
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

// describeKey returns a key as text like "sub HASH S, id RANGE S".
func describeKey(schema []types.KeySchemaElement, definitions []types.AttributeDefinition) string {
	elements := make([]string, len(schema))
	for i, element := range schema {
		name, attributeType := aws.ToString(element.AttributeName), types.ScalarAttributeType("of unknown type")
		for _, definition := range definitions {
			if aws.ToString(definition.AttributeName) == name {
				attributeType = definition.AttributeType
			}
		}
		elements[i] = fmt.Sprintf("%s %s %s", name, element.KeyType, attributeType)
	}
	return strings.Join(elements, ", ")
}
