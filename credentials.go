package packagedb

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
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
	return iterate(func(yield func(CredentialsInfo, error) bool) (err error) {
		ctx, call := f.begin(ctx, operation, sub, f.credentialsTable)
		defer call.end(&err)
		if err := f.checkSub(sub); err != nil {
			return err
		}
		q := f.queryUser(f.credentialsTable, "", sub, credentialsWithoutHash)
		after, err := q.apply(options)
		if err != nil {
			return err
		}
		if after != nil {
			if err := checkString("after", *after, maxSortKey); err != nil {
				return err
			}
			q.input.ExclusiveStartKey = credentialsKey(sub, *after)
		}
		return each(ctx, q, f.decodeCredentialsInfo, yield)
	})
}

// CreateCredentials implements [Database].
func (f *facade) CreateCredentials(ctx context.Context, sub string, credentials CredentialsInput) (err error) {
	ctx, call := f.begin(ctx, "CreateCredentials", credentials.ID, f.credentialsTable)
	defer call.end(&err)
	var sent attempts
	put, err := f.putOf(sub, credentials)
	if err != nil {
		return err
	}
	put.ConditionExpression = aws.String("attribute_not_exists(id)")
	err = f.put(ctx, put, countAttempts(&sent))
	if err == nil || !isConditionFailure(err) {
		return redactSecrets(err, credentials.SecretKeyHash, credentials.Salt)
	}
	if sent.inDoubt {
		isStored, err := f.isStored(ctx, sub, credentials)
		if err != nil {
			return fmt.Errorf("an earlier attempt may have stored the credentials: %w", err)
		}
		if isStored {
			return nil
		}
	}
	return ErrExists
}

// CreateUpdateCredentials implements [Database].
func (f *facade) CreateUpdateCredentials(ctx context.Context, sub string, credentials CredentialsInput) (err error) {
	ctx, call := f.begin(ctx, "CreateUpdateCredentials", credentials.ID, f.credentialsTable)
	defer call.end(&err)
	put, err := f.putOf(sub, credentials)
	if err != nil {
		return err
	}
	return redactSecrets(f.put(ctx, put), credentials.SecretKeyHash, credentials.Salt)
}

// GetCredentials implements [Database].
func (f *facade) GetCredentials(ctx context.Context, sub, id string) (_ *CredentialsInfo, err error) {
	ctx, call := f.begin(ctx, "GetCredentials", id, f.credentialsTable)
	defer call.end(&err)
	if err := f.checkCredentialsKey(sub, id); err != nil {
		return nil, err
	}
	key := credentialsKey(sub, id)
	return get(ctx, f, f.credentialsTable, key, f.consistentReads, credentialsWithoutHash, f.decodeCredentialsInfo)
}

// GetUser implements [Database].
func (f *facade) GetUser(ctx context.Context, publicKey string) (_ *CredentialsAuthInfo, err error) {
	ctx, call := f.begin(ctx, "GetUser", publicKey, f.credentialsTable)
	defer call.end(&err)
	if err := cmp.Or(f.tablesErr, checkPublicKey(publicKey)); err != nil {
		return nil, err
	}
	found, err := collect(results(ctx, f.queryPublicKey(publicKey), f.decodeCredentials))
	if err != nil {
		return nil, err
	}
	switch {
	case len(found) == 0:
		return nil, ErrNotFound
	case len(found) > 1:
		return nil, ErrAmbiguousPublicKey
	case found[0].PublicKey != publicKey:
		return nil, errors.New("the response has another public key")
	}
	return &CredentialsAuthInfo{
		Sub: found[0].Sub, ID: found[0].ID, SecretKeyHash: found[0].SecretKeyHash.data, Salt: found[0].Salt.data,
	}, nil
}

// DeleteCredentials implements [Database].
func (f *facade) DeleteCredentials(ctx context.Context, sub, id string) (err error) {
	ctx, call := f.begin(ctx, "DeleteCredentials", id, f.credentialsTable)
	defer call.end(&err)
	if err := f.checkCredentialsKey(sub, id); err != nil {
		return err
	}
	return f.delete(ctx, types.Delete{TableName: aws.String(f.credentialsTable), Key: credentialsKey(sub, id)})
}

// DeleteAllCredentials implements [Database].
func (f *facade) DeleteAllCredentials(ctx context.Context, sub string) (err error) {
	ctx, call := f.begin(ctx, "DeleteAllCredentials", sub, f.credentialsTable)
	defer call.end(&err)
	if err := f.checkSub(sub); err != nil {
		return err
	}
	d := &deleter{facade: f, table: f.credentialsTable, sub: sub, sortKey: attrID}
	return d.end(d.deleteQuery(ctx, f.queryUser(f.credentialsTable, "", sub, credentialsToDelete)))
}

// putOf returns the put of credentials.
func (f *facade) putOf(sub string, credentials CredentialsInput) (types.Put, error) {
	if err := f.checkCredentials(sub, credentials); err != nil {
		return types.Put{}, err
	}
	encoded, err := attributevalue.MarshalMap(credentialsItem{
		Sub: sub, ID: credentials.ID, PublicKey: credentials.PublicKey,
		SecretKeyHash: f.binary(attrSecretKeyHash, credentials.SecretKeyHash), Salt: f.binary(attrSalt, credentials.Salt),
	})
	if err != nil {
		return types.Put{}, err
	}
	return types.Put{TableName: aws.String(f.credentialsTable), Item: encoded},
		checkSize("credentials", encoded, maxCredentialsItem)
}

// isStored reports whether exactly these credentials are stored.
func (f *facade) isStored(ctx context.Context, sub string, credentials CredentialsInput) (bool, error) {
	key := credentialsKey(sub, credentials.ID)
	stored, err := get(ctx, f, f.credentialsTable, key, true, wholeCredentials, f.decodeCredentials)
	switch {
	case errors.Is(err, ErrNotFound): // deleted since
		return false, nil
	case err != nil:
		return false, err
	}
	return stored.PublicKey == credentials.PublicKey &&
		bytes.Equal(stored.SecretKeyHash.data, credentials.SecretKeyHash) &&
		bytes.Equal(stored.Salt.data, credentials.Salt), nil
}

// binary returns a binary attribute in the form of the table.
func (f *facade) binary(name string, data []byte) binary {
	return binary{data: data, base64: f.pythonFacade, name: name}
}

func (f *facade) decodeCredentials(stored item) (credentialsItem, error) {
	decoded := credentialsItem{SecretKeyHash: f.binary(attrSecretKeyHash, nil), Salt: f.binary(attrSalt, nil)}
	err := attributevalue.UnmarshalMap(stored, &decoded)
	return decoded, err
}

func (f *facade) decodeCredentialsInfo(stored item) (CredentialsInfo, error) {
	decoded, err := f.decodeCredentials(stored)
	return CredentialsInfo{ID: decoded.ID, PublicKey: decoded.PublicKey, Salt: decoded.Salt.data}, err
}
