package engine

import (
	"reflect"
	"strings"
)

// unsupported is the type of a parameter that exists in DynamoDB and not in this engine.
type unsupported struct{}

// decode reads an object into the fields of a struct that have the names of its members. Fields are
// pointers, which stay nil if the member is missing or null, and slices.
func (d document) decode(into any) error { return d.decodeStruct(reflect.ValueOf(into).Elem()) }

func (d document) decodeStruct(into reflect.Value) error {
	name := into.Type().Name()
	class := "class com.amazonaws.dynamodb.v20120810." + strings.ToUpper(name[:1]) + name[1:]
	return d.object(class, func(name string, value document) error {
		field, ok := into.Type().FieldByName(name)
		if !ok || !field.IsExported() {
			return nil
		}
		if field.Type == reflect.TypeFor[unsupported]() {
			return validation("The parameter '%s' is not supported by this engine", name)
		}
		return value.decodeField(into.FieldByIndex(field.Index))
	})
}

func (d document) decodeField(into reflect.Value) error {
	switch into := into.Addr().Interface().(type) {
	case **string:
		return d.string(into)
	case **bool:
		return d.boolean(into)
	case **int64:
		return d.integer("Long", into)
	case **int:
		var n *int64
		err := d.integer("Integer", &n)
		if err == nil {
			*into = new(int)
			**into = int(*n)
		}
		return err
	case *[]string:
		return d.strings(into)
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		return d.decodeStruct(into.Elem())
	}
	into.Set(reflect.MakeSlice(into.Type(), 0, 0))
	return d.list(func(element document) error {
		if element[0] != '{' && element[0] != '[' {
			return serialization("Unexpected value type in payload")
		}
		next := reflect.New(into.Type().Elem()).Elem()
		err := element.decodeStruct(next)
		into.Set(reflect.Append(into, next))
		return err
	})
}
