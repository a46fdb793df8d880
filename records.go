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

// UnmarshalDynamoDBAttributeValue implements Unmarshaler of package attributevalue, because lists of specs
// take a third longer than the bare request with attributevalue's reflection (bench, ListSpecs100).
func (record *specItem) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	stored, ok := value.(*types.AttributeValueMemberM)
	if !ok {
		return errors.New("not an item")
	}
	*record = specItem{
		Sub:         textOf(stored.Value, attrSub),
		ID:          textOf(stored.Value, attrID),
		Name:        textOf(stored.Value, attrName),
		UpdatedAt:   textOf(stored.Value, attrUpdatedAt),
		Version:     textOf(stored.Value, attrVersion),
		Title:       textOf(stored.Value, attrTitle),
		Description: textOf(stored.Value, attrDescription),
		UpdatedAtID: textOf(stored.Value, attrUpdatedAtID),
		IDUpdatedAt: textOf(stored.Value, attrIDUpdatedAt),
	}
	if count, ok := stored.Value[attrModelCount].(*types.AttributeValueMemberN); ok {
		record.ModelCount, _ = strconv.Atoi(count.Value) // requireAttributes has checked it
	}
	return nil
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

// The projections, and with them the attributes that an answer must have.
var (
	wholeSpec = []string{
		attrSub, attrID, attrName, attrUpdatedAt, attrVersion, attrModelCount, attrUpdatedAtID, attrIDUpdatedAt,
	}
	versionOfSpec   = []string{attrSub, attrUpdatedAtID, attrVersion}
	countOfSpec     = []string{attrSub, attrUpdatedAtID, attrModelCount}
	keysOfSpec      = []string{attrSub, attrUpdatedAtID, attrIDUpdatedAt, attrUpdatedAt, attrVersion}
	credentialsInfo = []string{attrSub, attrID, attrPublicKey, attrSalt}
	credentialsAuth = []string{attrSub, attrID, attrPublicKey, attrSecretKeyHash, attrSalt}
	keysOfItem      = []string{attrSub, attrID}
)

// projection returns a projection expression.
func projection(attributes []string) string {
	return strings.Replace(strings.Join(attributes, ", "), attrSub, "#"+attrSub, 1)
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

// checkItem returns an error unless a stored item has the attributes and belongs to the user. An empty
// sub is that of any user.
func checkItem(stored item, sub string, attributes []string) error {
	if err := requireAttributes(stored, attributes); err != nil {
		return err
	}
	if sub != "" && textOf(stored, attrSub) != sub {
		return errors.New("item of another user")
	}
	return nil
}

// decodeSpecItem returns a stored item of a user, or the attributes of it that were asked for.
func decodeSpecItem(stored item, sub string, attributes []string) (record specItem, err error) {
	if err = checkItem(stored, sub, attributes); err == nil {
		err = record.UnmarshalDynamoDBAttributeValue(&types.AttributeValueMemberM{Value: stored})
	}
	return record, malformed(err, stored, attrUpdatedAtID)
}

// requireAttributes checks what attributevalue does not: that the attributes are present, have the
// table's type and are not empty. The optional ones may be missing.
func requireAttributes(stored item, attributes []string) error {
	for _, name := range attributes {
		if stored[name] == nil {
			return fmt.Errorf("attribute %s is missing", name)
		}
		if err := checkAttribute(name, stored[name]); err != nil {
			return err
		}
	}
	for _, name := range []string{attrTitle, attrDescription} {
		if _, ok := stored[name].(*types.AttributeValueMemberS); stored[name] != nil && !ok {
			return fmt.Errorf("attribute %s is not a string", name)
		}
	}
	return nil
}

func checkAttribute(name string, value types.AttributeValue) error {
	want, empty := "a string", false
	var got string
	switch name {
	case attrModelCount:
		want = "a number"
	case attrSecretKeyHash, attrSalt:
		want = "binary"
	}
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		got, empty = "a string", value.Value == ""
	case *types.AttributeValueMemberN:
		if name == attrModelCount {
			return checkModelCount(value.Value)
		}
		got = "a number"
	case *types.AttributeValueMemberB:
		got, empty = "binary", len(value.Value) == 0
	}
	if got != want {
		return fmt.Errorf("attribute %s is not %s", name, want)
	}
	if empty {
		return fmt.Errorf("attribute %s is empty", name)
	}
	return nil
}

func checkModelCount(text string) error {
	count, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return fmt.Errorf("attribute model_count %s is not an integer", quote(text))
	case count < 0:
		return fmt.Errorf("attribute model_count %d is negative", count)
	}
	return nil
}

// malformed wraps err with the key of the item.
func malformed(err error, stored item, sortKey string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("malformed item with key sub %s, %s %s: %w",
		quote(textOf(stored, attrSub)), sortKey, quote(textOf(stored, sortKey)), err)
}

// decodeSpec returns a stored version of a user's spec, or the latest item.
func decodeSpec(sub string) func(item) (SpecInfo, error) {
	return func(stored item) (SpecInfo, error) {
		record, err := decodeSpecItem(stored, sub, wholeSpec)
		if err != nil {
			return SpecInfo{}, err
		}
		spec, err := record.info()
		return spec, malformed(err, stored, attrUpdatedAtID)
	}
}

// storedSpec is an item of the specs table.
type storedSpec struct {
	SpecInfo
	isLatest bool
}

// decodeStoredSpec is like decodeSpec, and reports which of the two kinds the item is.
func decodeStoredSpec(sub string) func(item) (storedSpec, error) {
	return func(stored item) (storedSpec, error) {
		spec, err := decodeSpec(sub)(stored)
		return storedSpec{spec, textOf(stored, attrUpdatedAtID) == latestKeys(spec.ID).updatedAtID}, err
	}
}

// info returns the record as a SpecInfo, or an error if its key contradicts its attributes.
func (record specItem) info() (SpecInfo, error) {
	position, id, ok := splitUpdatedAtID(record.UpdatedAtID)
	second, err := parseSecond(record.UpdatedAt)
	switch {
	case !ok:
		return SpecInfo{}, errors.New("key of neither a version nor a latest item")
	case err != nil:
		return SpecInfo{}, fmt.Errorf("attribute updated_at: %w", err)
	case position != latestPosition && position != versionPosition(second):
		return SpecInfo{}, errors.New("attribute updated_at contradicts the key")
	case record.ID != id:
		return SpecInfo{}, errors.New("attribute id contradicts the key")
	case record.IDUpdatedAt != id+keySeparator+position:
		return SpecInfo{}, errors.New("attribute id_updated_at contradicts the key")
	}
	return SpecInfo{
		ID: id, Name: record.Name, UpdatedAt: second, Version: record.Version,
		ModelCount: record.ModelCount, Title: record.Title, Description: record.Description,
	}, nil
}

// specKey is the part of an item of the specs table that a delete reads.
type specKey struct {
	updatedAtID  string
	idUpdatedAt  string
	position, id string // empty if this package writes no such key
	indexed      bool   // the item is at the place in the index that its key implies
	latest       item   // if it is a latest item, the attributes that tell it from an earlier one
}

func decodeSpecKey(stored item) (specKey, error) {
	key := specKey{updatedAtID: textOf(stored, attrUpdatedAtID), idUpdatedAt: textOf(stored, attrIDUpdatedAt)}
	if key.updatedAtID == "" {
		return key, malformed(errors.New("no sort key"), stored, attrUpdatedAtID)
	}
	var ok bool
	if key.position, key.id, ok = splitUpdatedAtID(key.updatedAtID); !ok {
		key.position, key.id = "", ""
		return key, nil
	}
	key.indexed = key.idUpdatedAt == key.id+keySeparator+key.position
	if key.position == latestPosition {
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

// keyText returns a text that is unique to an item's key among those of one user.
func keyText(key item) string {
	return textOf(key, attrUpdatedAtID) + textOf(key, attrIDUpdatedAt) + textOf(key, attrSub) + "/" + textOf(key, attrID)
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
