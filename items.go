package packagedb

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is a DynamoDB item, or the part of one that was asked for.
type item = map[string]types.AttributeValue

// The attributes of both tables.
const (
	attrSub = "sub"
	attrID  = "id"

	attrUpdatedAtID = "updated_at_id"
	attrIDUpdatedAt = "id_updated_at"
	attrName        = "name"
	attrUpdatedAt   = "updated_at"
	attrVersion     = "version"
	attrModelCount  = "model_count"
	attrTitle       = "title"
	attrDescription = "description"

	attrPublicKey     = "public_key"
	attrSecretKeyHash = "secret_key_hash"
	attrSalt          = "salt"
)

func textValue(text string) *types.AttributeValueMemberS {
	return &types.AttributeValueMemberS{Value: text}
}

func numberValue(number int) *types.AttributeValueMemberN {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(number)}
}

func encodeSpec(sub, id string, spec SpecInput, second int64, keys specKeys) item {
	encoded := item{
		attrSub:         textValue(sub),
		attrID:          textValue(id),
		attrName:        textValue(spec.Name),
		attrUpdatedAt:   textValue(strconv.FormatInt(second, 10)),
		attrVersion:     textValue(spec.Version),
		attrModelCount:  numberValue(spec.ModelCount),
		attrUpdatedAtID: textValue(keys.updatedAtID),
		attrIDUpdatedAt: textValue(keys.idUpdatedAt),
	}
	if spec.Title != "" {
		encoded[attrTitle] = textValue(spec.Title)
	}
	if spec.Description != "" {
		encoded[attrDescription] = textValue(spec.Description)
	}
	return encoded
}

func decodeSpec(stored item) (SpecInfo, error) {
	d := decoder{item: stored}
	spec := SpecInfo{
		ID:          d.text(attrID),
		Name:        d.text(attrName),
		UpdatedAt:   d.second(),
		Version:     d.text(attrVersion),
		ModelCount:  d.modelCount(),
		Title:       d.optionalText(attrTitle),
		Description: d.optionalText(attrDescription),
	}
	if err := d.malformed(attrUpdatedAtID); err != nil {
		return SpecInfo{}, err
	}
	return spec, nil
}

func decodeVersion(stored item) (string, error) {
	d := decoder{item: stored}
	version := d.text(attrVersion)
	return version, d.malformed(attrUpdatedAtID)
}

func decodeModelCount(stored item) (int, error) {
	d := decoder{item: stored}
	count := d.modelCount()
	return count, d.malformed(attrUpdatedAtID)
}

func encodeCredentials(sub string, credentials CredentialsInput, form binaryForm) item {
	return item{
		attrSub:           textValue(sub),
		attrID:            textValue(credentials.ID),
		attrPublicKey:     textValue(credentials.PublicKey),
		attrSecretKeyHash: &types.AttributeValueMemberB{Value: form.encode(credentials.SecretKeyHash)},
		attrSalt:          &types.AttributeValueMemberB{Value: form.encode(credentials.Salt)},
	}
}

func decodeCredentials(stored item, form binaryForm) (CredentialsInfo, error) {
	d := decoder{item: stored}
	credentials := CredentialsInfo{
		ID:        d.text(attrID),
		PublicKey: d.text(attrPublicKey),
		Salt:      d.binary(attrSalt, form),
	}
	if err := d.malformed(attrID); err != nil {
		return CredentialsInfo{}, err
	}
	return credentials, nil
}

func decodeCredentialsAuth(stored item, form binaryForm) (CredentialsAuthInfo, error) {
	d := decoder{item: stored}
	auth := CredentialsAuthInfo{
		Sub:           d.text(attrSub),
		SecretKeyHash: d.binary(attrSecretKeyHash, form),
		Salt:          d.binary(attrSalt, form),
	}
	if err := d.malformed(attrID); err != nil {
		return CredentialsAuthInfo{}, err
	}
	return auth, nil
}

// decoder reads the attributes of an item and keeps the first error, which quotes no value: it may
// be a secret.
type decoder struct {
	item item
	err  error
}

func (d *decoder) text(attribute string) string {
	value, ok := d.item[attribute].(*types.AttributeValueMemberS)
	if !ok {
		d.fail(attribute, "a string")
		return ""
	}
	return value.Value
}

func (d *decoder) optionalText(attribute string) string {
	switch value := d.item[attribute].(type) {
	case nil:
		return ""
	case *types.AttributeValueMemberS:
		return value.Value
	default:
		return d.text(attribute)
	}
}

func (d *decoder) second() int64 {
	text := d.text(attrUpdatedAt)
	second, err := strconv.ParseInt(text, 10, 64)
	// Conditions compare the text, which only its plain form puts in order.
	if err != nil || second < 0 || second > maxSecond || strconv.FormatInt(second, 10) != text {
		d.fail(attrUpdatedAt, "whole seconds in plain decimal")
	}
	return second
}

func (d *decoder) modelCount() int {
	const want = "a whole number"
	value, ok := d.item[attrModelCount].(*types.AttributeValueMemberN)
	if !ok {
		d.fail(attrModelCount, want)
		return 0
	}
	count, err := strconv.Atoi(value.Value)
	if err != nil {
		d.fail(attrModelCount, want)
	}
	return count
}

func (d *decoder) binary(attribute string, form binaryForm) []byte {
	value, ok := d.item[attribute].(*types.AttributeValueMemberB)
	if !ok {
		d.fail(attribute, "binary")
		return nil
	}
	data, err := form.decode(value.Value)
	if err != nil {
		d.fail(attribute, "base64 text")
	}
	return data
}

func (d *decoder) fail(attribute, want string) {
	switch {
	case d.err != nil:
	case d.item[attribute] == nil:
		d.err = fmt.Errorf("attribute %s is missing", attribute)
	default:
		d.err = fmt.Errorf("attribute %s is not %s", attribute, want)
	}
}

// malformed wraps the first error with the key of the item.
func (d *decoder) malformed(sortKey string) error {
	if d.err == nil {
		return nil
	}
	key := decoder{item: d.item}
	return fmt.Errorf("malformed item with the key sub %q, %s %q: %w", key.text(attrSub), sortKey, key.text(sortKey), d.err)
}

// binaryForm is how a binary attribute holds bytes.
type binaryForm int

const (
	plainBinary  binaryForm = iota // the bytes themselves
	base64Binary                   // base64 text of the bytes, as PynamoDB 5 writes it
)

func (form binaryForm) encode(data []byte) []byte {
	if form == base64Binary {
		return base64.StdEncoding.AppendEncode(nil, data)
	}
	return data
}

func (form binaryForm) decode(stored []byte) ([]byte, error) {
	if form == base64Binary {
		return base64.StdEncoding.AppendDecode(nil, stored)
	}
	return stored, nil
}
