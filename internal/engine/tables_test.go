package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

func TestTables_ComeAndGo(t *testing.T) {
	now := time.UnixMilli(1700000000123)
	e := engine.New(engine.WithClock(func() time.Time { return now }))
	const created = `"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},"TableThroughputModeSummary":{"TableThroughputMode":"PAY_PER_REQUEST"},`
	const later = `"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":1700000000.123},
		"TableThroughputModeSummary":{"TableThroughputMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":1700000000.123},`
	const warm = `"WarmThroughput":{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"},`
	const deleted = `"DeletionProtectionEnabled":false,"ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":0,"WriteCapacityUnits":0},
		"TableArn":"arn:aws:dynamodb:us-east-1:123456789012:table/users","TableId":"00000000-0000-4000-8000-000000000001","TableName":"users"`
	const description = deleted + `,"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"CreationDateTime":1700000000.123`
	const create = `{"TableName":"users","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`
	perform(t, e, []exchange{
		{"a new table is being created", "CreateTable", create,
			`{"TableDescription":{` + created + description + `,"ItemCount":0,"TableSizeBytes":0,"TableStatus":"CREATING"}}`},
		{"and is active at once", "DescribeTable", `{"TableName":"users"}`,
			`{"Table":{` + later + warm + description + `,"ItemCount":0,"TableSizeBytes":0,"TableStatus":"ACTIVE"}}`},
		{"a second table of the name is rejected", "CreateTable", create, "ResourceInUseException: Table already exists: users"},
		{"an item counts", "PutItem", `{"TableName":"users","Item":{"id":{"S":"a"},"n":{"N":"12"}}}`, `{}`},
		{"with its size", "DescribeTable", `{"TableName":"users"}`,
			`{"Table":{` + later + warm + description + `,"ItemCount":1,"TableSizeBytes":6,"TableStatus":"ACTIVE"}}`},
		{"a deleted table is described in part", "DeleteTable", `{"TableName":"users"}`,
			`{"TableDescription":{` + later + deleted + `,"ItemCount":1,"TableSizeBytes":6,"TableStatus":"DELETING"}}`},
		{"and is gone", "DescribeTable", `{"TableName":"users"}`, "ResourceNotFoundException: Requested resource not found: Table: users not found"},
		{"for deleting too", "DeleteTable", `{"TableName":"users"}`, "ResourceNotFoundException: Requested resource not found: Table: users not found"},
		{"and for items", "GetItem", `{"TableName":"users","Key":{"id":{"S":"a"}}}`, "ResourceNotFoundException: Requested resource not found"},
	})
}

func TestCreateTable_ATableCreatedAgainIsEmpty(t *testing.T) {
	e := newEngine(t)
	put(t, e, `{"holder":{"S":"u"},"mark":{"S":"1"}}`)
	call(t, e, "DeleteTable", `{"TableName":"specs"}`)
	call(t, e, "CreateTable", createSpecs)
	equal(t, "Scan", call(t, e, "Scan", `{"TableName":"specs"}`), `{"Items":[],"Count":0,"ScannedCount":0}`)
}

func TestDeleteTable_AProtectedTable(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", strings.Replace(createSpecs, "{", `{"DeletionProtectionEnabled":true,`, 1))
	name, message := refuse(t, e, "DeleteTable", `{"TableName":"specs"}`)
	assert.Equal(t, "ValidationException", name)
	assert.Equal(t, "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.", message)
	call(t, e, "DescribeTable", `{"TableName":"specs"}`)
}

func TestDescribeTable_Indexes(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", createIndexed)
	put(t, e, `{"p":{"S":"a"},"s":{"S":"b"},"g":{"S":"c"},"x":{"S":"dd"},"y":{"S":"e"}}`)
	table := call(t, e, "DescribeTable", `{"TableName":"specs"}`)["Table"].(map[string]any)
	equal(t, "LocalSecondaryIndexes", table["LocalSecondaryIndexes"], `[{"IndexArn":"arn:aws:dynamodb:us-east-1:123456789012:table/specs/index/local","IndexName":"local",
		"IndexSizeBytes":6,"ItemCount":1,"KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"g","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]`)
	equal(t, "GlobalSecondaryIndexes", table["GlobalSecondaryIndexes"], `[{"IndexArn":"arn:aws:dynamodb:us-east-1:123456789012:table/specs/index/global","IndexName":"global",
		"IndexSizeBytes":9,"IndexStatus":"ACTIVE","ItemCount":1,"KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],
		"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]},"ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":3,"WriteCapacityUnits":4},
		"WarmThroughput":{"ReadUnitsPerSecond":3,"WriteUnitsPerSecond":4,"Status":"ACTIVE"}}]`)
	equal(t, "ProvisionedThroughput", table["ProvisionedThroughput"], `{"NumberOfDecreasesToday":0,"ReadCapacityUnits":1,"WriteCapacityUnits":2}`)
	deleted := call(t, e, "DeleteTable", `{"TableName":"specs"}`)["TableDescription"]
	assert.NotContains(t, deleted, "LocalSecondaryIndexes")
	assert.NotContains(t, deleted, "GlobalSecondaryIndexes")
}

func TestListTables(t *testing.T) {
	e := engine.New()
	for _, name := range []string{"bbb", "aaa", "ccc", "A-1"} {
		call(t, e, "CreateTable", strings.Replace(createSpecs, "specs", name, 1))
	}
	perform(t, e, []exchange{
		{"tables are listed by name", "ListTables", `{}`, `{"TableNames":["A-1","aaa","bbb","ccc"]}`},
		{"up to a limit", "ListTables", `{"Limit":2}`, `{"TableNames":["A-1","aaa"],"LastEvaluatedTableName":"aaa"}`},
		{"from where the last page ended", "ListTables", `{"Limit":2,"ExclusiveStartTableName":"aaa"}`, `{"TableNames":["bbb","ccc"]}`},
		{"a bad start", "ListTables", `{"ExclusiveStartTableName":"a!","Limit":101}`,
			"ValidationException: 3 validation errors detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100; " +
				"Value 'a!' at 'exclusiveStartTableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; " +
				"Value 'a!' at 'exclusiveStartTableName' failed to satisfy constraint: Member must have length greater than or equal to 3"},
	})
}

func TestTables_Names(t *testing.T) {
	long := strings.Repeat("a", 256)
	perform(t, newEngine(t), []exchange{
		{"an empty name", "DescribeTable", `{"TableName":""}`, "ValidationException: 1 validation error detected: Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a long name", "Scan", `{"TableName":"` + long + `"}`, "ValidationException: 1 validation error detected: Value '" + long + "' at 'tableName' failed to satisfy constraint: Member must have length less than or equal to 255"},
		{"a short name of a new table", "CreateTable", strings.Replace(createSpecs, "specs", "ab", 1), "ValidationException: 1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3"},
	})
}

// put stores an item in the table "specs".
func put(tb testing.TB, e *engine.Engine, item string) {
	tb.Helper()
	call(tb, e, "PutItem", `{"TableName":"specs","Item":`+item+`}`)
}

// createIndexed creates a table with a local and a global index.
const createIndexed = `{"TableName":"specs","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2},
	"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"s","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}],
	"LocalSecondaryIndexes":[{"IndexName":"local","KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"g","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],
	"GlobalSecondaryIndexes":[{"IndexName":"global","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]},
		"ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":4}}]}`

func TestAccount_Descriptions(t *testing.T) {
	perform(t, engine.New(), []exchange{
		{"limits", "DescribeLimits", `{}`, `{"AccountMaxReadCapacityUnits":80000,"AccountMaxWriteCapacityUnits":80000,"TableMaxReadCapacityUnits":40000,"TableMaxWriteCapacityUnits":40000}`},
	})
}
