package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
)

// The service counts downloads in a table of its own, beside those of packagedb: an item for each spec
// that somebody has downloaded in the last 30 days.
const (
	downloadsTable = "service.downloads"
	downloadsIndex = "mostDownloaded"

	downloadsKept  = 30 * 24 * time.Hour
	shownDownloads = 10
)

// downloads is an item of the table.
type downloads struct {
	Sub       string    `dynamodbav:"sub" json:"-"`
	ID        string    `dynamodbav:"id" json:"id"`
	Downloads int       `dynamodbav:"downloads" json:"downloads"`
	Expires   time.Time `dynamodbav:"expires,unixtime" json:"-"`
}

// createDownloads creates the table if it is missing, with its global index and its time to live. In
// production a template does.
func createDownloads(ctx context.Context, client *dynamodb.Client) error {
	key := func(partition, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{
			{AttributeName: aws.String(partition), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange},
		}
	}
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   aws.String(downloadsTable),
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("sub"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("downloads"), AttributeType: types.ScalarAttributeTypeN},
		},
		KeySchema: key("sub", "id"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName:  aws.String(downloadsIndex),
			KeySchema:  key("sub", "downloads"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	})
	var exists *types.ResourceInUseException
	switch {
	case errors.As(err, &exists):
		return nil
	case err != nil:
		return err
	}
	created := dynamodb.NewTableExistsWaiter(client, func(options *dynamodb.TableExistsWaiterOptions) {
		options.MinDelay = 100 * time.Millisecond
	})
	table := &dynamodb.DescribeTableInput{TableName: aws.String(downloadsTable)}
	if err := created.Wait(ctx, table, time.Minute); err != nil {
		return err
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(downloadsTable),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String("expires"), Enabled: aws.Bool(true),
		},
	})
	return err
}

// countDownload counts a download of a spec, which must exist.
func (s service) countDownload(c call) (any, error) {
	spec, err := c.db.GetSpec(c.Context(), c.sub, c.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return nil, s.addDownload(c.Context(), c.sub, spec.ID)
}

// addDownload adds one to the count, and starts a new one if the last download was too long ago. DynamoDB
// deletes an expired item a few days late, and until then would add to its count.
func (s service) addDownload(ctx context.Context, sub, id string) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	now := s.now()
	values := map[string]types.AttributeValue{
		":one": &types.AttributeValueMemberN{Value: "1"}, ":now": unix(now), ":expires": unix(now.Add(downloadsKept)),
	}
	updates := []struct{ expression, condition string }{
		{"SET expires = :expires ADD downloads :one", "attribute_not_exists(id) OR expires > :now"},
		{"SET expires = :expires, downloads = :one", "expires <= :now"},
	}
	for try := range 10 { // of concurrent requests one starts a new count, and the others add to it
		update := updates[try%2]
		_, err = client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String(downloadsTable),
			Key: map[string]types.AttributeValue{
				"sub": &types.AttributeValueMemberS{Value: sub}, "id": &types.AttributeValueMemberS{Value: id},
			},
			UpdateExpression:          aws.String(update.expression),
			ConditionExpression:       aws.String(update.condition),
			ExpressionAttributeValues: values,
		})
		var failed *types.ConditionalCheckFailedException
		if !errors.As(err, &failed) {
			return err
		}
	}
	return err
}

// listDownloads returns the user's most downloaded specs. A query must filter expired items itself.
func (s service) listDownloads(c call) (any, error) {
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	most := []downloads{}
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName:                aws.String(downloadsTable),
		IndexName:                aws.String(downloadsIndex),
		KeyConditionExpression:   aws.String("#sub = :sub"),
		FilterExpression:         aws.String("expires > :now"),
		ScanIndexForward:         aws.Bool(false),
		ExpressionAttributeNames: map[string]string{"#sub": "sub"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":sub": &types.AttributeValueMemberS{Value: c.sub}, ":now": unix(s.now()),
		},
	})
	for pages.HasMorePages() && len(most) < shownDownloads {
		page, err := pages.NextPage(c.Context())
		if err != nil {
			return nil, err
		}
		var more []downloads
		if err := attributevalue.UnmarshalListOfMaps(page.Items, &more); err != nil {
			return nil, err
		}
		most = append(most, more...)
	}
	return most[:min(len(most), shownDownloads)], nil
}

func unix(t time.Time) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(t.Unix(), 10)}
}

// checkTables returns why the tables cannot be used.
func checkTables(ctx context.Context, client *dynamodb.Client) error {
	if err := packagedb.CheckTables(ctx, client); err != nil {
		return err
	}
	_, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(downloadsTable)})
	return err
}
