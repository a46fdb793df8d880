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

const (
	specsIndex       = "idUpdatedAt"
	credentialsIndex = "publicKey"
)

// Tables returns the inputs of CreateTable for the specs table and the credentials table, with their
// indexes, billed on demand.
func Tables(options ...Option) []dynamodb.CreateTableInput {
	s := newSettings(options)
	everything := &types.Projection{ProjectionType: types.ProjectionTypeAll}
	return []dynamodb.CreateTableInput{
		{
			TableName:            &s.specsTable,
			BillingMode:          types.BillingModePayPerRequest,
			AttributeDefinitions: stringAttributes(attrSub, attrUpdatedAtID, attrIDUpdatedAt),
			KeySchema:            keySchema(attrSub, attrUpdatedAtID),
			LocalSecondaryIndexes: []types.LocalSecondaryIndex{{
				IndexName:  aws.String(specsIndex),
				KeySchema:  keySchema(attrSub, attrIDUpdatedAt),
				Projection: everything,
			}},
		},
		{
			TableName:            &s.credentialsTable,
			BillingMode:          types.BillingModePayPerRequest,
			AttributeDefinitions: stringAttributes(attrSub, attrID, attrPublicKey),
			KeySchema:            keySchema(attrSub, attrID),
			GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
				IndexName:  aws.String(credentialsIndex),
				KeySchema:  keySchema(attrPublicKey),
				Projection: everything,
			}},
		},
	}
}

func stringAttributes(attributes ...string) []types.AttributeDefinition {
	definitions := make([]types.AttributeDefinition, len(attributes))
	for i := range attributes {
		definitions[i] = types.AttributeDefinition{
			AttributeName: &attributes[i],
			AttributeType: types.ScalarAttributeTypeS,
		}
	}
	return definitions
}

func keySchema(partition string, sort ...string) []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: &partition, KeyType: types.KeyTypeHash}}
	for i := range sort {
		schema = append(schema, types.KeySchemaElement{AttributeName: &sort[i], KeyType: types.KeyTypeRange})
	}
	return schema
}

// CreateTables creates the two tables and returns when they and their indexes are active. An existing
// table stays as it is, whatever its keys. CreateTables waits for what is being created or updated, and
// returns an error that names any other status: a table that is being deleted, for example, can be
// created once it is gone.
func CreateTables(ctx context.Context, client TableClient, options ...Option) error {
	if err := newSettings(options).tablesErr; err != nil {
		return fmt.Errorf("packagedb: create tables: %w", err)
	}
	tables := Tables(options...)
	for retry := 0; ; retry++ {
		active := 0
		for _, table := range tables {
			ready, err := createTable(ctx, client, table)
			if err != nil {
				return fmt.Errorf("packagedb: create table %s: %w", *table.TableName, err)
			}
			if ready {
				active++
			}
		}
		if active == len(tables) {
			return nil
		}
		if err := pause(ctx, retry); err != nil {
			return fmt.Errorf("packagedb: create tables: %d of %d are active: %w", active, len(tables), err)
		}
	}
}

// createTable creates the table unless it exists, and reports whether it can be used.
func createTable(ctx context.Context, client TableClient, want dynamodb.CreateTableInput) (ready bool, err error) {
	table, err := describeTable(ctx, client, *want.TableName)
	if err != nil && isMissingTable(err) {
		_, err = send(ctx, client.CreateTable, &want)
		var exists *types.ResourceInUseException // another host was faster, or it is being deleted
		if err == nil || errors.As(err, &exists) {
			// DynamoDB takes seconds, other servers none.
			table, err = describeTable(ctx, client, *want.TableName)
		}
		if err != nil && isMissingTable(err) {
			return false, nil // as long as reads lag behind
		}
	}
	if err != nil {
		return false, err
	}
	return isReady(table, wantedParts(want))
}

// isReady reports whether the wanted parts of a table that exist are active, and returns an error if one of
// them is not about to be.
func isReady(table *types.TableDescription, wanted []part) (ready bool, err error) {
	ready = true
	for _, p := range partsOf(table) {
		isWanted := slices.ContainsFunc(wanted, func(w part) bool { return w.name == p.name })
		switch {
		case !isWanted || p.status == "ACTIVE":
		case p.status == "CREATING" || p.status == "UPDATING":
			ready = false
		default:
			return false, errors.New(p.unusable())
		}
	}
	return ready, nil
}

func describeTable(ctx context.Context, client DescribeClient, name string) (*types.TableDescription, error) {
	output, err := send(ctx, client.DescribeTable, &dynamodb.DescribeTableInput{TableName: aws.String(name)})
	if err != nil {
		return nil, err
	}
	if output.Table == nil {
		return nil, errors.New("DescribeTable returned no table")
	}
	return output.Table, nil
}

// CheckTables returns nil if the two tables match, and otherwise an error with a line for each
// difference that would break a call: a missing table or index, other keys or types, a projection
// that lacks attributes, a table or index that cannot be used. It does not check the billing mode
// and further indexes.
//
// CheckTables is for readiness checks and operators. It sends one DescribeTable for each table and
// changes nothing. The options are those of [New].
func CheckTables(ctx context.Context, client DescribeClient, options ...Option) error {
	if err := newSettings(options).tablesErr; err != nil {
		return fmt.Errorf("packagedb: check tables: %w", err)
	}
	var found []error
	attributes := [][]string{slices.Concat(wholeSpec.required, optionalSpecAttributes), wholeCredentials.required}
	for i, want := range Tables(options...) {
		name := *want.TableName
		table, err := describeTable(ctx, client, name)
		if err != nil && isMissingTable(err) {
			err = fmt.Errorf("there is no such table: %w", err)
		}
		if err != nil {
			found = append(found, fmt.Errorf("packagedb: check table %s: %w", name, err))
			continue
		}
		for _, problem := range checkTable(want, table, attributes[i]) {
			found = append(found, fmt.Errorf("packagedb: check table %s: %s", name, problem))
		}
	}
	return errors.Join(found...)
}

// part is a table or index, as far as CheckTables compares it.
type part struct {
	name       string
	status     string
	key        []types.KeySchemaElement
	projection *types.Projection
}

func (p part) unusable() string {
	return fmt.Sprintf("the %s cannot be used: its status is %q", p.name, p.status)
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
			report("%s", p.unusable())
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

// describeKey returns a key as a string like "sub HASH S, id RANGE S".
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
