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

// String is the abbreviation that the wire format uses: "S", "N", "BOOL", ...
func (k Kind) String() string { return kindNames[k] }

// Value is one attribute value. It is immutable by convention: whoever holds
// one may share it freely but must not change what Fields, Elements or Members
// return. The zero Value is "absent".
type Value struct {
	kind   Kind
	truth  bool    // BOOL
	text   string  // S; N in canonical form; B as raw bytes
	nested *nested // sets, M, L
}

// nested keeps what only few values have out of Value, which stays small.
type nested struct {
	fields   Item
	elements []Value
	members  []string // of a set in ascending order, each as Value.text has it
}

// S is a string.
func S(text string) Value { return Value{kind: KindS, text: text} }

// N is a number.
func N(number Number) Value { return Value{kind: KindN, text: number.String()} }

// B is a binary value. The bytes are copied.
func B(data []byte) Value { return Value{kind: KindB, text: string(data)} }

// BOOL is a boolean.
func BOOL(truth bool) Value { return Value{kind: KindBOOL, truth: truth} }

// NULL is the null value, which is not the same as an absent one.
func NULL() Value { return Value{kind: KindNULL} }

// M is a map. The value keeps the item itself, not a copy.
func M(fields Item) Value { return Value{kind: KindM, nested: &nested{fields: fields}} }

// L is a list. The value keeps the slice itself, not a copy.
func L(elements ...Value) Value { return Value{kind: KindL, nested: &nested{elements: elements}} }

// Concat returns the list of the elements of a and then those of b, both lists.
func Concat(a, b Value) Value { return L(slices.Concat(a.Elements(), b.Elements())...) }

// Kind is the value's data type, KindAbsent for the zero Value.
func (v Value) Kind() Kind { return v.kind }

// Exists reports whether the value is not the zero Value.
func (v Value) Exists() bool { return v.kind != KindAbsent }

// Str is the text of an S, and empty for every other kind.
func (v Value) Str() string {
	if v.kind != KindS {
		return ""
	}
	return v.text
}

// Num is the number of an N, and zero for every other kind.
func (v Value) Num() Number {
	if v.kind != KindN || v.text == "0" {
		return Number{}
	}
	return Number{text: v.text}
}

// Bytes is a copy of the content of a B, and nil for every other kind.
func (v Value) Bytes() []byte {
	if v.kind != KindB {
		return nil
	}
	return []byte(v.text)
}

// Raw is the content of an S, N or B as a string: the text, the canonical
// number or the bytes. It is what those kinds are made of, without a copy.
func (v Value) Raw() string { return v.text }

// Truth is the boolean of a BOOL, and false for every other kind.
func (v Value) Truth() bool { return v.truth }

// Fields is the content of an M, and nil for every other kind.
func (v Value) Fields() Item {
	if v.kind != KindM {
		return nil
	}
	return v.nested.fields
}

// Elements is the content of an L, and nil for every other kind.
func (v Value) Elements() []Value {
	if v.kind != KindL {
		return nil
	}
	return v.nested.elements
}

// Members are the content of a set in ascending order, each in the form that
// Raw gives for a single one, and nil for every other kind.
func (v Value) Members() []string {
	switch v.kind {
	case KindSS, KindNS, KindBS:
		return v.nested.members
	}
	return nil
}
