package engine

import (
	"encoding/json"
	"errors"
	"iter"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// document is the text of one JSON value inside a request body. It is known to
// be valid JSON, which lets its methods read without checking the syntax.
type document []byte

// parseDocument checks that the body is one JSON object in valid UTF-8.
func parseDocument(body []byte) (document, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, serialization("")
	}
	doc := document(body[skipSpace(body, 0):])
	if doc[0] != '{' {
		return nil, serialization("")
	}
	return doc, nil
}

// input is the parameters of one operation, or a structure inside of them.
// field reads the parameter of that name; unknown names are ignored, as the
// service does.
type input interface {
	field(name string, value document) error
}

// read passes every member of an object to in. A null member counts as absent.
func (d document) read(in input) error {
	for name, value := range d.members() {
		if value.isNull() {
			continue
		}
		if err := in.field(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (d document) isNull() bool { return d[0] == 'n' }

// members are the names and values of an object.
func (d document) members() iter.Seq2[string, document] {
	return func(yield func(string, document) bool) {
		i := skipSpace(d, 1)
		for d[i] != '}' {
			end := skipString(d, i)
			name := unquote(d[i:end])
			i = skipSpace(d, end) + 1 // the colon
			i = skipSpace(d, i)
			end = skipValue(d, i)
			if !yield(name, d[i:end]) {
				return
			}
			if i = skipSpace(d, end); d[i] == ',' {
				i = skipSpace(d, i+1)
			}
		}
	}
}

// elements are the values of an array.
func (d document) elements() iter.Seq[document] {
	return func(yield func(document) bool) {
		i := skipSpace(d, 1)
		for d[i] != ']' {
			end := skipValue(d, i)
			if !yield(d[i:end]) {
				return
			}
			if i = skipSpace(d, end); d[i] == ',' {
				i = skipSpace(d, i+1)
			}
		}
	}
}

// mismatch is the service's refusal of a scalar of the wrong JSON type; class
// is what the service expected.
func (d document) mismatch(class string) error {
	switch d[0] {
	case '{':
		return serialization("Start of structure or map found where not expected")
	case '[':
		return serialization("Unrecognized collection type class java.lang." + class)
	case '"':
		return serialization("STRING_VALUE cannot be converted to " + class)
	case 't':
		return serialization("TRUE_VALUE cannot be converted to " + class)
	case 'f':
		return serialization("FALSE_VALUE cannot be converted to " + class)
	case 'n':
		return serialization("NULL_VALUE cannot be converted to " + class)
	}
	if strings.ContainsAny(string(d), ".eE") {
		return serialization("DECIMAL_VALUE cannot be converted to " + class)
	}
	return serialization("NUMBER_VALUE cannot be converted to " + class)
}

func (d document) string(into **string) error {
	if d[0] != '"' {
		return d.mismatch("String")
	}
	text := unquote(d)
	*into = &text
	return nil
}

func (d document) boolean(into **bool) error {
	switch d[0] {
	case 't', 'f':
		truth := d[0] == 't'
		*into = &truth
		return nil
	case '"':
		switch strings.ToUpper(unquote(d)) {
		case "TRUE", "1", "YES":
			truth := true
			*into = &truth
			return nil
		case "FALSE", "0", "NO":
			truth := false
			*into = &truth
			return nil
		}
		return serialization("Unexpected token received from parser")
	}
	return d.mismatch("Boolean")
}

// integer reads a number; a fraction is cut off as the service does. Values
// beyond an int64 become its extremes, which every constraint refuses.
func (d document) integer(class string, into **int64) error {
	if c := d[0]; c != '-' && (c < '0' || c > '9') {
		return d.mismatch(class)
	}
	n, err := strconv.ParseInt(string(d), 10, 64)
	if err != nil {
		f, _ := strconv.ParseFloat(string(d), 64)
		switch f = math.Floor(f); {
		case f >= math.MaxInt64:
			n = math.MaxInt64
		case f <= math.MinInt64:
			n = math.MinInt64
		default:
			n = int64(f)
		}
	}
	*into = &n
	return nil
}

// list reads an array, giving each element to read.
func (d document) list(read func(document) error) error {
	switch d[0] {
	case '[':
	case '{':
		return serialization("Start of structure or map found where not expected")
	default:
		return serialization("Unexpected field type")
	}
	for element := range d.elements() {
		if err := read(element); err != nil {
			return err
		}
	}
	return nil
}

func (d document) strings(into *[]string) error {
	*into = []string{}
	return d.list(func(element document) error {
		var text *string
		if err := element.string(&text); err != nil {
			return err
		}
		*into = append(*into, *text)
		return nil
	})
}

// object reads a map or structure, giving each member to read; class is the
// service's name of its type.
func (d document) object(class string, read func(name string, value document) error) error {
	switch d[0] {
	case '{':
	case '[':
		return serialization("Unrecognized collection type " + class)
	default:
		return serialization("Unexpected field type")
	}
	for name, value := range d.members() {
		if value.isNull() {
			continue
		}
		if err := read(name, value); err != nil {
			return err
		}
	}
	return nil
}

// structure reads an object into in.
func (d document) structure(class string, in input) error {
	return d.object("class com.amazonaws.dynamodb.v20120810."+class, in.field)
}

func (d document) stringMap(into *map[string]string) error {
	*into = map[string]string{}
	return d.object("java.util.Map<java.lang.String, java.lang.String>", func(name string, value document) error {
		var text *string
		if err := value.string(&text); err != nil {
			return err
		}
		(*into)[name] = *text
		return nil
	})
}

// itemParameter is a parameter that holds attribute values. What is wrong with
// a value is reported only after the request's other constraints were checked.
type itemParameter struct {
	item    attribute.Item
	present bool
	invalid *attribute.ValidationError
}

func (d document) item(into *itemParameter) error {
	*into = itemParameter{present: true}
	err := into.item.UnmarshalJSON(d)
	if errors.As(err, &into.invalid) {
		return nil
	}
	if into.item == nil {
		into.item = attribute.Item{}
	}
	return err
}

func (p *itemParameter) check() error {
	if p.invalid != nil {
		return p.invalid
	}
	return nil
}

func skipSpace(d []byte, i int) int {
	for i < len(d) && (d[i] == ' ' || d[i] == '\n' || d[i] == '\t' || d[i] == '\r') {
		i++
	}
	return i
}

// skipString gives the position after the string that begins at i.
func skipString(d []byte, i int) int {
	for i++; d[i] != '"'; i++ {
		if d[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue gives the position after the value that begins at i.
func skipValue(d []byte, i int) int {
	depth := 0
	for {
		switch d[i] {
		case '"':
			i = skipString(d, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			i++
			continue
		default:
			for i < len(d) && !strings.ContainsRune(",]} \n\t\r", rune(d[i])) {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
}

// unquote is the content of a JSON string.
func unquote(quoted []byte) string {
	text := quoted[1 : len(quoted)-1]
	for _, c := range text {
		if c == '\\' {
			var unescaped string
			if json.Unmarshal(quoted, &unescaped) == nil {
				return unescaped
			}
		}
	}
	return string(text)
}
