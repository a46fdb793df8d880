package differential

import (
	"slices"
	"strconv"
	"strings"
)

// phrase writes the expressions of one request and collects the values of their
// placeholders.
type phrase struct {
	*generator
	table  *tableSchema
	index  *indexSchema // of a query or scan
	names  object       // by placeholder
	values object
}

func (g *generator) phrase(t *tableSchema) *phrase {
	return &phrase{generator: g, table: t, names: object{}, values: object{}}
}

// into adds the placeholders to the request.
func (p *phrase) into(body object) {
	if p.slip(5) {
		p.values[":unused"] = p.value(1)
	}
	if p.slip(5) {
		p.names["#unused"] = "a"
	}
	if len(p.names) > 0 {
		body["ExpressionAttributeNames"] = p.names
	}
	if len(p.values) > 0 {
		body["ExpressionAttributeValues"] = p.values
	}
}

// plain reports whether to write a name without a placeholder. Reserved words need one and rarely
// lack it.
func (p *phrase) plain(name string) bool {
	for i, c := range name {
		if (c < 'a' || c > 'z') && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != "size" && name != "name" && name != "list" && name != "set" || p.slip(5)
}

func (p *phrase) name(name string) string {
	if p.plain(name) && p.chance(60) {
		return name
	}
	if p.slip(1) {
		return "#undefined"
	}
	for placeholder, known := range p.names {
		if known == name {
			return placeholder
		}
	}
	placeholder := pick(p.source, "#n", "#N", "#0", "#a_") + strconv.Itoa(len(p.names))
	p.names[placeholder] = name
	return placeholder
}

func (p *phrase) given(value object) string {
	if p.slip(2) {
		return ":undefined"
	}
	placeholder := pick(p.source, ":v", ":V", ":0", ":_") + strconv.Itoa(len(p.values))
	p.values[placeholder] = value
	return placeholder
}

// attribute returns an attribute that the item or the queried index may have.
func (p *phrase) attribute() string {
	if p.index != nil && p.index.projected != nil && !p.slip(10) {
		names := slices.Clone(p.index.projected)
		for _, a := range p.table.startAttributes(p.index) {
			names = append(names, a.name)
		}
		return pick(p.source, names...)
	}
	if p.chance(25) {
		return pick(p.source, p.table.keyAttributes()...).name
	}
	return pick(p.source, attributeNames...)
}

// attributes returns some attributes, mostly different ones.
func (p *phrase) attributes() (names []string) {
	for range p.between(1, 4) {
		if name := p.attribute(); !slices.Contains(names, name) || p.slip(20) {
			names = append(names, name)
		}
	}
	return names
}

// path returns the path of an attribute or of a part of one, rarely of a key.
func (p *phrase) path() string { return p.within(p.attribute()) }

func (p *phrase) within(attribute string) string {
	var b strings.Builder
	b.WriteString(p.name(attribute))
	if _, isKey := named(p.table.keyAttributes(), attribute); isKey && !p.slip(10) {
		return b.String()
	}
	for p.chance(30) {
		if p.chance(50) {
			b.WriteString("[" + pick(p.source, "0", "0", "1", "2", "99") + "]")
		} else {
			b.WriteString("." + p.name(pick(p.source, fieldNames...)))
		}
	}
	return b.String()
}

func (p *phrase) operand() string {
	switch {
	case p.chance(45):
		return p.path()
	case p.chance(12):
		return "size" + p.space() + "(" + p.path() + ")"
	case p.chance(3):
		return "(" + p.operand() + ")"
	}
	return p.given(p.value(2))
}

// ordered returns an operand of a type that has an order.
func (p *phrase) ordered(kind string) string {
	switch {
	case p.chance(50):
		return p.path()
	case kind == "N" && p.chance(20):
		return "size(" + p.path() + ")"
	}
	return p.given(p.scalar(kind))
}

func (p *phrase) orderedKind() string { return pick(p.source, "S", "N", "N", "B") }

// space returns text that may stand where no space is needed.
func (p *phrase) space() string { return pick(p.source, "", "", "", " ", "  ", "\n", "\t") }

// gap returns text that separates two words.
func (p *phrase) gap() string { return pick(p.source, " ", " ", " ", "  ", "\n", "\t ") }

// commas returns the parts of a list.
func (p *phrase) commas(parts []string) string { return strings.Join(parts, p.space()+","+p.space()) }

func (p *phrase) keyword(word string) string {
	return p.gap() + pick(p.source, word, word, word, strings.ToLower(word), strings.ToLower(word[:1])+word[1:]) + p.gap()
}

// condition writes a condition with at most the given number of levels of AND, OR and NOT.
func (p *phrase) condition(depth int) string {
	if depth > 0 {
		switch p.IntN(8) {
		case 0, 1:
			return p.part(depth-1) + p.keyword("AND") + p.part(depth-1)
		case 2, 3:
			return p.part(depth-1) + p.keyword("OR") + p.part(depth-1)
		case 4:
			return strings.TrimLeft(p.keyword("NOT"), " \n\t") + p.part(depth-1)
		}
	}
	return p.predicate()
}

// part returns a condition, perhaps in parentheses.
func (p *phrase) part(depth int) string {
	condition := p.condition(depth)
	if p.chance(40) {
		return "(" + p.space() + condition + p.space() + ")"
	}
	return condition
}

func (p *phrase) predicate() string {
	switch p.IntN(10) {
	case 0:
		kind := p.orderedKind()
		return p.ordered(kind) + p.keyword("BETWEEN") + p.ordered(kind) + p.keyword("AND") + p.ordered(kind)
	case 1:
		operands := make([]string, p.between(1, 4))
		for i := range operands {
			operands[i] = p.operand()
		}
		return p.operand() + p.keyword("IN") + "(" + strings.Join(operands, ","+p.space()) + ")"
	case 2, 3, 4:
		return p.function()
	}
	operator := pick(p.source, "=", "=", "<>", "<", "<=", ">", ">=")
	if operator == "=" || operator == "<>" || p.slip(10) {
		return p.operand() + p.space() + operator + p.space() + p.operand()
	}
	kind := p.orderedKind()
	return p.ordered(kind) + p.space() + operator + p.space() + p.ordered(kind)
}

func (p *phrase) function() string {
	name := pick(p.source, "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains")
	arguments := []string{p.path()}
	switch name {
	case "attribute_type":
		arguments = append(arguments, p.given(object{"S": pick(p.source, "S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL")}))
	case "begins_with":
		arguments = append(arguments, p.ordered(pick(p.source, "S", "B")))
	case "contains":
		arguments = append(arguments, p.operand())
	}
	if p.slip(20) {
		switch p.IntN(4) {
		case 0:
			arguments = append(arguments, p.operand())
		case 1:
			arguments = arguments[1:]
		case 2:
			arguments[0] = p.operand()
		default:
			name = pick(p.source, "Contains", "foo", "size", "list_append", "if_not_exists")
		}
	}
	return name + p.space() + "(" + p.commas(arguments) + ")"
}

// spoiled returns the text, rarely with a mistake in it.
func (p *phrase) spoiled(text string) string {
	if text == "" || !p.slip(25) {
		return text
	}
	at := p.IntN(len(text))
	switch p.IntN(4) {
	case 0:
		return text[:at] + text[at+1:]
	case 1:
		return text[:at] + pick(p.source, "(", ")", ",", "=", "!", "#", ":", "[", ".", "$", "'a'", "1", " and ", " not ", "&", "é") + text[at:]
	case 2:
		return text[:at]
	}
	return pick(p.source, "", " ", "a", ":v0", "a = b = c", "((a = b))", "NOT", "a b", "a.b.c = ", "status = a", "a = 1", "a <> 'x'", "1 = 1",
		"a == b", "a = b AND", "(a = b", "a = b)", "size(a)", "contains(a)", "a[b] = c", "a[-1] = c", "a[0", "a. b = c", "a .b = c", "a[ 0 ] = c")
}

// filter returns a condition or filter.
func (p *phrase) filter() string { return p.spoiled(p.condition(p.IntN(4))) }

// projection returns a list of paths, mostly of different attributes.
func (p *phrase) projection() string {
	var paths []string
	for _, attribute := range p.attributes() {
		paths = append(paths, p.within(attribute))
	}
	return p.spoiled(p.commas(paths))
}

// keyCondition returns a condition, mostly on the keys of an index.
func (p *phrase) keyCondition(x *indexSchema) string {
	if p.slip(10) {
		return p.filter()
	}
	partition := p.comparison(x.partition.name, "=", p.given(p.keyValue(x.partition)))
	if x.sort.name == "" || p.chance(35) {
		return p.spoiled(p.wrapped(partition))
	}
	sort := p.sortCondition(x.sort)
	if p.chance(20) {
		partition, sort = sort, partition
	}
	return p.spoiled(p.wrapped(partition) + p.keyword("AND") + p.wrapped(sort))
}

// comparison returns a comparison with the attribute on either side.
func (p *phrase) comparison(attribute, operator, value string) string {
	if p.chance(10) {
		return value + p.space() + operator + p.space() + p.name(attribute)
	}
	return p.name(attribute) + p.space() + operator + p.space() + value
}

func (p *phrase) wrapped(condition string) string {
	if p.chance(15) {
		return "(" + condition + ")"
	}
	return condition
}

func (p *phrase) sortCondition(a keyAttribute) string {
	switch p.IntN(4) {
	case 0:
		low, high := p.given(p.keyValue(a)), p.given(p.keyValue(a))
		return p.name(a.name) + p.keyword("BETWEEN") + low + p.keyword("AND") + high
	case 1:
		if a.kind != "N" || p.slip(10) {
			return "begins_with(" + p.name(a.name) + "," + p.space() + p.given(p.keyValue(a)) + ")"
		}
	}
	return p.comparison(a.name, pick(p.source, "=", "<", "<=", ">", ">=", ">="), p.given(p.keyValue(a)))
}

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
