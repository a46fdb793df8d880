package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// warmOf returns the JSON of the warm throughput of a described table, and then of its global indexes.
func warmOf(tb testing.TB, table any) (all []string) {
	tb.Helper()
	add := func(part any) {
		warm, _ := part.(map[string]any)["WarmThroughput"].(map[string]any)
		all = append(all, text(tb, warm))
	}
	add(table)
	indexes, _ := table.(map[string]any)["GlobalSecondaryIndexes"].([]any)
	for _, index := range indexes {
		add(index)
	}
	return all
}

// warm returns the JSON of a warm throughput.
func warm(read, write, status string) string {
	return `{"ReadUnitsPerSecond":` + read + `,"Status":"` + status + `","WriteUnitsPerSecond":` + write + `}`
}

const createOnDemand = `{"TableName":"specs","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],
	"GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]}`

func TestWarmThroughput_OfCapacity(t *testing.T) {
	for _, table := range []struct {
		name, create string
		want         []string
	}{
		{"on demand", createOnDemand, []string{warm("12000", "4000", "ACTIVE"), warm("12000", "4000", "ACTIVE")}},
		{"provisioned", createProvisioned, []string{warm("5", "6", "ACTIVE"), warm("1", "2", "ACTIVE")}},
	} {
		e := engine.New()
		created := call(t, e, "CreateTable", table.create)["TableDescription"]
		assert.Equal(t, []string{"null", "null"}, warmOf(t, created), "%s: the response to CreateTable", table.name)
		assert.Equal(t, table.want, warmOf(t, call(t, e, "DescribeTable", `{"TableName":"specs"}`)["Table"]), table.name)
	}
}

func TestWarmThroughput_Requested(t *testing.T) {
	e := engine.New()
	update := func(members string) map[string]any {
		return call(t, e, "UpdateTable", updateSpecs(members))["TableDescription"].(map[string]any)
	}
	now := func() []string { return warmOf(t, call(t, e, "DescribeTable", `{"TableName":"specs"}`)["Table"]) }
	created := call(t, e, "CreateTable", strings.Replace(createOnDemand, "{", `{"WarmThroughput":{"ReadUnitsPerSecond":13000},`, 1))
	assert.Equal(t, []string{warm("13000", "4000", "UPDATING"), "null"}, warmOf(t, created["TableDescription"]))
	assert.Equal(t, []string{warm("13000", "4000", "ACTIVE"), warm("12000", "4000", "ACTIVE")}, now())

	updated := update(`"WarmThroughput":{"WriteUnitsPerSecond":5000},"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"byG","WarmThroughput":{"ReadUnitsPerSecond":14000}}}]`)
	assert.Equal(t, []string{warm("13000", "4000", "UPDATING"), warm("12000", "4000", "UPDATING")}, warmOf(t, updated), "old values")
	assert.Equal(t, "ACTIVE", updated["TableStatus"])
	assert.Equal(t, "ACTIVE", updated["GlobalSecondaryIndexes"].([]any)[0].(map[string]any)["IndexStatus"])
	assert.Equal(t, []string{warm("13000", "5000", "ACTIVE"), warm("14000", "4000", "ACTIVE")}, now())

	updated = update(`"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byH",
		"KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"},"WarmThroughput":{"ReadUnitsPerSecond":15000}}}]`)
	assert.Equal(t, []string{warm("13000", "5000", "ACTIVE"), warm("14000", "4000", "ACTIVE"), warm("15000", "4000", "UPDATING")}, warmOf(t, updated))
	assert.Equal(t, warm("15000", "4000", "ACTIVE"), now()[2])
}

// TestWarmThroughput_IsKept checks that it is the largest capacity that there ever was.
func TestWarmThroughput_IsKept(t *testing.T) {
	e := engine.New()
	call(t, e, "CreateTable", strings.Replace(createProvisioned, "{", `{"WarmThroughput":{},`, 1))
	throughput := func(units string) string {
		return `"ProvisionedThroughput":{"ReadCapacityUnits":` + units + `,"WriteCapacityUnits":` + units + `}`
	}
	index := func(units string) string {
		return `"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"byG",` + throughput(units) + `}}]`
	}
	for _, step := range []struct{ update, table, index string }{
		{throughput("9"), warm("9", "9", "ACTIVE"), warm("1", "2", "ACTIVE")},
		{index("7"), warm("9", "9", "ACTIVE"), warm("7", "7", "ACTIVE")},
		{throughput("1") + "," + index("1"), warm("9", "9", "ACTIVE"), warm("7", "7", "ACTIVE")},
		{`"BillingMode":"PAY_PER_REQUEST"`, warm("12000", "4000", "ACTIVE"), warm("12000", "4000", "ACTIVE")},
		{`"BillingMode":"PROVISIONED",` + throughput("2") + "," + index("2"), warm("12000", "4000", "ACTIVE"), warm("12000", "4000", "ACTIVE")},
	} {
		call(t, e, "UpdateTable", updateSpecs(step.update))
		got := warmOf(t, call(t, e, "DescribeTable", `{"TableName":"specs"}`)["Table"])
		assert.Equal(t, []string{step.table, step.index}, got, step.update)
	}
}

func TestWarmThroughput_Errors(t *testing.T) {
	const lower = "ValidationException: One or more parameter values were invalid: Requested "
	const start = " is lower than initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
	const current = " is lower than current WarmThroughput, decreasing WarmThroughput is not supported"
	e := engine.New()
	create := func(definition, units, old string) string {
		return strings.Replace(definition, old, old+`"WarmThroughput":{`+units+`},`, 1)
	}
	index := func(update string) string { return updateSpecs(`"GlobalSecondaryIndexUpdates":[{` + update + `}]`) }
	perform(t, e, []exchange{
		{"less reads than on demand", "CreateTable", create(createOnDemand, `"ReadUnitsPerSecond":11999,"WriteUnitsPerSecond":1`, "{"), lower + "ReadUnitsPerSecond for WarmThroughput for table" + start},
		{"less writes than on demand", "CreateTable", create(createOnDemand, `"WriteUnitsPerSecond":3999`, "{"), lower + "WriteUnitsPerSecond for WarmThroughput for table" + start},
		{"less reads than provisioned", "CreateTable", create(createProvisioned, `"ReadUnitsPerSecond":4`, "{"), lower + "ReadUnitsPerSecond for WarmThroughput for table is lower than ReadCapacityUnits of ProvisionedThroughput"},
		{"less writes than provisioned", "CreateTable", create(createProvisioned, `"ReadUnitsPerSecond":5,"WriteUnitsPerSecond":5`, "{"), lower + "WriteUnitsPerSecond for WarmThroughput for table is lower than WriteCapacityUnits of ProvisionedThroughput"},
		{"less of an index", "CreateTable", create(createOnDemand, `"ReadUnitsPerSecond":1`, `"GlobalSecondaryIndexes":[{`), lower + "ReadUnitsPerSecond for WarmThroughput for index byG" + start},
	})
	call(t, e, "CreateTable", createOnDemand)
	perform(t, e, []exchange{
		{"a decrease", "UpdateTable", updateSpecs(`"WarmThroughput":{"ReadUnitsPerSecond":11999}`), lower + "ReadUnitsPerSecond for WarmThroughput for table" + current},
		{"a decrease of an index", "UpdateTable", index(`"Update":{"IndexName":"byG","WarmThroughput":{"WriteUnitsPerSecond":-1}}`), lower + "WriteUnitsPerSecond for WarmThroughput for index byG" + current},
		{"none of a table, which counts as absent", "UpdateTable", updateSpecs(`"WarmThroughput":{}`), "ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"},
		{"none of an index", "UpdateTable", index(`"Update":{"IndexName":"ghost","WarmThroughput":{}}`), "ValidationException: One or more parameter values were invalid: WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for index: ghost"},
		{"less of a new index", "UpdateTable", updateSpecs(`"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byH",
			"KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"},"WarmThroughput":{"ReadUnitsPerSecond":1}}}]`), lower + "ReadUnitsPerSecond for WarmThroughput for index byH" + start},
		{"with another change", "UpdateTable", updateSpecs(`"WarmThroughput":{"ReadUnitsPerSecond":13000},"DeletionProtectionEnabled":true`), "ValidationException: One or more parameter values were invalid: WarmThroughput must be the only operation in the request"},
		{"with a deleted index", "UpdateTable", updateSpecs(`"WarmThroughput":{"ReadUnitsPerSecond":13000},"GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"byG"}}]`), "ValidationException: One or more parameter values were invalid: WarmThroughput must be the only operation in the request"},
		{"with a new index", "UpdateTable", updateSpecs(`"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"}],"WarmThroughput":{"ReadUnitsPerSecond":13000},"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byH",
			"KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}]`), "ValidationException: One or more parameter values were invalid: Create global secondary index cannot be specified when updating WarmThroughput"},
	})
	call(t, e, "UpdateTable", updateSpecs(`"WarmThroughput":{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000}`))
	call(t, e, "UpdateTable", updateSpecs(`"WarmThroughput":{},"DeletionProtectionEnabled":true`))
}
