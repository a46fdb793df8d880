package engine_test

import (
	"strings"
	"testing"

	"github.com/open-alchemy/packagedb/internal/engine"
)

func TestFeatures_ThatNoTableHas(t *testing.T) {
	const one = "ValidationException: 1 validation error detected: "
	const missing = "ResourceNotFoundException: Requested resource not found: Table: none not found"
	e := engine.New()
	call(t, e, "CreateTable", createIndexed)
	perform(t, e, []exchange{
		{"a Kinesis stream", "DescribeKinesisStreamingDestination", `{"TableName":"specs"}`, `{"KinesisDataStreamDestinations":[],"TableName":"specs"}`},
		{"a Kinesis stream of no table", "DescribeKinesisStreamingDestination", `{"TableName":"none"}`, missing},
		{"insights", "DescribeContributorInsights", `{"TableName":"specs"}`, `{"ContributorInsightsStatus":"DISABLED","TableName":"specs"}`},
		{"insights of a global index", "DescribeContributorInsights", `{"TableName":"specs","IndexName":"global"}`, `{"ContributorInsightsStatus":"DISABLED","IndexName":"global","TableName":"specs"}`},
		{"insights of a local index", "DescribeContributorInsights", `{"TableName":"specs","IndexName":"local"}`, "ResourceNotFoundException: Requested resource not found: Index: local not found for table: specs"},
		{"insights of an index without name", "DescribeContributorInsights", `{"TableName":"specs","IndexName":""}`, "ValidationException: IndexName must be at least 3 characters long and at most 255 characters long"},
		{"insights of no table", "DescribeContributorInsights", `{"TableName":"none"}`, missing},
		{"insights without a table", "DescribeContributorInsights", `{}`, "ValidationException: The parameter 'TableName' is required but was not present in the request"},
		{"all insights", "ListContributorInsights", `{}`, `{"ContributorInsightsSummaries":[]}`},
		{"all insights of a table", "ListContributorInsights", `{"TableName":"specs"}`, `{"ContributorInsightsSummaries":[]}`},
		{"all insights of no table", "ListContributorInsights", `{"TableName":"none"}`, missing},
		{"too many insights", "ListContributorInsights", `{"MaxResults":101}`, one + "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100"},
		{"replicas", "DescribeTableReplicaAutoScaling", `{"TableName":"specs"}`, "ResourceNotFoundException: Global table with name: 'specs' does not exist."},
		{"replicas by ARN", "DescribeTableReplicaAutoScaling", `{"TableName":"` + specsARN + `"}`, "ResourceNotFoundException: Global table with name: 'specs' does not exist."},
		{"replicas of no table", "DescribeTableReplicaAutoScaling", `{"TableName":"none"}`, "ResourceNotFoundException: Global table with name: 'none' does not exist."},
		{"global tables", "ListGlobalTables", `{"RegionName":"us-east-1"}`, `{"GlobalTables":[]}`},
		{"no global tables", "ListGlobalTables", `{"Limit":0}`, one + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
	})
}

func TestGetResourcePolicy_FindsNone(t *testing.T) {
	const invalid = "ValidationException: One or more parameter values were invalid: "
	const none = "PolicyNotFoundException: Resource-based policy not found for the provided ResourceArn: "
	of := func(arn string) string { return `{"ResourceArn":"` + arn + `"}` }
	e := openStore(t, newMemoryStore())
	call(t, e, "CreateTable", strings.Replace(createSpecs, "{", `{"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"},`, 1))
	const stream = specsARN + "/stream/2023-11-14T22:13:20.123"
	perform(t, e, []exchange{
		{"of a table", "GetResourcePolicy", of(specsARN), none + specsARN},
		{"of a stream", "GetResourcePolicy", of(stream), none + stream},
		{"of a stream that is not there", "GetResourcePolicy", of(specsARN + "/stream/2000-01-01T00:00:00.000"), "ResourceNotFoundException: Requested resource not found: Stream: 2000-01-01T00:00:00.000 not found for Table: specs"},
		{"of a table that is not there", "GetResourcePolicy", of(strings.Replace(specsARN, "specs", "none", 1)), "ResourceNotFoundException: Requested resource not found: Table: none not found"},
		{"of an index", "GetResourcePolicy", of(specsARN + "/index/byID"), invalid + "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: " + specsARN + "/index/byID"},
		{"of a backup", "GetResourcePolicy", of(specsARN + "/backup/0170"), invalid + "Provided Arn is not a DynamoDB resource arn: " + specsARN + "/backup/0170"},
		{"of another region", "GetResourcePolicy", of(strings.Replace(specsARN, "us-east-1", "eu-west-1", 1)), invalid + "Invalid resource Arn: arn:aws:dynamodb:eu-west-1:123456789012:table/specs"},
		{"of another account", "GetResourcePolicy", of(strings.Replace(specsARN, "123456789012", "000000000000", 1)), "ValidationException: This action is only supported by accounts that match the resource owner’s account."},
		{"of a name", "GetResourcePolicy", of("specs"), invalid + "ARNs must start with 'arn:': specs"},
		{"of nothing", "GetResourcePolicy", `{}`, "ValidationException: 1 validation error detected: Value null at 'resourceArn' failed to satisfy constraint: Member must not be null"},
	})
}
