package attribute

import (
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/open-alchemy/packagedb/internal/engine/ddbjson"
)

const (
	// maxNesting is how many maps and lists may lie within each other in an attribute. The item around
	// them is the first of DynamoDB's 32 levels.
	maxNesting = 31
	// maxMeasured is how many of them are read. What is deeper is skipped, because it may be endless.
	maxMeasured = 64
)

const (
	attributeValueClass = "com.amazonaws.dynamodb.v20120810.AttributeValue"

	messageEmpty   = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
	messageSeveral = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
	messageNesting = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
	messageNull    = "One or more parameter values were invalid: Null attribute value types must have the value of true"
	messageSetNull = "One or more parameter values were invalid: An string set may not have a null string as a member"
)

// ParseItem reads an item from its wire form:
//
//	{"id": {"S": "a"}, "tags": {"SS": ["x", "y"]}, "owner": {"M": {"age": {"N": "42"}}}}
//
// It fails with a *ddbjson.SerializationError or a *ValidationError, the former first if the input
// has both. The ValidationError names the attribute. The item may be stored, and so may any part of it: it
// does not retain the input, and a part retains little of the rest.
func ParseItem(input string) (Item, error) {
	d := decoder{Reader: ddbjson.NewReader(input), size: len(input)}
	fields, err := d.fields(0)
	if err := d.finish(err); err != nil {
		return nil, err
	}
	return fields, nil
}

// ParseKey reads an item as [ParseItem] does, but the item retains the input and must not be stored.
func ParseKey(input string) (Item, error) {
	d := decoder{Reader: ddbjson.NewReader(input)}
	fields, err := d.fields(0)
	if err := d.finish(err); err != nil {
		return nil, err
	}
	return fields, nil
}

// ParseValue reads a value from its wire form, {"S": "x"}. It fails as [ParseItem] does.
func ParseValue(input string) (Value, error) {
	d := decoder{Reader: ddbjson.NewReader(input), size: len(input)}
	value, err := d.value(0)
	if err := d.finish(err); err != nil {
		return Value{}, err
	}
	return value, nil
}

// UnmarshalJSON reads an item as [ParseItem] does. As everywhere in JSON decoding, null leaves the item
// as it is.
func (it *Item) UnmarshalJSON(data []byte) error {
	input := string(data)
	r := ddbjson.NewReader(input)
	if null, err := r.Null(); null && err == nil {
		return r.End()
	}
	fields, err := ParseItem(input)
	if err == nil {
		*it = fields
	}
	return err
}

// decoder reads attribute values. It returns at once the errors of DynamoDB's request parser, and
// collects those of the later validation: the first invalid value is reported when everything is
// read, but the names of attributes before too deep a value, and that before the names in maps.
type decoder struct {
	ddbjson.Reader
	invalid *ValidationError
	inMap   bool            // invalid is about a name in a map
	size    int             // of the input, zero if it may be retained
	short   strings.Builder // the last of the copies of short strings
}

const (
	// maxShort is the length up to which copies of strings share an allocation.
	maxShort = 64
	// maxShared is the size of such an allocation, which one of its strings retains.
	maxShared = 512
)

// copied returns a copy of a part of the input.
func (d *decoder) copied(s string) string {
	switch {
	case d.size == 0:
		return s
	case len(s) > maxShort:
		return strings.Clone(s)
	}
	start := d.short.Len()
	if start+len(s) > d.short.Cap() {
		d.short.Reset()
		d.short.Grow(max(len(s), min(d.size, maxShared)))
		start = 0
	}
	d.short.WriteString(s)
	return d.short.String()[start:]
}

// report keeps the first error, which is nil or a *ValidationError.
func (d *decoder) report(err error) {
	if err == nil || d.invalid != nil {
		return
	}
	var invalid *ValidationError
	errors.As(err, &invalid)
	d.invalid = invalid
}

// reportName reports what is wrong with the name of an attribute, at nesting 0, or of an entry of a map.
func (d *decoder) reportName(err error, nesting int) {
	if nesting == 0 && d.invalid.NestsFrom(1) {
		d.invalid = nil
	}
	d.inMap = d.inMap || d.invalid == nil && nesting > 0
	d.report(err)
}

// reportNesting reports that too many maps and lists nest.
func (d *decoder) reportNesting(levels int) {
	if d.inMap {
		d.invalid, d.inMap = nil, false
	}
	d.report(invalidContent(messageNesting, messageNesting))
	if d.invalid.Message == messageNesting {
		d.invalid.Levels = max(d.invalid.Levels, levels)
	}
}

// finish returns the error of decoding a value that was read with err.
func (d *decoder) finish(err error) error {
	if err == nil {
		err = d.End()
	}
	if err == nil && d.invalid != nil {
		return d.invalid
	}
	return err
}

// fields reads an item, at nesting 0, or the content of a map.
func (d *decoder) fields(nesting int) (Item, error) {
	fields := Item{}
	err := d.Object("java.util.Map<java.lang.String, "+attributeValueClass+">", func(name string) error {
		before := d.invalid
		if err := CheckName(name); err != nil {
			d.reportName(err, nesting)
		}
		value, err := d.value(nesting)
		if nesting == 0 && d.invalid != before {
			d.invalid.Attribute = name
		}
		fields[d.copied(name)] = value
		return err
	})
	return fields, err
}

// value reads an attribute value that has nesting maps and lists around it.
func (d *decoder) value(nesting int) (Value, error) {
	switch d.Peek() {
	case '{', '[':
	case 'n':
		d.report(invalid(messageEmpty))
		_, err := d.Null()
		return Value{}, err
	default:
		return Value{}, d.Misplaced("Unexpected value type in payload")
	}
	var value Value
	seen := false
	err := d.Object("class "+attributeValueClass, func(key string) error {
		kind := KindNamed(key)
		if kind == KindAbsent {
			return d.Skip()
		}
		if null, err := d.Null(); null || err != nil {
			return err
		}
		if seen && value.kind != kind {
			d.report(invalid(messageSeveral))
		}
		seen = true
		var err error
		value, err = d.content(kind, nesting)
		return err
	})
	if err == nil && !seen {
		d.report(invalid(messageEmpty))
	}
	return value, err
}

// content reads what follows the kind in an attribute value. It records invalid content and
// replaces it by some value of that kind.
func (d *decoder) content(kind Kind, nesting int) (Value, error) {
	switch kind {
	case KindS, KindN, KindB:
		raw, err := d.member(kind)
		return Value{kind: kind, raw: raw}, err
	case KindSS, KindNS, KindBS:
		return d.set(kind)
	case KindBOOL:
		truth, err := d.Boolean()
		return Value{kind: KindBOOL, truth: truth}, err
	case KindNULL:
		truth, err := d.Boolean()
		if !truth {
			d.report(invalidContent(messageNull, messageNull))
		}
		return NULL(), err
	}
	if levels := nesting + 1; levels > maxNesting {
		d.reportNesting(levels)
		if levels == maxMeasured {
			return Value{}, d.Skip()
		}
	}
	if kind == KindM {
		fields, err := d.fields(nesting + 1)
		return M(fields), err
	}
	elements, err := d.list(nesting + 1)
	return L(elements...), err
}

// list reads the content of a list.
func (d *decoder) list(nesting int) ([]Value, error) {
	var elements []Value
	err := d.Elements(func() error {
		value, err := d.value(nesting)
		elements = append(elements, value)
		return err
	})
	return elements, err
}

// set reads the content of a set.
func (d *decoder) set(kind Kind) (Value, error) {
	members := make([]string, 0, 4)
	err := d.Elements(func() error {
		null, err := d.Null()
		if err != nil {
			return err
		}
		if null {
			d.report(invalidContent(nullMembers[kind], nullMembers[kind]))
			return nil
		}
		member, err := d.member(kind.Member())
		members = append(members, member)
		return err
	})
	if err != nil || d.invalid != nil {
		return Value{kind: kind}, err
	}
	set, err := parseSet(kind, members)
	d.report(err)
	return set, nil
}

// nullMembers are the messages about a null in a set.
var nullMembers = map[Kind]string{KindSS: messageSetNull, KindNS: messageNotNumeric, KindBS: messageEmpty}

// member reads the content of an S, N or B: a value's, or that of one member of a set.
func (d *decoder) member(kind Kind) (string, error) {
	if kind == KindB {
		return d.binary()
	}
	s, err := d.String()
	if err == nil && kind == KindN {
		s, err = canonicalNumber(s)
		d.report(err)
		err = nil
	}
	return d.copied(s), err
}

// binary reads base64 in its canonical form only.
func (d *decoder) binary() (string, error) {
	switch d.Peek() {
	case '"', '{':
	case '[':
		return "", &ddbjson.SerializationError{Message: "Unrecognized collection type class java.nio.ByteBuffer"}
	default:
		return "", d.Misplaced("only base-64-encoded strings are convertible to bytes")
	}
	s, err := d.String()
	if err != nil {
		return "", err
	}
	if length := utf8.RuneCountInString(s); length%4 != 0 {
		return "", &ddbjson.SerializationError{Message: "Base64 encoded length is expected a multiple of 4 bytes but found: " + strconv.Itoa(length)}
	}
	data, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return "", &ddbjson.SerializationError{Message: "Invalid last non-pad Base64 character dectected"}
	}
	return string(data), nil
}

// MarshalJSON returns the item's wire form.
func (it Item) MarshalJSON() ([]byte, error) { return it.AppendJSON(nil), nil }

// AppendJSON appends the item's wire form to dst, the attributes in the order of their names.
func (it Item) AppendJSON(dst []byte) []byte {
	var buffer [16]string
	dst, _ = it.appendMembers(dst, it.sortedNames(buffer[:0]))
	return dst
}

// Encoder appends items as [Item.AppendJSON] does. It keeps the sorted names of the last item, because
// most items of a page have the same attributes.
type Encoder struct {
	names []string
}

// Append appends the item's wire form to dst, the attributes in the order of their names.
func (e *Encoder) Append(dst []byte, it Item) []byte {
	if len(e.names) == len(it) {
		if longer, ok := it.appendMembers(dst, e.names); ok {
			return longer
		}
	}
	e.names = it.sortedNames(e.names[:0])
	dst, _ = it.appendMembers(dst, e.names)
	return dst
}

// sortedNames appends the names of the attributes to an empty slice, in order.
func (it Item) sortedNames(names []string) []string {
	for name := range it {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// appendMembers appends the item's wire form to dst. It reports false if the attributes do not have
// those names.
func (it Item) appendMembers(dst []byte, names []string) ([]byte, bool) {
	dst = append(dst, '{')
	for i, name := range names {
		value, ok := it[name]
		if !ok {
			return nil, false
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = ddbjson.AppendString(dst, name)
		dst = append(dst, ':')
		dst = value.AppendJSON(dst)
	}
	return append(dst, '}'), true
}

// AppendJSON appends the value's wire form to dst: null for the zero Value.
func (v Value) AppendJSON(dst []byte) []byte {
	if v.kind == KindAbsent {
		return append(dst, "null"...)
	}
	dst = append(dst, `{"`...)
	dst = append(dst, kindNames[v.kind]...)
	dst = append(dst, `":`...)
	switch v.kind {
	case KindS, KindN:
		dst = ddbjson.AppendString(dst, v.raw)
	case KindB:
		dst = appendBinary(dst, v.raw)
	case KindBOOL:
		dst = strconv.AppendBool(dst, v.truth)
	case KindNULL:
		dst = append(dst, "true"...)
	case KindM:
		dst = v.nested.fields.AppendJSON(dst)
	case KindL:
		dst = appendArray(dst, v.nested.elements, func(dst []byte, element Value) []byte { return element.AppendJSON(dst) })
	case KindSS, KindNS:
		dst = appendArray(dst, v.nested.members, ddbjson.AppendString)
	case KindBS:
		dst = appendArray(dst, v.nested.members, appendBinary)
	}
	return append(dst, '}')
}

func appendBinary(dst []byte, data string) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, []byte(data))
	return append(dst, '"')
}

func appendArray[E any](dst []byte, elements []E, appendElement func([]byte, E) []byte) []byte {
	dst = append(dst, '[')
	for i, element := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendElement(dst, element)
	}
	return append(dst, ']')
}
