package engine

import (
	"slices"
	"strconv"
	"strings"
)

// The limits on the indexes of one table. maxKeyAttributes is how many attributes the partition key
// and the sort key of a global index can each have.
const (
	maxKeyAttributes       = 4
	maxLocalIndexes        = 5
	maxGlobalIndexes       = 20
	maxProjectedAttributes = 100
	maxThroughput          = 1_000_000_000_000
)

// tableSettings are the parameters that CreateTable and UpdateTable have in common.
type tableSettings struct {
	TableName                 *string
	AttributeDefinitions      []attributeDefinition
	BillingMode               *string
	ProvisionedThroughput     *provisionedThroughput
	OnDemandThroughput        *onDemandThroughput
	WarmThroughput            *warmThroughput
	StreamSpecification       *streamSpecification
	SSESpecification          *sseSpecification
	DeletionProtectionEnabled *bool
	TableClass                *string
}

// tableDefinition is everything about a table that CreateTable and UpdateTable set: the input of
// CreateTable.
type tableDefinition struct {
	tableSettings
	KeySchema              []keySchemaElement
	LocalSecondaryIndexes  []localSecondaryIndex
	GlobalSecondaryIndexes []globalSecondaryIndex
	Tags                   []tag

	ResourcePolicy, GlobalTableSettingsReplicationMode, GlobalTableSourceArn unsupported
}

// constrainCapacity checks the declared shape of what comes before the indexes.
func (s *tableSettings) constrainCapacity(c *constraints, minName int) {
	constrainAttributes(c, s.AttributeDefinitions)
	c.name("tableName", s.TableName, minName)
	c.oneOf("billingMode", s.BillingMode, "PROVISIONED", "PAY_PER_REQUEST")
	s.ProvisionedThroughput.constrain(c, "provisionedThroughput")
}

// constrainFeatures checks the declared shape of what comes after the indexes.
func (s *tableSettings) constrainFeatures(c *constraints) {
	s.StreamSpecification.constrain(c)
	s.SSESpecification.constrain(c)
	c.oneOf("tableClass", s.TableClass, "STANDARD", "STANDARD_INFREQUENT_ACCESS")
}

func (t *tableDefinition) check() error {
	if err := t.constrain(); err != nil {
		return err
	}
	return t.validate()
}

// constrain checks the declared shape.
func (t *tableDefinition) constrain() error {
	if t.TableName == nil {
		return errNoTableName
	}
	var c constraints
	c.notNull("attributeDefinitions", t.AttributeDefinitions != nil)
	t.constrainCapacity(&c, 3)
	constrainKeySchema(&c, "keySchema", t.KeySchema, 2)
	for i := range t.GlobalSecondaryIndexes {
		t.GlobalSecondaryIndexes[i].constrain(&c, "globalSecondaryIndexes."+strconv.Itoa(i+1)+".member")
	}
	for i := range t.LocalSecondaryIndexes {
		t.LocalSecondaryIndexes[i].constrain(&c, "localSecondaryIndexes."+strconv.Itoa(i+1)+".member")
	}
	t.constrainFeatures(&c)
	return c.err()
}

// validate checks a table definition whose shape is right, in the service's order.
func (t *tableDefinition) validate() error {
	for _, check := range []func() error{
		t.validateStream,
		t.validateThroughput,
		t.validateKeys,
		t.validateLocalIndexes,
		t.validateGlobalIndexes,
		t.validateIndexNames,
		t.validateUse,
		t.SSESpecification.validate,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	if t.Tags == nil {
		return nil
	}
	return validateTags(t.Tags)
}

func (t *tableDefinition) onDemand() bool {
	return t.BillingMode != nil && *t.BillingMode == "PAY_PER_REQUEST"
}

func (t *tableDefinition) validateStream() error {
	switch s := t.StreamSpecification; {
	case s == nil:
		return nil
	case *s.StreamEnabled:
		return errNoStreams
	case s.StreamViewType != nil:
		return invalidParameter("Table is being created with a stream disabled, UpdateViewType should not be specified")
	}
	return nil
}

var errNoStreams = validation("The parameter 'StreamSpecification' is not supported by this engine, which has no streams")

func (s *sseSpecification) validate() error {
	switch {
	case s == nil:
		return nil
	case s.Enabled != nil && *s.Enabled:
		if s.SSEType != nil && *s.SSEType == "AES256" {
			return invalidParameter("SSEType AES256 is not supported")
		}
	case s.SSEType != nil:
		return invalidParameter("SSEType can not be specified if Enabled is false")
	case s.KMSMasterKeyId != nil:
		return invalidParameter("KMSMasterKeyId can not be specified if Enabled is false")
	}
	return nil
}

func (t *tableDefinition) validateThroughput() error {
	switch p := t.ProvisionedThroughput; {
	case t.onDemand() && p != nil:
		return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case t.onDemand():
		return nil
	case p == nil:
		return invalidParameter("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	if err := t.ProvisionedThroughput.validate(""); err != nil {
		return err
	}
	return t.OnDemandThroughput.validate(false)
}

// validate checks the upper bound; what names the index that the throughput is of.
func (t *provisionedThroughput) validate(what string) error {
	switch {
	case t == nil:
		return nil
	case *t.ReadCapacityUnits > maxThroughput:
		return validation("Given value %d for ReadCapacityUnits is out of bounds%s", *t.ReadCapacityUnits, what)
	case *t.WriteCapacityUnits > maxThroughput:
		return validation("Given value %d for WriteCapacityUnits is out of bounds%s", *t.WriteCapacityUnits, what)
	}
	return nil
}

// validate rejects on-demand capacity of a provisioned table.
func (t *onDemandThroughput) validate(onDemand bool) error {
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

func (s *tableSettings) validateAttributeNames() error {
	for i, a := range s.AttributeDefinitions {
		for _, b := range s.AttributeDefinitions[:i] {
			if *a.AttributeName == *b.AttributeName {
				return invalidParameter("Duplicate AttributeName: %s", *a.AttributeName)
			}
		}
	}
	return nil
}

func (t *tableDefinition) validateKeys() error {
	if err := t.validateAttributeNames(); err != nil {
		return err
	}
	if len(t.KeySchema) > len(t.AttributeDefinitions) {
		return validation("Invalid KeySchema: Some index key attribute have no definition")
	}
	if err := t.validateKeySchema(t.KeySchema); err != nil {
		return err
	}
	if t.LocalSecondaryIndexes == nil && t.GlobalSecondaryIndexes == nil && len(t.KeySchema) != len(t.AttributeDefinitions) {
		return invalidParameter("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	return nil
}

// validateKeySchema checks the key of the table or of a local index.
func (t *tableDefinition) validateKeySchema(keys []keySchemaElement) error {
	if err := t.validateIndexKey(keys); err != nil {
		return err
	}
	if len(keys) == 2 && *keys[1].KeyType != "RANGE" {
		return validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	return nil
}

// validateIndexKey checks the key of a global index, which may have several attributes of each type.
func (t *tableDefinition) validateIndexKey(keys []keySchemaElement) error {
	if err := t.validateKeyNames(keys); err != nil {
		return err
	}
	return validateKeyTypes(keys)
}

func (s *tableSettings) validateKeyNames(keys []keySchemaElement) error {
	for _, k := range keys {
		if !s.defines(*k.AttributeName) {
			return invalidParameter("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
				joinKeys(keys, func(k *keySchemaElement) string { return *k.AttributeName }), s.joinAttributes(nil))
		}
	}
	for i, k := range keys {
		if !slices.ContainsFunc(keys[:i], func(other keySchemaElement) bool { return *other.AttributeName == *k.AttributeName }) {
			continue
		}
		if len(keys) == 2 && *k.KeyType == "RANGE" {
			return validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
		}
		return validation("The KeySchema contains multiple key attributes with the same name")
	}
	return nil
}

func (s *tableSettings) defines(name string) bool {
	return slices.ContainsFunc(s.AttributeDefinitions, func(a attributeDefinition) bool { return *a.AttributeName == name })
}

func (t *tableDefinition) validateLocalIndexes() error {
	switch {
	case t.LocalSecondaryIndexes == nil:
		return nil
	case len(t.LocalSecondaryIndexes) == 0:
		return invalidParameter("List of LocalSecondaryIndexes is empty")
	case len(t.KeySchema) != 2:
		return invalidParameter("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	for _, x := range t.LocalSecondaryIndexes {
		if err := t.validateKeySchema(x.KeySchema); err != nil {
			return err
		}
		if len(x.KeySchema) != 2 {
			return invalidParameter("Index KeySchema does not have a range key for index: %s", *x.IndexName)
		}
		if *x.KeySchema[0].AttributeName != *t.KeySchema[0].AttributeName {
			return invalidParameter("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. index hash key: %s, table hash key: %s",
				*x.IndexName, *x.KeySchema[0].AttributeName, *t.KeySchema[0].AttributeName)
		}
		if err := x.Projection.validate(); err != nil {
			return err
		}
	}
	if len(t.LocalSecondaryIndexes) > maxLocalIndexes {
		return invalidParameter("Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocalIndexes)
	}
	return nil
}

func (t *tableDefinition) validateGlobalIndexes() error {
	if t.GlobalSecondaryIndexes == nil {
		return nil
	}
	if len(t.GlobalSecondaryIndexes) == 0 {
		return invalidParameter("List of GlobalSecondaryIndexes is empty")
	}
	for i := range t.GlobalSecondaryIndexes {
		if err := t.validateGlobalIndex(&t.GlobalSecondaryIndexes[i]); err != nil {
			return err
		}
	}
	if len(t.GlobalSecondaryIndexes) > maxGlobalIndexes {
		return invalidParameter("GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	}
	return nil
}

func (t *tableDefinition) validateGlobalIndex(x *globalSecondaryIndex) error {
	if err := t.validateIndexKey(x.KeySchema); err != nil {
		return err
	}
	if err := x.Projection.validate(); err != nil {
		return err
	}
	switch {
	case t.onDemand() && x.ProvisionedThroughput != nil:
		return invalidParameter("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", *x.IndexName)
	case t.onDemand():
		return nil
	case x.ProvisionedThroughput == nil:
		return invalidParameter("ProvisionedThroughput must be specified for index: %s", *x.IndexName)
	}
	return x.OnDemandThroughput.validate(false)
}

func (p *projection) validate() error {
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

// indexes returns the local and the global secondary indexes.
func (t *tableDefinition) indexes() []*secondaryIndex {
	var all []*secondaryIndex
	for i := range t.LocalSecondaryIndexes {
		all = append(all, &t.LocalSecondaryIndexes[i].secondaryIndex)
	}
	for i := range t.GlobalSecondaryIndexes {
		all = append(all, &t.GlobalSecondaryIndexes[i].secondaryIndex)
	}
	return all
}

// validateIndexNames checks what holds over both kinds of index together.
func (t *tableDefinition) validateIndexNames() error {
	seen := map[string]bool{}
	projected := 0
	for _, x := range t.indexes() {
		if seen[*x.IndexName] {
			return invalidParameter("Duplicate index name: %s", *x.IndexName)
		}
		seen[*x.IndexName] = true
		projected += len(x.Projection.NonKeyAttributes)
	}
	if projected > maxProjectedAttributes {
		return invalidParameter("Number of projected attributes %d exceeds the per-table limit of %d", projected, maxProjectedAttributes)
	}
	return nil
}

// validateUse rejects definitions of attributes that are in no key.
func (t *tableDefinition) validateUse() error {
	used := t.keyAttributes()
	if len(used) != len(t.AttributeDefinitions) {
		return invalidParameter("Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]",
			t.joinAttributes(nil), t.joinAttributes(used))
	}
	return nil
}

// keyAttributes returns the set of attributes that are in the key of the table or of an index.
func (t *tableDefinition) keyAttributes() map[string]bool {
	used := map[string]bool{}
	for _, k := range t.KeySchema {
		used[*k.AttributeName] = true
	}
	for _, x := range t.indexes() {
		for _, k := range x.KeySchema {
			used[*k.AttributeName] = true
		}
	}
	return used
}

// joinAttributes lists the defined attributes that are in used, or all of them if used is nil.
func (s *tableSettings) joinAttributes(used map[string]bool) string {
	var names []string
	for _, a := range s.AttributeDefinitions {
		if used == nil || used[*a.AttributeName] {
			names = append(names, *a.AttributeName)
		}
	}
	return strings.Join(names, ", ")
}
