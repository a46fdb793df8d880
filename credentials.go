package packagedb

import (
	"bytes"
	"context"
	"errors"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// ListCredentials implements [Database].
func (f *facade) ListCredentials(ctx context.Context, sub string, options ...ListOption) ([]CredentialsInfo, error) {
	return collect(f.Credentials(ctx, sub, options...))
}

// Credentials implements [Database].
func (f *facade) Credentials(ctx context.Context, sub string, options ...ListOption) iter.Seq2[CredentialsInfo, error] {
	q := f.queryUser(f.credentialsTable, "", sub).paged(options, func(after string) (item, error) {
		if err := checkKey("after", after, maxSortKey); err != nil {
			return nil, err
		}
		return credentialsKey(sub, after), nil
	})
	q.projection = projection(credentialsInfo)
	q = q.of("list credentials of", sub, checkSub(sub))
	return list(ctx, f.client, q, func(stored item) (CredentialsInfo, error) {
		record, err := f.decodeCredentials(stored, sub, credentialsInfo)
		return record.info(), err
	})
}

// CreateCredentials implements [Database].
func (f *facade) CreateCredentials(ctx context.Context, sub string, credentials CredentialsInput) (err error) {
	defer wrap(&err, "create credentials", credentials.ID, f.credentialsTable)
	attempts := 0
	err = f.putCredentials(ctx, sub, credentials, "attribute_not_exists(id)", countAttempts(&attempts))
	if !isConditionFailure(err) {
		return err
	}
	if attempts > 1 && f.isStored(ctx, sub, credentials) {
		return nil // by an earlier attempt, whose answer was lost
	}
	return ErrExists
}

// CreateUpdateCredentials implements [Database].
func (f *facade) CreateUpdateCredentials(ctx context.Context, sub string, credentials CredentialsInput) (err error) {
	defer wrap(&err, "create or update credentials", credentials.ID, f.credentialsTable)
	return f.putCredentials(ctx, sub, credentials, "")
}

// GetCredentials implements [Database].
func (f *facade) GetCredentials(ctx context.Context, sub, id string) (_ *CredentialsInfo, err error) {
	defer wrap(&err, "get credentials", id, f.credentialsTable)
	if err := checkCredentialsKey(sub, id); err != nil {
		return nil, err
	}
	key := credentialsKey(sub, id)
	stored, err := f.getItem(ctx, f.credentialsTable, key, projection(credentialsInfo), f.consistentReads)
	if err != nil {
		return nil, err
	}
	record, err := f.decodeCredentials(stored, sub, credentialsInfo)
	if err == nil && record.ID != id {
		err = malformed(errors.New("not the requested item"), stored, attrID)
	}
	if err != nil {
		return nil, err
	}
	info := record.info()
	return &info, nil
}

// GetUser implements [Database].
func (f *facade) GetUser(ctx context.Context, publicKey string) (_ *CredentialsAuthInfo, err error) {
	defer wrap(&err, "get user of public key", publicKey, f.credentialsTable)
	if err := checkPublicKey(publicKey); err != nil {
		return nil, err
	}
	var found []credentialsItem
	for record, err := range list(ctx, f.client, f.queryPublicKey(publicKey), func(stored item) (credentialsItem, error) {
		return f.decodeCredentials(stored, "", credentialsAuth)
	}) {
		if err != nil {
			return nil, err
		}
		found = append(found, record)
	}
	switch {
	case len(found) == 0:
		return nil, ErrNotFound
	case len(found) > 1:
		return nil, ErrAmbiguousPublicKey
	case found[0].PublicKey != publicKey:
		return nil, errors.New("answer with another public key")
	}
	return &CredentialsAuthInfo{
		Sub: found[0].Sub, ID: found[0].ID, SecretKeyHash: found[0].SecretKeyHash.data, Salt: found[0].Salt.data,
	}, nil
}

// DeleteCredentials implements [Database].
func (f *facade) DeleteCredentials(ctx context.Context, sub, id string) (err error) {
	defer wrap(&err, "delete credentials", id, f.credentialsTable)
	if err := checkCredentialsKey(sub, id); err != nil {
		return err
	}
	return retryConflicts(ctx, func() error {
		_, err := answered(f.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: aws.String(f.credentialsTable),
			Key:       credentialsKey(sub, id),
		}))
		return err
	})
}

// DeleteAllCredentials implements [Database].
func (f *facade) DeleteAllCredentials(ctx context.Context, sub string) (err error) {
	defer wrap(&err, "delete all credentials of", sub, f.credentialsTable)
	if err := checkSub(sub); err != nil {
		return err
	}
	return f.delete(f.credentialsTable, sub, attrID, func(d *deletion) error {
		return d.deleteItems(ctx, f.queryUser(f.credentialsTable, "", sub).keys(keysOfItem))
	})
}

// putCredentials stores credentials, under a condition unless that is empty.
func (f *facade) putCredentials(
	ctx context.Context, sub string, credentials CredentialsInput, condition string, options ...func(*dynamodb.Options),
) error {
	if err := checkCredentials(sub, credentials); err != nil {
		return err
	}
	stored, err := attributevalue.MarshalMap(credentialsItem{
		Sub: sub, ID: credentials.ID, PublicKey: credentials.PublicKey,
		SecretKeyHash: f.binary(attrSecretKeyHash, credentials.SecretKeyHash), Salt: f.binary(attrSalt, credentials.Salt),
	})
	if err != nil {
		return err
	}
	if err := checkCredentialsItem(stored); err != nil {
		return err
	}
	put := conditionalPut{table: f.credentialsTable, item: stored, condition: condition}
	return retryConflicts(ctx, func() error {
		_, err := answered(f.client.PutItem(ctx, put.input(), options...))
		return err
	})
}

// isStored reports whether exactly these credentials are stored.
func (f *facade) isStored(ctx context.Context, sub string, credentials CredentialsInput) bool {
	stored, err := f.getItem(ctx, f.credentialsTable, credentialsKey(sub, credentials.ID), "", true)
	if err != nil {
		return false
	}
	record, err := f.decodeCredentials(stored, sub, credentialsAuth)
	return err == nil && record.PublicKey == credentials.PublicKey &&
		bytes.Equal(record.SecretKeyHash.data, credentials.SecretKeyHash) && bytes.Equal(record.Salt.data, credentials.Salt)
}

// binary returns a binary attribute in the form of the table.
func (f *facade) binary(name string, data []byte) binary {
	return binary{data: data, base64: f.pythonFacade, name: name}
}

// decodeCredentials returns a stored item as a record, of any user if the sub is empty.
func (f *facade) decodeCredentials(stored item, sub string, attributes []string) (credentialsItem, error) {
	record := credentialsItem{SecretKeyHash: f.binary(attrSecretKeyHash, nil), Salt: f.binary(attrSalt, nil)}
	err := checkItem(stored, sub, attributes)
	if err == nil {
		err = attributevalue.UnmarshalMap(stored, &record)
	}
	return record, malformed(err, stored, attrID)
}

// info returns the part of the credentials that may be shown.
func (record credentialsItem) info() CredentialsInfo {
	return CredentialsInfo{ID: record.ID, PublicKey: record.PublicKey, Salt: record.Salt.data}
}

func credentialsKey(sub, id string) item {
	return textItem(map[string]string{attrSub: sub, attrID: id})
}

// queryPublicKey reads the items of a public key, no more than show that it is ambiguous.
func (f *facade) queryPublicKey(publicKey string) query {
	return query{
		table:      f.credentialsTable,
		index:      credentialsIndex,
		condition:  "public_key = :public_key",
		values:     map[string]string{":public_key": publicKey},
		projection: projection(credentialsAuth),
		limit:      2,
		pageSize:   2,
	}
}
