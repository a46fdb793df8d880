package engine

import (
	"slices"
	"strconv"
	"strings"
)

// attributeDefinition is the type of a key attribute as CreateTable declares it.
type attributeDefinition struct {
	name, kind *string
}

func (a *attributeDefinition) field(name string, value document) error {
	switch name {
	case "AttributeName":
		return value.string(&a.name)
	case "AttributeType":
		return value.string(&a.kind)
	}
	return nil
}

func (a *attributeDefinition) String() string {
	return "AttributeDefinition(attributeName=" + shown(a.name) + ", attributeType=" + shown(a.kind) + ")"
}

// keySchemaElement is one attribute of a primary key or an index key.
type keySchemaElement struct {
	name, kind *string
}

func (k *keySchemaElement) field(name string, value document) error {
	switch name {
	case "AttributeName":
		return value.string(&k.name)
	case "KeyType":
		return value.string(&k.kind)
	}
	return nil
}

func (k *keySchemaElement) String() string {
	return "KeySchemaElement(attributeName=" + shown(k.name) + ", keyType=" + shown(k.kind) + ")"
}

// throughput is the provisioned capacity of a table or index. It is recorded
// and reported, and throttles nothing.
type throughput struct {
	read, write *int64
}

func (t *throughput) field(name string, value document) error {
	switch name {
	case "ReadCapacityUnits":
		return value.integer("Long", &t.read)
	case "WriteCapacityUnits":
		return value.integer("Long", &t.write)
	}
	return nil
}

func (t *throughput) constrain(c *constraints, at string) {
	if t == nil {
		return
	}
	c.notNull(at+".writeCapacityUnits", t.write != nil)
	c.atLeast(at+".writeCapacityUnits", t.write, 1)
	c.notNull(at+".readCapacityUnits", t.read != nil)
	c.atLeast(at+".readCapacityUnits", t.read, 1)
}

// projection tells which attributes an index holds besides the keys.
type projection struct {
	kind       *string
	attributes []string
}

func (p *projection) field(name string, value document) error {
	switch name {
	case "ProjectionType":
		return value.string(&p.kind)
	case "NonKeyAttributes":
		return value.strings(&p.attributes)
	}
	return nil
}

func (p *projection) constrain(c *constraints, at string) {
	c.notNull(at, p != nil)
	if p == nil {
		return
	}
	c.oneOf(at+".projectionType", p.kind, "ALL", "INCLUDE", "KEYS_ONLY")
	if p.attributes != nil {
		shown := func() string { return "[" + strings.Join(p.attributes, ", ") + "]" }
		c.length(at+".nonKeyAttributes", len(p.attributes), 1, 20, shown)
		if slices.ContainsFunc(p.attributes, func(name string) bool { return name == "" || len(name) > 255 }) {
			c.violation(shown(), at+".nonKeyAttributes", "Member must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1]")
		}
	}
}

// indexDefinition is a secondary index as CreateTable declares it.
type indexDefinition struct {
	name       *string
	keys       []keySchemaElement
	projection *projection
	throughput *throughput
}

func (x *indexDefinition) field(name string, value document) error {
	switch name {
	case "IndexName":
		return value.string(&x.name)
	case "KeySchema":
		return value.keySchema(&x.keys)
	case "Projection":
		x.projection = new(projection)
		return value.structure("Projection", x.projection)
	case "ProvisionedThroughput":
		x.throughput = new(throughput)
		return value.structure("ProvisionedThroughput", x.throughput)
	}
	return nil
}

func (x *indexDefinition) constrain(c *constraints, at string) {
	c.notNull(at+".indexName", x.name != nil)
	c.name(at+".indexName", x.name, 3)
	constrainKeySchema(c, at+".keySchema", x.keys)
	x.projection.constrain(c, at+".projection")
	x.throughput.constrain(c, at+".provisionedThroughput")
}

// tableDefinition is the input of CreateTable.
type tableDefinition struct {
	name        *string
	attributes  []attributeDefinition
	keys        []keySchemaElement
	billingMode *string
	throughput  *throughput
	local       []indexDefinition
	global      []indexDefinition
	protected   *bool
	tableClass  *string
}

func (t *tableDefinition) field(name string, value document) error {
	switch name {
	case "TableName":
		return value.string(&t.name)
	case "AttributeDefinitions":
		t.attributes = []attributeDefinition{}
		return value.list(func(element document) error {
			var a attributeDefinition
			err := element.structure("AttributeDefinition", &a)
			t.attributes = append(t.attributes, a)
			return err
		})
	case "KeySchema":
		return value.keySchema(&t.keys)
	case "BillingMode":
		return value.string(&t.billingMode)
	case "ProvisionedThroughput":
		t.throughput = new(throughput)
		return value.structure("ProvisionedThroughput", t.throughput)
	case "LocalSecondaryIndexes":
		return value.indexes("LocalSecondaryIndex", &t.local)
	case "GlobalSecondaryIndexes":
		return value.indexes("GlobalSecondaryIndex", &t.global)
	case "DeletionProtectionEnabled":
		return value.boolean(&t.protected)
	case "TableClass":
		return value.string(&t.tableClass)
	case "StreamSpecification", "SSESpecification", "Tags", "OnDemandThroughput", "WarmThroughput",
		"ResourcePolicy", "GlobalTableSettingsReplicationMode", "GlobalTableSourceArn":
		return validation("The parameter '%s' is not supported by this engine", name)
	}
	return nil
}

func (d document) keySchema(into *[]keySchemaElement) error {
	*into = []keySchemaElement{}
	return d.list(func(element document) error {
		var k keySchemaElement
		err := element.structure("KeySchemaElement", &k)
		*into = append(*into, k)
		return err
	})
}

func (d document) indexes(class string, into *[]indexDefinition) error {
	*into = []indexDefinition{}
	return d.list(func(element document) error {
		var x indexDefinition
		err := element.structure(class, &x)
		*into = append(*into, x)
		return err
	})
}

// constrain checks the declared shape; validate checks what goes beyond it.
func (t *tableDefinition) constrain() error {
	if t.name == nil {
		return validation("The parameter 'TableName' is required but was not present in the request")
	}
	var c constraints
	c.notNull("attributeDefinitions", t.attributes != nil)
	for i, a := range t.attributes {
		at := "attributeDefinitions." + strconv.Itoa(i+1) + ".member."
		c.notNull(at+"attributeName", a.name != nil)
		if a.name != nil {
			c.length(at+"attributeName", len(*a.name), 1, 255, func() string { return *a.name })
		}
		c.notNull(at+"attributeType", a.kind != nil)
		c.oneOf(at+"attributeType", a.kind, "B", "N", "S")
	}
	c.name("tableName", t.name, 3)
	c.oneOf("billingMode", t.billingMode, "PROVISIONED", "PAY_PER_REQUEST")
	t.throughput.constrain(&c, "provisionedThroughput")
	constrainKeySchema(&c, "keySchema", t.keys)
	for i := range t.local {
		t.local[i].constrain(&c, "localSecondaryIndexes."+strconv.Itoa(i+1)+".member")
	}
	for i := range t.global {
		t.global[i].constrain(&c, "globalSecondaryIndexes."+strconv.Itoa(i+1)+".member")
	}
	c.oneOf("tableClass", t.tableClass, "STANDARD", "STANDARD_INFREQUENT_ACCESS")
	return c.err()
}

func constrainKeySchema(c *constraints, at string, keys []keySchemaElement) {
	c.notNull(at, keys != nil)
	if keys == nil {
		return
	}
	c.length(at, len(keys), 1, 2, func() string { return "[" + joinKeys(keys, (*keySchemaElement).String) + "]" })
	for i, k := range keys {
		at := at + "." + strconv.Itoa(i+1) + ".member."
		c.notNull(at+"attributeName", k.name != nil)
		if k.name != nil {
			c.length(at+"attributeName", len(*k.name), 1, 255, func() string { return *k.name })
		}
		c.notNull(at+"keyType", k.kind != nil)
		c.oneOf(at+"keyType", k.kind, "HASH", "RANGE")
	}
}

func joinKeys(keys []keySchemaElement, show func(*keySchemaElement) string) string {
	texts := make([]string, len(keys))
	for i := range keys {
		texts[i] = show(&keys[i])
	}
	return strings.Join(texts, ", ")
}

// shown is how the service prints an optional text.
func shown(text *string) string {
	if text == nil {
		return "null"
	}
	return *text
}
