package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const specsARN = "arn:aws:dynamodb:us-east-1:123456789012:table/specs"

// ofSpecs returns a request about the table "specs" by its ARN.
func ofSpecs(members string) string { return `{"ResourceArn":"` + specsARN + `"` + members + `}` }

func TestTags_AddedListedAndRemoved(t *testing.T) {
	e := newEngine(t)
	perform(t, e, []exchange{
		{"none", "ListTagsOfResource", ofSpecs(``), `{"Tags":[]}`},
		{"added", "TagResource", ofSpecs(`,"Tags":[{"Key":"b","Value":"1"},{"Key":"a","Value":""}]`), `{}`},
		{"listed by key", "ListTagsOfResource", ofSpecs(``), `{"Tags":[{"Key":"a","Value":""},{"Key":"b","Value":"1"}]}`},
		{"replaced", "TagResource", ofSpecs(`,"Tags":[{"Key":"a","Value":"2"}]`), `{}`},
		{"removed", "UntagResource", ofSpecs(`,"TagKeys":["b","none"]`), `{}`},
		{"left", "ListTagsOfResource", ofSpecs(``), `{"Tags":[{"Key":"a","Value":"2"}]}`},
	})
	call(t, e, "CreateTable", strings.Replace(createSpecs, `"TableName":"specs"`, `"TableName":"tagged","Tags":[{"Key":"a","Value":"b"}]`, 1))
	equal(t, "tags of a new table", call(t, e, "ListTagsOfResource", strings.Replace(ofSpecs(``), "specs", "tagged", 1)), `{"Tags":[{"Key":"a","Value":"b"}]}`)
}

func TestTags_Errors(t *testing.T) {
	const invalid = "ValidationException: One or more parameter values were invalid: "
	var many []string
	for i := range 51 {
		many = append(many, fmt.Sprintf(`{"Key":"k%d","Value":""}`, i))
	}
	long := strings.Repeat("x", 257)
	e := newEngine(t)
	call(t, e, "TagResource", ofSpecs(`,"Tags":[`+strings.Join(many[:50], ",")+`]`))
	perform(t, e, []exchange{
		{"no ARN", "ListTagsOfResource", `{}`, "ValidationException: 1 validation error detected: Value null at 'resourceArn' failed to satisfy constraint: Member must not be null"},
		{"no tags", "TagResource", ofSpecs(`,"Tags":[]`), "ValidationException: Atleast one Tag needs to be provided as Input."},
		{"no keys", "UntagResource", ofSpecs(`,"TagKeys":[]`), "ValidationException: Atleast one Tag Key needs to be provided as Input."},
		{"an ARN of another service", "ListTagsOfResource", `{"ResourceArn":"arn:aws:s3:::specs"}`, invalid + "Provided Arn is not a DynamoDB resource arn: arn:aws:s3:::specs"},
		{"a table that is not there", "ListTagsOfResource", strings.Replace(ofSpecs(``), "specs", "none", 1), "ResourceNotFoundException: Requested resource not found: ResourcArn: arn:aws:dynamodb:us-east-1:123456789012:table/none not found"},
		{"an index", "ListTagsOfResource", strings.Replace(ofSpecs(``), "specs", "specs/index/byID", 1), invalid + "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: " + specsARN + "/index/byID"},
		{"a table of another account", "ListTagsOfResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/specs"}`,
			"AccessDeniedException: User: arn:aws:iam::123456789012:root is not authorized to perform: dynamodb:ListTagsOfResource on resource: arn:aws:dynamodb:us-east-1:000000000000:table/specs"},
		{"an empty key", "TagResource", ofSpecs(`,"Tags":[{"Key":"","Value":"b"}]`), "ValidationException: The Tag Key provided is invalid, Key"},
		{"no value", "TagResource", ofSpecs(`,"Tags":[{"Key":"a"}]`), "ValidationException: The Tag Value provided is invalid, Value: null"},
		{"a long value", "TagResource", ofSpecs(`,"Tags":[{"Key":"a","Value":"` + long + `"}]`), "ValidationException: The Tag Value provided is invalid, Value: " + long},
		{"a long key", "TagResource", ofSpecs(`,"Tags":[{"Key":"` + long + `","Value":"b"}]`), "ValidationException: The Tag Key provided is invalid, Key: " + long},
		{"all characters that are allowed", "TagResource", ofSpecs(`,"Tags":[{"Key":"k1","Value":"ä 1+-=._:/@"}]`), `{}`},
		{"a resource before its tags", "TagResource", `{"ResourceArn":"specs","Tags":[]}`, invalid + "ARNs must start with 'arn:': specs"},
		{"a resource before its keys", "UntagResource", `{"ResourceArn":"specs","TagKeys":[]}`, invalid + "ARNs must start with 'arn:': specs"},
		{"a key twice", "TagResource", ofSpecs(`,"Tags":[{"Key":"a","Value":"b"},{"Key":"a","Value":"c"}]`), "ValidationException: Duplicate Tag Keys provided as input: Duplicate Tag Key found a"},
		{"a 51st tag", "TagResource", ofSpecs(`,"Tags":[` + many[50] + `]`), "ValidationException: Number of Tags exceed the current limit for the provided ResourceArn"},
		{"one of 50 again", "TagResource", ofSpecs(`,"Tags":[` + many[49] + `]`), `{}`},
	})
}

func TestTables_ByARN(t *testing.T) {
	e := newEngine(t)
	byARN := func(body string) string { return strings.Replace(body, `"specs"`, `"`+specsARN+`"`, 1) }
	call(t, e, "PutItem", byARN(`{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"1"}}}`))
	for operation, body := range map[string]string{
		"GetItem":                             `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}}}`,
		"Scan":                                `{"TableName":"specs"}`,
		"DescribeTable":                       `{"TableName":"specs"}`,
		"DescribeTimeToLive":                  `{"TableName":"specs"}`,
		"DescribeContinuousBackups":           `{"TableName":"specs"}`,
		"ListContributorInsights":             `{"TableName":"specs"}`,
		"DescribeContributorInsights":         `{"TableName":"specs"}`,
		"DescribeKinesisStreamingDestination": `{"TableName":"specs"}`,
	} {
		assert.Equal(t, call(t, e, operation, body), call(t, e, operation, byARN(body)), operation)
	}
	key := `{"holder":{"S":"u"},"mark":{"S":"1"}}`
	equal(t, "BatchGetItem", call(t, e, "BatchGetItem", byARN(`{"RequestItems":{"specs":{"Keys":[`+key+`]}}}`)), `{"Responses":{"`+specsARN+`":[`+key+`]},"UnprocessedKeys":{}}`)
	equal(t, "TransactGetItems", call(t, e, "TransactGetItems", byARN(`{"TransactItems":[{"Get":{"TableName":"specs","Key":`+key+`}}]}`)), `{"Responses":[{"Item":`+key+`}]}`)
	_, message := refuse(t, e, "DescribeTable", `{"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/specs"}`)
	assert.Equal(t, "Requested resource not found: Table: arn:aws:dynamodb:us-east-1:000000000000:table/specs not found", message)
	call(t, e, "DeleteTable", byARN(`{"TableName":"specs"}`))
	call(t, e, "CreateTable", byARN(createSpecs))
	equal(t, "tables", call(t, e, "ListTables", `{}`), `{"TableNames":["specs"]}`)
}
