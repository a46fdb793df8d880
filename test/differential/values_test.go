package differential

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// The pools are small, so that requests find items and values are equal.
var (
	texts = []string{
		"a", "b", "ab", "abc", "a#1", "a#2", "b#1", "B", "", " ", "é", "e\u0301", "\ue000", "😀", "\uffff", "\u0000", "\"\\/\n",
		"1", "10", "true", "日本語", strings.Repeat("x", 100),
	}
	numbers = []string{
		"0", "-0", "0.0", "1", "1.0", "1.50", "-1", "-1.5", "2", "10", "1e1", "1E2", "100", "1E-5", "0.00001", "00012", "+5", ".5", "5.",
		"12345678901234567890123456789012345678", "1234567890.1234567890123456789012345678", "-99999999999999999999999999999999999999",
		"9.9999999999999999999999999999999999999E+125", "-9.9999999999999999999999999999999999999E+125", "1E-130", "-1E-130",
		"100000000000000000000000000000000000000000", "0.1", "0.10", "99", "101", "1000000",
	}
	badNumbers = []string{
		"", "abc", "1e126", "1e-131", "-1e126", "0x1", " 1", "1 ", "NaN", "Infinity", "1e", "--1", ".", "1.2.3", "1,5",
		"123456789012345678901234567890123456789", "1e99999999999",
	}
	binaries = []string{"AA==", "AAE=", "AQ==", "/w==", "/wA=", "gA==", "fw==", "YWJj", "YWI=", ""}

	pools      = map[string][]string{"S": texts, "N": numbers, "B": binaries}
	partitions = map[string][]string{"S": {"p1", "p2", "p3", "é"}, "N": {"1", "1.0", "2.50", "-3", "2.5"}, "B": {"AQ==", "/w==", "AA=="}}

	attributeNames = []string{"a", "b", "c", "m", "n", "list", "set", "f", "long_name_1", "ü", "a.b", "x y", "size", "name", "#h", "0d"}
	fieldNames     = []string{"a", "x", "y", "z", "name", "k.1"}
)

// keyValue returns a value for a key attribute, nearly always of its type.
func (g *generator) keyValue(a keyAttribute) object {
	if a.kind != "N" && g.slip(2) {
		return g.longKey(a.kind)
	}
	if g.slip(4) {
		return pick(g.source, object{"S": "x"}, object{"N": "1"}, object{"B": "AQ=="}, object{"BOOL": true}, object{"NULL": true}, object{"L": list{}}, object{"M": object{}})
	}
	pool := pools[a.kind]
	if a.name == "pk" || a.name == "g1" || a.name == "g2" {
		pool = partitions[a.kind]
		if g.big && g.chance(70) { // partitions of several pages
			return object{a.kind: pool[0]}
		}
	}
	value := pick(g.source, pool...)
	if value == "" && !g.slip(50) { // keys must not be empty
		value = pool[0]
	}
	return object{a.kind: value}
}

func (g *generator) number() string {
	if g.slip(2) {
		return pick(g.source, badNumbers...)
	}
	if g.chance(15) {
		return g.randomNumber()
	}
	return pick(g.source, numbers...)
}

// randomNumber returns a number with digits, zeros and perhaps an exponent.
func (g *generator) randomNumber() string {
	var b strings.Builder
	b.WriteString(pick(g.source, "", "", "-", "+"))
	digits := func(count int) {
		for range count {
			b.WriteByte("00159"[g.IntN(5)])
		}
	}
	digits(g.between(1, 19))
	if g.chance(60) {
		b.WriteByte('.')
		digits(g.between(0, 19))
	}
	if g.chance(30) {
		b.WriteString(pick(g.source, "e", "E") + pick(g.source, "", "+", "-") + pick(g.source, "0", "1", "7", "20", "104"))
	}
	return b.String()
}

// value returns an attribute value of any type, at most depth levels deep.
func (g *generator) value(depth int) object {
	kinds := 8
	if depth > 0 {
		kinds = 10
	}
	switch n := g.IntN(kinds); n {
	case 0, 1, 2, 3, 4:
		return g.scalar("SSNNB"[n : n+1])
	case 5:
		return object{"BOOL": g.chance(50)}
	case 6:
		return object{"NULL": !g.slip(3)}
	case 7:
		return g.set()
	case 8:
		elements := list{}
		for range g.IntN(4) {
			elements = append(elements, g.value(depth-1))
		}
		return object{"L": elements}
	}
	fields := object{}
	for range g.IntN(4) {
		fields[pick(g.source, fieldNames...)] = g.value(depth - 1)
	}
	return object{"M": fields}
}

func (g *generator) scalar(kind string) object {
	if kind == "N" {
		return object{"N": g.number()}
	}
	return object{kind: pick(g.source, pools[kind]...)}
}

// set returns a set, mostly without duplicates; a number in two forms is one.
func (g *generator) set() object {
	kind := pick(g.source, "SS", "NS", "BS")
	pool := map[string][]string{"SS": texts, "NS": {"0", "1", "2.5", "-3", "1e3", "10", "0.001"}, "BS": binaries}[kind]
	count := g.between(1, 4)
	if g.slip(5) {
		count = 0
	}
	members := asList(sample(g.source, count, pool))
	if g.slip(5) {
		members = append(members, pick(g.source, pool...))
	}
	return object{kind: members}
}

// item returns an item for the table, mostly with index keys.
func (g *generator) item(t *tableSchema) object {
	item := object{}
	for range g.IntN(6) {
		item[pick(g.source, attributeNames...)] = g.value(3)
	}
	for _, a := range t.keyAttributes() {
		primary := a == t.primary().partition || a == t.primary().sort
		if primary && !g.slip(5) || !primary && g.chance(70) {
			item[a.name] = g.keyValue(a)
		} else if !primary && !g.slip(10) {
			delete(item, a.name) // what the pool gave is of any type
		}
	}
	if g.chance(g.fillPercent) {
		g.fill(t, item)
	}
	g.partial = g.partial || t.keepsPart(item)
	return item
}

// fill fills the item to about a limit or a capacity unit.
func (g *generator) fill(t *tableSchema, item object) {
	target := pick(g.source, 1<<10, 2<<10, 4<<10, 8<<10, 12<<10) + g.between(-2, 2)
	if g.big {
		target = g.between(30<<10, 300<<10)
		if g.chance(15) {
			local := slices.DeleteFunc(slices.Clone(t.indexes[1:]), func(x indexSchema) bool { return x.global })
			target = maxItemBytes/g.between(1, 1+len(local)) + g.between(-3, 3)
		}
	}
	delete(item, "f")
	if missing := target - sizeOf(item) - len("f"); missing > 0 {
		item["f"] = object{"S": strings.Repeat("f", missing)}
	}
}

const maxItemBytes = 400 << 10

// sizeOf returns the size of an item, zero if it is not valid.
func sizeOf(item object) int {
	var parsed attribute.Item
	if parsed.UnmarshalJSON(encode(item)) != nil {
		return 0
	}
	return attribute.Size(parsed)
}

// longKey returns a key value around the limit on its size.
func (g *generator) longKey(kind string) object {
	length := pick(g.source, 1024, 2048) + g.between(-1, 1)
	if kind == "B" {
		return object{"B": base64.StdEncoding.EncodeToString(make([]byte, length))}
	}
	return object{"S": strings.Repeat("k", length)}
}
