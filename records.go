package packagedb

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is a DynamoDB item, or a projection of one.
type item = map[string]types.AttributeValue

// specItem is an item of the specs table: a version of a spec, or the copy of its latest version.
type specItem struct {
	Sub         string `dynamodbav:"sub"` // partition key
	ID          string `dynamodbav:"id"`  // canonical form of the name
	Name        string `dynamodbav:"name"`
	UpdatedAt   string `dynamodbav:"updated_at"` // Unix seconds in decimal
	Version     string `dynamodbav:"version"`
	Title       string `dynamodbav:"title,omitempty"`
	Description string `dynamodbav:"description,omitempty"`
	ModelCount  int    `dynamodbav:"model_count"`
	UpdatedAtID string `dynamodbav:"updated_at_id"` // sort key: 20 digits or "latest", #, id
	IDUpdatedAt string `dynamodbav:"id_updated_at"` // sort key of the local index: id, #, 20 digits or "latest"
}

// credentialsItem is an item of the credentials table.
type credentialsItem struct {
	Sub           string `dynamodbav:"sub"`        // partition key
	ID            string `dynamodbav:"id"`         // sort key
	PublicKey     string `dynamodbav:"public_key"` // partition key of the global index
	SecretKeyHash binary `dynamodbav:"secret_key_hash"`
	Salt          binary `dynamodbav:"salt"`
}

// binary is a binary attribute. It holds the bytes themselves or, as PynamoDB 5 writes it, base64
// text of them.
type binary struct {
	data   []byte
	base64 bool
	name   string // of the attribute, for errors
}

// MarshalDynamoDBAttributeValue implements Marshaler of package attributevalue.
func (b binary) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	stored := bytes.Clone(b.data)
	if b.base64 {
		stored = base64.StdEncoding.AppendEncode(nil, b.data)
	}
	return &types.AttributeValueMemberB{Value: stored}, nil
}

// UnmarshalDynamoDBAttributeValue implements Unmarshaler of package attributevalue. The receiver
// determines the form that it expects.
func (b *binary) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	stored, ok := value.(*types.AttributeValueMemberB)
	if !ok {
		return fmt.Errorf("attribute %s is not binary", b.name)
	}
	b.data = stored.Value
	if !b.base64 {
		return nil
	}
	var err error
	if b.data, err = base64.StdEncoding.AppendDecode(nil, stored.Value); err == nil && len(b.data) == 0 {
		err = errors.New("empty")
	}
	if err != nil {
		return fmt.Errorf("attribute %s is not base64 text, the form of the Python facade", b.name)
	}
	return nil
}

// Names of attributes.
const (
	attrSub           = "sub"
	attrID            = "id"
	attrName          = "name"
	attrUpdatedAt     = "updated_at"
	attrVersion       = "version"
	attrModelCount    = "model_count"
	attrTitle         = "title"
	attrDescription   = "description"
	attrUpdatedAtID   = "updated_at_id"
	attrIDUpdatedAt   = "id_updated_at"
	attrPublicKey     = "public_key"
	attrSecretKeyHash = "secret_key_hash"
	attrSalt          = "salt"
)

// selection is the part of items that a read returns, and the attributes that each must have.
type selection struct {
	projection string // an expression, or everything if empty
	required   []string
}

var (
	wholeSpec = selection{required: []string{
		attrSub, attrID, attrName, attrUpdatedAt, attrVersion, attrModelCount, attrUpdatedAtID, attrIDUpdatedAt,
	}}
	versionOfSpec   = selectAttributes(attrSub, attrUpdatedAtID, attrVersion)
	countOfSpec     = selectAttributes(attrSub, attrUpdatedAtID, attrModelCount)
	credentialsInfo = selectAttributes(attrSub, attrID, attrPublicKey, attrSalt)
	credentialsAuth = selectAttributes(attrSub, attrID, attrPublicKey, attrSecretKeyHash, attrSalt)

	// Deletes read the keys of malformed items too.
	keysOfSpec = selection{
		projection: "#sub, updated_at_id, id_updated_at, updated_at, version",
		required:   []string{attrUpdatedAtID},
	}
	keysOfCredentials = selectAttributes(attrSub, attrID)
)

// selectAttributes selects attributes that every item must have.
func selectAttributes(attributes ...string) selection {
	projection := strings.Replace(strings.Join(attributes, ", "), attrSub, "#"+attrSub, 1)
	return selection{projection: projection, required: attributes}
}

// subName returns the expression attribute names for the expressions. The word sub is reserved.
func subName(expressions ...string) map[string]string {
	for _, expression := range expressions {
		if strings.Contains(expression, "#"+attrSub) {
			return map[string]string{"#" + attrSub: attrSub}
		}
	}
	return nil
}

// decodeItem decodes a stored item that has the required attributes and belongs to the user. An empty
// sub is that of any user.
func decodeItem[T any](stored item, sub string, selected selection, decode func(item) (T, error)) (value T, err error) {
	for _, name := range selected.required {
		if err := checkAttribute(name, stored[name]); err != nil {
			return value, malformed(err, stored)
		}
	}
	if sub != "" && textOf(stored, attrSub) != sub {
		return value, malformed(errors.New("item of another user"), stored)
	}
	value, err = decode(stored)
	return value, malformed(err, stored)
}

// checkAttribute checks what attributevalue does not: that the attribute is present, has the table's
// type and is not empty.
func checkAttribute(name string, value types.AttributeValue) error {
	got, size := "", 0
	switch value := value.(type) {
	case nil:
		return fmt.Errorf("attribute %s is missing", name)
	case *types.AttributeValueMemberS:
		got, size = "a string", len(value.Value)
	case *types.AttributeValueMemberN:
		got, size = "a number", len(value.Value)
	case *types.AttributeValueMemberB:
		got, size = "binary", len(value.Value)
	}
	want := "a string"
	switch name {
	case attrModelCount:
		want = "a number"
	case attrSecretKeyHash, attrSalt:
		want = "binary"
	}
	if got != want {
		return fmt.Errorf("attribute %s is not %s", name, want)
	}
	if size == 0 {
		return fmt.Errorf("attribute %s is empty", name)
	}
	return nil
}

// malformed wraps err with the key of the item.
func malformed(err error, stored item) error {
	if err == nil {
		return nil
	}
	sortKey := attrUpdatedAtID
	if stored[sortKey] == nil { // credentials
		sortKey = attrID
	}
	return fmt.Errorf("malformed item with key sub %s, %s %s: %w",
		quote(textOf(stored, attrSub)), sortKey, quote(textOf(stored, sortKey)), err)
}

func decodeModelCount(stored item) (int, error) {
	text := stored[attrModelCount].(*types.AttributeValueMemberN).Value // decodeItem has checked its type
	count, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("attribute model_count %s is not an integer", quote(text))
	case count < 0:
		return 0, fmt.Errorf("attribute model_count %d is negative", count)
	}
	return count, nil
}

func decodeVersion(stored item) (string, error) { return textOf(stored, attrVersion), nil }

// decodeSpec decodes a version of a spec, or the latest item. Lists of specs take a third longer with
// attributevalue's reflection than with textOf (bench, ListSpecs100).
func decodeSpec(stored item) (SpecInfo, error) {
	at, id, ok := splitUpdatedAtID(textOf(stored, attrUpdatedAtID))
	second, err := parseSecond(textOf(stored, attrUpdatedAt))
	switch {
	case !ok:
		return SpecInfo{}, errors.New("key of neither a version nor a latest item")
	case err != nil:
		return SpecInfo{}, fmt.Errorf("attribute updated_at: %w", err)
	case at != latestPosition && at != positionAt(second):
		return SpecInfo{}, errors.New("attribute updated_at contradicts the key")
	case textOf(stored, attrID) != id:
		return SpecInfo{}, errors.New("attribute id contradicts the key")
	case textOf(stored, attrIDUpdatedAt) != at.idUpdatedAt(id):
		return SpecInfo{}, errors.New("attribute id_updated_at contradicts the key")
	}
	for _, name := range []string{attrTitle, attrDescription} {
		if _, ok := stored[name].(*types.AttributeValueMemberS); stored[name] != nil && !ok {
			return SpecInfo{}, fmt.Errorf("attribute %s is not a string", name)
		}
	}
	models, err := decodeModelCount(stored)
	return SpecInfo{
		ID: id, Name: textOf(stored, attrName), UpdatedAt: second, Version: textOf(stored, attrVersion),
		ModelCount: models, Title: textOf(stored, attrTitle), Description: textOf(stored, attrDescription),
	}, err
}

// specKey is the part of an item of the specs table that a delete reads.
type specKey struct {
	updatedAtID string
	idUpdatedAt string
	id          string // empty if this package writes no such key
	indexed     bool   // the item is at the place in the index that its key implies
	latest      item   // if it is a latest item, the attributes that tell it from an earlier one
}

func decodeSpecKey(stored item) (specKey, error) {
	key := specKey{updatedAtID: textOf(stored, attrUpdatedAtID), idUpdatedAt: textOf(stored, attrIDUpdatedAt)}
	at, id, ok := splitUpdatedAtID(key.updatedAtID)
	if !ok {
		return key, nil
	}
	key.id = id
	key.indexed = key.idUpdatedAt == at.idUpdatedAt(id)
	if at == latestPosition {
		key.latest = item{attrUpdatedAt: stored[attrUpdatedAt], attrVersion: stored[attrVersion]}
	}
	return key, nil
}

// textOf returns a string attribute, or "" if the item has no such string.
func textOf(stored item, attribute string) string {
	if value, ok := stored[attribute].(*types.AttributeValueMemberS); ok {
		return value.Value
	}
	return ""
}

// textItem returns the attribute values of strings, or nil if there are none.
func textItem(texts map[string]string) item {
	if len(texts) == 0 {
		return nil
	}
	values := make(item, len(texts))
	for name, text := range texts {
		values[name] = &types.AttributeValueMemberS{Value: text}
	}
	return values
}

// optional returns a text, or nil if it is empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// cloneItem returns a deep copy of an item of strings, numbers and bytes.
func cloneItem(original item) item {
	if original == nil {
		return nil
	}
	clone := make(item, len(original)+3)
	for name, value := range original {
		switch value := value.(type) {
		case *types.AttributeValueMemberS:
			clone[name] = &types.AttributeValueMemberS{Value: value.Value}
		case *types.AttributeValueMemberN:
			clone[name] = &types.AttributeValueMemberN{Value: value.Value}
		case *types.AttributeValueMemberB:
			clone[name] = &types.AttributeValueMemberB{Value: append([]byte(nil), value.Value...)}
		}
	}
	return clone
}
