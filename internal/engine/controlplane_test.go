package engine_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

// TestControlPlane_SpeaksToTheSDK reads every response of the control plane with the client of the SDK.
func TestControlPlane_SpeaksToTheSDK(t *testing.T) {
	ctx := t.Context()
	client := dynamodb.New(dynamodb.Options{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
		HTTPClient:  loopback.Client{Handler: engine.New(engine.WithClock(func() time.Time { return time.Unix(1_700_000_000, 0) }))},
	})
	table := aws.String("specs")
	throughput := &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(1), WriteCapacityUnits: aws.Int64(2)}
	created, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:                 table,
		AttributeDefinitions:      []types.AttributeDefinition{{AttributeName: aws.String("p"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:                 []types.KeySchemaElement{{AttributeName: aws.String("p"), KeyType: types.KeyTypeHash}},
		ProvisionedThroughput:     throughput,
		StreamSpecification:       &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeKeysOnly},
		SSESpecification:          &types.SSESpecification{Enabled: aws.Bool(true), SSEType: types.SSETypeKms},
		WarmThroughput:            &types.WarmThroughput{ReadUnitsPerSecond: aws.Int64(3), WriteUnitsPerSecond: aws.Int64(4)},
		TableClass:                types.TableClassStandardInfrequentAccess,
		DeletionProtectionEnabled: aws.Bool(true),
		Tags:                      []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	})
	require.NoError(t, err)
	assert.Equal(t, types.TableStatusCreating, created.TableDescription.TableStatus)
	assert.Equal(t, time.Unix(1_700_000_000, 0).UTC(), *created.TableDescription.CreationDateTime)
	assert.Equal(t, types.SSEStatusEnabled, created.TableDescription.SSEDescription.Status)
	assert.EqualValues(t, 4, *created.TableDescription.WarmThroughput.WriteUnitsPerSecond)
	assert.Equal(t, types.TableStatusUpdating, created.TableDescription.WarmThroughput.Status)
	assert.Equal(t, types.StreamViewTypeKeysOnly, created.TableDescription.StreamSpecification.StreamViewType)
	assert.Equal(t, *created.TableDescription.TableArn+"/stream/"+*created.TableDescription.LatestStreamLabel, *created.TableDescription.LatestStreamArn)
	assert.Equal(t, types.TableClassStandardInfrequentAccess, created.TableDescription.TableClassSummary.TableClass)
	assert.True(t, *created.TableDescription.DeletionProtectionEnabled)
	assert.EqualValues(t, 2, *created.TableDescription.ProvisionedThroughput.WriteCapacityUnits)

	updated, err := client.UpdateTable(ctx, &dynamodb.UpdateTableInput{
		TableName:                 table,
		DeletionProtectionEnabled: aws.Bool(false),
		AttributeDefinitions:      []types.AttributeDefinition{{AttributeName: aws.String("g"), AttributeType: types.ScalarAttributeTypeN}},
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName:             aws.String("byG"),
			KeySchema:             []types.KeySchemaElement{{AttributeName: aws.String("g"), KeyType: types.KeyTypeHash}},
			Projection:            &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"x"}},
			ProvisionedThroughput: throughput,
		}}},
	})
	require.NoError(t, err)
	require.Len(t, updated.TableDescription.GlobalSecondaryIndexes, 1)
	index := updated.TableDescription.GlobalSecondaryIndexes[0]
	assert.Equal(t, types.IndexStatusCreating, index.IndexStatus)
	assert.Equal(t, []string{"x"}, index.Projection.NonKeyAttributes)
	require.NoError(t, dynamodb.NewTableExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: table}, time.Second))

	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"), Enabled: aws.Bool(true)}})
	require.NoError(t, err)
	ttl, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: table})
	require.NoError(t, err)
	assert.Equal(t, types.TimeToLiveStatusEnabled, ttl.TimeToLiveDescription.TimeToLiveStatus)

	arn := created.TableDescription.TableArn
	_, err = client.TagResource(ctx, &dynamodb.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	require.NoError(t, err)
	_, err = client.UntagResource(ctx, &dynamodb.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"k"}})
	require.NoError(t, err)
	tags, err := client.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})
	require.NoError(t, err)
	assert.Equal(t, []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}, tags.Tags)

	limits, err := client.DescribeLimits(ctx, &dynamodb.DescribeLimitsInput{})
	require.NoError(t, err)
	assert.EqualValues(t, 40_000, *limits.TableMaxReadCapacityUnits)
	endpoints, err := client.DescribeEndpoints(ctx, &dynamodb.DescribeEndpointsInput{})
	require.NoError(t, err)
	assert.Len(t, endpoints.Endpoints, 1)
	backups, err := client.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: arn})
	require.NoError(t, err)
	assert.Equal(t, types.ContinuousBackupsStatusEnabled, backups.ContinuousBackupsDescription.ContinuousBackupsStatus)
	recovery, err := client.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{TableName: table,
		PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)}})
	require.NoError(t, err)
	described := recovery.ContinuousBackupsDescription.PointInTimeRecoveryDescription
	assert.Equal(t, types.PointInTimeRecoveryStatusEnabled, described.PointInTimeRecoveryStatus)
	assert.Equal(t, time.Unix(1_700_000_000, 0).UTC(), *described.EarliestRestorableDateTime)
	featuresOf(t, client, table, arn)

	_, err = client.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: aws.String("SELECT")})
	assert.ErrorContains(t, err, "UnknownOperationException: ExecuteStatement is not supported by this engine, which has no PartiQL")
	_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: arn})
	require.NoError(t, err)
	var missing *types.ResourceNotFoundException
	_, err = client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: table})
	assert.ErrorAs(t, err, &missing)
}

// featuresOf reads the features that the table does not have.
func featuresOf(t *testing.T, client *dynamodb.Client, table, arn *string) {
	t.Helper()
	ctx := t.Context()
	destinations, err := client.DescribeKinesisStreamingDestination(ctx, &dynamodb.DescribeKinesisStreamingDestinationInput{TableName: table})
	require.NoError(t, err)
	assert.Equal(t, table, destinations.TableName)
	assert.Empty(t, destinations.KinesisDataStreamDestinations)
	insights, err := client.DescribeContributorInsights(ctx, &dynamodb.DescribeContributorInsightsInput{TableName: table, IndexName: aws.String("byG")})
	require.NoError(t, err)
	assert.Equal(t, types.ContributorInsightsStatusDisabled, insights.ContributorInsightsStatus)
	allInsights, err := client.ListContributorInsights(ctx, &dynamodb.ListContributorInsightsInput{})
	require.NoError(t, err)
	assert.Empty(t, allInsights.ContributorInsightsSummaries)
	backups, err := client.ListBackups(ctx, &dynamodb.ListBackupsInput{TimeRangeLowerBound: aws.Time(time.Unix(1, 5e8))})
	require.NoError(t, err)
	assert.Empty(t, backups.BackupSummaries)
	exports, err := client.ListExports(ctx, &dynamodb.ListExportsInput{TableArn: arn})
	require.NoError(t, err)
	assert.Empty(t, exports.ExportSummaries)
	imports, err := client.ListImports(ctx, &dynamodb.ListImportsInput{TableArn: arn})
	require.NoError(t, err)
	assert.Empty(t, imports.ImportSummaryList)
	global, err := client.ListGlobalTables(ctx, &dynamodb.ListGlobalTablesInput{})
	require.NoError(t, err)
	assert.Empty(t, global.GlobalTables)

	var noPolicy *types.PolicyNotFoundException
	_, err = client.GetResourcePolicy(ctx, &dynamodb.GetResourcePolicyInput{ResourceArn: arn})
	assert.ErrorAs(t, err, &noPolicy)
	var missing *types.ResourceNotFoundException
	_, err = client.DescribeTableReplicaAutoScaling(ctx, &dynamodb.DescribeTableReplicaAutoScalingInput{TableName: table})
	assert.ErrorAs(t, err, &missing)
}
