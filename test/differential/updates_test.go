package differential

import (
	"slices"
	"strings"
)

// update returns an update expression, mostly of different attributes.
func (p *phrase) update() string {
	var clauses, updated []string
	for _, clause := range sample(p.source, pick(p.source, 1, 1, 1, 2, 3, 4), []string{"SET", "REMOVE", "ADD", "DELETE"}) {
		var actions []string
		for range p.between(1, 3) {
			attribute := p.attribute()
			if !p.slip(5) && (slices.Contains(updated, attribute) || p.isKey(attribute, clause)) {
				continue
			}
			updated = append(updated, attribute)
			actions = append(actions, p.updateAction(clause, attribute))
		}
		if len(actions) > 0 {
			clauses = append(clauses, pick(p.source, clause, clause, strings.ToLower(clause))+p.gap()+p.commas(actions))
		}
	}
	// An update that only removes creates an item on DynamoDB Local alone.
	if !slices.ContainsFunc(clauses, func(clause string) bool { return strings.EqualFold(clause[:3], "SET") }) {
		clauses = append(clauses, "SET updated = "+p.given(p.value(1)))
	}
	return p.spoiled(strings.Join(clauses, p.gap()))
}

// isKey reports whether a clause must not change the attribute.
func (p *phrase) isKey(attribute, clause string) bool {
	keys := p.table.primary().keys()
	if clause == "ADD" || clause == "DELETE" {
		keys = p.table.keyAttributes()
	}
	_, isKey := named(keys, attribute)
	return isKey
}

// updateAction returns one action of a clause.
func (p *phrase) updateAction(clause, attribute string) string {
	target := p.within(attribute)
	switch clause {
	case "REMOVE":
		return target
	case "ADD", "DELETE":
		if clause == "ADD" && p.chance(50) {
			return target + p.gap() + p.given(p.scalar("N"))
		}
		return target + p.gap() + p.given(p.set())
	}
	return target + p.space() + "=" + p.space() + p.newValue(attribute)
}

// newValue returns the operand of SET.
func (p *phrase) newValue(attribute string) string {
	if a, isKey := named(p.table.keyAttributes(), attribute); isKey && !p.slip(10) {
		return p.given(p.keyValue(a))
	}
	switch p.IntN(8) {
	case 0, 1:
		return p.numeric() + p.space() + pick(p.source, "+", "-") + p.space() + p.numeric()
	case 2:
		return "if_not_exists(" + p.path() + "," + p.space() + p.given(p.value(2)) + ")"
	case 3:
		return "list_append(" + p.listed() + "," + p.space() + p.listed() + ")"
	case 4:
		return p.path()
	case 5:
		return "(" + p.given(p.value(1)) + ")"
	}
	return p.given(p.value(2))
}

// numeric returns an operand that is mostly a number.
func (p *phrase) numeric() string {
	switch p.IntN(4) {
	case 0:
		return p.path()
	case 1:
		return "if_not_exists(" + p.path() + ", " + p.given(p.scalar("N")) + ")"
	}
	return p.given(p.scalar("N"))
}

// listed returns an operand that is mostly a list.
func (p *phrase) listed() string {
	if p.chance(30) {
		return p.path()
	}
	elements := list{}
	for range p.IntN(3) {
		elements = append(elements, p.value(1))
	}
	return p.given(object{"L": elements})
}
