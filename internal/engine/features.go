package engine

import (
	"math"
	"strings"
)

// The operations that describe features which no table here has. They respond as the service does for a
// table without them, and the operations that enable them are refused as unknown.

// describeKinesisStreamingDestinationOutput is the response of DescribeKinesisStreamingDestination.
//
//	{"KinesisDataStreamDestinations": [], "TableName": "pets"}
type describeKinesisStreamingDestinationOutput struct {
	KinesisDataStreamDestinations []nothing
	TableName                     string
}

func (e *Engine) describeKinesisStreamingDestination(in *tableInput) (*describeKinesisStreamingDestinationOutput, error) {
	t, err := e.namedTable(*in.TableName)
	if err != nil {
		return nil, err
	}
	return &describeKinesisStreamingDestinationOutput{[]nothing{}, t.Name}, nil
}

// describeContributorInsightsInput has the parameters of DescribeContributorInsights.
//
//	{"TableName": "pets", "IndexName": "byAge"}
type describeContributorInsightsInput struct {
	tableInput
	IndexName *string
}

func (in *describeContributorInsightsInput) check() error {
	if err := in.tableInput.check(); err != nil {
		return err
	}
	if name := in.IndexName; name != nil && (len(*name) < 3 || len(*name) > 255) {
		return validation("IndexName must be at least 3 characters long and at most 255 characters long")
	}
	return nil
}

// describeContributorInsightsOutput is the response of DescribeContributorInsights.
//
//	{"ContributorInsightsStatus": "DISABLED", "IndexName": "byAge", "TableName": "pets"}
type describeContributorInsightsOutput struct {
	ContributorInsightsStatus string
	IndexName                 *string
	TableName                 string
}

func (e *Engine) describeContributorInsights(in *describeContributorInsightsInput) (*describeContributorInsightsOutput, error) {
	t, err := e.namedTable(*in.TableName)
	switch {
	case err != nil:
		return nil, err
	case in.IndexName != nil && t.Definition.globalIndex(*in.IndexName) == nil:
		return nil, dynamoDBException("ResourceNotFoundException", "Requested resource not found: Index: "+*in.IndexName+" not found for table: "+t.Name)
	}
	return &describeContributorInsightsOutput{"DISABLED", in.IndexName, t.Name}, nil
}

// listContributorInsightsInput has the parameters of ListContributorInsights.
//
//	{"TableName": "pets", "MaxResults": 100}
type listContributorInsightsInput struct {
	caller
	TableName  *string
	MaxResults *int
}

func (in *listContributorInsightsInput) check() error {
	var c constraints
	c.name("tableName", in.TableName, 1)
	in.checkRegion(&c, in.TableName)
	number(&c, "maxResults", in.MaxResults, math.MinInt, 100)
	return c.err()
}

// listContributorInsightsOutput is the response of ListContributorInsights, which lists what is enabled.
//
//	{"ContributorInsightsSummaries": []}
type listContributorInsightsOutput struct {
	ContributorInsightsSummaries []nothing
}

func (e *Engine) listContributorInsights(in *listContributorInsightsInput) (*listContributorInsightsOutput, error) {
	if in.TableName != nil {
		if _, err := e.namedTable(*in.TableName); err != nil {
			return nil, err
		}
	}
	return &listContributorInsightsOutput{[]nothing{}}, nil
}

// getResourcePolicyInput has the parameters of GetResourcePolicy.
//
//	{"ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/pets"}
type getResourcePolicyInput struct {
	resourceInput
}

func (in *getResourcePolicyInput) check() error { return in.checkResource("", true) }

// getResourcePolicy finds no policy of a table or of its latest stream.
func (e *Engine) getResourcePolicy(in *getResourcePolicyInput) (nothing, error) {
	arn := *in.ResourceArn
	if parts := strings.Split(arn, ":"); len(parts) > 4 && parts[4] != account {
		return nothing{}, validation("This action is only supported by accounts that match the resource owner’s account.")
	}
	region, name, ok := cutARN(arn)
	if !ok || region != in.region {
		return nothing{}, invalidParameter("Invalid resource Arn: %s", arn)
	}
	name, part, _ := strings.Cut(name, "/")
	if strings.HasPrefix(part, "index/") {
		return nothing{}, invalidParameter("Invalid resource arn provided, only table or stream is accepted. Provided resource arn: %s", arn)
	}
	t, err := e.namedTable(name)
	if err != nil {
		return nothing{}, err
	}
	label, isStream := strings.CutPrefix(part, "stream/")
	switch {
	case part != "" && !isStream:
		return nothing{}, invalidParameter("Provided Arn is not a DynamoDB resource arn: %s", arn)
	case isStream && label != t.streamLabel():
		return nothing{}, dynamoDBException("ResourceNotFoundException", "Requested resource not found: Stream: "+label+" not found for Table: "+name)
	}
	return nothing{}, dynamoDBException("PolicyNotFoundException", "Resource-based policy not found for the provided ResourceArn: "+arn)
}

// describeTableReplicaAutoScaling finds no global table of any name, as the service does unless a table has
// replicas.
func (e *Engine) describeTableReplicaAutoScaling(in *tableInput) (nothing, error) {
	return nothing{}, dynamoDBException("ResourceNotFoundException", "Global table with name: '"+tableName(*in.TableName)+"' does not exist.")
}

// listGlobalTablesInput has the parameters of ListGlobalTables.
//
//	{"ExclusiveStartGlobalTableName": "a", "Limit": 10, "RegionName": "us-east-1"}
type listGlobalTablesInput struct {
	ExclusiveStartGlobalTableName *string
	Limit                         *int
}

func (in *listGlobalTablesInput) check() error {
	var c constraints
	c.name("exclusiveStartGlobalTableName", in.ExclusiveStartGlobalTableName, 3)
	number(&c, "limit", in.Limit, 1, math.MaxInt)
	return c.err()
}

// listGlobalTablesOutput is the response of ListGlobalTables.
//
//	{"GlobalTables": []}
type listGlobalTablesOutput struct {
	GlobalTables []nothing
}

func (e *Engine) listGlobalTables(*listGlobalTablesInput) (*listGlobalTablesOutput, error) {
	return &listGlobalTablesOutput{[]nothing{}}, nil
}
