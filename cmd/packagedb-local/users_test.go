package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// storeStory stores what the demo does, with a service's own table of downloads, and makes requests that
// are refused.
func storeStory(t *testing.T, command *started) {
	t.Helper()
	const sub = "auth0|7734d7c1"
	ctx := t.Context()
	at := time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC)
	db := packagedb.New(command.client, packagedb.WithClock(func() time.Time { return at }))
	create := func(sub string, spec packagedb.SpecInput) {
		at = at.Add(17 * time.Minute)
		_, err := db.CreateUpdateSpec(ctx, sub, spec)
		require.NoError(t, err)
	}
	create(sub, packagedb.SpecInput{Name: "Pets", Version: "1.0.0", ModelCount: 2, Title: "Pets"})
	create("google-oauth2|1067907796", packagedb.SpecInput{Name: "Orders", Version: "0.9.0", ModelCount: 7, Title: "Orders and returns"})
	create(sub, packagedb.SpecInput{
		Name: "Pets", Version: "1.1.0", ModelCount: 3, Title: "Pets and their owners", Description: "Adds the owners.",
	})
	credentials := packagedb.CredentialsInput{ID: "default", PublicKey: "pk_8Zq2", SecretKeyHash: make([]byte, 32), Salt: make([]byte, 16)}
	require.NoError(t, db.CreateCredentials(ctx, sub, credentials))
	require.ErrorIs(t, db.CreateCredentials(ctx, sub, credentials), packagedb.ErrExists)

	command.send(t, "CreateTable", `{"TableName": "service.downloads", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "spec", "AttributeType": "S"}, {"AttributeName": "day", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "spec", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}],
		"GlobalSecondaryIndexes": [{"IndexName": "byDay", "Projection": {"ProjectionType": "ALL"},
			"KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}, {"AttributeName": "spec", "KeyType": "RANGE"}]}]}`)
	command.send(t, "UpdateTimeToLive", `{"TableName": "service.downloads",
		"TimeToLiveSpecification": {"Enabled": true, "AttributeName": "expires_at"}}`)
	for n, day := range []string{"2026-11-29", "2026-11-30", "2026-12-01"} {
		command.send(t, "UpdateItem", fmt.Sprintf(`{"TableName": "service.downloads", "Key": {"spec": {"S": "pets"}, "day": {"S": %q}},
			"UpdateExpression": "ADD downloads :n SET expires_at = :e, clients = :c", "ExpressionAttributeValues": {":n": {"N": "%d"},
			":e": {"N": "%d"}, ":c": {"SS": ["openapi-generator/7.9", "%s"]}}}`, day, 40+n, 1900000000+86400*n, strings.Repeat("x", 300)))
	}
	assert.Equal(t, http.StatusBadRequest, command.post(t, "Query", `{"TableName": "service.downloads", "IndexName": "byDay",
		"KeyConditionExpression": "#day = :day", "ExpressionAttributeNames": {"#day": "day"},
		"ExpressionAttributeValues": {":day": {"S": "2026-12-01"}}, "ConsistentRead": true}`))
	_, err := db.GetUser(ctx, "pk_8Zq2")
	require.NoError(t, err)
	_, err = db.ListSpecs(ctx, sub)
	require.NoError(t, err)
}

// damage stores items that the facade cannot read, beside those of the story.
func damage(t *testing.T, command *started) {
	t.Helper()
	const item = `"sub": {"S": "auth0|7734d7c1"}, "name": {"S": "x"}, "updated_at": {"S": "1700000000"}, "version": {"S": "1.0.0"}`
	for _, key := range []string{
		`"updated_at_id": {"S": "latest#broken-latest"}, "id_updated_at": {"S": "broken-latest#latest"}, "id": {"S": "broken-latest"}`,
		`"updated_at_id": {"S": "00000000001700000000#broken-latest"}, "id_updated_at": {"S": "broken-latest#00000000001700000000"},
			"id": {"S": "broken-latest"}, "model_count": {"N": "4"}`,
		`"updated_at_id": {"S": "latest#broken-history"}, "id_updated_at": {"S": "broken-history#latest"}, "id": {"S": "broken-history"},
			"model_count": {"N": "5"}`,
		`"updated_at_id": {"S": "00000000001700000000#broken-history"}, "id_updated_at": {"S": "broken-history#00000000001700000000"},
			"id": {"S": "broken-history"}, "model_count": {"N": "5.5"}`,
	} {
		command.send(t, "PutItem", `{"TableName": "package.specs", "Item": {`+item+`, `+key+`}}`)
	}
	command.send(t, "PutItem", `{"TableName": "package.credentials", "Item": {"sub": {"S": "auth0|7734d7c1"}, "id": {"S": "broken"},
		"public_key": {"S": "pk_broken"}, "salt": {"S": "the salt"}}}`)
}

func TestPage_FindsUsers(t *testing.T) {
	command := start(t)
	db := packagedb.New(command.client)
	spec := packagedb.SpecInput{Name: "pets", Version: "1.0.0"}
	for i := range shownUsers + 1 {
		_, err := db.CreateUpdateSpec(t.Context(), fmt.Sprintf("auth0|%03d", i), spec)
		require.NoError(t, err)
	}
	require.NoError(t, db.CreateCredentials(t.Context(), "google|007", packagedb.CredentialsInput{
		ID: "id", PublicKey: "key", SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	}))
	for query, want := range map[string][]string{
		"":                     nil, // the first of all
		"?user=%7C007":         {"auth0|007", "google|007"},
		"?user=auth0%7C007":    {"auth0|007"},
		"?user=GOOGLE":         {"google|007"},
		"?user=google%7C007":   {"google|007"},
		"?user=auth1":          {},
		"?user=google%7C007+":  {},
		"?user=AUTH0%7C007":    {"auth0|007"},
		"?user=auth0%7C007%7C": {},
	} {
		shown := command.page(t, query)
		found := regexp.MustCompile(`(auth0|google)\|\d+ \d specs?,`).FindAllString(shown, -1)
		assert.NotContains(t, shown, "were searched", query)
		if want == nil {
			assert.Len(t, found, shownUsers, query)
			assert.Contains(t, shown, "Only the first 50 users that were found are shown.", query)
			continue
		}
		assert.Len(t, found, len(want), query)
		for _, sub := range want {
			assert.Contains(t, shown, " "+sub+" ", query)
		}
		assert.Equal(t, len(want) == 0, strings.Contains(shown, "No user’s sub contains “"), query)
	}
	assert.Contains(t, command.page(t, "?user="+strings.Repeat("x", 2049)), "table package.specs: One or more parameter values were invalid")
}

// However many users there are, the page reads some of them, says so, and finds a whole sub.
func TestPage_SearchesSomeOfManyUsers(t *testing.T) {
	command := start(t)
	db := packagedb.New(command.client)
	for i := range searchedUsers + 10 {
		require.NoError(t, db.CreateCredentials(t.Context(), fmt.Sprint("user-", i), packagedb.CredentialsInput{
			ID: "id", PublicKey: "key", SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
		}))
	}
	assert.Contains(t, command.page(t, "?user=nobody"), "Only the first 1000 users were searched. A whole sub is always found. No user’s sub contains “nobody”.")
	for _, i := range []int{0, searchedUsers / 2, searchedUsers + 9} {
		sub := fmt.Sprint("user-", i)
		assert.Contains(t, command.page(t, "?user="+sub), sub+" 0 specs, 0 models No specs Credentials Public key Hash and salt id key redacted")
	}
}

// A malformed item is shown as such, in its place, and hides nothing else.
func TestPage_ShowsMalformedItems(t *testing.T) {
	command := start(t)
	storeStory(t, command)
	damage(t, command)
	shown := command.page(t, "?user=auth0%7C7734d7c1")
	assert.Contains(t, shown, "auth0|7734d7c1 3 specs, 8 models x 1.0.0 5 models "+
		`packagedb: ListSpecVersions "broken-history" in table package.specs: malformed item with key sub "auth0|7734d7c1", `+
		`updated_at_id "00000000001700000000#broken-history": attribute model_count "5.5" is not an integer`)
	assert.Contains(t, shown, "broken-latest 1 version Version Updated (UTC) Models Title and description 1.0.0 latest 2023-11-14 22:13:20 4 "+
		`packagedb: GetSpec "broken-latest" in table package.specs: malformed item with key sub "auth0|7734d7c1", `+
		`updated_at_id "latest#broken-latest": attribute model_count is missing`)
	assert.Contains(t, shown, "Pets and their owners 1.1.0 3 models 2 versions ")
	assert.Contains(t, shown, `broken packagedb: GetCredentials "broken" in table package.credentials: malformed item with key `+
		`sub "auth0|7734d7c1", id "broken": attribute salt is not binary default pk_8Zq2 redacted`)
	assert.NotContains(t, shown, "the salt")

	shown = command.page(t, "")
	assert.Contains(t, shown, "google-oauth2|1067907796 1 spec, 7 models Orders ")
	assert.Regexp(t, `Query service\.downloads 400 \S+ index byDay · day = "2026-12-01" · consistent `+
		"ValidationException: Consistent reads are not supported on global secondary indexes ", shown)
	assert.Regexp(t, `PutItem package\.credentials 400 \S+ ConditionalCheckFailedException: The conditional request failed `, shown)
}

func TestPage_ShowsSomeOfManySpecs(t *testing.T) {
	command := start(t)
	db := packagedb.New(command.client)
	for i := range shownSpecs + 1 {
		_, err := db.CreateUpdateSpec(t.Context(), "a", packagedb.SpecInput{Name: fmt.Sprintf("spec-%02d", i), Version: "1.0.0", ModelCount: 1})
		require.NoError(t, err)
		require.NoError(t, db.CreateCredentials(t.Context(), "a", packagedb.CredentialsInput{
			ID: fmt.Sprint(i), PublicKey: "key", SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
		}))
	}
	_, err := db.CreateUpdateSpec(t.Context(), "b", packagedb.SpecInput{Name: "spec", Version: "1.0.0", ModelCount: 1})
	require.NoError(t, err)
	shown := command.page(t, "")
	assert.Contains(t, shown, "a 20+ specs, 20+ models ")
	assert.Contains(t, shown, "Only the first 20 specs are shown. ")
	assert.Contains(t, shown, "Only the first 20 credentials are shown. ")
	assert.Contains(t, shown, "b 1 spec, 1 model ")
	assert.Contains(t, command.page(t, "?user=a"), "a 21 specs, 21 models ")
}
