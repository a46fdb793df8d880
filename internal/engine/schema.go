package engine

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The structures that requests and answers of the control plane have in common. Their fields have
// the names of the members in the DynamoDB API.

// attributeDefinition is the type of a key attribute.
type attributeDefinition struct {
	AttributeName, AttributeType *string
}

// keySchemaElement is one attribute of a primary key or an index key.
type keySchemaElement struct {
	AttributeName, KeyType *string
}

func (k *keySchemaElement) String() string {
	return "KeySchemaElement(attributeName=" + shown(k.AttributeName) + ", keyType=" + shown(k.KeyType) + ")"
}

// shown returns an optional text as the service prints it.
func shown(text *string) string {
	if text == nil {
		return "null"
	}
	return *text
}

// provisionedThroughput is the capacity of a table or index. It is recorded and described, and
// throttles nothing.
type provisionedThroughput struct {
	ReadCapacityUnits, WriteCapacityUnits *int64
}

// onDemandThroughput is the maximum capacity of a table or index on demand, likewise.
type onDemandThroughput struct {
	MaxReadRequestUnits  *int64 `json:",omitempty"`
	MaxWriteRequestUnits *int64 `json:",omitempty"`
}

// warmThroughput is the capacity that a table or index can serve at once, likewise.
type warmThroughput struct {
	ReadUnitsPerSecond  *int64 `json:",omitempty"`
	WriteUnitsPerSecond *int64 `json:",omitempty"`
}

// projection is the set of attributes that an index holds besides the keys.
type projection struct {
	ProjectionType   *string
	NonKeyAttributes []string `json:",omitempty"`
}

// secondaryIndex is what local and global secondary indexes have in common.
type secondaryIndex struct {
	IndexName  *string
	KeySchema  []keySchemaElement
	Projection *projection
}

type localSecondaryIndex struct {
	secondaryIndex
}

func (x *localSecondaryIndex) constrain(c *constraints, at string) {
	x.secondaryIndex.constrain(c, at, 2)
}

type globalSecondaryIndex struct {
	secondaryIndex
	indexThroughput
}

// indexThroughput is the part of a global secondary index that UpdateTable can change.
type indexThroughput struct {
	ProvisionedThroughput *provisionedThroughput
	OnDemandThroughput    *onDemandThroughput
	WarmThroughput        *warmThroughput
}

type streamSpecification struct {
	StreamEnabled  *bool
	StreamViewType *string
}

type sseSpecification struct {
	Enabled        *bool
	KMSMasterKeyId *string //nolint:revive,staticcheck // decode finds fields by the API's names
	SSEType        *string
}

type tag struct {
	Key, Value *string
}

// timestamp is a time in seconds since 1970 with milliseconds.
type timestamp time.Time

func (t timestamp) AppendJSON(dst []byte) []byte {
	return strconv.AppendFloat(dst, float64(time.Time(t).UnixMilli())/1000, 'f', 3, 64)
}

func (t *provisionedThroughput) constrain(c *constraints, at string) {
	if t == nil {
		return
	}
	c.notNull(at+".writeCapacityUnits", t.WriteCapacityUnits != nil)
	c.atLeast(at+".writeCapacityUnits", t.WriteCapacityUnits, 1)
	c.notNull(at+".readCapacityUnits", t.ReadCapacityUnits != nil)
	c.atLeast(at+".readCapacityUnits", t.ReadCapacityUnits, 1)
}

func (p *projection) constrain(c *constraints, at string) {
	c.notNull(at, p != nil)
	if p == nil {
		return
	}
	c.oneOf(at+".projectionType", p.ProjectionType, "ALL", "INCLUDE", "KEYS_ONLY")
	if p.NonKeyAttributes != nil {
		shown := func() string { return "[" + strings.Join(p.NonKeyAttributes, ", ") + "]" }
		c.length(at+".nonKeyAttributes", len(p.NonKeyAttributes), 1, 20, shown)
		if slices.ContainsFunc(p.NonKeyAttributes, func(name string) bool { return name == "" || len(name) > 255 }) {
			c.violation(shown(), at+".nonKeyAttributes", "Member must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1]")
		}
	}
}

func (x *secondaryIndex) constrain(c *constraints, at string, maxKeys int) {
	c.notNull(at+".indexName", x.IndexName != nil)
	c.name(at+".indexName", x.IndexName, 3)
	constrainKeySchema(c, at+".keySchema", x.KeySchema, maxKeys)
	x.Projection.constrain(c, at+".projection")
}

func (x *globalSecondaryIndex) constrain(c *constraints, at string) {
	x.secondaryIndex.constrain(c, at, 2*maxKeyAttributes)
	x.ProvisionedThroughput.constrain(c, at+".provisionedThroughput")
}

func (s *streamSpecification) constrain(c *constraints) {
	if s == nil {
		return
	}
	c.notNull("streamSpecification.streamEnabled", s.StreamEnabled != nil)
	c.oneOf("streamSpecification.streamViewType", s.StreamViewType, "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
}

func (s *sseSpecification) constrain(c *constraints) {
	if s != nil {
		c.oneOf("sSESpecification.sSEType", s.SSEType, "AES256", "KMS")
	}
}

func constrainAttributes(c *constraints, attributes []attributeDefinition) {
	for i, a := range attributes {
		at := "attributeDefinitions." + strconv.Itoa(i+1) + ".member."
		c.notNull(at+"attributeName", a.AttributeName != nil)
		c.text(at+"attributeName", a.AttributeName, 1, 255)
		c.notNull(at+"attributeType", a.AttributeType != nil)
		c.oneOf(at+"attributeType", a.AttributeType, "B", "N", "S")
	}
}

func constrainKeySchema(c *constraints, at string, keys []keySchemaElement, maxKeys int) {
	c.notNull(at, keys != nil)
	if keys == nil {
		return
	}
	c.length(at, len(keys), 1, maxKeys, func() string { return "[" + joinKeys(keys, (*keySchemaElement).String) + "]" })
	for i, k := range keys {
		at := at + "." + strconv.Itoa(i+1) + ".member."
		c.notNull(at+"attributeName", k.AttributeName != nil)
		c.text(at+"attributeName", k.AttributeName, 1, 255)
		c.notNull(at+"keyType", k.KeyType != nil)
		c.oneOf(at+"keyType", k.KeyType, "HASH", "RANGE")
	}
}

// validateKeyTypes checks that the attributes of the partition key come first, and how many there are
// of each key.
func validateKeyTypes(keys []keySchemaElement) error {
	if *keys[0].KeyType != "HASH" {
		return validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	}
	counts := map[string]int{}
	for _, k := range keys {
		counts[*k.KeyType]++
		if *k.KeyType == "HASH" && counts["RANGE"] > 0 {
			return invalidParameter("All HASH key attributes must precede RANGE key attributes in the KeySchema")
		}
		if counts[*k.KeyType] > maxKeyAttributes {
			return invalidParameter("The KeySchema exceeds the maximum allowed number of %s key attributes", *k.KeyType)
		}
	}
	return nil
}

func joinKeys(keys []keySchemaElement, show func(*keySchemaElement) string) string {
	texts := make([]string, len(keys))
	for i := range keys {
		texts[i] = show(&keys[i])
	}
	return strings.Join(texts, ", ")
}
