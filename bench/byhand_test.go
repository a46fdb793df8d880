package bench

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
)

// byHand is the access patterns as one would write them with the SDK: the expressions as text, the
// items through package attributevalue, whole items read, batches one after the other.
type byHand struct {
	client *dynamodb.Client
}

// record is an item of the specs table.
type record struct {
	Sub         string `dynamodbav:"sub" dynamo:"sub,hash"`
	UpdatedAtID string `dynamodbav:"updated_at_id" dynamo:"updated_at_id,range"`
	IDUpdatedAt string `dynamodbav:"id_updated_at" dynamo:"id_updated_at"`
	ID          string `dynamodbav:"id" dynamo:"id"`
	Name        string `dynamodbav:"name" dynamo:"name"`
	UpdatedAt   string `dynamodbav:"updated_at" dynamo:"updated_at"`
	Version     string `dynamodbav:"version" dynamo:"version"`
	ModelCount  int    `dynamodbav:"model_count" dynamo:"model_count"`
	Title       string `dynamodbav:"title,omitempty" dynamo:"title,omitempty"`
	Description string `dynamodbav:"description,omitempty" dynamo:"description,omitempty"`
}

// secret is an item of the credentials table.
type secret struct {
	Sub           string `dynamodbav:"sub" dynamo:"sub,hash"`
	ID            string `dynamodbav:"id" dynamo:"id,range"`
	PublicKey     string `dynamodbav:"public_key" dynamo:"public_key"`
	SecretKeyHash []byte `dynamodbav:"secret_key_hash" dynamo:"secret_key_hash"`
	Salt          []byte `dynamodbav:"salt" dynamo:"salt"`
}

const (
	specsTable       = "package.specs"
	credentialsTable = "package.credentials"
)

// recordsOf are the two items of a version.
func recordsOf(sub string, spec packagedb.SpecInput, second int64) [2]record {
	id, digits := strings.ToLower(spec.Name), strconv.FormatInt(second, 10)
	version := record{
		Sub: sub, ID: id, Name: spec.Name, UpdatedAt: digits, Version: spec.Version,
		ModelCount: spec.ModelCount, Title: spec.Title, Description: spec.Description,
	}
	latest := version
	padded := strings.Repeat("0", 20-len(digits)) + digits
	version.UpdatedAtID, version.IDUpdatedAt = padded+"#"+id, id+"#"+padded
	latest.UpdatedAtID, latest.IDUpdatedAt = "latest#"+id, id+"#latest"
	return [2]record{version, latest}
}

func (h *byHand) CreateUpdateSpec(ctx context.Context, sub string, spec packagedb.SpecInput, second int64) error {
	var puts []types.TransactWriteItem
	for _, r := range recordsOf(sub, spec, second) {
		item, err := attributevalue.MarshalMap(r)
		if err != nil {
			return err
		}
		puts = append(puts, types.TransactWriteItem{Put: &types.Put{TableName: aws.String(specsTable), Item: item}})
	}
	_, err := h.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: puts})
	return err
}

func (h *byHand) GetSpec(ctx context.Context, sub, name string) (*record, error) {
	output, err := h.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(specsTable),
		Key:       item{"sub": text(sub), "updated_at_id": text("latest#" + strings.ToLower(name))},
	})
	if err != nil {
		return nil, err
	}
	if output.Item == nil {
		return nil, errors.New("not found")
	}
	r := new(record)
	return r, attributevalue.UnmarshalMap(output.Item, r)
}

func (h *byHand) ListSpecs(ctx context.Context, sub string) ([]record, error) {
	return query[record](ctx, h.client, &dynamodb.QueryInput{
		TableName:                 aws.String(specsTable),
		KeyConditionExpression:    aws.String("#sub = :sub AND begins_with(updated_at_id, :latest)"),
		ExpressionAttributeNames:  map[string]string{"#sub": "sub"},
		ExpressionAttributeValues: item{":sub": text(sub), ":latest": text("latest#")},
	})
}

func (h *byHand) CountCustomerModels(ctx context.Context, sub string) (total int, err error) {
	all, err := h.ListSpecs(ctx, sub)
	for _, r := range all {
		total += r.ModelCount
	}
	return total, err
}

func (h *byHand) ListSpecVersions(ctx context.Context, sub, name string) ([]record, error) {
	id := strings.ToLower(name)
	return query[record](ctx, h.client, &dynamodb.QueryInput{
		TableName:                 aws.String(specsTable),
		IndexName:                 aws.String("idUpdatedAt"),
		KeyConditionExpression:    aws.String("#sub = :sub AND id_updated_at BETWEEN :first AND :last"),
		ExpressionAttributeNames:  map[string]string{"#sub": "sub"},
		ExpressionAttributeValues: item{":sub": text(sub), ":first": text(id + "#0"), ":last": text(id + "#9")},
	})
}

func (h *byHand) DeleteAllSpecs(ctx context.Context, sub string) error {
	pages := dynamodb.NewQueryPaginator(h.client, &dynamodb.QueryInput{
		TableName:                 aws.String(specsTable),
		KeyConditionExpression:    aws.String("#sub = :sub"),
		ProjectionExpression:      aws.String("#sub, updated_at_id"),
		ExpressionAttributeNames:  map[string]string{"#sub": "sub"},
		ExpressionAttributeValues: item{":sub": text(sub)},
		ConsistentRead:            aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for keys := page.Items; len(keys) > 0; {
			requests := make([]types.WriteRequest, min(25, len(keys)))
			for i := range requests {
				requests[i].DeleteRequest = &types.DeleteRequest{Key: keys[i]}
			}
			keys = keys[len(requests):]
			for left := map[string][]types.WriteRequest{specsTable: requests}; len(left) > 0; {
				output, err := h.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: left})
				if err != nil {
					return err
				}
				left = output.UnprocessedItems
			}
		}
	}
	return nil
}

func (h *byHand) CreateUpdateCredentials(ctx context.Context, sub string, credentials packagedb.CredentialsInput) error {
	item, err := attributevalue.MarshalMap(secretOf(sub, credentials))
	if err != nil {
		return err
	}
	_, err = h.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(credentialsTable), Item: item})
	return err
}

func secretOf(sub string, c packagedb.CredentialsInput) secret {
	return secret{Sub: sub, ID: c.ID, PublicKey: c.PublicKey, SecretKeyHash: c.SecretKeyHash, Salt: c.Salt}
}

func (h *byHand) GetUser(ctx context.Context, publicKey string) (*secret, error) {
	found, err := query[secret](ctx, h.client, &dynamodb.QueryInput{
		TableName:                 aws.String(credentialsTable),
		IndexName:                 aws.String("publicKey"),
		KeyConditionExpression:    aws.String("public_key = :public_key"),
		ExpressionAttributeValues: item{":public_key": text(publicKey)},
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errors.New("not found")
	}
	return &found[0], nil
}

// query returns all items of a query.
func query[T any](ctx context.Context, client *dynamodb.Client, input *dynamodb.QueryInput) (all []T, err error) {
	pages := dynamodb.NewQueryPaginator(client, input)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		var values []T
		if err := attributevalue.UnmarshalListOfMaps(page.Items, &values); err != nil {
			return nil, err
		}
		all = append(all, values...)
	}
	return all, nil
}
