package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/ddbjson"
)

// document is the text of one JSON value of a request. It is well-formed, so
// that its methods fail only for values of another type than they read.
type document string

// parseDocument checks that the body is one JSON object.
func parseDocument(body []byte) (document, error) {
	reader := ddbjson.NewReader(string(body))
	object := reader.Peek() == '{'
	text, err := reader.Raw()
	if err == nil {
		err = reader.End()
	}
	if err == nil && !object {
		err = ddbjson.ErrMalformed
	}
	return document(text), err
}

// input is the parameters of one operation, or a structure inside of them. field reads the
// parameter of that name. Unknown names are ignored, as by the service.
type input interface {
	field(name string, value document) error
}

// read passes every member of an object to in. A null member counts as absent.
func (d document) read(in input) error { return d.members(in.field) }

// members passes the members of an object that are not null to read.
func (d document) members(read func(name string, value document) error) error {
	return d.object("", read)
}

// object reads a map or structure, giving each member that is not null to read; class is the
// service's name of its type.
func (d document) object(class string, read func(name string, value document) error) error {
	return d.entries(class, func(name string, value document) error {
		if value == "null" {
			return nil
		}
		return read(name, value)
	})
}

// entries is like object, but gives null members to read, too.
func (d document) entries(class string, read func(name string, value document) error) error {
	reader := ddbjson.NewReader(string(d))
	return reader.Object(class, func(name string) error {
		value, err := reader.Raw()
		if err != nil {
			return err
		}
		return read(name, document(value))
	})
}

// compact returns the text without space between its tokens.
func (d document) compact() string {
	var text bytes.Buffer
	_ = json.Compact(&text, []byte(d)) // d is well-formed
	return text.String()
}

// list reads an array, giving each element to read.
func (d document) list(read func(document) error) error {
	reader := ddbjson.NewReader(string(d))
	return reader.Elements(func() error {
		element, err := reader.Raw()
		if err != nil {
			return err
		}
		return read(document(element))
	})
}

func (d document) string(into **string) error {
	reader := ddbjson.NewReader(string(d))
	text, err := reader.String()
	*into = &text
	return err
}

func (d document) boolean(into **bool) error {
	reader := ddbjson.NewReader(string(d))
	truth, err := reader.Boolean()
	*into = &truth
	return err
}

// integer reads a number; a fraction is cut off as the service does. Values
// beyond an int64 become its extremes, which every constraint rejects.
func (d document) integer(class string, into **int64) error {
	if c := d[0]; c != '-' && (c < '0' || c > '9') {
		reader := ddbjson.NewReader(string(d))
		return reader.Mismatch(class)
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

// itemParameter is a parameter that holds attribute values. An invalid value is reported only after
// the request's other constraints were checked.
type itemParameter struct {
	item    attribute.Item
	present bool
	invalid *attribute.ValidationError
}

func (d document) item(into *itemParameter) error {
	*into = itemParameter{present: true}
	// The item may be stored: it holds on to its own text, not to the body.
	var err error
	into.item, err = attribute.ParseItem(strings.Clone(string(d)))
	if errors.As(err, &into.invalid) {
		return nil
	}
	return err
}

func (p *itemParameter) check() error {
	if p.invalid != nil {
		return p.invalid
	}
	return nil
}

func (p *itemParameter) tooDeep() bool { return p.invalid != nil && p.invalid.TooDeep() }

// isTrue reports whether an optional parameter is there and true.
func isTrue(parameter *bool) bool { return parameter != nil && *parameter }

// is reports whether an optional parameter is there and has the value.
func is(parameter *string, value string) bool { return parameter != nil && *parameter == value }
