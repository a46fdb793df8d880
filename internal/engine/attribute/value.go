// Package attribute holds DynamoDB's data model: attribute values, items and numbers, with their
// wire form, their order and their sizes.
package attribute

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is the data type of a value.
type Kind uint8

// The kinds in DynamoDB's own abbreviations. The zero Kind is an absent value.
const (
	KindAbsent Kind = iota
	KindS
	KindN
	KindB
	KindSS
	KindNS
	KindBS
	KindM
	KindL
	KindNULL
	KindBOOL
)

var kindNames = [...]string{"", "S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"}

// String returns the abbreviation of the wire format: "S", "N", "BOOL", ...
func (k Kind) String() string { return kindNames[k] }

// KindNamed returns the kind with that abbreviation, KindAbsent if there is none.
func KindNamed(name string) Kind {
	for kind := KindS; kind <= KindBOOL; kind++ {
		if kindNames[kind] == name {
			return kind
		}
	}
	return KindAbsent
}

// Member returns the kind of a set's members: KindS for KindSS and so on, and KindAbsent if k is no
// set.
func (k Kind) Member() Kind {
	switch k {
	case KindSS:
		return KindS
	case KindNS:
		return KindN
	case KindBS:
		return KindB
	}
	return KindAbsent
}

// Value is one attribute value. It is immutable by convention: it may be shared freely, but what
// Fields, Elements and Members return must not be changed. The zero Value is absent.
type Value struct {
	kind   Kind
	truth  bool    // BOOL
	raw    string  // S; N in canonical form; B as the bytes themselves
	nested *nested // sets, M, L
}

// nested keeps rare content out of Value, which stays small.
type nested struct {
	fields   Item
	elements []Value
	members  []string // of a set in ascending order, each as in Value.raw
}

// S returns a string.
func S(s string) Value { return Value{kind: KindS, raw: s} }

// B returns a binary value. The bytes are copied.
func B(data []byte) Value { return Value{kind: KindB, raw: string(data)} }

// NULL returns the null value, which differs from an absent one.
func NULL() Value { return Value{kind: KindNULL} }

// M returns a map. The value keeps the item itself, not a copy.
func M(fields Item) Value { return Value{kind: KindM, nested: &nested{fields: fields}} }

// L returns a list. The value keeps the slice itself, not a copy.
func L(elements ...Value) Value { return Value{kind: KindL, nested: &nested{elements: elements}} }

// Concat returns the list of the elements of a and then those of b, both lists.
func Concat(a, b Value) Value { return L(slices.Concat(a.Elements(), b.Elements())...) }

// Kind returns the value's data type, KindAbsent for the zero Value.
func (v Value) Kind() Kind { return v.kind }

// Exists reports whether v is not the zero Value.
func (v Value) Exists() bool { return v.kind != KindAbsent }

// Raw returns the content of an S, N or B as a string, without a copy: the string itself, the number
// in canonical form or the bytes.
func (v Value) Raw() string { return v.raw }

// Describe returns an S, N or B as the service's messages show it: the name of a class in place of a
// binary's bytes.
func (v Value) Describe() string {
	content := v.raw
	if v.kind == KindB {
		content = fmt.Sprintf("java.nio.HeapByteBuffer[pos=0 lim=%[1]d cap=%[1]d]", len(v.raw))
	}
	return "AttributeValue: {" + v.kind.String() + ":" + content + "}"
}

// Fields returns the content of an M, and nil for every other kind.
func (v Value) Fields() Item {
	if v.kind != KindM {
		return nil
	}
	return v.nested.fields
}

// Elements returns the content of an L, and nil for every other kind.
func (v Value) Elements() []Value {
	if v.kind != KindL {
		return nil
	}
	return v.nested.elements
}

// Members returns the content of a set in ascending order, each member in the form that Raw returns
// for a single one, and nil for every other kind.
func (v Value) Members() []string {
	if v.kind.Member() == KindAbsent {
		return nil
	}
	return v.nested.members
}

// Item is an item of a table, or the content of a map.
type Item map[string]Value

// maxNameSize is the longest name of an attribute in bytes.
const maxNameSize = 65535

// CheckName checks the name of an attribute. The error is a *ValidationError.
func CheckName(name string) error {
	if name == "" {
		return invalid("Empty attribute name")
	}
	if len(name) > maxNameSize {
		return invalid("Attribute name is too large, must be less than 65536 bytes")
	}
	return nil
}

// Clone returns a copy whose attributes can be set without changing the original. The values are
// shared, because they are immutable.
func (it Item) Clone() Item { return maps.Clone(it) }

// Equal reports whether two values are of the same kind and the same content.
// Sets are equal when they have the same members in any order.
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case KindS, KindN, KindB:
		return a.raw == b.raw
	case KindBOOL:
		return a.truth == b.truth
	case KindSS, KindNS, KindBS:
		return slices.Equal(a.nested.members, b.nested.members)
	case KindL:
		return slices.EqualFunc(a.nested.elements, b.nested.elements, Equal)
	case KindM:
		return EqualItems(a.nested.fields, b.nested.fields)
	}
	return true
}

// EqualItems reports whether two items have the same attributes with equal values.
func EqualItems(a, b Item) bool {
	if len(a) != len(b) {
		return false
	}
	for name, value := range a {
		if other, ok := b[name]; !ok || !Equal(value, other) {
			return false
		}
	}
	return true
}

// Compare orders two strings or two binaries by their bytes and two numbers by magnitude. It
// reports false if the kinds differ or have no order.
func Compare(a, b Value) (int, bool) {
	if a.kind != b.kind {
		return 0, false
	}
	switch a.kind {
	case KindS, KindB:
		return strings.Compare(a.raw, b.raw), true
	case KindN:
		return compareNumbers(a.raw, b.raw), true
	}
	return 0, false
}

// A map or list costs three bytes, and one more for each of its entries.
const (
	documentOverhead = 3
	entryOverhead    = 1
)

// Size returns the item's size in bytes by DynamoDB's rule: the names plus the values. It counts
// towards the limit of 400 KB, a page's 1 MB and the consumed capacity.
func Size(it Item) int {
	total := 0
	for name, value := range it {
		total += len(name) + value.Size()
	}
	return total
}

// Size returns the value's size in bytes by DynamoDB's rule.
func (v Value) Size() int {
	switch v.kind {
	case KindS, KindB:
		return len(v.raw)
	case KindN:
		return numberSize(v.raw)
	case KindNULL, KindBOOL:
		return 1
	case KindSS, KindNS, KindBS:
		total := 0
		for _, member := range v.nested.members {
			total += Value{kind: v.kind.Member(), raw: member}.Size()
		}
		return total
	case KindL:
		total := documentOverhead
		for _, element := range v.nested.elements {
			total += entryOverhead + element.Size()
		}
		return total
	case KindM:
		return documentOverhead + entryOverhead*len(v.nested.fields) + Size(v.nested.fields)
	}
	return 0
}

// CheckNesting returns a *ValidationError if maps and lists of the item are nested too deeply. A
// decoded item never is; an updated one may be.
func CheckNesting(it Item) error {
	for _, value := range it {
		if value.deeperThan(maxNesting) {
			return invalid("Nesting Levels have exceeded supported limits")
		}
	}
	return nil
}

// deeperThan reports whether the value nests more maps and lists than levels.
func (v Value) deeperThan(levels int) bool {
	if v.kind != KindM && v.kind != KindL {
		return false
	}
	if levels == 0 {
		return true
	}
	for _, field := range v.nested.fields {
		if field.deeperThan(levels - 1) {
			return true
		}
	}
	return slices.ContainsFunc(v.nested.elements, func(element Value) bool { return element.deeperThan(levels - 1) })
}

// ValidationError is a request that DynamoDB rejects with a ValidationException.
type ValidationError struct {
	Message string // the service's own
	// Older is the message of the operations that check values in an older way, BatchWriteItem and Scan. It
	// is set for numbers, sets and nesting, whose message is the same in every parameter.
	Older string
	// Attribute is the name of the top-level attribute with the problem, empty if it concerns no
	// single attribute.
	Attribute string
	// Levels is how many maps and lists nest within each other, 64 at the most, if they are too many.
	Levels int
}

func (e *ValidationError) Error() string { return e.Message }

// NestsFrom reports whether a value nests so many maps and lists that it is too deep, and at least that
// many. A nil error says that none does.
func (e *ValidationError) NestsFrom(levels int) bool { return e != nil && e.Levels >= levels }

// UseOlder replaces the message by the older one.
func (e *ValidationError) UseOlder() {
	if e != nil {
		e.Message = cmp.Or(e.Older, e.Message)
	}
}

func invalid(message string) error { return &ValidationError{Message: message} }

func invalidContent(message, older string) error {
	return &ValidationError{Message: message, Older: older}
}
