package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

const createProvisioned = `{"TableName":"specs","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":6},
	"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],
	"GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"},"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}}]}`

// updateSpecs returns an UpdateTable of the table "specs".
func updateSpecs(members string) string { return `{"TableName":"specs",` + members + `}` }

// described returns the members of the description of the table "specs".
func described(tb testing.TB, e *engine.Engine, members ...string) map[string]any {
	tb.Helper()
	table := call(tb, e, "DescribeTable", `{"TableName":"specs"}`)["Table"].(map[string]any)
	part := map[string]any{}
	for _, member := range members {
		if value, ok := table[member]; ok {
			part[member] = value
		}
	}
	return part
}

func TestUpdateTable_BillingMode(t *testing.T) {
	now := time.Unix(1000, 0)
	e := engine.New(engine.WithClock(func() time.Time { return now }))
	call(t, e, "CreateTable", createProvisioned)
	equal(t, "provisioned", described(t, e, "BillingModeSummary"), `{}`)

	now = now.Add(time.Hour)
	response := call(t, e, "UpdateTable", updateSpecs(`"BillingMode":"PAY_PER_REQUEST"`))["TableDescription"].(map[string]any)
	assert.Equal(t, "UPDATING", response["TableStatus"])
	equal(t, "the mode in the response, without its date", response["BillingModeSummary"], `{"BillingMode":"PAY_PER_REQUEST"}`)
	equal(t, "on demand", described(t, e, "TableStatus", "BillingModeSummary", "ProvisionedThroughput"), `{"TableStatus":"ACTIVE",
		"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":4600},
		"ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":0,"WriteCapacityUnits":0}}`)
	call(t, e, "UpdateTable", updateSpecs(`"BillingMode":"PAY_PER_REQUEST","OnDemandThroughput":{"MaxReadRequestUnits":9}`))

	index := `"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"byG","ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":4}}}]`
	table := `"BillingMode":"PROVISIONED","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}`
	perform(t, e, []exchange{
		{"back without throughput", "UpdateTable", updateSpecs(`"BillingMode":"PROVISIONED"`),
			"ValidationException: One or more parameter values were invalid: ProvisionedThroughput must be specified when BillingMode is PROVISIONED"},
		{"back without the index", "UpdateTable", updateSpecs(table),
			"ValidationException: One or more parameter values were invalid: ProvisionedThroughput must be specified for index: byG"},
		{"throughput on demand", "UpdateTable", updateSpecs(`"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}`),
			"ValidationException: One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"},
		{"throughput of an index on demand", "UpdateTable", updateSpecs(index),
			"ValidationException: One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: byG when BillingMode is PAY_PER_REQUEST"},
	})
	call(t, e, "UpdateTable", updateSpecs(table+","+index))
	equal(t, "provisioned again", described(t, e, "BillingModeSummary", "ProvisionedThroughput", "OnDemandThroughput"), `{
		"BillingModeSummary":{"BillingMode":"PROVISIONED","LastUpdateToPayPerRequestDateTime":4600},
		"ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":1,"WriteCapacityUnits":2}}`)
}

func TestUpdateTable_Throughput(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", createProvisioned)
	const same = " will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the %[1]s: %[2]d. Requested ReadCapacityUnits: %[2]d. " +
		"Current WriteCapacityUnits provisioned for the %[1]s: %[3]d. Requested WriteCapacityUnits: %[3]d. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
	perform(t, e, []exchange{
		{"the same for the table", "UpdateTable", updateSpecs(`"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":6}`),
			"ValidationException: The provisioned throughput for the table" + fmt.Sprintf(same, "table", 5, 6)},
		{"the same for an index", "UpdateTable", updateSpecs(`"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"byG","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}}}]`),
			"ValidationException: The provisioned throughput for the index byG" + fmt.Sprintf(same, "index", 1, 2)},
		{"none", "UpdateTable", updateSpecs(`"ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":6}`),
			"ValidationException: 1 validation error detected: Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"too much for an index", "UpdateTable", updateSpecs(`"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"byG","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1000000000001}}}]`),
			"ValidationException: Given value 1000000000001 for WriteCapacityUnits is out of bounds for index byG"},
		{"too much", "UpdateTable", updateSpecs(`"ProvisionedThroughput":{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":6}`),
			"ValidationException: Given value 1000000000001 for ReadCapacityUnits is out of bounds"},
	})
}

func TestUpdateTable_ThroughputHistory(t *testing.T) {
	now := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	e := engine.New(engine.WithClock(func() time.Time { return now }))
	call(t, e, "CreateTable", createProvisioned)
	change := func(throughput string) string { return `"ProvisionedThroughput":{` + throughput + `}` }
	index := func(throughput string) string {
		return `"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"byG",` + change(throughput) + `}}]`
	}
	throughput := func() string {
		table := described(t, e, "ProvisionedThroughput", "GlobalSecondaryIndexes")
		return text(t, table["ProvisionedThroughput"]) + text(t, table["GlobalSecondaryIndexes"].([]any)[0].(map[string]any)["ProvisionedThroughput"])
	}
	for _, step := range []struct{ update, want string }{
		{change(`"ReadCapacityUnits":10,"WriteCapacityUnits":6`),
			`{"LastIncreaseDateTime":1795550400,"NumberOfDecreasesToday":0,"ReadCapacityUnits":10,"WriteCapacityUnits":6}` +
				`{"NumberOfDecreasesToday":0,"ReadCapacityUnits":1,"WriteCapacityUnits":2}`},
		{change(`"ReadCapacityUnits":11,"WriteCapacityUnits":5`) + "," + index(`"ReadCapacityUnits":1,"WriteCapacityUnits":1`),
			`{"LastDecreaseDateTime":1795554000,"LastIncreaseDateTime":1795554000,"NumberOfDecreasesToday":1,"ReadCapacityUnits":11,"WriteCapacityUnits":5}` +
				`{"LastDecreaseDateTime":1795554000,"NumberOfDecreasesToday":1,"ReadCapacityUnits":1,"WriteCapacityUnits":1}`},
		{change(`"ReadCapacityUnits":9,"WriteCapacityUnits":5`),
			`{"LastDecreaseDateTime":1795557600,"LastIncreaseDateTime":1795554000,"NumberOfDecreasesToday":2,"ReadCapacityUnits":9,"WriteCapacityUnits":5}` +
				`{"LastDecreaseDateTime":1795554000,"NumberOfDecreasesToday":1,"ReadCapacityUnits":1,"WriteCapacityUnits":1}`},
	} {
		call(t, e, "UpdateTable", updateSpecs(step.update))
		assert.Equal(t, step.want, throughput())
		now = now.Add(time.Hour)
	}
	now = now.Add(2 * time.Hour)
	assert.Contains(t, throughput(), `"NumberOfDecreasesToday":0`)
	call(t, e, "UpdateTable", updateSpecs(change(`"ReadCapacityUnits":8,"WriteCapacityUnits":5`)))
	assert.Contains(t, throughput(), `"NumberOfDecreasesToday":1,"ReadCapacityUnits":8`)
}

func TestUpdateTable_DefinitionsThatNoKeyUses(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", createProvisioned)
	call(t, e, "UpdateTable", updateSpecs(`"AttributeDefinitions":[{"AttributeName":"n","AttributeType":"N"},{"AttributeName":"p","AttributeType":"N"},{"AttributeName":"x","AttributeType":"S"}],
		"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byN","KeySchema":[{"AttributeName":"n","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"},"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}}]`))
	equal(t, "definitions", described(t, e, "AttributeDefinitions"), `{"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"n","AttributeType":"N"}]}`)
}

func TestUpdateTable_CreatesAnIndexWithTheItemsThatAreThere(t *testing.T) {
	e := newEngine(t)
	put(t, e, `{"holder":{"S":"a"},"mark":{"S":"1"},"g":{"S":"x"},"n":{"N":"2"},"more":{"S":"m"}}`)
	put(t, e, `{"holder":{"S":"b"},"mark":{"S":"1"},"g":{"S":"x"},"n":{"N":"1"}}`)
	put(t, e, `{"holder":{"S":"c"},"mark":{"S":"1"},"g":{"S":"x"},"n":{"S":"of another type"}}`)
	put(t, e, `{"holder":{"S":"d"},"mark":{"S":"1"},"g":{"S":""},"n":{"N":"1"}}`)
	put(t, e, `{"holder":{"S":"e"},"mark":{"S":"1"}}`)
	response := call(t, e, "UpdateTable", updateSpecs(`"AttributeDefinitions":[{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"n","AttributeType":"N"}],
		"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byG","KeySchema":[{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}}]`))
	index := response["TableDescription"].(map[string]any)["GlobalSecondaryIndexes"].([]any)[0].(map[string]any)
	assert.Equal(t, "CREATING", index["IndexStatus"])
	assert.Equal(t, false, index["Backfilling"])

	query := `{"TableName":"specs","IndexName":"byG","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"x"}}}`
	equal(t, "index", call(t, e, "Query", query), `{"Count":2,"ScannedCount":2,"Items":[
		{"holder":{"S":"b"},"mark":{"S":"1"},"g":{"S":"x"},"n":{"N":"1"}},
		{"holder":{"S":"a"},"mark":{"S":"1"},"g":{"S":"x"},"n":{"N":"2"}}]}`)
	put(t, e, `{"holder":{"S":"c"},"mark":{"S":"1"},"g":{"S":"x"},"n":{"N":"3"}}`)
	assert.EqualValues(t, 3, call(t, e, "Query", query)["Count"])
	assert.EqualValues(t, 5, call(t, e, "Scan", `{"TableName":"specs"}`)["Count"])
	equal(t, "definitions", described(t, e, "AttributeDefinitions"), `{"AttributeDefinitions":[{"AttributeName":"holder","AttributeType":"S"},{"AttributeName":"mark","AttributeType":"S"},
		{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"n","AttributeType":"N"}]}`)

	response = call(t, e, "UpdateTable", updateSpecs(`"GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"byG"}}]`))
	index = response["TableDescription"].(map[string]any)["GlobalSecondaryIndexes"].([]any)[0].(map[string]any)
	assert.Equal(t, "DELETING", index["IndexStatus"])
	name, message := refuse(t, e, "Query", query)
	assert.Equal(t, "ValidationException: The table does not have the specified index: byG", name+": "+message)
	assert.Len(t, described(t, e, "GlobalSecondaryIndexes"), 0)
	assert.Len(t, described(t, e, "AttributeDefinitions")["AttributeDefinitions"], 3)
	put(t, e, `{"holder":{"S":"c"},"mark":{"S":"1"},"n":{"S":"any type again"}}`)
}

func TestUpdateTable_Errors(t *testing.T) {
	const invalid = "ValidationException: One or more parameter values were invalid: "
	e := engine.New()
	call(t, e, "CreateTable", createProvisioned)
	create := func(name, key, more string) string {
		return `{"Create":{"IndexName":"` + name + `","KeySchema":[{"AttributeName":"` + key + `","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}` + more + `}}`
	}
	const throughput = `,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}`
	indexes := func(updates ...string) string {
		return updateSpecs(`"AttributeDefinitions":[{"AttributeName":"g","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[` + strings.Join(updates, ",") + `]`)
	}
	perform(t, e, []exchange{
		{"nothing", "UpdateTable", `{"TableName":"specs"}`, "ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"},
		{"no table", "UpdateTable", `{"TableName":"none","BillingMode":"PAY_PER_REQUEST"}`, "ResourceNotFoundException: Requested resource not found: Table: none not found"},
		{"an empty change", "UpdateTable", indexes(`{}`), invalid + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"},
		{"two changes in one", "UpdateTable", indexes(`{"Delete":{"IndexName":"byG"},"Update":{"IndexName":"byG"}}`), invalid + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"},
		{"two changes of one index", "UpdateTable", indexes(`{"Delete":{"IndexName":"byG"}}`, `{"Update":{"IndexName":"byG"}}`), invalid + "Only one global secondary index update per index is allowed simultaneously. Index: byG"},
		{"two new indexes", "UpdateTable", indexes(create("one", "g", throughput), create("two", "g", throughput)), "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"},
		{"an index that exists", "UpdateTable", indexes(create("byG", "g", throughput)), "ValidationException: Attempting to create an index which already exists"},
		{"an index on an attribute that only the table defines", "UpdateTable", indexes(create("byP", "p", throughput)), invalid + "Some index key attributes are not defined in AttributeDefinitions. Keys: [p], AttributeDefinitions: [g]"},
		{"an index without throughput", "UpdateTable", indexes(create("more", "g", "")), invalid + "ProvisionedThroughput must be specified for index: more"},
		{"an index without projection", "UpdateTable", indexes(`{"Create":{"IndexName":"more","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}]}}`), "ValidationException: 1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.create.projection' failed to satisfy constraint: Member must not be null"},
		{"an update of no index", "UpdateTable", indexes(`{"Update":{}}`), "ValidationException: 1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.update.indexName' failed to satisfy constraint: Member must not be null"},
		{"another type", "UpdateTable", updateSpecs(`"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"N"}],"GlobalSecondaryIndexUpdates":[` + create("byP", "p", throughput) + `]`), invalid + "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. Attribute: p"},
		{"on-demand throughput of a provisioned table", "UpdateTable", updateSpecs(`"OnDemandThroughput":{"MaxWriteRequestUnits":1}`), invalid + "MaxWriteRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"},
	})
	equal(t, "unchanged", described(t, e, "AttributeDefinitions", "ProvisionedThroughput"), `{"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"}],
		"ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":5,"WriteCapacityUnits":6}}`)
}

func TestUpdateTable_Settings(t *testing.T) {
	e := newEngine(t)
	call(t, e, "UpdateTable", updateSpecs(`"DeletionProtectionEnabled":true`))
	call(t, e, "UpdateTable", updateSpecs(`"TableClass":"STANDARD_INFREQUENT_ACCESS"`))
	call(t, e, "UpdateTable", updateSpecs(`"SSESpecification":{"Enabled":true,"KMSMasterKeyId":"k"}`))
	call(t, e, "UpdateTable", updateSpecs(`"OnDemandThroughput":{"MaxReadRequestUnits":7}`))
	call(t, e, "UpdateTable", updateSpecs(`"WarmThroughput":{"ReadUnitsPerSecond":13000,"WriteUnitsPerSecond":5000}`))
	equal(t, "settings", described(t, e, "DeletionProtectionEnabled", "TableClassSummary", "SSEDescription", "OnDemandThroughput", "WarmThroughput"), `{
		"DeletionProtectionEnabled":true,"TableClassSummary":{"TableClass":"STANDARD_INFREQUENT_ACCESS"},
		"SSEDescription":{"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"arn:aws:kms:us-east-1:123456789012:key/k"},
		"OnDemandThroughput":{"MaxReadRequestUnits":7},"WarmThroughput":{"ReadUnitsPerSecond":13000,"WriteUnitsPerSecond":5000,"Status":"ACTIVE"}}`)
	name, _ := refuse(t, e, "DeleteTable", `{"TableName":"specs"}`)
	assert.Equal(t, "ValidationException", name)
	call(t, e, "UpdateTable", updateSpecs(`"DeletionProtectionEnabled":false`))
	call(t, e, "DeleteTable", `{"TableName":"specs"}`)
}
