package attribute

import (
	"encoding/base64"
	"slices"
	"strings"
)

// Sets are kept in ascending order, in which they are also returned: equality is a comparison and
// membership a binary search.

// Contains reports whether v is a set that has the member, a value of the kind that the set is made
// of.
func (v Value) Contains(member Value) bool {
	if v.kind.Member() != member.kind || member.kind == KindAbsent {
		return false
	}
	return v.has(member.raw)
}

// Union returns the members of both sets, which are of one kind.
func Union(a, b Value) Value {
	members := slices.Concat(a.nested.members, b.nested.members)
	slices.SortFunc(members, memberOrder(a.kind))
	return Value{kind: a.kind, nested: &nested{members: slices.Compact(members)}}
}

// Difference returns the members of a that b does not have, both sets of one kind. It returns the zero
// Value if there are none.
func Difference(a, b Value) Value {
	members := slices.DeleteFunc(slices.Clone(a.nested.members), b.has)
	if len(members) == 0 {
		return Value{}
	}
	return Value{kind: a.kind, nested: &nested{members: slices.Clone(members)}} // without spare capacity
}

// has reports whether a set has the member, in the form of Value.raw.
func (v Value) has(member string) bool {
	_, found := slices.BinarySearchFunc(v.nested.members, member, memberOrder(v.kind))
	return found
}

// parseSet returns a set from a request. It rejects an empty one and duplicates.
func parseSet(kind Kind, members []string) (Value, error) {
	if len(members) == 0 {
		return Value{kind: kind}, invalidContent(emptySets[kind], emptySets[kind])
	}
	order := memberOrder(kind)
	sorted := members
	if !slices.IsSortedFunc(members, order) {
		sorted = slices.Clone(members)
		slices.SortFunc(sorted, order)
	}
	for i := 1; i < len(sorted); i++ {
		if sorted[i-1] == sorted[i] {
			return Value{kind: kind}, duplicates(kind, members, order)
		}
	}
	return Value{kind: kind, nested: &nested{members: sorted}}, nil
}

// memberOrder returns the comparison of the members of a set.
func memberOrder(kind Kind) func(a, b string) int {
	if kind == KindNS {
		return compareNumbers
	}
	return strings.Compare
}

// emptySets are the messages about an empty set.
var emptySets = map[Kind]string{
	KindSS: "One or more parameter values were invalid: An string set  may not be empty",
	KindNS: "One or more parameter values were invalid: An number set  may not be empty",
	KindBS: "One or more parameter values were invalid: Binary sets should not be empty",
}

// duplicates returns the error for a set with a member twice. It shows the members up to the repeated
// one in order and quoted, and in a batch as sent.
func duplicates(kind Kind, members []string, order func(a, b string) int) error {
	const heading = "One or more parameter values were invalid: Input collection "
	if kind == KindNS {
		return invalidContent(heading+"contains duplicates.", "Input collection contains duplicates")
	}
	var sorted []string
	for _, member := range members {
		at, found := slices.BinarySearchFunc(sorted, member, order)
		if found {
			sorted = append(sorted, member)
			break
		}
		sorted = slices.Insert(sorted, at, member)
	}
	if kind == KindSS {
		return invalidContent(heading+`["`+strings.Join(sorted, `", "`)+`"] contains duplicates.`,
			heading+"["+strings.Join(members, ", ")+"] contains duplicates.")
	}
	return invalidContent(heading+`["`+strings.Join(encoded(sorted), `","`)+`"]of type BS contains duplicates.`,
		heading+"["+strings.Join(encoded(members), ", ")+"]of type BS contains duplicates.")
}

// encoded returns binary members in base64.
func encoded(members []string) []string {
	encoded := make([]string, len(members))
	for i, member := range members {
		encoded[i] = base64.StdEncoding.EncodeToString([]byte(member))
	}
	return encoded
}
