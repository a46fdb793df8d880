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

// item is a DynamoDB item, or some attributes of one.
type item = map[string]types.AttributeValue

// specItem is an item of the specs table: a version of a spec, or the copy of its latest version.
type specItem struct {
	Sub         string `dynamodbav:"sub"` // partition key
	ID          string `dynamodbav:"id"`  // canonical form of the name
	Name        string `dynamodbav:"name"`
	UpdatedAt   string `dynamodbav:"updated_at"` // Unix seconds in decimal
	Version     string `dynamodbav:"version"`
	ModelCount  int    `dynamodbav:"model_count"`
	Title       string `dynamodbav:"title,omitempty"`
	Description string `dynamodbav:"description,omitempty"`
	UpdatedAtID string `dynamodbav:"updated_at_id"` // sort key: 20 digits or "latest", #, id
	IDUpdatedAt string `dynamodbav:"id_updated_at"` // sort key of the local index: id, #, 20 digits or "latest"
}

// newSpecItem returns the item of a version without its date and sort keys.
func newSpecItem(sub string, spec SpecInfo) specItem {
	return specItem{
		Sub: sub, ID: spec.ID, Name: spec.Name, Version: spec.Version,
		ModelCount: spec.ModelCount, Title: spec.Title, Description: spec.Description,
	}
}

// optionalSpecAttributes are the attributes that an item of the specs table may lack. specItem encodes
// them, and decodeSpec decodes them.
var optionalSpecAttributes = []string{attrTitle, attrDescription}

// credentialsItem is an item of the credentials table.
type credentialsItem struct {
	Sub           string `dynamodbav:"sub"`        // partition key
	ID            string `dynamodbav:"id"`         // sort key
	PublicKey     string `dynamodbav:"public_key"` // partition key of the global index
	SecretKeyHash binary `dynamodbav:"secret_key_hash"`
	Salt          binary `dynamodbav:"salt"`
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

// binary is a binary attribute. It holds the bytes themselves or, as PynamoDB 5 writes it, the
// base64 text of them.
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

// projection is the part of items that a read returns, and the attributes that each must have.
type projection struct {
	expression string // the whole item if empty
	required   []string
}

var (
	wholeSpec = projection{required: []string{
		attrSub, attrID, attrName, attrUpdatedAt, attrVersion, attrModelCount, attrUpdatedAtID, attrIDUpdatedAt,
	}}
	versionOfSpec    = project(attrUpdatedAtID, attrVersion)
	modelCountOfSpec = project(attrUpdatedAtID, attrModelCount)
	// What a delete reads, also of malformed items.
	specToDelete = projection{
		expression: "#sub, updated_at_id, id_updated_at, updated_at, version",
		required:   []string{attrUpdatedAtID},
	}
	wholeCredentials       = project(attrID, attrPublicKey, attrSecretKeyHash, attrSalt)
	credentialsWithoutHash = project(attrID, attrPublicKey, attrSalt)
	credentialsToDelete    = project(attrID)
)

// project returns the projection of attributes and of sub, which is a reserved word.
func project(attributes ...string) projection {
	return projection{
		expression: "#sub, " + strings.Join(attributes, ", "),
		required:   append([]string{attrSub}, attributes...),
	}
}

// decodeItem decodes an item that has the required attributes and belongs to the owner, who is any user
// if empty. An error names the key of the item.
func decodeItem[T any](stored item, owner string, p projection, decode func(item) (T, error)) (value T, err error) {
	for _, name := range p.required {
		if err := checkAttribute(name, stored[name]); err != nil {
			return value, malformed(err, stored)
		}
	}
	if owner != "" && stringOf(stored, attrSub) != owner {
		return value, malformed(errors.New("the item belongs to another user"), stored)
	}
	if value, err = decode(stored); err != nil {
		return value, malformed(err, stored)
	}
	return value, nil
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
	sortKey := attrUpdatedAtID
	if stored[sortKey] == nil { // credentials
		sortKey = attrID
	}
	return fmt.Errorf("malformed item with key sub %s, %s %s: %w",
		quote(stringOf(stored, attrSub)), sortKey, quote(stringOf(stored, sortKey)), err)
}

func decodeModelCount(stored item) (int, error) {
	decimal := stored[attrModelCount].(*types.AttributeValueMemberN).Value // decodeItem has checked its type
	count, err := strconv.Atoi(decimal)
	switch {
	case err != nil:
		return 0, fmt.Errorf("attribute model_count %s is not an integer", quote(decimal))
	case count < 0:
		return 0, fmt.Errorf("attribute model_count %d is negative", count)
	}
	return count, nil
}

func decodeVersion(stored item) (string, error) { return stringOf(stored, attrVersion), nil }

// decodeSpec decodes a version of a spec, or its latest item. It does so by hand: with attributevalue's
// reflection, lists of specs take a third longer (BenchmarkCall of ListSpecs100 in test/bench).
func decodeSpec(stored item) (SpecInfo, error) {
	at, id, ok := splitUpdatedAtID(stringOf(stored, attrUpdatedAtID))
	second, err := parseSecond(stringOf(stored, attrUpdatedAt))
	switch {
	case !ok:
		return SpecInfo{}, errors.New("the sort key is neither a version's nor latest#id")
	case err != nil:
		return SpecInfo{}, fmt.Errorf("attribute updated_at: %w", err)
	case at != latestPosition && at != positionAt(second):
		return SpecInfo{}, errors.New("attribute updated_at contradicts the key")
	case stringOf(stored, attrID) != id:
		return SpecInfo{}, errors.New("attribute id contradicts the key")
	case stringOf(stored, attrIDUpdatedAt) != at.idUpdatedAt(id):
		return SpecInfo{}, errors.New("attribute id_updated_at contradicts the key")
	}
	for _, name := range optionalSpecAttributes {
		if _, ok := stored[name].(*types.AttributeValueMemberS); stored[name] != nil && !ok {
			return SpecInfo{}, fmt.Errorf("attribute %s is not a string", name)
		}
	}
	models, err := decodeModelCount(stored)
	return SpecInfo{
		ID: id, Name: stringOf(stored, attrName), UpdatedAt: second, Version: stringOf(stored, attrVersion),
		ModelCount: models, Title: stringOf(stored, attrTitle), Description: stringOf(stored, attrDescription),
	}, err
}

// historyItem is a version of a spec, or its latest item.
type historyItem struct {
	SpecInfo
	isLatest bool
}

func decodeHistoryItem(stored item) (historyItem, error) {
	spec, err := decodeSpec(stored)
	return historyItem{spec, stringOf(stored, attrUpdatedAtID) == latestPosition.updatedAtID(spec.ID)}, err
}

// specKey is an item of the specs table as a delete reads it.
type specKey struct {
	stored   item
	id       string   // of the spec, empty if this package writes no such key
	position position // in the history of the spec
	inPlace  bool     // its key in the local index agrees with its key in the table
}

func decodeSpecKey(stored item) (specKey, error) {
	at, id, ok := splitUpdatedAtID(stringOf(stored, attrUpdatedAtID))
	if !ok {
		return specKey{stored: stored}, nil
	}
	inPlace := stringOf(stored, attrIDUpdatedAt) == at.idUpdatedAt(id)
	return specKey{stored: stored, id: id, position: at, inPlace: inPlace}, nil
}

// stringOf returns a string attribute, or "" if the item has no such string.
func stringOf(stored item, attribute string) string {
	if value, ok := stored[attribute].(*types.AttributeValueMemberS); ok {
		return value.Value
	}
	return ""
}

// stringItem returns an item of string attributes.
func stringItem(strings map[string]string) item {
	values := make(item, len(strings))
	for name, value := range strings {
		values[name] = &types.AttributeValueMemberS{Value: value}
	}
	return values
}
