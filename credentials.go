package packagedb

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// ListCredentials implements [Database].
func (f *facade) ListCredentials(ctx context.Context, sub string) ([]CredentialsInfo, error) {
	return collect(f.credentials(ctx, sub))
}

// Credentials implements [Database].
func (f *facade) Credentials(ctx context.Context, sub string) iter.Seq2[CredentialsInfo, error] {
	return each(f.credentials(ctx, sub))
}

func (f *facade) credentials(ctx context.Context, sub string) iter.Seq2[[]CredentialsInfo, error] {
	const operation = "list credentials of"
	if err := checkSub(sub); err != nil {
		return failed[CredentialsInfo](operation, sub, err)
	}
	query := f.querySub(f.credentialsTable, sub)
	query.ProjectionExpression = aws.String(credentialsInfoAttributes)
	return decoded(f.pages(ctx, query), f.decodeCredentials, operation, sub)
}

// CreateUpdateCredentials implements [Database].
func (f *facade) CreateUpdateCredentials(ctx context.Context, sub string, credentials CredentialsInput) error {
	const operation = "create or update credentials"
	if err := checkSub(sub); err != nil {
		return failure(operation, credentials.ID, err)
	}
	if err := checkCredentials(credentials); err != nil {
		return failure(operation, credentials.ID, err)
	}
	stored := encodeCredentials(sub, credentials, f.binary)
	if err := checkCredentialsItem(stored); err != nil {
		return failure(operation, credentials.ID, err)
	}
	_, err := f.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &f.credentialsTable, Item: stored})
	if err != nil {
		return failure(operation, credentials.ID, err)
	}
	return nil
}

// GetCredentials implements [Database].
func (f *facade) GetCredentials(ctx context.Context, sub, id string) (*CredentialsInfo, error) {
	const operation = "get credentials"
	if err := checkCredentialsKey(sub, id); err != nil {
		return nil, failure(operation, id, err)
	}
	stored, err := f.get(ctx, f.credentialsTable, key(sub, attrID, id), credentialsInfoAttributes)
	if err != nil {
		return nil, failure(operation, id, err)
	}
	credentials, err := f.decodeCredentials(stored)
	if err != nil {
		return nil, failure(operation, id, err)
	}
	return &credentials, nil
}

// GetUser implements [Database].
func (f *facade) GetUser(ctx context.Context, publicKey string) (*CredentialsAuthInfo, error) {
	const operation = "get user of public key"
	if err := checkPublicKey(publicKey); err != nil {
		return nil, failure(operation, publicKey, err)
	}
	var found []item
	for page, err := range f.pages(ctx, f.queryPublicKey(publicKey)) {
		if err != nil {
			return nil, failure(operation, publicKey, err)
		}
		if found = append(found, page...); len(found) > 1 {
			return nil, failure(operation, publicKey, ErrAmbiguousPublicKey)
		}
	}
	if len(found) == 0 {
		return nil, failure(operation, publicKey, ErrNotFound)
	}
	user, err := decodeCredentialsAuth(found[0], f.binary)
	if err != nil {
		return nil, failure(operation, publicKey, err)
	}
	return &user, nil
}

// DeleteCredentials implements [Database].
func (f *facade) DeleteCredentials(ctx context.Context, sub, id string) error {
	const operation = "delete credentials"
	if err := checkCredentialsKey(sub, id); err != nil {
		return failure(operation, id, err)
	}
	_, err := f.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &f.credentialsTable,
		Key:       key(sub, attrID, id),
	})
	if err != nil {
		return failure(operation, id, err)
	}
	return nil
}

// DeleteAllCredentials implements [Database].
func (f *facade) DeleteAllCredentials(ctx context.Context, sub string) error {
	const operation = "delete all credentials of"
	if err := checkSub(sub); err != nil {
		return failure(operation, sub, err)
	}
	if err := f.deleteAll(ctx, f.credentialsTable, attrID, f.querySub(f.credentialsTable, sub)); err != nil {
		return failure(operation, sub, err)
	}
	return nil
}

// credentialsInfoAttributes leaves out the hash: what is not read cannot leak.
const credentialsInfoAttributes = "#sub, id, public_key, salt"

func checkCredentialsKey(sub, id string) error {
	if err := checkSub(sub); err != nil {
		return err
	}
	return checkCredentialsID(id)
}

func (f *facade) decodeCredentials(stored item) (CredentialsInfo, error) {
	return decodeCredentials(stored, f.binary)
}

// queryPublicKey reads as many items as it takes to see that a key is ambiguous.
func (f *facade) queryPublicKey(publicKey string) dynamodb.QueryInput {
	return dynamodb.QueryInput{
		TableName:                 &f.credentialsTable,
		IndexName:                 aws.String(credentialsIndex),
		KeyConditionExpression:    aws.String("public_key = :public_key"),
		ExpressionAttributeValues: item{":public_key": textValue(publicKey)},
		ProjectionExpression:      aws.String("#sub, id, secret_key_hash, salt"),
		ExpressionAttributeNames:  reservedNames,
		Limit:                     aws.Int32(2),
	}
}
