package main

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPage_ShowsItems(t *testing.T) {
	command := start(t)
	storeDemo(t, command)
	assert.Contains(t, command.page(t, "?table=package.credentials"), "sub id public_key salt secret_key_hash "+
		"open S sub 3 S ci S pk_11_9 B redacted, 24 bytes B redacted, 44 bytes")
	assert.Contains(t, command.page(t, "?table=missing"), "missing Requested resource not found")
	assert.Contains(t, command.page(t, "?table=package.specs&after=x"), "invalid character")
	assert.Contains(t, command.page(t, "?table=package.specs&index=none"), "index none: not found")
	assert.Contains(t, command.page(t, "?table=package.specs&item=x"), "invalid character")
	assert.Contains(t, command.page(t, "?table=package.specs&item={}"), "The provided key element does not match the schema")
	assert.Contains(t, command.page(t, `?table=package.credentials&item={"sub":{"S":"a"},"id":{"S":"a"}}`), "there is no such item")
	assert.Equal(t, 79, command.countItems(t, "?table=package.specs"))
}

// countItems counts the items on a page of a table and on those that follow.
func (s *started) countItems(t *testing.T, query string) (items int) {
	t.Helper()
	next := regexp.MustCompile(`href="([^"]*)">Next page`)
	for link := []string{"", query}; link != nil; {
		body, _ := s.get(t, pagePath+html.UnescapeString(link[1]))
		items += strings.Count(body, ">open</a>")
		link = next.FindStringSubmatch(body)
	}
	return items
}

func TestPage_ShowsTables(t *testing.T) {
	command := start(t)
	storeStory(t, command)
	shown := command.page(t, "?table=service.downloads")
	assert.Contains(t, shown, "service.downloads Time to live: expires_at Read through Partition key Sort key Has Items "+
		"the table spec S day S all attributes 3 byDay global index day S spec S all attributes 3 spec = Query")
	assert.Contains(t, shown, "N 1900000000 2030-03-17 17:46:40 UTC ")
	assert.Contains(t, shown, `SS ["openapi-generator/7.9","xxx`)
	assert.Contains(t, shown, strings.Repeat("x", 300)+`"] N 40 `) // once it is opened
	shown = command.page(t, "?table=service.downloads&index=byDay&value=2026-11-30")
	assert.Contains(t, shown, "day = Query All items spec day clients downloads expires_at open S pets S 2026-11-30 SS ")
	assert.NotContains(t, shown, "S 2026-12-01")
	assert.Contains(t, command.page(t, "?table=package.specs"), "Time to live: none Read through Partition key Sort key Has Items "+
		"the table sub S updated_at_id S all attributes 5 idUpdatedAt local index sub S id_updated_at S all attributes 5 sub = Query")

	body, _ := command.get(t, pagePath+"?table=service.downloads&index=byDay&value=2026-12-01")
	item := regexp.MustCompile(`href="([^"]*)">open`).FindStringSubmatch(body)
	require.Len(t, item, 2)
	shown = command.page(t, html.UnescapeString(item[1]))
	assert.Contains(t, shown, "One item expires 2030-03-19 17:46:40 UTC { ")
	_, document, _ := strings.Cut(shown, " UTC ")
	assert.JSONEq(t, `{"spec": {"S": "pets"}, "day": {"S": "2026-12-01"}, "downloads": {"N": "42"}, "expires_at": {"N": "1900172800"},
		"clients": {"SS": ["openapi-generator/7.9", "`+strings.Repeat("x", 300)+`"]}}`, document)
}

// A value is typed as the key of the table or of the index is.
func TestPage_QueriesByKeysOfAllTypes(t *testing.T) {
	command := start(t)
	command.send(t, "CreateTable", `{"TableName": "typed", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "n", "AttributeType": "N"}, {"AttributeName": "b", "AttributeType": "B"}, {"AttributeName": "s", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
		"LocalSecondaryIndexes": [{"IndexName": "local", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}],
			"Projection": {"ProjectionType": "KEYS_ONLY"}}],
		"GlobalSecondaryIndexes": [{"IndexName": "binary", "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}],
			"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]}},
			{"IndexName": "two", "KeySchema": [{"AttributeName": "s", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "HASH"}],
			"Projection": {"ProjectionType": "ALL"}}]}`)
	for i := range 120 {
		command.send(t, "PutItem", fmt.Sprintf(`{"TableName": "typed", "Item": {"n": {"N": "%d"}, "s": {"S": "%03d"}, "b": {"B": "AA=="}, "z": {"S": "z"}}}`, i%2, i))
	}
	for query, want := range map[string]int{
		"":                             120,
		"&value=":                      120,
		"&value=1":                     60,
		"&value=+1.0":                  60,
		"&value=2":                     0,
		"&index=local&value=1":         60,
		"&index=binary":                120,
		"&index=binary&value=AA%3D%3D": 120,
		"&index=binary&value=AQ%3D%3D": 0,
		"&index=two&value=007&value=AA%3D%3D&value=more": 1,
	} {
		assert.Equal(t, want, command.countItems(t, "?table=typed"+query), query)
	}
	assert.Contains(t, command.page(t, "?table=typed&value=one"), "The parameter cannot be converted to a numeric value: one")
	assert.Contains(t, command.page(t, "?table=typed&index=binary&value=%21"), "the value of b is binary, in base64: illegal base64 data")
	assert.Contains(t, command.page(t, "?table=typed&index=two&value=007"), "empty binary value")
	shown := command.page(t, "?table=typed&index=binary&value=AA%3D%3D")
	assert.Contains(t, shown, " local index n N b B keys 120 ")
	assert.Contains(t, shown, "binary global index b B keys, x, y 120 ")
	assert.Contains(t, shown, "two global index s S , b B all attributes 120 ")
	assert.Contains(t, shown, "b = Query All items Next page n s b open N ")
}

func TestPage_ShowsManyTablesAndAttributes(t *testing.T) {
	command := start(t)
	for i := range 300 {
		_, err := command.client.CreateTable(t.Context(), newTable(fmt.Sprintf("table-%03d", i)))
		require.NoError(t, err)
	}
	item := attributes{"id": &types.AttributeValueMemberS{Value: "a"}}
	for i := range 50 {
		item[fmt.Sprintf("x%02d", i)] = &types.AttributeValueMemberBOOL{Value: true}
	}
	_, err := command.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table-299"), Item: item})
	require.NoError(t, err)
	shown := command.page(t, "?table=table-299")
	assert.Contains(t, shown, "table-000 0 table-001 0 ")
	assert.Contains(t, shown, "21 more attributes are shown with each item. id x00 ")
	assert.NotContains(t, shown, "x29")
}

func TestNewValueView(t *testing.T) {
	shown := func(name string, value types.AttributeValue) valueView {
		return newValueView(encode(attributes{name: value})[name])
	}
	medium := &types.AttributeValueMemberS{Value: strings.Repeat("ü", 200)}
	long := &types.AttributeValueMemberS{Value: strings.Repeat("x", 10_001)}
	binary := &types.AttributeValueMemberB{Value: []byte("1234567")}
	nested := &types.AttributeValueMemberM{Value: attributes{
		"b":    &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberN{Value: "1"}}},
		"a":    &types.AttributeValueMemberBOOL{Value: true},
		"salt": binary,
	}}
	assert.Equal(t, valueView{Type: "S", Text: strings.Repeat("ü", 75) + "… (400 bytes)", Opened: medium.Value}, shown("title", medium))
	assert.Equal(t, strings.Repeat("x", 10_000)+"… (10001 bytes)", shown("title", long).Opened)
	assert.Equal(t, valueView{Type: "M", Text: `{"a":{"BOOL":true},"b":{"L":[{"N":"1"}]},"salt":{"B":"redacted, 7 bytes"}}`}, shown("title", nested))
	assert.Equal(t, valueView{Type: "M", Text: "redacted"}, shown("salt", nested))
	assert.Equal(t, valueView{Type: "S", Text: "redacted"}, shown("secret_key_hash", medium))
	assert.Equal(t, valueView{}, newValueView(nil))
}

func TestExpiryDate(t *testing.T) {
	for number, want := range map[string]string{
		"1800000000": "2027-01-15 08:00:00 UTC", "1800000000.9": "2027-01-15 08:00:00 UTC", "0": "1970-01-01 00:00:00 UTC",
		"-1": "", "1E+100": "", "1800000000000": "",
	} {
		assert.Equal(t, want, expiryDate(map[string]any{"N": number}), number)
	}
	assert.Empty(t, expiryDate(map[string]any{"S": "1800000000"}))
	assert.Empty(t, expiryDate(nil))
}
