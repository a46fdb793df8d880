package engine

import (
	"encoding/binary"
	"slices"
	"strings"
)

// The owner of the tables and their region.
const (
	region    = "us-east-1"
	account   = "123456789012"
	endpoint  = "dynamodb." + region + ".amazonaws.com"
	arnPrefix = "arn:aws:dynamodb:" + region + ":" + account + ":table/"
)

type tableDescribed struct {
	TableDescription *tableDescription
}

func (e *Engine) createTable(in *tableDefinition) (*tableDescribed, error) {
	name := strings.TrimPrefix(*in.TableName, arnPrefix)
	if e.tables[name] != nil {
		return nil, dynamoDBException("ResourceInUseException", "Table already exists: "+name)
	}
	number := e.ids + 1
	t := newTable(in, name, number, e.now())
	if err := e.commitTable(t, Entry{countersBucket, []byte("tables"), binary.AppendUvarint(nil, number)}); err != nil {
		return nil, err
	}
	e.ids, e.tables[name] = number, t
	return &tableDescribed{t.describe("CREATING", t.created)}, nil
}

// tableInput is the input of the operations whose only parameter is a table.
type tableInput struct {
	TableName *string
}

func (in *tableInput) check() error {
	if in.TableName == nil {
		return errNoTableName
	}
	var c constraints
	c.tableName(in.TableName)
	return c.err()
}

var errNoTableName = validation("The parameter 'TableName' is required but was not present in the request")

func (e *Engine) deleteTable(in *tableInput) (*tableDescribed, error) {
	t, err := e.namedTable(*in.TableName)
	if err != nil {
		return nil, err
	}
	if protected := t.definition.DeletionProtectionEnabled; protected != nil && *protected {
		return nil, validation("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	if err := e.commitDeletedTable(t); err != nil {
		return nil, err
	}
	delete(e.tables, t.name)
	described := t.describe("DELETING", e.now())
	described.AttributeDefinitions, described.KeySchema, described.CreationDateTime = nil, nil, nil
	described.LocalSecondaryIndexes, described.GlobalSecondaryIndexes = nil, nil
	return &tableDescribed{described}, nil
}

type describeTableOutput struct {
	Table *tableDescription
}

func (e *Engine) describeTable(in *tableInput) (*describeTableOutput, error) {
	t, err := e.namedTable(*in.TableName)
	if err != nil {
		return nil, err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	return &describeTableOutput{t.describe("ACTIVE", e.now())}, nil
}

// table returns the table with the given name or ARN, for an operation on items.
func (e *Engine) table(nameOrARN string) (*table, error) {
	if t := e.tables[strings.TrimPrefix(nameOrARN, arnPrefix)]; t != nil {
		return t, nil
	}
	return nil, resourceNotFound()
}

// namedTable returns the table with the given name or ARN, for an operation of the control plane,
// whose errors name the table.
func (e *Engine) namedTable(nameOrARN string) (*table, error) {
	t, err := e.table(nameOrARN)
	if err != nil {
		return nil, tableNotFound(nameOrARN)
	}
	return t, nil
}

type listTablesInput struct {
	Limit                   *int
	ExclusiveStartTableName *string
}

func (in *listTablesInput) check() error {
	var c constraints
	if in.Limit != nil {
		limit := int64(*in.Limit)
		c.atLeast("limit", &limit, 1)
		c.atMost("limit", &limit, 100)
	}
	c.name("exclusiveStartTableName", in.ExclusiveStartTableName, 3)
	return c.err()
}

type listTablesOutput struct {
	LastEvaluatedTableName string `json:",omitempty"`
	TableNames             []string
}

func (e *Engine) listTables(in *listTablesInput) (*listTablesOutput, error) {
	names := make([]string, 0, len(e.tables))
	for name := range e.tables {
		if in.ExclusiveStartTableName == nil || name > *in.ExclusiveStartTableName {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	limit := 100
	if in.Limit != nil {
		limit = *in.Limit
	}
	if len(names) <= limit {
		return &listTablesOutput{TableNames: names}, nil
	}
	return &listTablesOutput{names[limit-1], names[:limit]}, nil
}
