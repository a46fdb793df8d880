package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// streamOf returns what a described table shows of its stream.
func streamOf(tb testing.TB, table any) string {
	tb.Helper()
	part := map[string]any{}
	for _, member := range []string{"StreamSpecification", "LatestStreamArn", "LatestStreamLabel"} {
		if value, ok := table.(map[string]any)[member]; ok {
			part[member] = value
		}
	}
	return text(tb, part)
}

// latestStream returns the members that name the latest stream of the table "specs".
func latestStream(label string) string {
	return `"LatestStreamArn":"` + specsARN + `/stream/` + label + `","LatestStreamLabel":"` + label + `"`
}

func TestStreams_EnabledAndDisabled(t *testing.T) {
	s := newMemoryStore()
	e := openStore(t, s)
	update := func(stream string) string {
		return streamOf(t, call(t, e, "UpdateTable", updateSpecs(`"StreamSpecification":`+stream))["TableDescription"])
	}
	describe := func() string { return streamOf(t, call(t, e, "DescribeTable", `{"TableName":"specs"}`)["Table"]) }
	const first, second = "2023-11-14T22:13:20.123", "2023-11-14T22:13:20.124" // the clock stands still

	created := call(t, e, "CreateTable", strings.Replace(createSpecs, "{", `{"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"},`, 1))
	want := `{` + latestStream(first) + `,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}}`
	assert.Equal(t, want, streamOf(t, created["TableDescription"]))
	assert.Equal(t, want, describe())

	want = `{` + latestStream(first) + `}`
	assert.Equal(t, want, update(`{"StreamEnabled":false}`), "the latest stream is known when it is disabled")
	assert.Equal(t, want, describe())
	e = openStore(t, s)
	assert.Equal(t, want, describe(), "and stored")

	want = `{` + latestStream(second) + `,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}}`
	assert.Equal(t, want, update(`{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}`), "another stream, in the same millisecond")
	e = openStore(t, s)
	assert.Equal(t, want, describe())
	call(t, e, "UpdateTable", updateSpecs(`"DeletionProtectionEnabled":false`))
	assert.Equal(t, want, describe(), "after another update")
	assert.Equal(t, want, streamOf(t, call(t, e, "DeleteTable", `{"TableName":"specs"}`)["TableDescription"]))
}

func TestStreams_NeverEnabled(t *testing.T) {
	e := engine.New()
	created := call(t, e, "CreateTable", strings.Replace(createSpecs, "{", `{"StreamSpecification":{"StreamEnabled":false},`, 1))
	assert.Equal(t, "{}", streamOf(t, created["TableDescription"]))
	assert.Equal(t, "{}", streamOf(t, call(t, e, "DescribeTable", `{"TableName":"specs"}`)["Table"]))
}

func TestStreams_Errors(t *testing.T) {
	const invalid = "ValidationException: One or more parameter values were invalid: "
	const enable, disable = `"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}`, `"StreamSpecification":{"StreamEnabled":false}`
	e := engine.New()
	call(t, e, "CreateTable", createProvisioned)
	perform(t, e, []exchange{
		{"no view type", "UpdateTable", updateSpecs(`"StreamSpecification":{"StreamEnabled":true}`), invalid + "If stream is being enabled then UpdateViewType is required"},
		{"a view type of none", "UpdateTable", updateSpecs(`"StreamSpecification":{"StreamEnabled":false,"StreamViewType":"NEW_IMAGE"}`), invalid + "If stream is being disabled, then UpdateViewType must not be specified"},
		{"nothing", "UpdateTable", updateSpecs(`"StreamSpecification":{}`), "ValidationException: 1 validation error detected: Value null at 'streamSpecification.streamEnabled' failed to satisfy constraint: Member must not be null"},
		{"none to disable", "UpdateTable", updateSpecs(disable), "ValidationException: Table has no stream to disable: TableName: specs"},
		{"with throughput", "UpdateTable", updateSpecs(enable + `,"ProvisionedThroughput":{"ReadCapacityUnits":7,"WriteCapacityUnits":7}`), invalid + "You cannot modify stream status while updating table IOPS"},
		{"with an index", "UpdateTable", updateSpecs(enable + `,"GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"byG"}}]`), invalid + "You cannot create or delete index while changing stream status"},
	})
	call(t, e, "UpdateTable", updateSpecs(enable+`,"BillingMode":"PAY_PER_REQUEST"`))
	perform(t, e, []exchange{
		{"enabled already", "UpdateTable", updateSpecs(enable), "ValidationException: Table already has an enabled stream: TableName: specs"},
		{"another view type", "UpdateTable", strings.Replace(updateSpecs(`"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"OLD_IMAGE"}`), "specs", specsARN, 1),
			"ValidationException: Table already has an enabled stream: TableName: specs"},
	})
}
