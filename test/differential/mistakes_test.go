package differential

import (
	"maps"
	"slices"
	"strings"
)

// place is a member of an object or an element of a list in a request.
type place struct {
	member string
	value  any
	set    func(any)
	remove func()
}

// places returns all places in a value, outer ones first.
func places(value any) []place {
	var all []place
	switch value := value.(type) {
	case object:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			all = append(all, place{name, value[name], func(v any) { value[name] = v }, func() { delete(value, name) }})
			all = append(all, places(value[name])...)
		}
	case list:
		for i := range value {
			all = append(all, place{"", value[i], func(v any) { value[i] = v }, nil})
			all = append(all, places(value[i])...)
		}
	}
	return all
}

// corrupt puts one mistake into a request: a place in it, or one of the parameters.
func (g *generator) corrupt(s *step, parameters string) {
	if parameters == "" {
		return
	}
	s.body = clone(s.body)
	if g.chance(30) {
		g.corruptMember(s.body, strings.Fields(parameters))
		return
	}
	// An update that lacks this attribute may only remove, which creates an item on DynamoDB Local alone.
	all := slices.DeleteFunc(places(s.body), func(at place) bool { return at.member == "updated" })
	at := all[g.IntN(len(all))]
	if g.chance(40) { // rather an outer one
		at = all[min(g.IntN(len(all)), g.IntN(len(all)), g.IntN(len(all)))]
	}
	g.corruptPlace(at)
}

func (g *generator) corruptPlace(at place) {
	if at.remove != nil && g.chance(30) {
		at.remove()
		return
	}
	switch value := at.value.(type) {
	case string:
		if g.chance(50) {
			at.set(pick(g.source, "", strings.ToLower(value), value+"!", value+" ", value+"x", strings.Repeat("x", 256), "BAD"))
			return
		}
	case list:
		if g.chance(50) && len(value) > 0 {
			at.set(pick(g.source, list{}, append(slices.Clone(value), value[0]), append(slices.Clone(value), pick(g.source, value...))))
			return
		}
	case object:
		switch choice := g.IntN(8); {
		case choice < 2:
			at.set(object{})
			return
		case choice < 4:
			value["Extra"] = "x"
			return
		case choice == 4 && len(value) == 1:
			at.set(g.value(1))
			return
		case choice == 5:
			at.set(g.longKey(pick(g.source, "S", "B")))
			return
		}
	}
	at.set(pick[any](g.source, nil, true, 0, -1, 1.5, "x", "", list{}, object{}, list{"x"}, object{"S": "x"}))
}

// unlikely are values of parameters. Those that are not listed are mostly texts.
var unlikely = map[string][]any{
	"Limit": {0, 1, -1, 2, 1.5, 1e6, 1000001, 3e9, "1", true},
	"ExpressionAttributeNames": {
		object{}, object{"#a": ""}, object{"a": "b"}, object{"#": "a"}, object{"#a": "b"}, object{"#a-b": "b"}, object{"#a": 1},
	},
	"ExpressionAttributeValues": {
		object{}, object{":a": object{}}, object{"a": object{"S": "x"}}, object{":a": object{"S": "x"}}, object{":": object{"S": "x"}},
		object{":a": object{"N": "x"}}, object{":a": "x"}, object{":a": object{"NS": list{}}},
	},
	"AttributesToGet":    {list{}, list{"a", "b"}, list{"a", "a"}, list{"m"}, "a"},
	"ConsistentRead":     {"true", "no", "x", 1, list{}, true},
	"TableName":          {"missing", "", "a", "a!", strings.Repeat("t", 256), 1, nil},
	"ReturnValues":       {"ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "all_old", "", 1},
	"ClientRequestToken": {"", strings.Repeat("t", 37), 1},
	"":                   {"", "BAD", "all_old", "a", "a = :a", "#a", "COUNT", "SIZE", "attribute_exists(pk)", "pk = :a", 1, list{}},
}

// corruptMember sets one of the members to an unlikely value.
func (g *generator) corruptMember(body object, members []string) {
	member := pick(g.source, members...)
	like := member
	switch member {
	case "ExclusiveStartKey":
		body[member] = g.startKey(&g.tables[0], g.tables[0].primary())
		return
	case "Segment", "TotalSegments":
		like = "Limit"
	case "ScanIndexForward":
		like = "ConsistentRead"
	}
	values, listed := unlikely[like]
	if !listed {
		values = unlikely[""]
	}
	body[member] = pick(g.source, values...)
}

// corruptDefinition puts a mistake into a table definition, but not in the name.
func (g *generator) corruptDefinition(body object) {
	all := places(body)
	at := all[g.IntN(len(all))]
	switch at.member {
	case "TableName":
	case "AttributeName":
		at.set(pick(g.source, "pk", "sk", "l1", "g1", "a", "other", "", strings.Repeat("n", 256)))
	case "AttributeType", "KeyType", "ProjectionType", "BillingMode":
		at.set(pick(g.source, "S", "N", "HASH", "RANGE", "ALL", "INCLUDE", "KEYS_ONLY", "PROVISIONED", "PAY_PER_REQUEST", "BAD", ""))
	case "IndexName":
		at.set(pick(g.source, "local1", "x", "", "a!", strings.Repeat("i", 256)))
	default:
		if g.chance(20) {
			body[pick(g.source, "TableClass", "DeletionProtectionEnabled")] = pick[any](g.source, "STANDARD", "x", false)
			return
		}
		g.corruptPlace(at)
	}
}
