package packagedb

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
			AttributeDefinitions: texts(attrSub, attrUpdatedAtID, attrIDUpdatedAt),
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
			AttributeDefinitions: texts(attrSub, attrID, attrPublicKey),
			KeySchema:            keySchema(attrSub, attrID),
			GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
				IndexName:  aws.String(credentialsIndex),
				KeySchema:  keySchema(attrPublicKey),
				Projection: everything,
			}},
		},
	}
}

// CreateTables creates the two tables and returns when they and their indexes are active. An
// existing table stays as it is, whatever its keys; one that is being deleted is created again.
func CreateTables(ctx context.Context, client TableClient, options ...Option) error {
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
	if errorCode(err) == "ResourceNotFoundException" {
		_, err = client.CreateTable(ctx, &want)
		var exists *types.ResourceInUseException // which a table that was just created or deleted may be
		if errors.As(err, &exists) {
			err = nil
		}
		return false, err
	}
	if err != nil {
		return false, err
	}
	isInactive := func(p part) bool { return p.status != "ACTIVE" }
	return !slices.ContainsFunc(partsOf(table), isInactive), nil
}

func describeTable(ctx context.Context, client DescribeClient, name string) (*types.TableDescription, error) {
	output, err := answered(client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)}))
	if err != nil {
		return nil, err
	}
	if output.Table == nil {
		return nil, errors.New("the server describes no table")
	}
	return output.Table, nil
}

func texts(attributes ...string) []types.AttributeDefinition {
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
