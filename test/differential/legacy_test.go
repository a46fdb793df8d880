package differential

import (
	"maps"
	"slices"
	"strings"
)

// legacyPercent is how often a request has legacy parameters in place of expressions.
const legacyPercent = 15

// legacyReading replaces the expressions of a query or scan by legacy parameters in legacyPercent of
// the cases, and reports whether it did.
func (g *generator) legacyReading(p *phrase, body object, filter string) bool {
	if !g.chance(legacyPercent) {
		return false
	}
	if _, filtered := body["FilterExpression"]; filtered {
		g.conditionally(body, filter, g.conditions(p))
	}
	if _, projected := body["ProjectionExpression"]; projected {
		body["AttributesToGet"] = asList(p.attributes())
	}
	maps.DeleteFunc(body, func(name string, _ any) bool { return strings.Contains(name, "Expression") })
	return true
}

// expecting adds Expected to a write.
func (g *generator) expecting(t *tableSchema, body object) {
	p := g.phrase(t)
	expected := g.conditions(p)
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		switch g.IntN(4) {
		case 0:
			expected[name] = object{"Exists": false}
		case 1:
			expected[name] = object{"Value": g.value(1)}
			g.sometimes(20, expected[name].(object), "Exists", true)
		}
	}
	g.conditionally(body, "Expected", expected)
}

// conditionally adds legacy conditions and perhaps how they are connected.
func (g *generator) conditionally(body object, parameter string, conditions object) {
	body[parameter] = conditions
	if len(conditions) > 1 || g.slip(5) {
		g.sometimes(50, body, "ConditionalOperator", "AND", "OR")
	}
}

// conditions returns legacy conditions on different attributes.
func (g *generator) conditions(p *phrase) object {
	conditions := object{}
	for range g.between(1, 3) {
		conditions[p.attribute()] = g.legacyCondition()
	}
	return conditions
}

func (g *generator) legacyCondition() object {
	operator := pick(g.source, "EQ", "EQ", "NE", "LE", "LT", "GE", "GT", "NOT_NULL", "NULL", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH", "IN", "BETWEEN")
	kind := pick(g.source, "S", "N", "B")
	var values list
	switch operator {
	case "NOT_NULL", "NULL":
	case "EQ", "NE":
		values = list{g.value(1)}
	case "BEGINS_WITH":
		values = list{g.scalar(pick(g.source, "S", "B"))}
	case "IN":
		for range g.between(1, 3) {
			values = append(values, g.scalar(kind))
		}
	case "BETWEEN":
		values = list{g.scalar(kind), g.scalar(kind)}
	default:
		values = list{g.scalar(kind)}
	}
	if g.slip(10) {
		values = append(values, g.value(1))
	}
	condition := object{"ComparisonOperator": operator}
	if values != nil || g.slip(20) {
		condition["AttributeValueList"] = values
	}
	return condition
}

// keyConditions returns the legacy conditions on the keys of an index.
func (g *generator) keyConditions(x *indexSchema) object {
	equal := func(a keyAttribute) object {
		return object{"ComparisonOperator": "EQ", "AttributeValueList": list{g.keyValue(a)}}
	}
	conditions := object{x.partition.name: equal(x.partition)}
	if x.sort.name == "" || g.chance(35) {
		return conditions
	}
	condition := equal(x.sort)
	operator := pick(g.source, "EQ", "LE", "LT", "GE", "GT", "BEGINS_WITH", "BETWEEN")
	if operator != "BEGINS_WITH" || x.sort.kind != "N" || g.slip(20) {
		condition["ComparisonOperator"] = operator
	}
	if operator == "BETWEEN" {
		condition["AttributeValueList"] = list{g.keyValue(x.sort), g.keyValue(x.sort)}
	}
	conditions[x.sort.name] = condition
	return conditions
}

// attributeUpdates returns the legacy form of an update that makes an item.
func (g *generator) attributeUpdates(t *tableSchema) object {
	updates := object{"updated": object{"Value": g.value(1)}}
	p := g.phrase(t)
	for range g.between(1, 3) {
		attribute := p.attribute()
		if p.isKey(attribute, "DELETE") {
			continue
		}
		update := object{"Action": pick(g.source, "PUT", "PUT", "ADD", "DELETE")}
		switch update["Action"] {
		case "PUT":
			update["Value"] = g.value(2)
		case "ADD":
			update["Value"] = pick(g.source, g.scalar("N"), g.set())
		case "DELETE":
			if g.chance(60) {
				update["Value"] = g.set()
			}
		}
		updates[attribute] = update
	}
	return updates
}
