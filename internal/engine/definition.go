package engine

import (
	"cmp"
	"slices"
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

// checkShape adds the violations of what comes before the indexes.
func (s *tableSettings) checkShape(c *constraints, minName int) {
	for i := range s.AttributeDefinitions {
		s.AttributeDefinitions[i].checkShape(c, elementAt("attributeDefinitions", i))
	}
	c.name("tableName", s.TableName, minName)
	c.oneOf("billingMode", s.BillingMode, "PROVISIONED", "PAY_PER_REQUEST")
	s.ProvisionedThroughput.checkShape(c, "provisionedThroughput")
}

// checkFeatureShape adds the violations of what comes after the indexes.
func (s *tableSettings) checkFeatureShape(c *constraints) {
	s.StreamSpecification.checkShape(c)
	s.SSESpecification.checkShape(c)
	c.oneOf("tableClass", s.TableClass, "STANDARD", "STANDARD_INFREQUENT_ACCESS")
}

func (s *tableSettings) checkAttributeNames() error {
	for i, a := range s.AttributeDefinitions {
		for _, b := range s.AttributeDefinitions[:i] {
			if *a.AttributeName == *b.AttributeName {
				return invalidParameter("Duplicate AttributeName: %s", *a.AttributeName)
			}
		}
	}
	return nil
}

// checkKeyNames checks the names of the attributes in a key.
func (s *tableSettings) checkKeyNames(keys keyElements) error {
	for _, k := range keys {
		if s.attribute(*k.AttributeName) == nil {
			return invalidParameter("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
				keys.join(func(k *keySchemaElement) string { return *k.AttributeName }), s.joinAttributes(nil))
		}
	}
	for i, k := range keys {
		switch {
		case !keys[:i].has(*k.AttributeName):
		case len(keys) == 2 && *k.KeyType == "RANGE":
			return validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
		default:
			return validation("The KeySchema contains multiple key attributes with the same name")
		}
	}
	return nil
}

// attribute returns the definition of an attribute, nil if there is none.
func (s *tableSettings) attribute(name string) *attributeDefinition {
	for i := range s.AttributeDefinitions {
		if *s.AttributeDefinitions[i].AttributeName == name {
			return &s.AttributeDefinitions[i]
		}
	}
	return nil
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

// tableDefinition is what CreateTable and UpdateTable set of a table, apart from tags.
//
//	{"TableName": "pets", "BillingMode": "PAY_PER_REQUEST",
//	 "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
//	 "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
type tableDefinition struct {
	tableSettings
	KeySchema              keyElements
	LocalSecondaryIndexes  []localSecondaryIndex
	GlobalSecondaryIndexes []globalSecondaryIndex
}

func (t *tableDefinition) checkShape(c *constraints) {
	c.notNull("attributeDefinitions", t.AttributeDefinitions != nil)
	t.tableSettings.checkShape(c, 3)
	t.KeySchema.checkShape(c, "keySchema", 2)
	for i := range t.GlobalSecondaryIndexes {
		t.GlobalSecondaryIndexes[i].checkShape(c, elementAt("globalSecondaryIndexes", i))
	}
	for i := range t.LocalSecondaryIndexes {
		t.LocalSecondaryIndexes[i].checkShape(c, elementAt("localSecondaryIndexes", i), 2)
	}
	t.checkFeatureShape(c)
}

// check checks a definition whose shape is right, in the service's order.
func (t *tableDefinition) check() error {
	return cmp.Or(
		t.StreamSpecification.check(true),
		t.checkThroughput(),
		t.WarmThroughput.checkStart(t.ProvisionedThroughput, "table"),
		t.checkKeys(),
		t.checkLocalIndexes(),
		t.checkGlobalIndexes(),
		t.checkIndexes(),
		t.checkUse(),
		t.SSESpecification.check())
}

func (t *tableDefinition) onDemand() bool { return is(t.BillingMode, "PAY_PER_REQUEST") }

func (t *tableDefinition) checkThroughput() error {
	switch p := t.ProvisionedThroughput; {
	case t.onDemand() && p != nil:
		return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case t.onDemand():
		return nil
	case p == nil:
		return invalidParameter("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	return cmp.Or(t.ProvisionedThroughput.check(""), t.OnDemandThroughput.check(false))
}

// clearThroughput removes what was set for the other billing mode.
func (t *tableDefinition) clearThroughput() {
	t.ProvisionedThroughput, t.OnDemandThroughput = nil, nil
	for i := range t.GlobalSecondaryIndexes {
		x := &t.GlobalSecondaryIndexes[i]
		x.ProvisionedThroughput, x.OnDemandThroughput = nil, nil
	}
}

func (t *tableDefinition) checkKeys() error {
	if err := t.checkAttributeNames(); err != nil {
		return err
	}
	if len(t.KeySchema) > len(t.AttributeDefinitions) {
		return validation("Invalid KeySchema: Some index key attribute have no definition")
	}
	if err := t.checkKey(t.KeySchema); err != nil {
		return err
	}
	if t.LocalSecondaryIndexes == nil && t.GlobalSecondaryIndexes == nil && len(t.KeySchema) != len(t.AttributeDefinitions) {
		return invalidParameter("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	return nil
}

// checkKey checks the key of the table or of a local index.
func (t *tableDefinition) checkKey(keys keyElements) error {
	if err := cmp.Or(t.checkKeyNames(keys), keys.checkTypes()); err != nil {
		return err
	}
	if len(keys) == 2 && *keys[1].KeyType != "RANGE" {
		return validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	return nil
}

func (t *tableDefinition) checkLocalIndexes() error {
	switch {
	case t.LocalSecondaryIndexes == nil:
		return nil
	case len(t.LocalSecondaryIndexes) == 0:
		return invalidParameter("List of LocalSecondaryIndexes is empty")
	case len(t.KeySchema) != 2:
		return invalidParameter("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	for _, x := range t.LocalSecondaryIndexes {
		if err := t.checkKey(x.KeySchema); err != nil {
			return err
		}
		if len(x.KeySchema) != 2 {
			return invalidParameter("Index KeySchema does not have a range key for index: %s", *x.IndexName)
		}
		if index, table := *x.KeySchema[0].AttributeName, *t.KeySchema[0].AttributeName; index != table {
			return invalidParameter("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. index hash key: %s, table hash key: %s",
				*x.IndexName, index, table)
		}
		if err := x.Projection.check(); err != nil {
			return err
		}
	}
	if len(t.LocalSecondaryIndexes) > maxLocalIndexes {
		return invalidParameter("Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocalIndexes)
	}
	return nil
}

func (t *tableDefinition) checkGlobalIndexes() error {
	if t.GlobalSecondaryIndexes != nil && len(t.GlobalSecondaryIndexes) == 0 {
		return invalidParameter("List of GlobalSecondaryIndexes is empty")
	}
	for i := range t.GlobalSecondaryIndexes {
		if err := t.checkGlobalIndex(&t.GlobalSecondaryIndexes[i]); err != nil {
			return err
		}
	}
	if len(t.GlobalSecondaryIndexes) > maxGlobalIndexes {
		return invalidParameter("GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	}
	return nil
}

func (t *tableDefinition) checkGlobalIndex(x *globalSecondaryIndex) error {
	if err := cmp.Or(t.checkKeyNames(x.KeySchema), x.KeySchema.checkTypes(), x.Projection.check()); err != nil {
		return err
	}
	if t.onDemand() && x.ProvisionedThroughput != nil {
		return invalidParameter("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", *x.IndexName)
	}
	return cmp.Or(
		t.checkIndexThroughput(x),
		x.OnDemandThroughput.check(t.onDemand()),
		x.WarmThroughput.checkStart(x.ProvisionedThroughput, "index "+*x.IndexName))
}

// checkIndexThroughput requires the throughput of an index of a provisioned table.
func (t *tableDefinition) checkIndexThroughput(x *globalSecondaryIndex) error {
	if !t.onDemand() && x.ProvisionedThroughput == nil {
		return invalidParameter("ProvisionedThroughput must be specified for index: %s", *x.IndexName)
	}
	return nil
}

// globalIndex returns the global index of that name, nil if there is none.
func (t *tableDefinition) globalIndex(name string) *globalSecondaryIndex {
	for i := range t.GlobalSecondaryIndexes {
		if *t.GlobalSecondaryIndexes[i].IndexName == name {
			return &t.GlobalSecondaryIndexes[i]
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

// checkIndexes checks what holds over both kinds of index together.
func (t *tableDefinition) checkIndexes() error {
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

// checkUse rejects definitions of attributes that are in no key.
func (t *tableDefinition) checkUse() error {
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
	keys := slices.Clone(t.KeySchema)
	for _, x := range t.indexes() {
		keys = append(keys, x.KeySchema...)
	}
	for _, k := range keys {
		used[*k.AttributeName] = true
	}
	return used
}
