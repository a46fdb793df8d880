package engine

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The structures that requests and responses of the control plane have in common. Their fields have
// the names of the members in the DynamoDB API. checkShape adds the violations of the declared shape
// at a place of the request; check validates what the shape does not say.

// elementAt returns the place of element i of the list at a place.
func elementAt(at string, i int) string { return at + "." + strconv.Itoa(i+1) + ".member" }

// attributeDefinition is the type of a key attribute.
//
//	{"AttributeName": "id", "AttributeType": "S"}
type attributeDefinition struct {
	AttributeName, AttributeType *string
}

func (a *attributeDefinition) checkShape(c *constraints, at string) {
	c.requireString(at+".attributeName", a.AttributeName, 255)
	c.requireOneOf(at+".attributeType", a.AttributeType, "B", "N", "S")
}

// keySchemaElement is one attribute of a primary key or an index key.
//
//	{"AttributeName": "id", "KeyType": "HASH"}
type keySchemaElement struct {
	AttributeName, KeyType *string
}

func (k *keySchemaElement) String() string {
	return "KeySchemaElement(attributeName=" + shown(k.AttributeName) + ", keyType=" + shown(k.KeyType) + ")"
}

// shown returns an optional string as the service prints it.
func shown(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// keyElements is the key of a table or an index.
type keyElements []keySchemaElement

func (keys keyElements) checkShape(c *constraints, at string, maxKeys int) {
	c.notNull(at, keys != nil)
	if keys == nil {
		return
	}
	c.list(at, len(keys), maxKeys, func() string { return "[" + keys.join((*keySchemaElement).String) + "]" })
	for i := range keys {
		at := elementAt(at, i)
		c.requireString(at+".attributeName", keys[i].AttributeName, 255)
		c.requireOneOf(at+".keyType", keys[i].KeyType, "HASH", "RANGE")
	}
}

// checkTypes checks that the attributes of the partition key come first, and how many there are of
// each key.
func (keys keyElements) checkTypes() error {
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

// has reports whether the attribute is part of the key.
func (keys keyElements) has(name string) bool {
	return slices.ContainsFunc(keys, func(k keySchemaElement) bool { return *k.AttributeName == name })
}

// join lists the elements as the service prints them.
func (keys keyElements) join(show func(*keySchemaElement) string) string {
	shown := make([]string, len(keys))
	for i := range keys {
		shown[i] = show(&keys[i])
	}
	return strings.Join(shown, ", ")
}

// provisionedThroughput is the capacity of a table or index. It is recorded and described, and
// throttles nothing.
//
//	{"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
type provisionedThroughput struct {
	ReadCapacityUnits, WriteCapacityUnits *int64
}

func (p *provisionedThroughput) checkShape(c *constraints, at string) {
	if p == nil {
		return
	}
	c.notNull(at+".writeCapacityUnits", p.WriteCapacityUnits != nil)
	number(c, at+".writeCapacityUnits", p.WriteCapacityUnits, 1, math.MaxInt64)
	c.notNull(at+".readCapacityUnits", p.ReadCapacityUnits != nil)
	number(c, at+".readCapacityUnits", p.ReadCapacityUnits, 1, math.MaxInt64)
}

// check checks the upper bound; of says which index the throughput is of.
func (p *provisionedThroughput) check(of string) error {
	switch {
	case p == nil:
		return nil
	case *p.ReadCapacityUnits > maxThroughput:
		return validation("Given value %d for ReadCapacityUnits is out of bounds%s", *p.ReadCapacityUnits, of)
	case *p.WriteCapacityUnits > maxThroughput:
		return validation("Given value %d for WriteCapacityUnits is out of bounds%s", *p.WriteCapacityUnits, of)
	}
	return nil
}

// checkChange rejects an update to the current throughput of a "table", or of an "index" with a name.
func (p *provisionedThroughput) checkChange(current *provisionedThroughput, kind, name string) error {
	if current == nil || *p.ReadCapacityUnits != *current.ReadCapacityUnits || *p.WriteCapacityUnits != *current.WriteCapacityUnits {
		return nil
	}
	return validation("The provisioned throughput for the %s%s will not change. The requested value equals the current value. "+
		"Current ReadCapacityUnits provisioned for the %[1]s: %[3]d. Requested ReadCapacityUnits: %[3]d. "+
		"Current WriteCapacityUnits provisioned for the %[1]s: %[4]d. Requested WriteCapacityUnits: %[4]d. "+
		"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
		kind, name, *p.ReadCapacityUnits, *p.WriteCapacityUnits)
}

// onDemandThroughput is the maximum capacity of a table or index on demand. It throttles nothing either.
type onDemandThroughput struct {
	MaxReadRequestUnits  *int64 `json:",omitempty"`
	MaxWriteRequestUnits *int64 `json:",omitempty"`
}

// check rejects on-demand capacity of a provisioned table.
func (t *onDemandThroughput) check(onDemand bool) error {
	switch {
	case t == nil || onDemand:
		return nil
	case t.MaxReadRequestUnits != nil:
		return invalidParameter("MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED")
	case t.MaxWriteRequestUnits != nil:
		return invalidParameter("MaxWriteRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED")
	}
	return nil
}

// The warm throughput that tables and indexes on demand start with.
const (
	startReadUnits  = 12_000
	startWriteUnits = 4_000
)

// warmThroughput is the capacity that a table or index can serve at once. It too is only described. The
// service raises it, also by itself, and never lowers it.
//
//	{"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}
type warmThroughput struct {
	ReadUnitsPerSecond  *int64 `json:",omitempty"`
	WriteUnitsPerSecond *int64 `json:",omitempty"`
}

// isEmpty reports whether the service takes the parameter for absent.
func (t *warmThroughput) isEmpty() bool {
	return t == nil || t.ReadUnitsPerSecond == nil && t.WriteUnitsPerSecond == nil
}

// startThroughput returns the warm throughput of a new table or index with that capacity, nil on demand.
func startThroughput(p *provisionedThroughput) *warmThroughput {
	if p != nil {
		return &warmThroughput{p.ReadCapacityUnits, p.WriteCapacityUnits}
	}
	read, write := int64(startReadUnits), int64(startWriteUnits)
	return &warmThroughput{&read, &write}
}

// atLeast returns the larger units of t, which may be nil or lack some, and of least.
func (t *warmThroughput) atLeast(least *warmThroughput) *warmThroughput {
	raised := *least
	if t != nil && t.ReadUnitsPerSecond != nil && *t.ReadUnitsPerSecond > *least.ReadUnitsPerSecond {
		raised.ReadUnitsPerSecond = t.ReadUnitsPerSecond
	}
	if t != nil && t.WriteUnitsPerSecond != nil && *t.WriteUnitsPerSecond > *least.WriteUnitsPerSecond {
		raised.WriteUnitsPerSecond = t.WriteUnitsPerSecond
	}
	return &raised
}

// checkStart rejects less than what a new "table" or "index x" can serve anyway.
func (t *warmThroughput) checkStart(p *provisionedThroughput, of string) error {
	read, write := "ReadCapacityUnits of ProvisionedThroughput", "WriteCapacityUnits of ProvisionedThroughput"
	if p == nil {
		read = "initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
		write = read
	}
	return t.check(startThroughput(p), of, read, write)
}

// checkChange rejects less than the current warm throughput of a "table" or "index x".
func (t *warmThroughput) checkChange(current *warmThroughput, of string) error {
	const least = "current WarmThroughput, decreasing WarmThroughput is not supported"
	return t.check(current, of, least, least)
}

// check rejects less than the least, which read and write name.
func (t *warmThroughput) check(least *warmThroughput, of, read, write string) error {
	switch {
	case t == nil:
		return nil
	case t.ReadUnitsPerSecond != nil && *t.ReadUnitsPerSecond < *least.ReadUnitsPerSecond:
		return invalidParameter("Requested ReadUnitsPerSecond for WarmThroughput for %s is lower than %s", of, read)
	case t.WriteUnitsPerSecond != nil && *t.WriteUnitsPerSecond < *least.WriteUnitsPerSecond:
		return invalidParameter("Requested WriteUnitsPerSecond for WarmThroughput for %s is lower than %s", of, write)
	}
	return nil
}

// projection is the set of attributes that an index holds besides the keys.
//
//	{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["age"]}
type projection struct {
	ProjectionType   *string
	NonKeyAttributes []string `json:",omitempty"`
}

func (p *projection) checkShape(c *constraints, at string) {
	c.notNull(at, p != nil)
	if p == nil {
		return
	}
	c.oneOf(at+".projectionType", p.ProjectionType, "ALL", "INCLUDE", "KEYS_ONLY")
	c.strings(at+".nonKeyAttributes", p.NonKeyAttributes, 20)
	if slices.ContainsFunc(p.NonKeyAttributes, func(name string) bool { return name == "" || len(name) > 255 }) {
		c.violation(shownList(p.NonKeyAttributes), at+".nonKeyAttributes", "Member must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1]")
	}
}

func (p *projection) check() error {
	switch {
	case p.ProjectionType == nil:
		return invalidParameter("Unknown ProjectionType: null")
	case p.NonKeyAttributes != nil && *p.ProjectionType != "INCLUDE":
		return invalidParameter("ProjectionType is %s, but NonKeyAttributes is specified", *p.ProjectionType)
	case p.NonKeyAttributes == nil && *p.ProjectionType == "INCLUDE":
		return invalidParameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	}
	for i, name := range p.NonKeyAttributes {
		if slices.Contains(p.NonKeyAttributes[:i], name) {
			return invalidParameter("Duplicate attribute name in NonKeyAttributes: %s", name)
		}
	}
	return nil
}

// secondaryIndex is what local and global secondary indexes have in common.
//
//	{"IndexName": "byAge", "KeySchema": [{"AttributeName": "age", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
type secondaryIndex struct {
	IndexName  *string
	KeySchema  keyElements
	Projection *projection
}

func (x *secondaryIndex) checkShape(c *constraints, at string, maxKeys int) {
	c.requireName(at+".indexName", x.IndexName, 3)
	x.KeySchema.checkShape(c, at+".keySchema", maxKeys)
	x.Projection.checkShape(c, at+".projection")
}

type localSecondaryIndex struct {
	secondaryIndex
}

type globalSecondaryIndex struct {
	secondaryIndex
	indexThroughput
}

func (x *globalSecondaryIndex) checkShape(c *constraints, at string) {
	x.secondaryIndex.checkShape(c, at, 2*maxKeyAttributes)
	x.ProvisionedThroughput.checkShape(c, at+".provisionedThroughput")
}

// indexThroughput is the part of a global secondary index that UpdateTable can change.
type indexThroughput struct {
	ProvisionedThroughput *provisionedThroughput
	OnDemandThroughput    *onDemandThroughput
	WarmThroughput        *warmThroughput
}

// streamSpecification is the stream of a table. It is described, and records nothing.
//
//	{"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}
type streamSpecification struct {
	StreamEnabled  *bool
	StreamViewType *string
}

func (s *streamSpecification) checkShape(c *constraints) {
	if s == nil {
		return
	}
	c.notNull("streamSpecification.streamEnabled", s.StreamEnabled != nil)
	c.oneOf("streamSpecification.streamViewType", s.StreamViewType, "OLD_IMAGE", "KEYS_ONLY", "NEW_AND_OLD_IMAGES", "NEW_IMAGE")
}

// check requires a view type of the stream that a table is to have, and none of the one that it is not.
func (s *streamSpecification) check(isNew bool) error {
	if s == nil || *s.StreamEnabled == (s.StreamViewType != nil) {
		return nil
	}
	switch {
	case isNew && *s.StreamEnabled:
		return invalidParameter("Table is being created with a stream enabled, UpdateViewType is required")
	case isNew:
		return invalidParameter("Table is being created with a stream disabled, UpdateViewType should not be specified")
	case *s.StreamEnabled:
		return invalidParameter("If stream is being enabled then UpdateViewType is required")
	}
	return invalidParameter("If stream is being disabled, then UpdateViewType must not be specified")
}

// checkChange rejects to enable the stream of a table that has one, also with another view type, and to
// disable that of a table that has none.
func (s *streamSpecification) checkChange(t *table) error {
	switch has := t.Definition.StreamSpecification != nil; {
	case s == nil || *s.StreamEnabled != has:
		return nil
	case has:
		return validation("Table already has an enabled stream: TableName: %s", t.Name)
	}
	return validation("Table has no stream to disable: TableName: %s", t.Name)
}

// setStream enables the stream of a table that has none, or disables it. The latest stream keeps its name,
// and no two have the same.
func (t *table) setStream(s *streamSpecification, now time.Time) {
	if s == nil || !*s.StreamEnabled {
		t.Definition.StreamSpecification = nil
		return
	}
	created := now.Truncate(time.Millisecond)
	if !created.After(t.StreamCreated) {
		created = t.StreamCreated.Add(time.Millisecond)
	}
	t.Definition.StreamSpecification, t.StreamCreated = s, created
}

// streamLabel returns the name of the latest stream, "" if the table never had one.
func (t *table) streamLabel() string {
	if t.StreamCreated.IsZero() {
		return ""
	}
	return t.StreamCreated.UTC().Format("2006-01-02T15:04:05.000")
}

// sseSpecification is the encryption of a table. It is described, and encrypts nothing.
type sseSpecification struct {
	Enabled        *bool
	KMSMasterKeyId *string //nolint:revive,staticcheck // decode finds fields by the API's names
	SSEType        *string
}

func (s *sseSpecification) checkShape(c *constraints) {
	if s != nil {
		c.oneOf("sSESpecification.sSEType", s.SSEType, "AES256", "KMS")
	}
}

func (s *sseSpecification) check() error {
	switch {
	case s == nil:
		return nil
	case isTrue(s.Enabled):
		if is(s.SSEType, "AES256") {
			return invalidParameter("SSEType AES256 is not supported")
		}
	case s.SSEType != nil:
		return invalidParameter("SSEType can not be specified if Enabled is false")
	case s.KMSMasterKeyId != nil:
		return invalidParameter("KMSMasterKeyId can not be specified if Enabled is false")
	}
	return nil
}

// describe returns nil for the encryption that every table has.
func (s *sseSpecification) describe(region string) *sseDescription {
	if s == nil || !isTrue(s.Enabled) {
		return nil
	}
	key := "00000000-0000-4000-8000-000000000000"
	if s.KMSMasterKeyId != nil {
		key = *s.KMSMasterKeyId
	}
	if !isARN(key) {
		key = "arn:aws:kms:" + region + ":" + account + ":key/" + key
	}
	return &sseDescription{KMSMasterKeyArn: key, SSEType: "KMS", Status: "ENABLED"}
}

// timestamp is a time in seconds since 1970 with milliseconds.
//
//	1700000000.123
type timestamp time.Time

// timestampOf returns nil for the zero time.
func timestampOf(t time.Time) *timestamp {
	if t.IsZero() {
		return nil
	}
	return (*timestamp)(&t)
}

// AppendJSON appends the time as the service writes it.
func (t timestamp) AppendJSON(dst []byte) []byte {
	return strconv.AppendFloat(dst, float64(time.Time(t).UnixMilli())/1000, 'f', 3, 64)
}
