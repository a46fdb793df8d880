package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// memoryStore is a store in memory.
type memoryStore struct {
	buckets map[string]map[string][]byte
	commits int
	fail    error // fails every commit
}

func (s *memoryStore) Commit(entries []engine.Entry) error {
	if s.fail != nil {
		return s.fail
	}
	s.commits++
	for _, x := range entries {
		switch {
		case x.Key == nil:
			delete(s.buckets, x.Bucket)
		case x.Value == nil:
			delete(s.buckets[x.Bucket], string(x.Key))
		case s.buckets[x.Bucket] == nil:
			s.buckets[x.Bucket] = map[string][]byte{}
			fallthrough
		default:
			s.buckets[x.Bucket][string(x.Key)] = bytes.Clone(x.Value)
		}
	}
	return nil
}

func (s *memoryStore) Load(_ context.Context, load func(engine.Entry) error) error {
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		for _, key := range slices.Sorted(maps.Keys(s.buckets[name])) {
			if err := load(engine.Entry{Bucket: name, Key: []byte(key), Value: s.buckets[name][key]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// items returns how many items are stored.
func (s *memoryStore) items() (n int) {
	for name, bucket := range s.buckets {
		if strings.HasPrefix(name, "items ") {
			n += len(bucket)
		}
	}
	return n
}

func newMemoryStore() *memoryStore {
	return &memoryStore{buckets: map[string]map[string][]byte{}}
}

// openStore returns an engine with what is in the store, at the time of a fixed clock.
func openStore(tb testing.TB, s engine.Store) *engine.Engine {
	tb.Helper()
	e, err := engine.Open(tb.Context(), s, engine.WithClock(func() time.Time { return time.UnixMilli(1700000000123) }))
	require.NoError(tb, err)
	return e
}

// content returns the descriptions of all tables and their items.
func content(tb testing.TB, e *engine.Engine) map[string]any {
	tb.Helper()
	tables := map[string]any{}
	for _, name := range call(tb, e, "ListTables", `{}`)["TableNames"].([]any) {
		body := fmt.Sprintf(`{"TableName":%q}`, name)
		described := call(tb, e, "DescribeTable", body)
		arn := described["Table"].(map[string]any)["TableArn"]
		tables[name.(string)] = []any{
			described, call(tb, e, "Scan", body), call(tb, e, "DescribeTimeToLive", body),
			call(tb, e, "ListTagsOfResource", fmt.Sprintf(`{"ResourceArn":%q}`, arn)),
		}
	}
	return tables
}

const (
	createUsers = `{"TableName":"users","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"}],
		"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`
	storedItem = `{"holder":{"S":"<ä\u2028&>\n"},"mark":{"S":"\u0000"},"id":{"S":"i"},"all":{"L":[{"B":"AP8="},{"N":"1E+2"},{"NULL":true},
		{"BOOL":false},{"M":{"m":{"SS":["b","a"]}}},{"NS":["2","1"]},{"BS":["AA=="]},{"S":""}]}}`
	storedTransaction = `{"ClientRequestToken":"t","TransactItems":[
		{"Put":{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"2"}},"ConditionExpression":"attribute_not_exists(mark)"}},
		{"Delete":{"TableName":"users","Key":{"id":{"N":"1"}}}},
		{"ConditionCheck":{"TableName":"users","Key":{"id":{"N":"2"}},"ConditionExpression":"attribute_not_exists(id)"}}]}`
)

// stored are requests that are one commit each, except for the last one.
var stored = []struct{ operation, body string }{
	{"CreateTable", createSpecs},
	{"CreateTable", createUsers},
	{"PutItem", `{"TableName":"specs","Item":` + storedItem + `}`},
	{"PutItem", `{"TableName":"users","Item":{"id":{"N":"1"}}}`},
	{"TransactWriteItems", storedTransaction},
	{"PutItem", `{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"2"},"n":{"N":"2"}}}`},
	{"DeleteItem", `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"2"}}}`},
	{"DeleteTable", `{"TableName":"users"}`},
	{"CreateTable", createUsers},
	{"PutItem", `{"TableName":"users","Item":{"id":{"N":"3"},"mail":{"S":"a"}}}`},
	{"PutItem", `{"TableName":"users","Item":{"id":{"N":"5"},"mail":{"N":"0"},"expiry":{"N":"1700000001"}}}`},
	{"UpdateTable", `{"TableName":"users","AttributeDefinitions":[{"AttributeName":"mail","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{
		"IndexName":"byMail","KeySchema":[{"AttributeName":"mail","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}}]}`},
	{"UpdateTimeToLive", `{"TableName":"users","TimeToLiveSpecification":{"AttributeName":"expiry","Enabled":true}}`},
	{"TagResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/users","Tags":[{"Key":"k","Value":"v"},{"Key":"l","Value":""}]}`},
	{"UntagResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/users","TagKeys":["l"]}`},
	{"UpdateTable", `{"TableName":"users","BillingMode":"PROVISIONED","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5},
		"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"byMail","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5}}}]}`},
	{"UpdateTable", `{"TableName":"users","ProvisionedThroughput":{"ReadCapacityUnits":4,"WriteCapacityUnits":6},"DeletionProtectionEnabled":true}`},
	{"UpdateItem", `{"TableName":"users","Key":{"id":{"N":"3"}},"UpdateExpression":"SET mail = if_not_exists(a, :a) ADD n :n",
		"ExpressionAttributeValues":{":a":{"S":"b"},":n":{"N":"1"}}}`},
	{"TransactWriteItems", `{"TransactItems":[{"Update":{"TableName":"users","Key":{"id":{"N":"3"}},"UpdateExpression":"REMOVE mail"}},
		{"Update":{"TableName":"users","Key":{"id":{"N":"6"}},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"1"}}}}]}`},
	{"UpdateTimeToLive", `{"TableName":"users","TimeToLiveSpecification":{"AttributeName":"expiry","Enabled":false}}`},
	{"UpdateTable", `{"TableName":"users","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"byMail"}}]}`},
	{"CreateTable", strings.Replace(createSpecs, `{"TableName":"specs"`, `{"tablename":"other","TableName":"third","nested":`+
		strings.Repeat("[", 9_999)+strings.Repeat("]", 9_999), 1)},
	{"DeleteItem", `{"TableName":"users","Key":{"id":{"N":"4"}}}`},
}

func TestOpen_KeepsWhatWasStored(t *testing.T) {
	s := newMemoryStore()
	e := openStore(t, s)
	for i, request := range stored {
		call(t, e, request.operation, request.body)
		want := content(t, e)
		e = openStore(t, s)
		assert.Equal(t, want, content(t, e), "after %d: %s", i, request.operation)
		assert.Equal(t, min(i+1, len(stored)-1), s.commits, "after %d: %s", i, request.operation)
	}
	call(t, e, "TransactWriteItems", storedTransaction) // a token that is known changes nothing
	assert.NotContains(t, call(t, e, "GetItem", `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"2"}}}`), "Item")
}

// An index leaves out an item that had an impossible key for it before it was created, also after a load.
func TestOpen_BuildsIndexesAsBackfillingDoes(t *testing.T) {
	s := newMemoryStore()
	e := openStore(t, s)
	for _, request := range stored[1:12] {
		newRecorder(e, request.operation, request.body) // some find no table
	}
	scan := func() any {
		return call(t, e, "Scan", `{"TableName":"users","IndexName":"byMail"}`)["Items"]
	}
	equal(t, "before", scan(), `[{"id":{"N":"3"},"mail":{"S":"a"}}]`)
	e = openStore(t, s)
	equal(t, "after", scan(), `[{"id":{"N":"3"},"mail":{"S":"a"}}]`)
}

func TestEngine_ChangesNothingThatItsStoreRefuses(t *testing.T) {
	s := newMemoryStore()
	e := openStore(t, s)
	for _, request := range stored[:len(stored)-4] { // with an index and time to live
		call(t, e, request.operation, request.body)
	}
	want := content(t, e)
	s.fail = errors.New("no space left on device")
	const arn = `"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/users"`
	for _, request := range []struct{ operation, body string }{
		{"PutItem", `{"TableName":"users","Item":{"id":{"N":"1"}}}`},
		{"UpdateItem", `{"TableName":"users","Key":{"id":{"N":"3"}},"UpdateExpression":"REMOVE mail"}`},
		{"DeleteItem", `{"TableName":"users","Key":{"id":{"N":"3"}}}`},
		{"TransactWriteItems", `{"ClientRequestToken":"f","TransactItems":[{"Put":{"TableName":"users","Item":{"id":{"N":"1"}}}}]}`},
		{"BatchWriteItem", `{"RequestItems":{"users":[{"PutRequest":{"Item":{"id":{"N":"1"}}}}]}}`},
		{"CreateTable", strings.Replace(createSpecs, "specs", "others", 1)},
		{"DeleteTable", `{"TableName":"specs"}`},
		{"UpdateTable", `{"TableName":"users","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"byMail"}}]}`},
		{"UpdateTable", `{"TableName":"users","DeletionProtectionEnabled":false,"ProvisionedThroughput":{"ReadCapacityUnits":9,"WriteCapacityUnits":9}}`},
		{"UpdateTimeToLive", `{"TableName":"users","TimeToLiveSpecification":{"AttributeName":"expiry","Enabled":false}}`},
		{"TagResource", `{` + arn + `,"Tags":[{"Key":"k","Value":"new"}]}`},
		{"UntagResource", `{` + arn + `,"TagKeys":["k"]}`},
	} {
		response := newRecorder(e, request.operation, request.body)
		assert.Equal(t, http.StatusInternalServerError, response.Code, request.operation)
		assert.Contains(t, response.Body.String(), "no space left on device", request.operation)
		assert.Equal(t, want, content(t, e), request.operation)
	}
	s.fail = nil
	call(t, e, "TransactWriteItems", `{"ClientRequestToken":"f","TransactItems":[{"Put":{"TableName":"users","Item":{"id":{"N":"1"}}}}]}`)
	assert.NotEqual(t, want, content(t, e), "the token of a transaction that failed")
}

func TestEngine_DeletesExpiredItemsInItsStore(t *testing.T) {
	s := newMemoryStore()
	now := time.Unix(1_700_000_000, 0)
	e, err := engine.Open(t.Context(), s, engine.WithClock(func() time.Time { return now }), engine.WithExpiryDelay(time.Hour))
	require.NoError(t, err)
	call(t, e, "CreateTable", createSpecs)
	call(t, e, "UpdateTimeToLive", specifyTTL("ttl", true))
	for n := range 3 {
		put(t, e, fmt.Sprintf(`{"holder":{"S":"u"},"mark":{"S":"%d"},"ttl":{"N":"%d"}}`, n, 1_700_000_000+10*n))
	}
	count := func() any { return call(t, e, "Scan", scanSpecs)["Count"] }
	now = now.Add(time.Hour + time.Second)
	s.fail = errors.New("no space left on device")
	assert.EqualValues(t, 3, count(), "without the store, expired items stay")
	s.fail = nil
	now = now.Add(time.Second)
	assert.EqualValues(t, 2, count())
	assert.Equal(t, 2, s.items())

	now = now.Add(10 * time.Second)
	e, err = engine.Open(t.Context(), s, engine.WithClock(func() time.Time { return now }), engine.WithExpiryDelay(time.Hour))
	require.NoError(t, err)
	assert.EqualValues(t, 1, count(), "after a load")
	assert.Equal(t, 1, s.items())
}

func TestEngine_RemovesExpiredTokensFromItsStore(t *testing.T) {
	s := newMemoryStore()
	now := time.Unix(1_700_000_000, 0)
	e, err := engine.Open(t.Context(), s, engine.WithClock(func() time.Time { return now }))
	require.NoError(t, err)
	call(t, e, "CreateTable", createUsers)
	transact := func(token string) {
		call(t, e, "TransactWriteItems", fmt.Sprintf(
			`{"ClientRequestToken":%q,"TransactItems":[{"Put":{"TableName":"users","Item":{"id":{"N":"1"}}}}]}`, token))
	}
	transact("a")
	now = now.Add(5 * time.Minute)
	transact("b")
	assert.Len(t, s.buckets["tokens"], 2)
	e, err = engine.Open(t.Context(), s, engine.WithClock(func() time.Time { return now }))
	require.NoError(t, err)
	now = now.Add(5 * time.Minute)
	transact("a")
	assert.Len(t, s.buckets["tokens"], 2, "b and the new a")
	now = now.Add(5 * time.Minute)
	call(t, e, "ListTables", `{}`)
	assert.Len(t, s.buckets["tokens"], 1, "the new a")
	e, err = engine.Open(t.Context(), s, engine.WithClock(func() time.Time { return now }))
	require.NoError(t, err)
	now = now.Add(5 * time.Minute)
	s.fail = errors.New("no space left on device")
	call(t, e, "ListTables", `{}`)
	assert.Len(t, s.buckets["tokens"], 1)
	s.fail = nil
	now = now.Add(time.Second)
	call(t, e, "ListTables", `{}`)
	assert.Empty(t, s.buckets["tokens"], "after a load")
}

func TestOpen_RejectsWhatAnEngineDidNotStore(t *testing.T) {
	s := newMemoryStore()
	call(t, openStore(t, s), "CreateTable", createSpecs)
	const items = "items 00000000-0000-4000-8000-000000000001"
	for _, test := range []struct{ name, bucket, key, value, want string }{
		{"a definition", "definitions", "x", "{", "unexpected end of JSON input"},
		{"an item", items, "x", `{"holder":{"S":"u"}`, "malformed JSON"},
		{"an item without a key", items, "x", `{"holder":{"S":"u"}}`, "item without the key of table specs"},
		{"an item of no table", "items x", "x", `{"holder":{"S":"u"}}`, "item of an unknown table"},
		{"a token", "tokens", "12345678t", "", "unexpected end of JSON input"},
		{"a token without a time", "tokens", "t", "{}", "token without a time"},
		{"a bucket", "other", "x", "{}", `unknown bucket "other"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			damaged := memoryStore{buckets: maps.Clone(s.buckets)}
			damaged.buckets[test.bucket] = map[string][]byte{test.key: []byte(test.value)}
			_, err := engine.Open(t.Context(), &damaged)
			assert.EqualError(t, err, test.want)
		})
	}
}

func TestOpen_KeepsTheOrderOfConcurrentRequests(t *testing.T) {
	s := newMemoryStore()
	e := openStore(t, s)
	var workers sync.WaitGroup
	for worker := range 4 {
		workers.Go(func() {
			for i := range 50 {
				// Some find no table; the others must come back in their order.
				newRecorder(e, "CreateTable", createUsers)
				newRecorder(e, "PutItem", fmt.Sprintf(`{"TableName":"users","Item":{"id":{"N":"%d"},"n":{"N":"%d"}}}`, i%3, worker))
				if i%7 == worker {
					newRecorder(e, "DeleteTable", `{"TableName":"users"}`)
				}
			}
		})
	}
	workers.Wait()
	want := content(t, e)
	assert.Equal(t, want, content(t, openStore(t, s)))
}
