package engine

import (
	"slices"
	"strings"
)

// The limits on the indexes of one table.
const (
	maxLocalIndexes        = 5
	maxGlobalIndexes       = 20
	maxProjectedAttributes = 100
	maxThroughput          = 1_000_000_000_000
)

// validate checks a table definition whose shape is right, in the service's order.
func (t *tableDefinition) validate() error {
	for _, check := range []func() error{
		t.validateThroughput,
		t.validateKeys,
		t.validateLocalIndexes,
		t.validateGlobalIndexes,
		t.validateIndexNames,
		t.validateUse,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (t *tableDefinition) onDemand() bool {
	return t.billingMode != nil && *t.billingMode == "PAY_PER_REQUEST"
}

func (t *tableDefinition) validateThroughput() error {
	switch {
	case t.onDemand() && t.throughput != nil:
		return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case t.onDemand():
		return nil
	case t.throughput == nil:
		return invalidParameter("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	case *t.throughput.read > maxThroughput:
		return validation("Given value %d for ReadCapacityUnits is out of bounds", *t.throughput.read)
	case *t.throughput.write > maxThroughput:
		return validation("Given value %d for WriteCapacityUnits is out of bounds", *t.throughput.write)
	}
	return nil
}

func (t *tableDefinition) validateKeys() error {
	for i, a := range t.attributes {
		for _, b := range t.attributes[:i] {
			if *a.name == *b.name {
				return invalidParameter("Duplicate AttributeName: %s", *a.name)
			}
		}
	}
	if len(t.keys) > len(t.attributes) {
		return validation("Invalid KeySchema: Some index key attribute have no definition")
	}
	if err := t.validateKeySchema(t.keys); err != nil {
		return err
	}
	if t.local == nil && t.global == nil && len(t.keys) != len(t.attributes) {
		return invalidParameter("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	return nil
}

// validateKeySchema checks the key of the table or of one index.
func (t *tableDefinition) validateKeySchema(keys []keySchemaElement) error {
	for _, k := range keys {
		if !t.defines(*k.name) {
			definitions := make([]string, len(t.attributes))
			for i, a := range t.attributes {
				definitions[i] = *a.name
			}
			return invalidParameter("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
				joinKeys(keys, func(k *keySchemaElement) string { return *k.name }), strings.Join(definitions, ", "))
		}
	}
	switch {
	case len(keys) == 2 && *keys[0].name == *keys[1].name:
		return validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	case *keys[0].kind != "HASH":
		return validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(keys) == 2 && *keys[1].kind != "RANGE":
		return validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	return nil
}

func (t *tableDefinition) defines(name string) bool {
	return slices.ContainsFunc(t.attributes, func(a attributeDefinition) bool { return *a.name == name })
}

func (t *tableDefinition) validateLocalIndexes() error {
	switch {
	case t.local == nil:
		return nil
	case len(t.local) == 0:
		return invalidParameter("List of LocalSecondaryIndexes is empty")
	case len(t.keys) != 2:
		return invalidParameter("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	for _, x := range t.local {
		if err := t.validateKeySchema(x.keys); err != nil {
			return err
		}
		if len(x.keys) != 2 {
			return invalidParameter("Index KeySchema does not have a range key for index: %s", *x.name)
		}
		if *x.keys[0].name != *t.keys[0].name {
			return invalidParameter("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. index hash key: %s, table hash key: %s",
				*x.name, *x.keys[0].name, *t.keys[0].name)
		}
		if err := x.validateProjection(); err != nil {
			return err
		}
	}
	if len(t.local) > maxLocalIndexes {
		return invalidParameter("Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocalIndexes)
	}
	return nil
}

func (t *tableDefinition) validateGlobalIndexes() error {
	if t.global == nil {
		return nil
	}
	if len(t.global) == 0 {
		return invalidParameter("List of GlobalSecondaryIndexes is empty")
	}
	for _, x := range t.global {
		if err := t.validateKeySchema(x.keys); err != nil {
			return err
		}
		if err := x.validateProjection(); err != nil {
			return err
		}
		if t.onDemand() && x.throughput != nil {
			return invalidParameter("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", *x.name)
		}
		if !t.onDemand() && x.throughput == nil {
			return invalidParameter("ProvisionedThroughput must be specified for index: %s", *x.name)
		}
	}
	if len(t.global) > maxGlobalIndexes {
		return invalidParameter("GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	}
	return nil
}

func (x *indexDefinition) validateProjection() error {
	p := x.projection
	switch {
	case p.kind == nil:
		return invalidParameter("Unknown ProjectionType: null")
	case p.attributes != nil && *p.kind != "INCLUDE":
		return invalidParameter("ProjectionType is %s, but NonKeyAttributes is specified", *p.kind)
	case p.attributes == nil && *p.kind == "INCLUDE":
		return invalidParameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	}
	for i, name := range p.attributes {
		if slices.Contains(p.attributes[:i], name) {
			return invalidParameter("Duplicate attribute name in NonKeyAttributes: %s", name)
		}
	}
	return nil
}

// validateIndexNames checks what holds over both kinds of index together.
func (t *tableDefinition) validateIndexNames() error {
	seen := map[string]bool{}
	projected := 0
	for _, x := range slices.Concat(t.local, t.global) {
		if seen[*x.name] {
			return invalidParameter("Duplicate index name: %s", *x.name)
		}
		seen[*x.name] = true
		projected += len(x.projection.attributes)
	}
	if projected > maxProjectedAttributes {
		return invalidParameter("Number of projected attributes %d exceeds the per-table limit of %d", projected, maxProjectedAttributes)
	}
	return nil
}

// validateUse refuses definitions of attributes that are in no key.
func (t *tableDefinition) validateUse() error {
	used := map[string]bool{}
	for _, k := range t.keys {
		used[*k.name] = true
	}
	for _, x := range slices.Concat(t.local, t.global) {
		for _, k := range x.keys {
			used[*k.name] = true
		}
	}
	if len(used) != len(t.attributes) {
		return invalidParameter("Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]",
			joinDefinitions(t.attributes), joinUsed(t.attributes, used))
	}
	return nil
}

func joinDefinitions(attributes []attributeDefinition) string {
	return joinUsed(attributes, nil)
}

// joinUsed lists the names that are in used, or all names where used is nil.
func joinUsed(attributes []attributeDefinition, used map[string]bool) string {
	var names []string
	for _, a := range attributes {
		if used == nil || used[*a.name] {
			names = append(names, *a.name)
		}
	}
	return strings.Join(names, ", ")
}
