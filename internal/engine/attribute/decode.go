package attribute

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/open-alchemy/packagedb/internal/engine/ddbjson"
)

// maxNesting is how many maps and lists may lie within each other in an
// attribute. The item around them is the first of DynamoDB's 32 levels.
const maxNesting = 31

const (
	attributeValueClass = "com.amazonaws.dynamodb.v20120810.AttributeValue"

	messageEmpty   = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
	messageSeveral = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
	messageNesting = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
	messageNull    = "One or more parameter values were invalid: Null attribute value types must have the value of true"
	messageSetNull = "One or more parameter values were invalid: An string set may not have a null string as a member"
)

// ParseItem reads an item from its wire form, {"name": {"S": "x"}}. It fails with a
// *ddbjson.SerializationError or a *ValidationError, the former first if the text has both. The
// ValidationError names the attribute. The item retains the text.
func ParseItem(text string) (Item, error) {
	d := decoder{Reader: ddbjson.NewReader(text)}
	fields, err := d.fields(0)
	if err := d.finish(err); err != nil {
		return nil, err
	}
	return fields, nil
}

// ParseValue reads a value from its wire form, {"S": "x"}. It fails as
// [ParseItem] does.
func ParseValue(text string) (Value, error) {
	d := decoder{Reader: ddbjson.NewReader(text)}
	value, err := d.value(0)
	if err := d.finish(err); err != nil {
		return Value{}, err
	}
	return value, nil
}

// UnmarshalJSON reads an item as [ParseItem] does. As everywhere in JSON
// decoding, null leaves the item as it is.
func (it *Item) UnmarshalJSON(data []byte) error {
	text := string(data)
	r := ddbjson.NewReader(text)
	if null, err := r.Null(); null && err == nil {
		return r.End()
	}
	fields, err := ParseItem(text)
	if err == nil {
		*it = fields
	}
	return err
}

// UnmarshalJSON reads a value as [ParseValue] does.
func (v *Value) UnmarshalJSON(data []byte) error {
	value, err := ParseValue(string(data))
	if err == nil {
		*v = value
	}
	return err
}

// decoder reads attribute values. It returns at once the errors of DynamoDB's request parser, and
// collects those of the later validation: the first invalid value is reported when everything is
// read.
type decoder struct {
	ddbjson.Reader
	invalid *ValidationError
}

// report keeps the first invalid value; nil is none.
func (d *decoder) report(problem *ValidationError) {
	if d.invalid == nil && problem != nil {
		d.invalid = problem
	}
}

// errTooDeep ends the reading at once, because the input may be endless.
var errTooDeep = errors.New("nested too deeply")

func (d *decoder) tooDeep() error {
	d.report(invalid(messageNesting))
	return errTooDeep
}

// finish returns the result of decoding a value that was read with err.
func (d *decoder) finish(err error) error {
	if err != nil && !errors.Is(err, errTooDeep) {
		return err
	}
	if end := d.End(); err == nil && end != nil {
		return end
	}
	if d.invalid != nil {
		return d.invalid
	}
	return nil
}

// fields reads an item, at nesting 0, or the content of a map.
func (d *decoder) fields(nesting int) (Item, error) {
	if nesting > maxNesting {
		return nil, d.tooDeep()
	}
	fields := Item{}
	err := d.Object("java.util.Map<java.lang.String, "+attributeValueClass+">", func(name string) error {
		clean := d.invalid == nil
		d.report(validateName(name))
		value, err := d.value(nesting)
		if nesting == 0 && clean && d.invalid != nil {
			d.invalid.Attribute = name
		}
		fields[name] = value
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
		text, err := d.member(kind)
		return Value{kind: kind, text: text}, err
	case KindSS, KindNS, KindBS:
		return d.set(kind)
	case KindBOOL:
		truth, err := d.Boolean()
		return Value{kind: KindBOOL, truth: truth}, err
	case KindNULL:
		truth, err := d.Boolean()
		if !truth {
			d.report(invalid(messageNull))
		}
		return NULL(), err
	case KindM:
		fields, err := d.fields(nesting + 1)
		return M(fields), err
	}
	elements, err := d.list(nesting + 1)
	return L(elements...), err
}

func (d *decoder) list(nesting int) ([]Value, error) {
	if nesting > maxNesting {
		return nil, d.tooDeep()
	}
	var elements []Value
	err := d.Elements(func() error {
		value, err := d.value(nesting)
		elements = append(elements, value)
		return err
	})
	return elements, err
}

func (d *decoder) set(kind Kind) (Value, error) {
	members := make([]string, 0, 4)
	known := d.invalid
	err := d.Elements(func() error {
		null, err := d.Null()
		if err != nil {
			return err
		}
		if null {
			d.report(nullMember(kind))
			return nil
		}
		text, err := d.member(kind.Member())
		members = append(members, text)
		return err
	})
	if err != nil || d.invalid != known {
		return Value{kind: kind}, err
	}
	set, problem := parseSet(kind, members)
	d.report(problem)
	return set, nil
}

func nullMember(kind Kind) *ValidationError {
	switch kind {
	case KindSS:
		return invalid(messageSetNull)
	case KindNS:
		return invalid(messageNotNumeric)
	}
	return invalid(messageEmpty)
}

// member reads the content of an S, N or B: a value's, or that of one member of a set.
func (d *decoder) member(kind Kind) (string, error) {
	if kind == KindB {
		return d.binary()
	}
	text, err := d.String()
	if err != nil || kind == KindS {
		return text, err
	}
	number, problem := parseNumber(text)
	d.report(problem)
	return number.String(), nil
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
	text, err := d.String()
	if err != nil {
		return "", err
	}
	if length := utf8.RuneCountInString(text); length%4 != 0 {
		return "", &ddbjson.SerializationError{Message: "Base64 encoded length is expected a multiple of 4 bytes but found: " + strconv.Itoa(length)}
	}
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return "", &ddbjson.SerializationError{Message: "Invalid last non-pad Base64 character dectected"}
	}
	return string(data), nil
}
