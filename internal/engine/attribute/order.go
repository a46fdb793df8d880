package attribute

import (
	"slices"
	"strings"
)

// Equal reports whether two values are of the same kind and the same content.
// Sets are equal when they have the same members in any order.
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case KindS, KindN, KindB:
		return a.text == b.text
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
		return strings.Compare(a.text, b.text), true
	case KindN:
		return compareNumbers(a.text, b.text), true
	}
	return 0, false
}
