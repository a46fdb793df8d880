package attribute

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestParseValue_WireForm compares what a value is encoded as with what it was decoded from: the same,
// unless another form is given.
func TestParseValue_WireForm(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a string", `{"S":"a<b>&c/d"}`, ""},
		{"a string with escapes", `{"S":"\"\\\/\n\u0000\u00e9\ud83d\ude00"}`, `{"S":"\"\\/\u000a\u0000é😀"}`},
		{"a string with half a surrogate pair", `{"S":"\ud800"}`, "{\"S\":\"\uFFFD\"}"},
		{"a binary", `{"B":"AP8="}`, ""},
		{"a boolean as a string", `{"BOOL":"Yes"}`, `{"BOOL":true}`},
		{"another boolean as a string", `{"BOOL":"0"}`, `{"BOOL":false}`},
		{"a number set", `{"NS":["10","9.0"]}`, `{"NS":["9","10"]}`},
		{"a list", `{"L":[{"S":"a"},{"N":"1"},{"L":[]},{"NULL":true}]}`, ""},
		{"a map", `{"M":{"a\"b":{"M":{}}}}`, ""},
		{"spaces between the tokens", " { \"S\"\t:\r\n\"a\" } ", `{"S":"a"}`},
		{"an escaped kind", `{"\u0053":"a"}`, `{"S":"a"}`},
		{"members that are no kind", `{"X":{"y":[1,-2.5e3,null,"z",{}],"z":true},"S":"a","s":false}`, `{"S":"a"}`},
		{"kinds without content", `{"N":null,"S":"a","L":null}`, `{"S":"a"}`},
		{"the last of several contents", `{"S":"a","S":"b"}`, `{"S":"b"}`},
		{"the last of several entries", `{"M":{"a":{"S":"x"},"a":{"S":"y"}}}`, `{"M":{"a":{"S":"y"}}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, cmp.Or(test.want, test.text), string(decodeValue(t, test.text).AppendJSON(nil)))
		})
	}
	assert.Equal(t, "null", string(Value{}.AppendJSON(nil)))
}

func TestParseValue_InvalidValues(t *testing.T) {
	const (
		wrong = "One or more parameter values were invalid: "
		empty = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
		more  = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
		text  = "The parameter cannot be converted to a numeric value"
	)
	for _, test := range []struct{ name, text, want string }{
		{"no value at all", `null`, empty},
		{"a kind in lower case", `{"s":"a"}`, empty},
		{"nothing in a map", `{"M":{"a":null}}`, empty},
		{"two kinds", `{"S":"a","N":"1"}`, more},
		{"content comes before the number of kinds", `{"N":"x","S":"a"}`, text + ": x"},
		{"a null that is not true", `{"NULL":false}`, wrong + "Null attribute value types must have the value of true"},
		{"an empty string set", `{"SS":[]}`, wrong + "An string set  may not be empty"},
		{"an empty binary set", `{"BS":[]}`, wrong + "Binary sets should not be empty"},
		{"a string twice", `{"SS":["b","a","b"]}`, wrong + `Input collection ["a", "b", "b"] contains duplicates.`},
		{"a binary twice", `{"BS":["YQ==","YQ=="]}`, wrong + `Input collection ["YQ==","YQ=="]of type BS contains duplicates.`},
		{"null in a string set", `{"SS":["a",null]}`, wrong + "An string set may not have a null string as a member"},
		{"null in a number set", `{"NS":[null]}`, text},
		{"null in a binary set", `{"BS":[null]}`, empty},
		{"an entry without a name", `{"M":{"":{"S":"x"}}}`, "Empty attribute name"},
		{"an entry with too long a name", `{"M":{"` + strings.Repeat("a", 65536) + `":{"S":"x"}}}`, "Attribute name is too large, must be less than 65536 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			value, err := ParseValue(test.text)
			assert.Equal(t, test.want, message(err))
			assert.Zero(t, value)
		})
	}
}

func TestParseValue_WrongShapes(t *testing.T) {
	const (
		structure = "Start of structure or map found where not expected"
		base64    = "Invalid last non-pad Base64 character dectected"
		class     = "com.amazonaws.dynamodb.v20120810.AttributeValue"
	)
	for _, test := range []struct{ name, text, want string }{
		{"a number for a value", `1`, "Unexpected value type in payload"},
		{"an array for a value", `[]`, "Unrecognized collection type class " + class},
		{"an integer for S", `{"S":1}`, "NUMBER_VALUE cannot be converted to String"},
		{"true for S", `{"S":true}`, "TRUE_VALUE cannot be converted to String"},
		{"false for S", `{"S":false}`, "FALSE_VALUE cannot be converted to String"},
		{"an array for S", `{"S":[]}`, "Unrecognized collection type class java.lang.String"},
		{"an integer for B", `{"B":1}`, "only base-64-encoded strings are convertible to bytes"},
		{"an object for B", `{"B":{}}`, structure},
		{"an array for B", `{"B":[]}`, "Unrecognized collection type class java.nio.ByteBuffer"},
		{"base64 without padding", `{"B":"YQ"}`, "Base64 encoded length is expected a multiple of 4 bytes but found: 2"},
		{"base64 with line breaks", `{"B":"YWJj\r\n\r\n"}`, base64},
		{"base64 of the other alphabet", `{"B":"a-_b"}`, base64},
		{"base64 with bits left over", `{"B":"YR=="}`, base64},
		{"a string for L", `{"L":"a"}`, "Unexpected field type"},
		{"an object for L", `{"L":{}}`, structure},
		{"an integer for M", `{"M":1}`, "Unexpected field type"},
		{"an array for M", `{"M":[]}`, "Unrecognized collection type java.util.Map<java.lang.String, " + class + ">"},
		{"an integer for BOOL", `{"BOOL":1}`, "NUMBER_VALUE cannot be converted to Boolean"},
		{"a fraction for NULL", `{"NULL":1.5}`, "DECIMAL_VALUE cannot be converted to Boolean"},
		{"another string for BOOL", `{"BOOL":"x"}`, "Unexpected token received from parser"},
		{"an array for BOOL", `{"BOOL":[]}`, "Unrecognized collection type class java.lang.Boolean"},
		{"a wrong shape behind an invalid value", `{"L":[{"N":"x"},{"S":1}]}`, "NUMBER_VALUE cannot be converted to String"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseValue(test.text)
			assert.Equal(t, "serialization: "+test.want, message(err))
		})
	}
}

func TestParseValue_MalformedJSON(t *testing.T) {
	for _, text := range []string{
		"", " ", "{", "}", "{}}", `{"S"`, `{"S":`, `{"S":"a`, `{"S":"a"`, `{"S":"a",}`, `{"S" "a"}`, `{S:"a"}`, `{'S':'a'}`, `{"S":"a"} x`,
		`{"S":"a" "N":"1"}`, "{\"S\":\"a\nb\"}", `{"S":"\x"}`, `{"S":"\u12"}`, "{\"S\":\"\xff\"}", "{\"S\":\"a\"}\x00",
		`{"X":tru}`, `{"X":nul}`, `{"X":01}`, `{"X":1.}`, `{"X":.5}`, `{"X":1e}`, `{"X":-}`, `{"X":+1}`, `{"X":[1,]}`, `{"X":[}`, `{"X":]}`,
		`{"L":[`, `{"L":[{"S":"a"}`, `{"L":[{"S":"a"},]}`, `{"SS":["a"`, `{"SS":["a",]}`, `{"M":{"a"}}`, `{"M":{`, `nul`, `{"NULL":tru}`, `{"S":nul}`,
		`{"X":` + strings.Repeat("[", 100000), `{"X":` + strings.Repeat(`{"a":`, 100000),
	} {
		_, err := ParseValue(text)
		assert.Equal(t, "serialization: malformed JSON", message(err), text)
	}
}

func TestParseItem_NestingLimit(t *testing.T) {
	const refusal = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
	nested := func(opening, content, closing string, levels int) string {
		return strings.Repeat(opening, levels) + content + strings.Repeat(closing, levels)
	}
	for _, test := range []struct{ name, value, want string }{
		{"31 lists", nested(`{"L":[`, `{"S":"x"}`, `]}`, 31), ""},
		{"31 lists around an empty map", nested(`{"L":[`, `{"M":{}}`, `]}`, 31), refusal},
		{"32 maps", nested(`{"M":{"a":`, `{"S":"x"}`, `}}`, 32), refusal},
		{"as many lists as JSON may have", nested(`{"L":[`, `{"S":"x"}`, `]}`, 5000), refusal},
		{"something misplaced behind", `{"M":{"a":` + nested(`{"L":[`, `{"S":"x"}`, `]}`, 100) + `,"b":1}}`, "serialization: Unexpected value type in payload"},
		{"lists without end", strings.Repeat(`{"L":[`, 1000000), "serialization: malformed JSON"},
		{"maps without end", strings.Repeat(`{"M":{"a":`, 1000000), "serialization: malformed JSON"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var item Item
			err := item.UnmarshalJSON([]byte(`{"a":` + test.value + `}`))
			assert.Equal(t, test.want, message(err))
			if invalid := (*ValidationError)(nil); errors.As(err, &invalid) {
				assert.Equal(t, "a", invalid.Attribute)
			}
		})
	}
}

func TestValidationError_Levels(t *testing.T) {
	for levels, want := range map[int]int{32: 32, 40: 40, 63: 63, 64: 64, 1000: 64} {
		_, err := ParseItem(`{"a":{"S":"x"},"b":{"L":[{"L":[]},` + strings.Repeat(`{"L":[`, levels-1) + strings.Repeat(`]}`, levels-1) + `]}}`)
		var invalid *ValidationError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, want, invalid.Levels)
		assert.Equal(t, "b", invalid.Attribute)
		assert.True(t, invalid.NestsFrom(min(levels, 64)))
		assert.False(t, invalid.NestsFrom(want+1))
	}
	_, err := ParseItem(`{"a":{"N":"x"}}`)
	var invalid *ValidationError
	assert.False(t, invalid.NestsFrom(1))
	require.ErrorAs(t, err, &invalid)
	assert.False(t, invalid.NestsFrom(1))
}

func TestParseItem_Attributes(t *testing.T) {
	var item Item
	require.NoError(t, item.UnmarshalJSON([]byte(` {"a":{"S":"x"}, "\u0062":{"N":"1e1"}} `)))
	assert.Equal(t, Item{"a": S("x"), "b": parse(t, "10")}, item)

	var request struct{ Item, Key, Missing Item }
	require.NoError(t, json.Unmarshal([]byte(`{"Item":{},"Key":null}`), &request))
	assert.NotNil(t, request.Item)
	assert.Nil(t, request.Key)
	assert.Nil(t, request.Missing)
}

func TestParseItem_ErrorNamesTheAttribute(t *testing.T) {
	for _, test := range []struct{ name, text, attribute, want string }{
		{"an invalid value", `{"a":{"S":"x"},"b":{"N":"x"}}`, "b", "The parameter cannot be converted to a numeric value: x"},
		{"an invalid value deep inside", `{"a":{"M":{"b":{"L":[{}]}}}}`, "a", "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{"no name", `{"":{"S":"x"}}`, "", "Empty attribute name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var item Item
			err := item.UnmarshalJSON([]byte(test.text))
			require.Equal(t, test.want, message(err))
			var invalid *ValidationError
			require.ErrorAs(t, err, &invalid)
			assert.Equal(t, test.attribute, invalid.Attribute)
		})
	}

	for text, want := range map[string]string{
		`[]`: "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>",
		`1`:  "Unexpected field type", `"x"`: "Unexpected field type",
		`{"a":{"N":"x"},"b":1}`: "Unexpected value type in payload",
		`{"a":{}`:               "malformed JSON",
		`null0`:                 "malformed JSON",
	} {
		var item Item
		assert.Equal(t, "serialization: "+want, message(item.UnmarshalJSON([]byte(text))), text)
	}
}

func FuzzDecodeValue(f *testing.F) {
	for _, seed := range []string{
		mixedItem, specItem, `{"S":"\ud83d\u0000\\"}`, `{"N":"-1.50e-3"}`, `{"B":"AP8="}`, `{"NS":["2","1"]}`, `{"BS":["YQ=="]}`,
		`{"L":[{"M":{"a":{"NULL":true}}},{"BOOL":"no"}]}`, `{"X":[1.5e3,{"a":null}],"SS":["b","a"]}`, `{"S":1}`, `{}`, `nul`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var item Item
		if item.UnmarshalJSON(data) == nil {
			assert.True(t, json.Valid(data), "%q", data)
		}
		value, err := ParseValue(string(data))
		if err != nil {
			assert.NotContains(t, message(err), "unexpected")
			return
		}
		require.True(t, json.Valid(data), data)
		encoded := value.AppendJSON(nil)
		again := decodeValue(t, string(encoded))
		assert.Equal(t, value, again)
	})
}
