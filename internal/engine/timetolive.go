package engine

import (
	"math"
	"strconv"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

const (
	// never is later than every expiry.
	never = math.MaxInt64
	// maxOverdue is the age of an expiry in seconds from which the service leaves the item alone.
	maxOverdue = 5 * 365 * 24 * 60 * 60
)

// DefaultExpiryDelay is the time for which an item stays after its time to live has expired, unless
// there is another [WithExpiryDelay]. DynamoDB says that it deletes items within a few days of their
// expiry.
const DefaultExpiryDelay = 48 * time.Hour

// removalOf returns the second from which an item is removed, for time to live that looks at the item
// in the given second for the first time.
func (t *table) removalOf(item attribute.Item, now int64) int64 {
	value := item[t.TimeToLive]
	if value.Kind() != attribute.KindN {
		return never
	}
	expiry, err := strconv.ParseFloat(value.Raw(), 64)
	if err != nil || expiry > 1<<53 || expiry < float64(now-maxOverdue) {
		return never
	}
	return int64(math.Floor(expiry)) + t.engine.expiryDelay + 1
}

// expireAt makes that second, or now if it is past, the next in which an item is to be removed, unless
// there is an earlier one. No write may run at the same time.
func (e *Engine) expireAt(second, now int64) {
	if second = max(second, now); second < e.nextExpiry.Load() {
		e.nextExpiry.Store(second)
	}
}

// sweep removes the items and tokens that are due.
func (e *Engine) sweep() {
	now := e.now()
	second := now.Unix()
	if min(e.nextExpiry.Load(), e.nextToken.Load()) > second {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	expired := e.expiredItems(second)
	if e.commit(nil, tokenEntry{at: now}, expired...) != nil { // the store has logged it
		e.expireAt(second+1, second)
		e.nextToken.Store(second + 1)
		return
	}
	for i := range expired {
		expired[i].apply()
	}
	e.tokens.removeExpired(now)
	e.nextToken.Store(e.tokens.next())
}

// expiredItems returns the deletes of the items that are due, and schedules the next one. What is due is
// decided as of the second for which that was scheduled, wherever the clock is now.
func (e *Engine) expiredItems(now int64) (expired []write) {
	due := e.nextExpiry.Load()
	if due > now {
		return nil
	}
	e.nextExpiry.Store(never)
	for _, t := range e.tables {
		if t.TimeToLive == "" {
			continue
		}
		t.views[0].tree.Scan(func(x element) bool {
			if removal := t.removalOf(x.record.item, due); removal <= now {
				expired = append(expired, write{table: t, old: x.record})
			} else {
				e.expireAt(removal, now)
			}
			return true
		})
	}
	return expired
}

// updateTimeToLiveInput has the parameters of UpdateTimeToLive.
//
//	{"TableName": "pets", "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": true}}
type updateTimeToLiveInput struct {
	TableName               *string
	TimeToLiveSpecification *timeToLiveSpecification
}

type timeToLiveSpecification struct {
	AttributeName *string
	Enabled       *bool
}

// updateTimeToLiveOutput is the response of UpdateTimeToLive.
//
//	{"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": true}}
type updateTimeToLiveOutput struct {
	TimeToLiveSpecification *timeToLiveSpecification
}

func (in *updateTimeToLiveInput) check() error {
	var c constraints
	c.requireName("tableName", in.TableName, 1)
	s := in.TimeToLiveSpecification
	c.notNull("timeToLiveSpecification", s != nil)
	if s != nil {
		c.requireString("timeToLiveSpecification.attributeName", s.AttributeName, 255)
		c.notNull("timeToLiveSpecification.enabled", s.Enabled != nil)
	}
	return c.err()
}

func (e *Engine) updateTimeToLive(in *updateTimeToLiveInput) (*updateTimeToLiveOutput, error) {
	t, err := e.namedTable(*in.TableName)
	if err != nil {
		return nil, err
	}
	name, enable := *in.TimeToLiveSpecification.AttributeName, *in.TimeToLiveSpecification.Enabled
	switch {
	case t.TimeToLive == "" && !enable:
		return nil, validation("TimeToLive is already disabled")
	case t.TimeToLive != "" && t.TimeToLive != name:
		return nil, validation("TimeToLive is active on a different AttributeName: current AttributeName is %s", t.TimeToLive)
	case t.TimeToLive != "" && enable:
		return nil, validation("TimeToLive is already enabled")
	}
	after := *t
	after.TimeToLive = ""
	if enable {
		after.TimeToLive = name
	}
	if err := e.replaceTable(&after); err != nil {
		return nil, err
	}
	if enable { // some items may have expired already
		now := e.now().Unix()
		e.expireAt(now, now)
	}
	return &updateTimeToLiveOutput{in.TimeToLiveSpecification}, nil
}

// describeTimeToLiveOutput is the response of DescribeTimeToLive.
//
//	{"TimeToLiveDescription": {"AttributeName": "expires", "TimeToLiveStatus": "ENABLED"}}
type describeTimeToLiveOutput struct {
	TimeToLiveDescription timeToLiveDescription
}

type timeToLiveDescription struct {
	AttributeName    string `json:",omitempty"`
	TimeToLiveStatus string
}

func (e *Engine) describeTimeToLive(in *tableInput) (*describeTimeToLiveOutput, error) {
	t, err := e.namedTable(*in.TableName)
	switch {
	case err != nil:
		return nil, err
	case t.TimeToLive == "":
		return &describeTimeToLiveOutput{timeToLiveDescription{TimeToLiveStatus: "DISABLED"}}, nil
	}
	return &describeTimeToLiveOutput{timeToLiveDescription{t.TimeToLive, "ENABLED"}}, nil
}
