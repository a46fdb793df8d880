package engine

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// createTableInput has the parameters of CreateTable.
type createTableInput struct {
	caller
	tableDefinition
	Tags []tag

	ResourcePolicy, GlobalTableSettingsReplicationMode, GlobalTableSourceArn unsupported
}

func (in *createTableInput) check() error {
	if in.TableName == nil {
		return errNoTableName
	}
	var c constraints
	in.checkShape(&c)
	in.checkRegion(&c, in.TableName)
	if err := c.err(); err != nil {
		return err
	}
	return cmp.Or(in.tableDefinition.check(), checkTags(in.Tags))
}

// tableDescriptionOutput is the response of the operations that change a table.
//
//	{"TableDescription": {"TableName": "pets", "TableStatus": "CREATING", ...}}
type tableDescriptionOutput struct {
	TableDescription *tableDescription
}

func (e *Engine) createTable(in *createTableInput) (*tableDescriptionOutput, error) {
	name := tableName(*in.TableName)
	if e.tables[name] != nil {
		return nil, dynamoDBException("ResourceInUseException", "Table already exists: "+name)
	}
	number := e.ids + 1
	t := e.newTable(storedTable{
		Name:       name,
		ID:         fmt.Sprintf("00000000-0000-4000-8000-%012x", number),
		Created:    e.now(),
		Definition: &in.tableDefinition,
		Throughput: map[string]throughputHistory{},
		Tags:       map[string]string{},
	})
	if t.Definition.onDemand() {
		t.OnDemandSince = t.Created
	}
	t.setStream(in.StreamSpecification, t.Created)
	t.tag(in.Tags)
	if err := e.commitTable(t, Entry{countersBucket, []byte("tables"), binary.AppendUvarint(nil, number)}); err != nil {
		return nil, err
	}
	e.ids, e.tables[name] = number, t
	return &tableDescriptionOutput{t.describeNew(in.region)}, nil
}

// tableInput has the parameter of the operations that have no other, such as DescribeTable.
//
//	{"TableName": "pets"}
type tableInput struct {
	caller
	TableName *string
}

func (in *tableInput) check() error {
	if in.TableName == nil {
		return errNoTableName
	}
	var c constraints
	in.checkShape(&c)
	return c.err()
}

func (in *tableInput) checkShape(c *constraints) {
	c.requireName("tableName", in.TableName, 1)
	in.checkRegion(c, in.TableName)
}

var errNoTableName = validation("The parameter 'TableName' is required but was not present in the request")

func (e *Engine) deleteTable(in *tableInput) (*tableDescriptionOutput, error) {
	t, err := e.namedTable(*in.TableName)
	if err != nil {
		return nil, err
	}
	if isTrue(t.Definition.DeletionProtectionEnabled) {
		return nil, validation("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	if e.store != nil {
		if err := e.store.Commit([]Entry{{Bucket: definitionsBucket, Key: []byte(t.ID)}, {Bucket: itemsBucket + t.ID}}); err != nil {
			return nil, err
		}
	}
	delete(e.tables, t.Name)
	described := t.describe("DELETING", in.region, e.now())
	described.AttributeDefinitions, described.KeySchema, described.CreationDateTime = nil, nil, nil
	described.LocalSecondaryIndexes, described.GlobalSecondaryIndexes, described.WarmThroughput = nil, nil, nil
	return &tableDescriptionOutput{described}, nil
}

// describeTableOutput is the response of DescribeTable.
//
//	{"Table": {"TableName": "pets", "TableStatus": "ACTIVE", ...}}
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
	return &describeTableOutput{t.describe("ACTIVE", in.region, e.now())}, nil
}

// namedTable returns the table with the given name or ARN, for an operation of the control plane,
// whose errors name the table.
func (e *Engine) namedTable(nameOrARN string) (*table, error) {
	t, err := e.table(nameOrARN)
	if err != nil {
		return nil, dynamoDBException("ResourceNotFoundException", "Requested resource not found: Table: "+nameOrARN+" not found")
	}
	return t, nil
}

// listTablesInput has the parameters of ListTables.
//
//	{"ExclusiveStartTableName": "a", "Limit": 10}
type listTablesInput struct {
	Limit                   *int
	ExclusiveStartTableName *string
}

func (in *listTablesInput) check() error {
	var c constraints
	number(&c, "limit", in.Limit, 1, 100)
	c.name("exclusiveStartTableName", in.ExclusiveStartTableName, 3)
	return c.err()
}

// listTablesOutput is the response of ListTables.
//
//	{"TableNames": ["b", "pets"], "LastEvaluatedTableName": "pets"}
type listTablesOutput struct {
	LastEvaluatedTableName string `json:",omitempty"`
	TableNames             []string
}

func (e *Engine) listTables(in *listTablesInput) (*listTablesOutput, error) {
	names := slices.AppendSeq([]string{}, maps.Keys(e.tables))
	slices.Sort(names)
	if in.ExclusiveStartTableName != nil {
		names = slices.DeleteFunc(names, func(name string) bool { return name <= *in.ExclusiveStartTableName })
	}
	limit := 100
	if in.Limit != nil {
		limit = *in.Limit
	}
	if len(names) <= limit {
		return &listTablesOutput{TableNames: names}, nil
	}
	return &listTablesOutput{names[limit-1], names[:limit]}, nil
}

// noInput is the input of the operations without parameters.
type noInput struct{}

func (*noInput) check() error { return nil }

// describeLimitsOutput is the response of DescribeLimits: the quotas of an account, which the engine
// does not enforce.
type describeLimitsOutput struct {
	AccountMaxReadCapacityUnits, AccountMaxWriteCapacityUnits int
	TableMaxReadCapacityUnits, TableMaxWriteCapacityUnits     int
}

func (e *Engine) describeLimits(*noInput) (*describeLimitsOutput, error) {
	return &describeLimitsOutput{80_000, 80_000, 40_000, 40_000}, nil
}

// describeEndpointsInput has the parameters of DescribeEndpoints: none.
type describeEndpointsInput struct {
	caller
}

func (*describeEndpointsInput) check() error { return nil }

// describeEndpointsOutput is the response of DescribeEndpoints: the host that was called.
//
//	{"Endpoints": [{"Address": "dynamodb.us-east-1.amazonaws.com", "CachePeriodInMinutes": 1440}]}
type describeEndpointsOutput struct {
	Endpoints []endpointDescription
}

type endpointDescription struct {
	Address              string
	CachePeriodInMinutes int
}

func (e *Engine) describeEndpoints(in *describeEndpointsInput) (*describeEndpointsOutput, error) {
	return &describeEndpointsOutput{[]endpointDescription{{in.host, 1440}}}, nil
}
