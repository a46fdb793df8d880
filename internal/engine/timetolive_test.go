package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

func specifyTTL(attribute string, enabled bool) string {
	return fmt.Sprintf(`{"TableName":"specs","TimeToLiveSpecification":{"AttributeName":%q,"Enabled":%t}}`, attribute, enabled)
}

func TestTimeToLive_Settings(t *testing.T) {
	const violation = "ValidationException: 1 validation error detected: Value "
	perform(t, newEngine(t), []exchange{
		{"disabled at first", "DescribeTimeToLive", `{"TableName":"specs"}`, `{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}`},
		{"not disabled twice", "UpdateTimeToLive", specifyTTL("ttl", false), "ValidationException: TimeToLive is already disabled"},
		{"enabled", "UpdateTimeToLive", specifyTTL("ttl", true), `{"TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true}}`},
		{"described", "DescribeTimeToLive", `{"TableName":"specs"}`, `{"TimeToLiveDescription":{"AttributeName":"ttl","TimeToLiveStatus":"ENABLED"}}`},
		{"not enabled twice", "UpdateTimeToLive", specifyTTL("ttl", true), "ValidationException: TimeToLive is already enabled"},
		{"not on another attribute", "UpdateTimeToLive", specifyTTL("other", true), "ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is ttl"},
		{"not disabled on another attribute", "UpdateTimeToLive", specifyTTL("other", false), "ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is ttl"},
		{"disabled", "UpdateTimeToLive", specifyTTL("ttl", false), `{"TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":false}}`},
		{"no attribute name", "UpdateTimeToLive", specifyTTL("", true), violation + "'' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"no specification", "UpdateTimeToLive", `{"TableName":"specs"}`, violation + "null at 'timeToLiveSpecification' failed to satisfy constraint: Member must not be null"},
		{"half a specification", "UpdateTimeToLive", `{"TableName":"specs","TimeToLiveSpecification":{"AttributeName":"ttl"}}`, violation + "null at 'timeToLiveSpecification.enabled' failed to satisfy constraint: Member must not be null"},
		{"no table to update", "UpdateTimeToLive", `{"TableName":"none","TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true}}`, "ResourceNotFoundException: Requested resource not found: Table: none not found"},
		{"no table to describe", "DescribeTimeToLive", `{"TableName":"none"}`, "ResourceNotFoundException: Requested resource not found: Table: none not found"},
	})
}

func TestTimeToLive_ExpiredItemsAreDeleted(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	e := engine.New(engine.WithClock(func() time.Time { return now }))
	call(t, e, "CreateTable", createSpecs)
	store := func(mark, ttl string) {
		put(t, e, `{"holder":{"S":"u"},"mark":{"S":"`+mark+`"},"id":{"S":"i"},"ttl":`+ttl+`}`)
	}
	marks := func() (all string) {
		for _, item := range call(t, e, "Query", `{"TableName":"specs","IndexName":"byID","KeyConditionExpression":"holder = :h","ExpressionAttributeValues":{":h":{"S":"u"}}}`)["Items"].([]any) {
			all += item.(map[string]any)["mark"].(map[string]any)["S"].(string)
		}
		return all
	}
	store("a", `{"N":"1699999999"}`)
	store("b", `{"N":"1700000010"}`)
	store("c", `{"N":"1700000010.5"}`)
	store("d", `{"S":"1600000000"}`)
	store("e", `{"N":"0"}`)
	store("f", `{"N":"1500000000"}`)
	store("g", `{"N":"1e100"}`)
	assert.Equal(t, "abcdefg", marks(), "without time to live")

	call(t, e, "UpdateTimeToLive", specifyTTL("ttl", true))
	assert.Equal(t, "bcdefg", marks(), "expired before it was enabled; what is no time, or five years past, stays")
	store("h", `{"N":"1700000005"}`)
	now = now.Add(5 * time.Second)
	assert.Equal(t, "bcdefgh", marks(), "in its last second")
	now = now.Add(time.Second)
	assert.Equal(t, "bcdefg", marks(), "after its last second")
	now = now.Add(5 * time.Second)
	equal(t, "an expired item", call(t, e, "GetItem", `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"b"}}}`), `{}`)
	assert.Equal(t, "defg", marks())
	equal(t, "ItemCount", described(t, e, "ItemCount"), `{"ItemCount":4}`)
	store("i", `{"N":"1700000000"}`)
	assert.Equal(t, "defg", marks(), "expired when it was written")

	store("j", `{"N":"1700000020"}`)
	call(t, e, "UpdateTimeToLive", specifyTTL("ttl", false))
	now = now.Add(time.Hour)
	assert.Equal(t, "defgj", marks(), "disabled")
}
