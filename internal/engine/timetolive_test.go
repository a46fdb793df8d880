package engine_test

import (
	"fmt"
	"net/http"
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

// clocked is an engine with a table with time to live, and its clock.
type clocked struct {
	*engine.Engine
	now time.Time
}

// newClocked returns an engine with an empty table "specs", at a time that is easy to add to.
func newClocked(t *testing.T, options ...engine.Option) *clocked {
	t.Helper()
	c := &clocked{now: time.Unix(1_700_000_000, 0)}
	c.Engine = engine.New(append(options, engine.WithClock(func() time.Time { return c.now }))...)
	call(t, c, "CreateTable", createSpecs)
	return c
}

func expiringItem(mark, ttl string) string {
	return `{"holder":{"S":"u"},"mark":{"S":"` + mark + `"},"id":{"S":"i"},"ttl":` + ttl + `}`
}

// marks returns the marks of all items, as the handler returns them to a query of the index.
func marks(t *testing.T, e http.Handler) (all string) {
	t.Helper()
	for _, item := range call(t, e, "Query", queryIndex)["Items"].([]any) {
		all += item.(map[string]any)["mark"].(map[string]any)["S"].(string)
	}
	return all
}

func TestTimeToLive_ExpiredItemsStayForTwoDays(t *testing.T) {
	const hour = int64(time.Hour / time.Second)
	c := newClocked(t)
	at := func(after int64) string { return fmt.Sprintf(`{"N":"%d"}`, c.now.Unix()+after) }
	put(t, c.Engine, expiringItem("a", at(-49*hour)))
	put(t, c.Engine, expiringItem("b", at(-47*hour)))
	call(t, c, "UpdateTimeToLive", specifyTTL("ttl", true))
	assert.Equal(t, "b", marks(t, c), "expired before it was enabled: 49 and 47 hours ago")
	put(t, c.Engine, expiringItem("c", at(0)))
	put(t, c.Engine, expiringItem("d", at(hour)))

	c.now = c.now.Add(3 * time.Hour)
	assert.Equal(t, "cd", marks(t, c), "both expired")
	equal(t, "Scan", call(t, c, "Scan", `{"TableName":"specs","Select":"COUNT"}`), `{"Count":2,"ScannedCount":2}`)
	equal(t, "ItemCount", described(t, c.Engine, "ItemCount"), `{"ItemCount":2}`)
	key := `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"d"}}`
	equal(t, "UpdateItem", call(t, c, "UpdateItem", key+`,"UpdateExpression":"SET x = #t","ConditionExpression":"attribute_exists(#t)","ExpressionAttributeNames":{"#t":"ttl"}}`), `{}`)
	equal(t, "GetItem", call(t, c, "GetItem", key+`,"ProjectionExpression":"x"}`), `{"Item":{"x":{"N":"1700003600"}}}`)
	put(t, c.Engine, expiringItem("e", at(-50*hour)))
	assert.Equal(t, "cd", marks(t, c), "written 50 hours after its expiry")

	c.now = c.now.Add(45 * time.Hour)
	assert.Equal(t, "cd", marks(t, c), "48 hours to the second after the expiry of c")
	c.now = c.now.Add(time.Second)
	assert.Equal(t, "d", marks(t, c))
	call(t, c, "UpdateItem", key+`,"UpdateExpression":"SET #t = :t","ExpressionAttributeNames":{"#t":"ttl"},"ExpressionAttributeValues":{":t":`+at(hour)+`}}`)
	c.now = c.now.Add(49 * time.Hour)
	assert.Equal(t, "d", marks(t, c), "renewed after its expiry")
	c.now = c.now.Add(time.Second)
	assert.Empty(t, marks(t, c))
}

func TestTimeToLive_JumpsOfTheClock(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, operation := range []struct{ name, body string }{
		{"GetItem", getSpec},
		{"Scan", `{"TableName":"specs"}`},
		{"PutItem", `{"TableName":"specs","Item":{"holder":{"S":"v"},"mark":{"S":"1"}}}`},
		{"ListTables", `{}`},
		{"DescribeTable", `{"TableName":"specs"}`},
		{"UpdateTimeToLive", specifyTTL("ttl", false)},
	} {
		t.Run(operation.name, func(t *testing.T) {
			c := newClocked(t)
			call(t, c, "UpdateTimeToLive", specifyTTL("ttl", true))
			soon, later := c.now.Add(time.Hour), c.now.Add(2*year)
			put(t, c.Engine, expiringItem("a", fmt.Sprintf(`{"N":"%d"}`, soon.Unix())))
			put(t, c.Engine, expiringItem("b", fmt.Sprintf(`{"N":"%d"}`, later.Unix())))
			put(t, c.Engine, expiringItem("c", fmt.Sprintf(`{"N":"%d"}`, c.now.Add(-5*year-time.Second).Unix())))
			put(t, c.Engine, expiringItem("d", fmt.Sprintf(`{"N":"%d"}`, c.now.Add(-5*year).Unix())))
			put(t, c.Engine, expiringItem("e", fmt.Sprintf(`{"N":"%d"}`, c.now.Add(20*year).Unix())))
			c.now = c.now.Add(10 * year)
			send(t, c, operation.name, operation.body)
			assert.Equal(t, "ce", marks(t, c), "of a jump beyond the age at which an expiry counts no longer")
		})
	}
}

func TestTimeToLive_Snapshots(t *testing.T) {
	c := newClocked(t)
	call(t, c, "UpdateTimeToLive", specifyTTL("ttl", true))
	put(t, c.Engine, expiringItem("a", `{"N":"1700000000"}`))
	put(t, c.Engine, expiringItem("b", `{"N":"1700003600"}`))
	s := c.Snapshot()
	c.now = c.now.Add(48*time.Hour + time.Second)
	assert.Equal(t, "b", marks(t, s))
	c.now = c.now.Add(time.Hour)
	assert.Empty(t, marks(t, c))
	assert.Empty(t, marks(t, s))
}

func TestTimeToLive_WithoutDelay(t *testing.T) {
	c := newClocked(t, engine.WithExpiryDelay(0))
	store := func(mark, ttl string) { put(t, c.Engine, expiringItem(mark, ttl)) }
	store("a", `{"N":"1699999999"}`)
	store("b", `{"N":"1700000010"}`)
	store("c", `{"N":"1700000010.5"}`)
	store("d", `{"S":"1600000000"}`)
	store("e", `{"N":"0"}`)
	store("f", `{"N":"1500000000"}`)
	store("g", `{"N":"1e100"}`)
	assert.Equal(t, "abcdefg", marks(t, c), "without time to live")

	call(t, c, "UpdateTimeToLive", specifyTTL("ttl", true))
	assert.Equal(t, "bcdefg", marks(t, c), "expired before it was enabled; what is no time, or five years past, stays")
	store("h", `{"N":"1700000005"}`)
	c.now = c.now.Add(5 * time.Second)
	assert.Equal(t, "bcdefgh", marks(t, c), "in its last second")
	c.now = c.now.Add(time.Second)
	assert.Equal(t, "bcdefg", marks(t, c), "after its last second")
	c.now = c.now.Add(5 * time.Second)
	equal(t, "an expired item", call(t, c, "GetItem", `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"b"}}}`), `{}`)
	assert.Equal(t, "defg", marks(t, c))
	equal(t, "ItemCount", described(t, c.Engine, "ItemCount"), `{"ItemCount":4}`)
	store("i", `{"N":"1700000000"}`)
	assert.Equal(t, "defg", marks(t, c), "expired when it was written")

	store("j", `{"N":"1700000020"}`)
	call(t, c, "UpdateTimeToLive", specifyTTL("ttl", false))
	c.now = c.now.Add(time.Hour)
	assert.Equal(t, "defgj", marks(t, c), "disabled")
}

func TestTimeToLive_DelayOfPartsOfASecond(t *testing.T) {
	c := newClocked(t, engine.WithExpiryDelay(1500*time.Millisecond))
	call(t, c, "UpdateTimeToLive", specifyTTL("ttl", true))
	put(t, c.Engine, expiringItem("a", `{"N":"1700000000"}`))
	c.now = c.now.Add(2 * time.Second)
	assert.Equal(t, "a", marks(t, c))
	c.now = c.now.Add(time.Second)
	assert.Empty(t, marks(t, c))
}
