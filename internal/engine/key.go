package engine

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// The limits on the size of key values in bytes.
const (
	maxPartitionKeyBytes = 2048
	maxSortKeyBytes      = 1024
)

// key is the key of an item in a table or index: the hash of the partition key, which orders the
// partitions, then the key values. It can have fewer values than the schema has attributes: then it is
// a bound, and stands before or after all keys that begin with its values.
type key struct {
	hash            uint64
	partition, sort tuple
	bound           bound
}

// bound says whether a key is that of an item, or a bound between those.
type bound int8

const (
	before bound = iota - 1
	exact
	after
)

func (k *key) compare(o *key) int {
	if c := cmp.Compare(k.hash, o.hash); c != 0 {
		return c
	}
	if c := k.partition.compare(&o.partition); c != 0 {
		return c
	}
	if c := k.sort.compare(&o.sort); c != 0 {
		return c
	}
	return cmp.Compare(k.bound, o.bound)
}

// tuple holds the values of a partition key or sort key in the order of its attributes. Nearly all
// keys have one attribute and stay small: a single value is held as it is, several as a list.
type tuple [1]attribute.Value

func (t *tuple) values() []attribute.Value {
	switch {
	case !t[0].Exists():
		return nil
	case t[0].Kind() == attribute.KindL:
		return t[0].Elements()
	}
	return t[:]
}

// with returns the tuple with one more value.
func (t *tuple) with(value attribute.Value) tuple {
	if !t[0].Exists() {
		return tuple{value}
	}
	return tuple{attribute.L(slices.Concat(t.values(), []attribute.Value{value})...)}
}

// compare compares value by value. A tuple is equal to all that begin with its values.
func (t *tuple) compare(o *tuple) int {
	if c, ok := attribute.Compare(t[0], o[0]); ok { // of one value each
		return c
	}
	a, b := t.values(), o.values()
	for i := range min(len(a), len(b)) {
		if c, _ := attribute.Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// hashOf returns the hash of a partition key, in whose order the service returns partitions: the start of
// the MD5 of "Outliers" and the bytes of the values.
func hashOf(partition *tuple) uint64 {
	var buffer [64]byte // of most keys
	hashed := append(buffer[:0], "Outliers"...)
	for _, value := range partition.values() {
		if value.Kind() == attribute.KindN {
			hashed = attribute.AppendNumber(hashed, value)
		} else {
			hashed = append(hashed, value.Raw()...)
		}
	}
	sum := md5.Sum(hashed)
	return binary.BigEndian.Uint64(sum[:])
}

// keyAttribute is a key attribute's name and type.
type keyAttribute struct {
	name string
	kind attribute.Kind
}

// keySchema is the key of a table or index.
type keySchema struct {
	attributes      []keyAttribute // those of the partition key and then those of the sort key
	partition, sort []keyAttribute
	// composite is set if the partition key or the sort key has several attributes, which only those of
	// global indexes can have.
	composite bool
}

// has reports whether the attribute is part of the key.
func (s *keySchema) has(name string) bool {
	return slices.ContainsFunc(s.attributes, func(a keyAttribute) bool { return a.name == name })
}

// index returns the index of the attribute, that after the last if it is not part of the key.
func (s *keySchema) index(name string) int {
	for i := range s.attributes {
		if s.attributes[i].name == name {
			return i
		}
	}
	return len(s.attributes)
}

// of returns the key of the item, the zero key if one of the attributes is missing.
func (s *keySchema) of(item attribute.Item) (k key) {
	for i := range s.attributes {
		value := item[s.attributes[i].name]
		switch {
		case !value.Exists():
			return key{}
		case i < len(s.partition):
			k.partition = k.partition.with(value)
		default:
			k.sort = k.sort.with(value)
		}
	}
	k.hash = hashOf(&k.partition)
	return k
}

const (
	schemaMismatch = "The provided key element does not match the schema"
	duplicateKeys  = "Provided list of item keys contains duplicates"
)

// parse returns the primary key in a Key parameter, which has exactly the attributes of the schema.
func (s *keySchema) parse(item attribute.Item) (key, error) {
	if len(item) != len(s.attributes) || s.mismatches(item) {
		return key{}, validation(schemaMismatch)
	}
	if err := s.check(item); err != nil {
		return key{}, err
	}
	return s.of(item), nil
}

// mismatches reports whether an attribute of the key is missing or of the wrong type.
func (s *keySchema) mismatches(item attribute.Item) bool {
	for _, a := range s.attributes {
		if item[a.name].Kind() != a.kind {
			return true
		}
	}
	return false
}

// The messages about an empty value of a key, with its type, the name of the index and its own.
const (
	emptyKey      = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %[1]s value. Key: %[3]s"
	emptyIndexKey = "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty %[1]s value. IndexName: %[2]s, IndexKey: %[3]s"
	emptyUpdated  = "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty %[1]s value."
)

// check checks the content of the values of a primary key that are there.
func (s *keySchema) check(item attribute.Item) error { return s.checkValues(item, emptyKey, "") }

// checkValues checks the content of the key values that are there.
func (s *keySchema) checkValues(item attribute.Item, emptyMessage, index string) error {
	partition, sort := 0, 0
	for i := range s.attributes {
		a := &s.attributes[i]
		switch value := item[a.name]; {
		case value.Kind() != a.kind:
		case value.Raw() == "":
			kind := "string"
			if a.kind == attribute.KindB {
				kind = "binary"
			}
			return validation(emptyMessage, kind, index, a.name)
		case i < len(s.partition):
			partition += value.Size()
		default:
			sort += value.Size()
		}
	}
	switch {
	case partition > maxPartitionKeyBytes:
		return invalidParameter("Size of hashkey has exceeded the maximum size limit of%d bytes", maxPartitionKeyBytes)
	case sort > maxSortKeyBytes:
		return invalidParameter("Aggregated size of all range keys has exceeded the size limit of %d bytes", maxSortKeyBytes)
	}
	return nil
}

// checkTypes checks that an item to be stored has a key.
func (s *keySchema) checkTypes(item attribute.Item) error {
	for _, a := range s.attributes {
		value := item[a.name]
		if !value.Exists() {
			return invalidParameter("Missing the key %s in the item", a.name)
		}
		if value.Kind() != a.kind {
			return invalidParameter("Type mismatch for key %s expected: %s actual: %s", a.name, a.kind, value.Kind())
		}
	}
	return nil
}
