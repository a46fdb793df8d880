package engine_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// inRegion is an engine whose requests are signed for a region.
type inRegion struct {
	*engine.Engine
	region string
}

func (e inRegion) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "us-east-1", e.region, 1))
	e.Engine.ServeHTTP(w, r)
}

func TestRegions_AreThatOfTheSignature(t *testing.T) {
	all := engine.New()
	e := inRegion{all, "eu-west-1"}
	const arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/specs"
	byARN := func(body string) string { return strings.Replace(body, `"specs"`, `"`+arn+`"`, 1) }
	create := strings.Replace(createIndexed, "{", `{"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"},"SSESpecification":{"Enabled":true},`, 1)
	arns := func(operation, body, member string) []any {
		table := call(t, e, operation, body)[member].(map[string]any)
		arns := []any{table["TableArn"], table["LatestStreamArn"], table["SSEDescription"].(map[string]any)["KMSMasterKeyArn"]}
		for _, kind := range []string{"LocalSecondaryIndexes", "GlobalSecondaryIndexes"} {
			indexes, _ := table[kind].([]any)
			for _, index := range indexes {
				arns = append(arns, index.(map[string]any)["IndexArn"])
			}
		}
		return arns
	}
	want := arns("CreateTable", byARN(create), "TableDescription")
	assert.Equal(t, arn, want[0])
	for _, got := range want {
		assert.Regexp(t, `^arn:aws:(dynamodb|kms):eu-west-1:123456789012:`, got)
	}
	require.Len(t, want, 5)
	assert.Equal(t, want, arns("DescribeTable", byARN(`{"TableName":"specs"}`), "Table"))
	assert.Equal(t, want, arns("UpdateTable", byARN(updateSpecs(`"DeletionProtectionEnabled":false`)), "TableDescription"))

	call(t, e, "PutItem", byARN(`{"TableName":"specs","Item":{"p":{"S":"a"},"s":{"S":"b"}}}`))
	call(t, e, "TagResource", `{"ResourceArn":"`+arn+`","Tags":[{"Key":"k","Value":"v"}]}`)
	equal(t, "another region shares the tables", call(t, inRegion{all, "us-west-2"}, "Scan", `{"TableName":"specs"}`)["Items"], `[{"p":{"S":"a"},"s":{"S":"b"}}]`)
	assert.Equal(t, want[:3], arns("DeleteTable", byARN(`{"TableName":"specs"}`), "TableDescription"))
}

func TestRegions_AnARNOfAnotherOne(t *testing.T) {
	e := inRegion{newEngine(t), "eu-west-1"}
	const invalid = "ValidationException: 1 validation error detected: Invalid AWS region in '" + specsARN + "'"
	const invalidTag = "ValidationException: Invalid TableArn: Invalid ResourceArn provided as input " + specsARN
	table := `{"TableName":"` + specsARN + `"}`
	perform(t, e, []exchange{
		{"DescribeTable", "DescribeTable", table, invalid},
		{"DeleteTable", "DeleteTable", table, invalid},
		{"DescribeTimeToLive", "DescribeTimeToLive", table, invalid},
		{"DescribeContinuousBackups", "DescribeContinuousBackups", table, invalid},
		{"UpdateContinuousBackups", "UpdateContinuousBackups", table[:len(table)-1] + `,"PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}}`, invalid},
		{"ListBackups", "ListBackups", table, invalid},
		{"ListContributorInsights", "ListContributorInsights", table, invalid},
		{"UpdateTable", "UpdateTable", strings.Replace(updateSpecs(`"BillingMode":"PAY_PER_REQUEST"`), "specs", specsARN, 1), invalid},
		{"CreateTable", "CreateTable", strings.Replace(createSpecs, "specs", specsARN, 1), invalid},
		{"ListTagsOfResource", "ListTagsOfResource", ofSpecs(""), invalidTag},
		{"TagResource", "TagResource", ofSpecs(`,"Tags":[{"Key":"a","Value":"b"}]`), invalidTag},
		{"UntagResource", "UntagResource", ofSpecs(`,"TagKeys":["a"]`), invalidTag},
	})
}

func TestRegions_OfAnyCredential(t *testing.T) {
	e := newEngine(t)
	query := func(credential string) string {
		return url.Values{"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Credential": {credential}}.Encode()
	}
	for _, test := range []struct{ name, authorization, query, want string }{
		{"a header", "AWS4-HMAC-SHA256 Credential=k/20261130/ap-south-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00", "", "ap-south-1"},
		{"a header in another order", "AWS4-HMAC-SHA256 SignedHeaders=host,Signature=00,Credential=k/20261130/ap-south-1/dynamodb/aws4_request", "", "ap-south-1"},
		{"a key with a slash", "AWS4-HMAC-SHA256 Credential=a/b/20261130/ap-south-1/dynamodb/aws4_request", "", "ap-south-1"},
		{"a presigned query", "", query("k/20261130/ap-south-1/dynamodb/aws4_request"), "ap-south-1"},
		{"a signature for several regions", "AWS4-ECDSA-P256-SHA256 Credential=k/20261130/dynamodb/aws4_request, SignedHeaders=host, Signature=00", "", "us-east-1"},
		{"no credential", "AWS4-HMAC-SHA256", "", "us-east-1"},
		{"no region", "", query("k/20261130//dynamodb/aws4_request"), "us-east-1"},
		{"what is no region", "", query("k/20261130/a:b/dynamodb/aws4_request"), "us-east-1"},
	} {
		r := signed(http.MethodPost, "DynamoDB_20120810.DescribeTable", `{"TableName":"specs"}`)
		r.Header.Set("Authorization", test.authorization)
		r.URL.RawQuery = test.query
		recorder := httptest.NewRecorder()
		e.ServeHTTP(recorder, r)
		require.Equal(t, http.StatusOK, recorder.Code, "%s: %s", test.name, recorder.Body)
		got := object(t, recorder.Body.String())["Table"].(map[string]any)["TableArn"]
		assert.Equal(t, "arn:aws:dynamodb:"+test.want+":123456789012:table/specs", got, test.name)
	}
}

func TestDescribeEndpoints_NamesTheHostThatWasCalled(t *testing.T) {
	r := signed(http.MethodPost, "DynamoDB_20120810.DescribeEndpoints", `{}`)
	r.Host = "localhost:8000"
	recorder := httptest.NewRecorder()
	engine.New().ServeHTTP(recorder, r)
	assert.JSONEq(t, `{"Endpoints":[{"Address":"localhost:8000","CachePeriodInMinutes":1440}]}`, recorder.Body.String())
}
