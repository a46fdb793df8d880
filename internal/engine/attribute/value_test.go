package attribute

import (
	"bytes"
	"slices"
	"testing"
)

func TestValuesKeepWhatTheyAreMadeOf(t *testing.T) {
	seven := parse(t, "7.0")
	if v := S("a"); v.Kind() != KindS || v.Str() != "a" || v.Raw() != "a" {
		t.Errorf("string is %v", v)
	}
	if v := N(seven); v.Kind() != KindN || v.Num() != seven || v.Raw() != "7" {
		t.Errorf("number is %v", v)
	}
	if v := N(Number{}); v.Num() != (Number{}) || v.Raw() != "0" {
		t.Errorf("zero is %v", v)
	}
	if v := B([]byte{0, 255}); v.Kind() != KindB || !bytes.Equal(v.Bytes(), []byte{0, 255}) || v.Raw() != "\x00\xff" {
		t.Errorf("binary is %v", v)
	}
	if v := BOOL(true); v.Kind() != KindBOOL || !v.Truth() || BOOL(false).Truth() {
		t.Errorf("boolean is %v", v)
	}
	if v := NULL(); v.Kind() != KindNULL || !v.Exists() {
		t.Errorf("null is %v", v)
	}
	if v := M(Item{"a": S("x")}); v.Kind() != KindM || !EqualItems(v.Fields(), Item{"a": S("x")}) {
		t.Errorf("map is %v", v)
	}
	if v := L(S("b"), S("a")); v.Kind() != KindL || !slices.EqualFunc(v.Elements(), []Value{S("b"), S("a")}, Equal) {
		t.Errorf("list is %v", v)
	}
	if v := (Value{}); v.Kind() != KindAbsent || v.Exists() || v.Kind().String() != "" {
		t.Errorf("the zero value is %v", v)
	}
}

func TestAccessorsOfOtherKindsAreEmpty(t *testing.T) {
	for _, v := range distinct(t) {
		kind := v.Kind()
		if kind != KindS && v.Str() != "" || kind != KindN && v.Num() != (Number{}) || kind != KindB && v.Bytes() != nil ||
			kind != KindBOOL && v.Truth() || kind != KindM && v.Fields() != nil || kind != KindL && v.Elements() != nil ||
			kind.Member() == KindAbsent && v.Members() != nil {
			t.Errorf("%s has content of another kind", v.AppendJSON(nil))
		}
	}
}

func TestBytesAreCopied(t *testing.T) {
	data := []byte("abc")
	value := B(data)
	data[0] = 'x'
	value.Bytes()[1] = 'x'
	if value.Raw() != "abc" {
		t.Errorf("value became %q", value.Raw())
	}
}

func TestCloneIsIndependent(t *testing.T) {
	item := Item{"a": S("x")}
	clone := item.Clone()
	clone["a"], clone["b"] = S("y"), S("z")
	if !EqualItems(item, Item{"a": S("x")}) {
		t.Errorf("item became %s", item.AppendJSON(nil))
	}
	if Item(nil).Clone() != nil {
		t.Error("the clone of no item is one")
	}
}
