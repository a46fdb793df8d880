package packagedb

import (
	"bytes"
	"context"
	"errors"
	"iter"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// ListCredentials implements [Database].
func (f *facade) ListCredentials(ctx context.Context, sub string, options ...ListOption) ([]CredentialsInfo, error) {
	return collect(f.credentials(ctx, "ListCredentials", sub, options))
}

// Credentials implements [Database].
func (f *facade) Credentials(ctx context.Context, sub string, options ...ListOption) iter.Seq2[CredentialsInfo, error] {
	return f.credentials(ctx, "Credentials", sub, options)
}

func (f *facade) credentials(
	ctx context.Context, operation, sub string, options []ListOption,
) iter.Seq2[CredentialsInfo, error] {
	return iterate(func(yield func(CredentialsInfo) bool) (err error) {
		ctx, end := f.begin(ctx, operation, sub, f.credentialsTable)
		defer end(&err)
		if err := checkSub(sub); err != nil {
			return err
		}
		q := f.queryUser(f.credentialsTable, "", sub, credentialsInfo)
		q, err = q.paged(options, func(after string) (item, error) {
			return credentialsKey(sub, after), checkKey("after", after, maxSortKey)
		})
		if err != nil {
			return err
		}
		return each(ctx, f.client, q, f.decodeCredentialsInfo, yield)
	})
}

// CreateCredentials implements [Database].
func (f *facade) CreateCredentials(ctx context.Context, sub string, credentials CredentialsInput) (err error) {
	ctx, end := f.begin(ctx, "CreateCredentials", credentials.ID, f.credentialsTable)
	defer end(&err)
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
	ctx, end := f.begin(ctx, "CreateUpdateCredentials", credentials.ID, f.credentialsTable)
	defer end(&err)
	return f.putCredentials(ctx, sub, credentials, "")
}

// GetCredentials implements [Database].
func (f *facade) GetCredentials(ctx context.Context, sub, id string) (_ *CredentialsInfo, err error) {
	ctx, end := f.begin(ctx, "GetCredentials", id, f.credentialsTable)
	defer end(&err)
	if err := checkCredentialsKey(sub, id); err != nil {
		return nil, err
	}
	key := credentialsKey(sub, id)
	return get(ctx, f.client, f.credentialsTable, key, f.consistentReads, credentialsInfo, f.decodeCredentialsInfo)
}

// GetUser implements [Database].
func (f *facade) GetUser(ctx context.Context, publicKey string) (_ *CredentialsAuthInfo, err error) {
	ctx, end := f.begin(ctx, "GetUser", publicKey, f.credentialsTable)
	defer end(&err)
	if err := checkPublicKey(publicKey); err != nil {
		return nil, err
	}
	found, err := collect(list(ctx, f.client, f.queryPublicKey(publicKey), f.decodeCredentials))
	if err != nil {
		return nil, err
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
	ctx, end := f.begin(ctx, "DeleteCredentials", id, f.credentialsTable)
	defer end(&err)
	if err := checkCredentialsKey(sub, id); err != nil {
		return err
	}
	return f.deleteItem(ctx, f.credentialsTable, credentialsKey(sub, id), "", nil)
}

// DeleteAllCredentials implements [Database].
func (f *facade) DeleteAllCredentials(ctx context.Context, sub string) (err error) {
	ctx, end := f.begin(ctx, "DeleteAllCredentials", sub, f.credentialsTable)
	defer end(&err)
	if err := checkSub(sub); err != nil {
		return err
	}
	return f.delete(f.credentialsTable, sub, attrID, func(d *deletion) error {
		return d.deleteItems(ctx, f.queryUser(f.credentialsTable, "", sub, keysOfCredentials))
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
	if err := checkSize("credentials", stored, maxCredentialsItem); err != nil {
		return err
	}
	return f.put(ctx, conditionalPut{table: f.credentialsTable, item: stored, condition: condition}, options...)
}

// isStored reports whether exactly these credentials are stored.
func (f *facade) isStored(ctx context.Context, sub string, credentials CredentialsInput) bool {
	key := credentialsKey(sub, credentials.ID)
	record, err := get(ctx, f.client, f.credentialsTable, key, true, credentialsAuth, f.decodeCredentials)
	return err == nil && record.PublicKey == credentials.PublicKey &&
		bytes.Equal(record.SecretKeyHash.data, credentials.SecretKeyHash) && bytes.Equal(record.Salt.data, credentials.Salt)
}

// binary returns a binary attribute in the form of the table.
func (f *facade) binary(name string, data []byte) binary {
	return binary{data: data, base64: f.pythonFacade, name: name}
}

func (f *facade) decodeCredentials(stored item) (credentialsItem, error) {
	record := credentialsItem{SecretKeyHash: f.binary(attrSecretKeyHash, nil), Salt: f.binary(attrSalt, nil)}
	err := attributevalue.UnmarshalMap(stored, &record)
	return record, err
}

func (f *facade) decodeCredentialsInfo(stored item) (CredentialsInfo, error) {
	record, err := f.decodeCredentials(stored)
	return CredentialsInfo{ID: record.ID, PublicKey: record.PublicKey, Salt: record.Salt.data}, err
}

func credentialsKey(sub, id string) item {
	return textItem(map[string]string{attrSub: sub, attrID: id})
}

// queryPublicKey reads the items of a public key, no more than show that it is ambiguous.
func (f *facade) queryPublicKey(publicKey string) query {
	return query{
		table:     f.credentialsTable,
		index:     credentialsIndex,
		condition: "public_key = :public_key",
		values:    map[string]string{":public_key": publicKey},
		selection: credentialsAuth,
		limit:     2,
		pageSize:  2,
	}
}
