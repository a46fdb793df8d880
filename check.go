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

// DescribeClient is the part of [*dynamodb.Client] that [CheckTables] calls.
type DescribeClient interface {
	DescribeTable(ctx context.Context, input *dynamodb.DescribeTableInput, options ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
}

// CheckTables compares the two tables as they are with what [Tables] asks for: keys and the types of
// their attributes, indexes with their keys and projections, status and billing. It returns nil where
// all of it fits, and otherwise an error with a line for every difference, missing tables included.
//
// It is for a service's start and for operators. It sends one DescribeTable for each table and
// changes nothing. Options have the same effect as they have on Tables.
func CheckTables(ctx context.Context, client DescribeClient, options ...Option) error {
	var found []error
	for _, want := range Tables(options...) {
		found = append(found, checkTable(ctx, client, want)...)
	}
	return errors.Join(found...)
}

func checkTable(ctx context.Context, client DescribeClient, want dynamodb.CreateTableInput) (found []error) {
	output, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: want.TableName})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		err = fmt.Errorf("there is no such table: %w", err)
	}
	if err != nil {
		return []error{failure("check table", *want.TableName, err)}
	}
	for _, difference := range differences(partsWanted(want), partsOf(output.Table)) {
		found = append(found, failure("check table", *want.TableName, errors.New(difference)))
	}
	return found
}

// part is what is compared of a table or of one of its indexes, as text: what differs is printed.
type part struct {
	name     string
	features []feature
}

type feature struct{ name, value string }

// differences has a line for each part that is missing or there unasked, and for each feature that
// is other than wanted. Parts of the same name have features of the same names.
func differences(want, got []part) (lines []string) {
	for _, w := range want {
		i := slices.IndexFunc(got, func(g part) bool { return g.name == w.name })
		if i < 0 {
			lines = append(lines, "there is no "+w.name)
			continue
		}
		for j, feature := range w.features {
			if value := got[i].features[j].value; value != feature.value {
				lines = append(lines, fmt.Sprintf("the %s of the %s is %s, want %s", feature.name, w.name, value, feature.value))
			}
		}
	}
	for _, g := range got {
		if !slices.ContainsFunc(want, func(w part) bool { return w.name == g.name }) {
			lines = append(lines, "there is a "+g.name+", want none")
		}
	}
	return lines
}

func partsWanted(table dynamodb.CreateTableInput) []part {
	attributes := attributeTypes(table.AttributeDefinitions)
	parts := []part{tablePart(types.TableStatusActive, table.BillingMode, attributes.keyText(table.KeySchema))}
	for _, index := range table.LocalSecondaryIndexes {
		parts = append(parts, localIndexPart(index.IndexName, attributes.keyText(index.KeySchema), index.Projection))
	}
	for _, index := range table.GlobalSecondaryIndexes {
		parts = append(parts, globalIndexPart(index.IndexName, types.IndexStatusActive, attributes.keyText(index.KeySchema), index.Projection))
	}
	return parts
}

func partsOf(table *types.TableDescription) []part {
	billing := types.BillingModeProvisioned // which a table that was never on demand leaves unsaid
	if table.BillingModeSummary != nil {
		billing = table.BillingModeSummary.BillingMode
	}
	attributes := attributeTypes(table.AttributeDefinitions)
	parts := []part{tablePart(table.TableStatus, billing, attributes.keyText(table.KeySchema))}
	for _, index := range table.LocalSecondaryIndexes {
		parts = append(parts, localIndexPart(index.IndexName, attributes.keyText(index.KeySchema), index.Projection))
	}
	for _, index := range table.GlobalSecondaryIndexes {
		parts = append(parts, globalIndexPart(index.IndexName, index.IndexStatus, attributes.keyText(index.KeySchema), index.Projection))
	}
	return parts
}

func tablePart(status types.TableStatus, billing types.BillingMode, key string) part {
	return part{"table", []feature{
		{"status", string(status)},
		{"billing mode", string(billing)},
		{"key", key},
	}}
}

func localIndexPart(name *string, key string, projection *types.Projection) part {
	return part{"local secondary index " + aws.ToString(name), []feature{
		{"key", key},
		{"projection", projectionText(projection)},
	}}
}

func globalIndexPart(name *string, status types.IndexStatus, key string, projection *types.Projection) part {
	return part{"global secondary index " + aws.ToString(name), []feature{
		{"status", string(status)},
		{"key", key},
		{"projection", projectionText(projection)},
	}}
}

// attributeTypes are the types of key attributes.
type attributeTypes []types.AttributeDefinition

// keyText is a key like "sub HASH S, id RANGE S".
func (attributes attributeTypes) keyText(schema []types.KeySchemaElement) string {
	elements := make([]string, len(schema))
	for i, element := range schema {
		name := aws.ToString(element.AttributeName)
		elements[i] = fmt.Sprintf("%s %s %s", name, element.KeyType, attributes.of(name))
	}
	return strings.Join(elements, ", ")
}

func (attributes attributeTypes) of(name string) types.ScalarAttributeType {
	for _, attribute := range attributes {
		if aws.ToString(attribute.AttributeName) == name {
			return attribute.AttributeType
		}
	}
	return "of unknown type"
}

func projectionText(projection *types.Projection) string {
	if projection == nil {
		return "unknown"
	}
	text := string(projection.ProjectionType)
	if len(projection.NonKeyAttributes) > 0 {
		text += " " + strings.Join(slices.Sorted(slices.Values(projection.NonKeyAttributes)), ", ")
	}
	return text
}
