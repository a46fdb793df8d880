package attribute

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestValue_Content(t *testing.T) {
	seven := parse(t, "7.0")
	for _, test := range []struct {
		value     Value
		kind      Kind
		got, want any
	}{
		{S("a"), KindS, S("a").Raw(), "a"},
		{seven, KindN, seven.Raw(), "7"},
		{Integer(0), KindN, Integer(0).Raw(), "0"},
		{B([]byte{0, 255}), KindB, B([]byte{0, 255}).Raw(), "\x00\xff"},
		{NULL(), KindNULL, NULL().Exists(), true},
		{M(Item{"a": S("x")}), KindM, M(Item{"a": S("x")}).Fields(), Item{"a": S("x")}},
		{L(S("b"), S("a")), KindL, L(S("b"), S("a")).Elements(), []Value{S("b"), S("a")}},
		{Value{}, KindAbsent, Value{}.Exists(), false},
	} {
		assert.Equal(t, test.kind, test.value.Kind())
		assert.Equal(t, test.want, test.got, test.kind)
	}
}

func TestValue_OtherKindsAreEmpty(t *testing.T) {
	for _, v := range distinct(t) {
		kind := v.Kind()
		for of, content := range map[Kind]any{KindM: v.Fields(), KindL: v.Elements()} {
			if of != kind {
				assert.Zero(t, content, "%s of %s", of, kind)
			}
		}
		if kind.Member() == KindAbsent {
			assert.Nil(t, v.Members(), kind)
		}
	}
}

func TestB_CopiesBytes(t *testing.T) {
	data := []byte("abc")
	value := B(data)
	data[0] = 'x'
	assert.Equal(t, "abc", value.Raw())
}

func TestItem_CloneIsIndependent(t *testing.T) {
	item := Item{"a": S("x")}
	clone := item.Clone()
	clone["a"], clone["b"] = S("y"), S("z")
	assert.Equal(t, Item{"a": S("x")}, item)
	assert.Nil(t, Item(nil).Clone())
}
