package packagedb

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	specsIndex       = "idUpdatedAt"
	credentialsIndex = "publicKey"
)

// Tables returns what creates the two tables, the specs and then the credentials, with their indexes
// and billing on demand.
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

// CreateTables creates the two tables and returns when they and their indexes are active. A table
// that exists is left as it is, whatever its keys.
func CreateTables(ctx context.Context, client TableClient, options ...Option) error {
	tables := Tables(options...)
	for _, table := range tables {
		_, err := client.CreateTable(ctx, &table)
		var exists *types.ResourceInUseException
		if err != nil && !errors.As(err, &exists) {
			return failure("create table", *table.TableName, err)
		}
	}
	for _, table := range tables {
		if err := awaitActive(ctx, client, table.TableName); err != nil {
			return failure("create table", *table.TableName, err)
		}
	}
	return nil
}

func awaitActive(ctx context.Context, client TableClient, table *string) error {
	for retry := 0; ; retry++ {
		output, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: table})
		// A table that was just created may not be seen at once.
		var unseen *types.ResourceNotFoundException
		if err != nil && !errors.As(err, &unseen) {
			return err
		}
		if err == nil && isActive(output.Table) {
			return nil
		}
		if err := pause(ctx, retry); err != nil {
			return err
		}
	}
}

func isActive(table *types.TableDescription) bool {
	for _, index := range table.GlobalSecondaryIndexes {
		if index.IndexStatus != types.IndexStatusActive {
			return false
		}
	}
	return table.TableStatus == types.TableStatusActive
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
