package engine

import (
	"cmp"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// The limits on the size of key values in bytes.
const (
	maxPartitionKeyBytes = 2048
	maxSortKeyBytes      = 1024
)

// key is the place of an item in a table or index: the hash of the partition
// key, which orders the partitions, then the key values. The sort value is
// absent if the schema has no sort key.
type key struct {
	hash            uint64
	partition, sort attribute.Value
	edge            edge
}

// edge makes a key a position between stored keys, which all have atKey.
type edge int8

const (
	beforeKey edge = iota - 1
	atKey
	afterKey
	afterPartition
)

func newKey(partition, sort attribute.Value) key {
	return key{hash: hashOf(partition), partition: partition, sort: sort}
}

// exists reports whether the item has the key, that is, all of its attributes.
func (k *key) exists() bool { return k.partition.Exists() }

func (k *key) compare(o *key) int {
	if c := cmp.Compare(k.hash, o.hash); c != 0 {
		return c
	}
	if c := compareValues(k.partition, o.partition); c != 0 {
		return c
	}
	if k.edge == afterPartition || o.edge == afterPartition {
		return cmp.Compare(k.edge, o.edge)
	}
	if c := compareValues(k.sort, o.sort); c != 0 {
		return c
	}
	return cmp.Compare(k.edge, o.edge)
}

// compareValues orders two key values of the same attribute; an absent value
// comes before all others.
func compareValues(a, b attribute.Value) int {
	if !a.Exists() || !b.Exists() {
		return cmp.Compare(a.Kind(), b.Kind())
	}
	c, _ := attribute.Compare(a, b)
	return c
}

// hashOf spreads the partitions evenly, and the same way in every run.
func hashOf(v attribute.Value) uint64 { return mix(hashText(v.Raw())) }

// hashText returns the FNV-1a hash.
func hashText(text string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return h
}

// mix makes every bit of the result depend on every bit of h.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// keyAttribute is a key attribute's name and type.
type keyAttribute struct {
	name string
	kind attribute.Kind
}

// keySchema is the key of a table or index. Without a sort key, the sort attribute has no name.
type keySchema struct {
	partition, sort keyAttribute
}

func (s *keySchema) hasSort() bool { return s.sort.name != "" }

// has reports whether the attribute is part of the key.
func (s *keySchema) has(name string) bool {
	return name == s.partition.name || s.hasSort() && name == s.sort.name
}

// attributes returns the one or two attributes of the key.
func (s *keySchema) attributes() []keyAttribute {
	if s.hasSort() {
		return []keyAttribute{s.partition, s.sort}
	}
	return []keyAttribute{s.partition}
}

// of returns the key of the item, the zero key if one of the attributes is missing.
func (s *keySchema) of(item attribute.Item) key {
	partition := item[s.partition.name]
	if !partition.Exists() {
		return key{}
	}
	var sort attribute.Value
	if s.hasSort() {
		if sort = item[s.sort.name]; !sort.Exists() {
			return key{}
		}
	}
	return newKey(partition, sort)
}

// put copies the key attributes of an item into another.
func (s *keySchema) put(into, from attribute.Item) {
	into[s.partition.name] = from[s.partition.name]
	if s.hasSort() {
		into[s.sort.name] = from[s.sort.name]
	}
}

const (
	schemaMismatch = "The provided key element does not match the schema"
	duplicateKeys  = "Provided list of item keys contains duplicates"
)

// parse returns the primary key in a Key parameter, which has exactly the attributes of the schema.
func (s *keySchema) parse(item attribute.Item) (key, error) {
	if len(item) != len(s.attributes()) || s.mismatches(item) {
		return key{}, validation(schemaMismatch)
	}
	if err := s.check(item); err != nil {
		return key{}, err
	}
	return s.of(item), nil
}

// mismatches reports whether an attribute of the key is missing or of the wrong type.
func (s *keySchema) mismatches(item attribute.Item) bool {
	for _, a := range s.attributes() {
		if item[a.name].Kind() != a.kind {
			return true
		}
	}
	return false
}

// check checks the content of the key values that are there.
func (s *keySchema) check(item attribute.Item) error {
	for _, a := range s.attributes() {
		if value := item[a.name]; value.Kind() == a.kind && isEmpty(value) {
			return validation("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", kindWord(value.Kind()), a.name)
		}
	}
	return s.checkSizes(item)
}

func (s *keySchema) checkSizes(item attribute.Item) error {
	if keyBytes(item[s.partition.name]) > maxPartitionKeyBytes {
		return invalidParameter("Size of hashkey has exceeded the maximum size limit of%d bytes", maxPartitionKeyBytes)
	}
	if s.hasSort() && keyBytes(item[s.sort.name]) > maxSortKeyBytes {
		return invalidParameter("Aggregated size of all range keys has exceeded the size limit of %d bytes", maxSortKeyBytes)
	}
	return nil
}

// locate parses a key as parse does. A key that does not match the schema is not
// an error but a mismatch.
func (s *keySchema) locate(item attribute.Item) (primary key, mismatch *exception, err error) {
	if len(item) == len(s.attributes()) {
		if err := s.check(item); err != nil {
			return key{}, nil, err
		}
	}
	if primary, err = s.parse(item); err != nil {
		return key{}, asException(err), nil
	}
	return primary, nil, nil
}

// checkItemTypes checks that an item has the key of the table, and that its index keys are of the
// right types.
func (t *table) checkItemTypes(item attribute.Item) error {
	if err := t.schema.checkTypes(item); err != nil {
		return err
	}
	return t.checkIndexTypes(item)
}

// checkTypes checks that an item to be stored has a key.
func (s *keySchema) checkTypes(item attribute.Item) error {
	for _, a := range s.attributes() {
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

func (t *table) checkIndexTypes(item attribute.Item) error {
	for _, v := range t.indexesByName {
		for _, a := range v.schema.attributes() {
			if value := item[a.name]; value.Exists() && value.Kind() != a.kind {
				return invalidParameter("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", a.name, a.kind, value.Kind(), v.name)
			}
		}
	}
	return nil
}

// checkItemValues checks the content of key attributes that are present and of the right type.
func (t *table) checkItemValues(item attribute.Item) error {
	if err := t.schema.check(item); err != nil {
		return err
	}
	return t.checkIndexValues(item)
}

func (t *table) checkIndexValues(item attribute.Item) error {
	for _, v := range t.indexesByName {
		if err := v.checkIndexKey(item); err != nil {
			return err
		}
	}
	return nil
}

func (v *view) checkIndexKey(item attribute.Item) error {
	for _, a := range v.schema.attributes() {
		if value := item[a.name]; value.Kind() == a.kind && isEmpty(value) {
			return validation("One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s",
				kindWord(item[a.name].Kind()), v.name, a.name)
		}
	}
	return v.schema.checkSizes(item)
}

// checkUpdate rejects updates of the table's key, and values that cannot be an
// index key.
func (t *table) checkUpdate(u *expression.Update) error {
	for _, target := range u.Targets() {
		if t.schema.has(target.Attribute()) {
			return invalidParameter("Cannot update attribute %s. This attribute is part of the key", target.Attribute())
		}
	}
	if err := t.checkPaths(u.Paths()); err != nil {
		return err
	}
	return t.checkUpdated(u.Values())
}

// checkUpdated checks the index keys that an update leaves behind.
func (t *table) checkUpdated(item attribute.Item) error {
	if err := t.checkIndexTypes(item); err != nil {
		return err
	}
	for _, v := range t.indexesByName {
		for _, a := range v.schema.attributes() {
			if isEmpty(item[a.name]) {
				return validation("One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty %s value.", kindWord(a.kind))
			}
		}
		if err := v.schema.checkSizes(item); err != nil {
			return err
		}
	}
	return nil
}

// checkPaths rejects paths that lead into a key attribute of the table or
// one of its indexes, which are always scalars.
func (t *table) checkPaths(paths []expression.Path) error {
	for _, path := range paths {
		if !path.Nested() {
			continue
		}
		for _, v := range t.views {
			if !v.schema.has(path.Attribute()) {
				continue
			}
			what := "IndexKey"
			if v.kind == tableView {
				what = "Key"
			}
			return validation("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: %s: %s", what, path.Attribute())
		}
	}
	return nil
}

func isEmpty(v attribute.Value) bool {
	return v.Raw() == "" && (v.Kind() == attribute.KindS || v.Kind() == attribute.KindB)
}

// keyBytes returns the size that the limit applies to. Numbers are always small enough.
func keyBytes(v attribute.Value) int {
	if v.Kind() == attribute.KindN {
		return 0
	}
	return len(v.Raw())
}

// kindWord returns the service's word for a string or binary value.
func kindWord(kind attribute.Kind) string {
	if kind == attribute.KindS {
		return "string"
	}
	return "binary"
}
