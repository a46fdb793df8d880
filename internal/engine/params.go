package engine

import (
	"cmp"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/ddbjson"
)

// document is the JSON of one value of a request. It is well-formed, so that reading it fails only
// if the value is of another type.
type document string

// parseDocument checks that the body is one JSON object.
func parseDocument(body []byte) (document, error) {
	reader := ddbjson.NewReader(string(body))
	object := reader.Peek() == '{'
	value, err := reader.Raw()
	if err == nil {
		err = reader.End()
	}
	if err == nil && !object {
		err = ddbjson.ErrMalformed
	}
	return document(value), err
}

// parameter is a type of field that decodes itself from the member of that name.
type parameter interface {
	decode(name string, d document) error
}

// unsupported is the type of a parameter that exists in DynamoDB and not in this engine.
type unsupported struct{}

// structure describes how a type of struct is decoded and encoded: by its exported fields, also those of
// embedded structs.
type structure struct {
	class   string           // the name of the type in the service's messages
	fields  map[string][]int // the index of each field by its name
	members []member         // the fields in their order
}

// member is a field as JSON.
type member struct {
	name      string // with a colon
	index     []int
	omitEmpty bool
}

// structures has the structure of each type that was decoded or encoded before.
var structures sync.Map

func structureOf(t reflect.Type) *structure {
	if s, ok := structures.Load(t); ok {
		return s.(*structure)
	}
	name := t.Name()
	s := &structure{fields: map[string][]int{}}
	for _, field := range reflect.VisibleFields(t) {
		switch {
		case field.Name == "_":
			name = field.Tag.Get("class")
		case field.IsExported():
			s.fields[field.Name] = field.Index
			if name, omit, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" {
				s.members = append(s.members, member{strconv.Quote(cmp.Or(name, field.Name)) + ":", field.Index, omit != ""})
			}
		}
	}
	if name != "" { // a structure within a response may have none
		s.class = "class " + classPrefix + strings.ToUpper(name[:1]) + name[1:]
	}
	structures.Store(t, s)
	return s
}

// classPrefix begins the names of the service's types.
const classPrefix = "com.amazonaws.dynamodb.v20120810."

// decode reads an object into the fields of a struct that have the names of its members. Other
// members are ignored, as by the service. A null member counts as absent. Fields are pointers, which
// stay nil if the member is absent, slices, maps and parameters.
//
//	{"TableName": "pets", "Limit": 10}
func (d document) decode(into any) error {
	fields := reflect.ValueOf(into).Elem()
	s := structureOf(fields.Type())
	return d.object(s.class, func(name string, value document) error {
		index, ok := s.fields[name]
		if !ok || value == "null" {
			return nil
		}
		return value.decodeField(name, fields.FieldByIndex(index))
	})
}

// decodeField reads the value of a parameter, or a part of it.
func (d document) decodeField(name string, field reflect.Value) (err error) {
	reader := ddbjson.NewReader(string(d))
	switch into := field.Addr().Interface().(type) {
	case parameter:
		return into.decode(name, d)
	case *string:
		*into, err = reader.String()
		*into = strings.Clone(*into) // it may be stored
		return err
	case *bool:
		*into, err = reader.Boolean()
		return err
	case *int64:
		*into, err = d.integer("Long")
		return err
	case *int:
		n, err := d.integer("Integer")
		*into = int(n)
		return err
	case *map[string]string:
		return d.stringMap(into)
	case *unsupported:
		return validation("The parameter '%s' is not supported by this engine", name)
	}
	switch field.Kind() {
	case reflect.Pointer:
		field.Set(reflect.New(field.Type().Elem()))
		return d.decodeField(name, field.Elem())
	case reflect.Slice:
		return d.decodeList(name, field)
	default:
		return d.decode(field.Addr().Interface())
	}
}

func (d document) decodeList(name string, into reflect.Value) error {
	into.Set(reflect.MakeSlice(into.Type(), 0, 0))
	return d.list(func(element document) error {
		next := reflect.New(into.Type().Elem()).Elem()
		_, reads := reflect.TypeAssert[parameter](next.Addr())
		if next.Kind() == reflect.Struct && !reads && element[0] != '{' && element[0] != '[' {
			return serialization("Unexpected value type in payload")
		}
		err := element.decodeField(name, next)
		into.Set(reflect.Append(into, next))
		return err
	})
}

// object reads a map or structure, giving each member to read; class is the service's name of its
// type.
func (d document) object(class string, read func(name string, value document) error) error {
	reader := ddbjson.NewReader(string(d))
	return reader.Object(class, func(name string) error {
		value, err := reader.Raw()
		if err != nil {
			return err
		}
		return read(name, document(value))
	})
}

// mapOf reads a map with values of a class, giving each of them to read.
func (d document) mapOf(class string, read func(name string, value document) error) error {
	return d.object("java.util.Map<java.lang.String, "+class+">", read)
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

// integer reads a number. Like the service it cuts off a fraction. Values beyond an int64 become its
// extremes, which every constraint rejects.
func (d document) integer(class string) (int64, error) {
	if c := d[0]; c != '-' && (c < '0' || c > '9') {
		reader := ddbjson.NewReader(string(d))
		return 0, reader.Mismatch(class)
	}
	if n, err := strconv.ParseInt(string(d), 10, 64); err == nil {
		return n, nil
	}
	f, _ := strconv.ParseFloat(string(d), 64)
	switch f = math.Floor(f); {
	case f >= math.MaxInt64:
		return math.MaxInt64, nil
	case f <= math.MinInt64:
		return math.MinInt64, nil
	}
	return int64(f), nil
}

func (d document) stringMap(into *map[string]string) error {
	*into = map[string]string{}
	return d.mapOf("java.lang.String", func(name string, value document) (err error) {
		if value != "null" {
			reader := ddbjson.NewReader(string(value))
			(*into)[name], err = reader.String()
		}
		return err
	})
}

// itemParameter is a parameter that holds attribute values. An invalid value is reported only after
// the request's other constraints were checked.
//
//	{"id": {"S": "a"}, "age": {"N": "3"}}
type itemParameter struct {
	item    attribute.Item
	present bool
	invalid *attribute.ValidationError
}

func (p *itemParameter) decode(_ string, d document) error {
	*p = itemParameter{present: true}
	var err error
	p.item, err = attribute.ParseItem(string(d))
	if errors.As(err, &p.invalid) {
		return nil
	}
	return err
}

// keyParameter is a key that is only read with, so that it need not be copied from the body.
type keyParameter struct{ itemParameter }

func (p *keyParameter) decode(_ string, d document) error {
	p.present = true
	var err error
	p.item, err = attribute.ParseKey(string(d))
	if errors.As(err, &p.invalid) {
		return nil
	}
	return err
}

// AppendJSON appends the wire form of the item.
func (p itemParameter) AppendJSON(dst []byte) []byte { return p.item.AppendJSON(dst) }

// isTrue reports whether an optional parameter is there and true.
func isTrue(parameter *bool) bool { return parameter != nil && *parameter }

// is reports whether an optional parameter is there and has the value.
func is(parameter *string, value string) bool { return parameter != nil && *parameter == value }
