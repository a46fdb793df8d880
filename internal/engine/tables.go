package engine

import (
	"slices"
	"strconv"
)

const arnPrefix = "arn:aws:dynamodb:us-east-1:000000000000:table/"

func (e *Engine) createTable(request document) ([]byte, error) {
	var definition tableDefinition
	if err := request.read(&definition); err != nil {
		return nil, err
	}
	if err := definition.constrain(); err != nil {
		return nil, err
	}
	if err := definition.validate(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	name := *definition.name
	if e.tables[name] != nil {
		return nil, dynamoDBException("ResourceInUseException", "Table already exists: "+name)
	}
	e.ids++
	t := newTable(&definition, e.ids, e.now())
	e.tables[name] = t
	return t.describe("TableDescription", "CREATING"), nil
}

// tableName is the input of the operations that take nothing but a table.
type tableName struct {
	name *string
}

func (in *tableName) field(name string, value document) error {
	if name == "TableName" {
		return value.string(&in.name)
	}
	return nil
}

func (in *tableName) constrain() error {
	var c constraints
	c.tableName(in.name)
	return c.err()
}

func (in *tableName) read(request document) (string, error) {
	if err := request.read(in); err != nil {
		return "", err
	}
	if err := in.constrain(); err != nil {
		return "", err
	}
	return *in.name, nil
}

func (e *Engine) deleteTable(request document) ([]byte, error) {
	name, err := new(tableName).read(request)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.tables[name]
	if t == nil {
		return nil, tableNotFound(name)
	}
	if t.protected {
		return nil, validation("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	delete(e.tables, name)
	return t.describe("TableDescription", "DELETING"), nil
}

func (e *Engine) describeTable(request document) ([]byte, error) {
	name, err := new(tableName).read(request)
	if err != nil {
		return nil, err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	t := e.tables[name]
	if t == nil {
		return nil, tableNotFound(name)
	}
	return t.describe("Table", "ACTIVE"), nil
}

// table finds a table that is to be used.
func (e *Engine) table(name string) (*table, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if t := e.tables[name]; t != nil {
		return t, nil
	}
	return nil, resourceNotFound()
}

// current tells whether the table is still there, under e.mu. A request that
// began on a table that was deleted meanwhile does not find it.
func (e *Engine) current(t *table) error {
	if e.tables[t.name] != t {
		return resourceNotFound()
	}
	return nil
}

type listTablesInput struct {
	limit *int64
	after *string
}

func (in *listTablesInput) field(name string, value document) error {
	switch name {
	case "Limit":
		return value.integer("Integer", &in.limit)
	case "ExclusiveStartTableName":
		return value.string(&in.after)
	}
	return nil
}

func (e *Engine) listTables(request document) ([]byte, error) {
	var in listTablesInput
	if err := request.read(&in); err != nil {
		return nil, err
	}
	var c constraints
	c.atLeast("limit", in.limit, 1)
	c.atMost("limit", in.limit, 100)
	c.name("exclusiveStartTableName", in.after, 3)
	if err := c.err(); err != nil {
		return nil, err
	}
	limit := 100
	if in.limit != nil {
		limit = int(*in.limit)
	}
	names := e.tableNames(in.after)
	more := len(names) > limit
	names = names[:min(limit, len(names))]
	answer := newAnswer(0)
	if more {
		answer = append(answer, `"LastEvaluatedTableName":`...)
		answer = appendString(answer, names[limit-1])
		answer = append(answer, ',')
	}
	answer = append(answer, `"TableNames":`...)
	answer = appendStrings(answer, names)
	return append(answer, '}'), nil
}

// tableNames are the names in order, those after a given one if there is one.
func (e *Engine) tableNames(after *string) []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	names := make([]string, 0, len(e.tables))
	for name := range e.tables {
		if after == nil || name > *after {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// describe is the answer of the control plane: the table under a member of the
// given name, in the given status.
func (t *table) describe(member, status string) []byte {
	dst := append([]byte(`{"`), member...)
	dst = append(dst, `":{"AttributeDefinitions":[`...)
	for i, a := range t.definition.attributes {
		dst = appendComma(dst, i)
		dst = append(dst, `{"AttributeName":`...)
		dst = appendString(dst, *a.name)
		dst = append(dst, `,"AttributeType":"`+*a.kind+`"}`...)
	}
	dst = append(dst, `],"CreationDateTime":`...)
	dst = appendTime(dst, t.created)
	dst = append(dst, `,"DeletionProtectionEnabled":`...)
	dst = strconv.AppendBool(dst, t.protected)
	dst = append(dst, `,"ItemCount":`...)
	dst = appendInt(dst, t.views[0].tree.Len())
	dst = append(dst, `,"KeySchema":`...)
	dst = appendKeySchema(dst, t.definition.keys)
	if t.definition.onDemand() {
		dst = append(dst, `,"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":`...)
		dst = appendTime(dst, t.created)
		dst = append(dst, `},"TableThroughputModeSummary":{"TableThroughputMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":`...)
		dst = appendTime(dst, t.created)
		dst = append(dst, '}')
	}
	dst = append(dst, `,"ProvisionedThroughput":`...)
	dst = t.definition.throughput.appendJSON(dst)
	dst = append(dst, `,"TableArn":`...)
	dst = appendString(dst, t.arn())
	dst = append(dst, `,"TableId":`...)
	dst = appendString(dst, t.id)
	dst = append(dst, `,"TableName":`...)
	dst = appendString(dst, t.name)
	dst = append(dst, `,"TableSizeBytes":`...)
	dst = appendInt(dst, t.views[0].bytes)
	if t.definition.tableClass != nil {
		dst = append(dst, `,"TableClassSummary":{"TableClass":"`+*t.definition.tableClass+`"}`...)
	}
	dst = append(dst, `,"TableStatus":"`+status+`"`...)
	dst = t.describeIndexes(dst, "LocalSecondaryIndexes", t.definition.local, "")
	dst = t.describeIndexes(dst, "GlobalSecondaryIndexes", t.definition.global, status)
	return append(dst, `}}`...)
}

func (t *table) arn() string { return arnPrefix + t.name }

// describeIndexes appends one kind of index. Only global indexes have a status
// and a throughput.
func (t *table) describeIndexes(dst []byte, member string, indexes []indexDefinition, status string) []byte {
	if len(indexes) == 0 {
		return dst
	}
	dst = append(dst, `,"`+member+`":[`...)
	for i, x := range indexes {
		v := t.view(*x.name)
		dst = appendComma(dst, i)
		dst = append(dst, `{"IndexArn":`...)
		dst = appendString(dst, t.arn()+"/index/"+*x.name)
		dst = append(dst, `,"IndexName":`...)
		dst = appendString(dst, *x.name)
		dst = append(dst, `,"IndexSizeBytes":`...)
		dst = appendInt(dst, v.bytes)
		if status != "" {
			dst = append(dst, `,"IndexStatus":"`+status+`","ProvisionedThroughput":`...)
			dst = x.throughput.appendJSON(dst)
		}
		dst = append(dst, `,"ItemCount":`...)
		dst = appendInt(dst, v.tree.Len())
		dst = append(dst, `,"KeySchema":`...)
		dst = appendKeySchema(dst, x.keys)
		dst = append(dst, `,"Projection":{`...)
		if x.projection.attributes != nil {
			dst = append(dst, `"NonKeyAttributes":`...)
			dst = appendStrings(dst, x.projection.attributes)
			dst = append(dst, ',')
		}
		dst = append(dst, `"ProjectionType":"`+*x.projection.kind+`"}}`...)
	}
	return append(dst, ']')
}

func (t *throughput) appendJSON(dst []byte) []byte {
	var read, write int64
	if t != nil {
		read, write = *t.read, *t.write
	}
	dst = append(dst, `{"NumberOfDecreasesToday":0,"ReadCapacityUnits":`...)
	dst = strconv.AppendInt(dst, read, 10)
	dst = append(dst, `,"WriteCapacityUnits":`...)
	dst = strconv.AppendInt(dst, write, 10)
	return append(dst, '}')
}

func appendKeySchema(dst []byte, keys []keySchemaElement) []byte {
	dst = append(dst, '[')
	for i, k := range keys {
		dst = appendComma(dst, i)
		dst = append(dst, `{"AttributeName":`...)
		dst = appendString(dst, *k.name)
		dst = append(dst, `,"KeyType":"`+*k.kind+`"}`...)
	}
	return append(dst, ']')
}
