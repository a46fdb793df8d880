// Package attribute holds DynamoDB's data model: attribute values, items,
// numbers, their wire form, their order and their sizes.
package attribute

import "slices"

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

// Value is one attribute value. It is immutable by convention: it may be shared freely, but what
// Fields, Elements and Members return must not be changed. The zero Value is absent.
type Value struct {
	kind   Kind
	truth  bool    // BOOL
	text   string  // S; N in canonical form; B as raw bytes
	nested *nested // sets, M, L
}

// nested keeps rare content out of Value, which stays small.
type nested struct {
	fields   Item
	elements []Value
	members  []string // of a set in ascending order, each as Value.text has it
}

// S returns a string.
func S(text string) Value { return Value{kind: KindS, text: text} }

// N returns a number.
func N(number Number) Value { return Value{kind: KindN, text: number.String()} }

// B returns a binary value. The bytes are copied.
func B(data []byte) Value { return Value{kind: KindB, text: string(data)} }

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

// Str returns the text of an S, and "" for every other kind.
func (v Value) Str() string {
	if v.kind != KindS {
		return ""
	}
	return v.text
}

// Num returns the number of an N, and zero for every other kind.
func (v Value) Num() Number {
	if v.kind != KindN || v.text == "0" {
		return Number{}
	}
	return Number{text: v.text}
}

// Raw returns the content of an S, N or B as a string, without a copy: the text, the canonical
// number or the bytes.
func (v Value) Raw() string { return v.text }

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
	switch v.kind {
	case KindSS, KindNS, KindBS:
		return v.nested.members
	}
	return nil
}
