package expression

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

const (
	sampleNames = `{"#a": "a", "#b": "b", "#c": "c.d", "#size": "size"}`

	sampleValues = `{
	":v": {"S": "x"}, ":w": {"S": "y"}, ":n": {"N": "1"}, ":m": {"N": "5"}, ":b": {"B": "YQ=="},
	":t": {"BOOL": true}, ":u": {"NULL": true}, ":l": {"L": [{"S": "x"}]}, ":o": {"M": {"a": {"S": "x"}}},
	":ss": {"SS": ["a", "b"]}, ":ns": {"NS": ["1", "2"]}, ":bs": {"BS": ["YQ=="]},
	":S": {"S": "S"}, ":BAD": {"S": "bad"}
}`
)

func newAttributes(tb testing.TB, names, values string) *Attributes {
	tb.Helper()
	a, err := NewAttributes(decodeNames(tb, names), decodeItem(tb, values))
	require.NoError(tb, err)
	return a
}

func decodeNames(tb testing.TB, text string) map[string]string {
	tb.Helper()
	var names map[string]string
	require.NoError(tb, json.Unmarshal([]byte(text), &names))
	return names
}

func decodeItem(tb testing.TB, text string) attribute.Item {
	tb.Helper()
	var item attribute.Item
	require.NoError(tb, item.UnmarshalJSON([]byte(text)))
	return item
}

// message returns the text of an *attribute.ValidationError, and describes any other error.
func message(err error) string {
	var invalid *attribute.ValidationError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &invalid):
		return invalid.Message
	}
	return "no ValidationError: " + err.Error()
}

func TestNewAttributes_Errors(t *testing.T) {
	long := strings.Repeat("a", 255)
	for _, test := range []struct{ name, names, values, want string }{
		{"no values are rejected", `null`, `{}`, "ExpressionAttributeValues must not be empty"},
		{"a key is never empty", `{"": "b"}`, `null`, `ExpressionAttributeNames contains invalid key: Syntax error; key: ""`},
		{"a value's key is more than :", `null`, `{":v": {"S": "x"}, ":": {"S": "y"}}`, `ExpressionAttributeValues contains invalid key: Syntax error; key: ":"`},
		{"a key has letters, digits and underscores only", `null`, `{":v-": {"S": "x"}}`, `ExpressionAttributeValues contains invalid key: Syntax error; key: ":v-"`},
		{"the letters are those of ASCII", `null`, `{":é": {"S": "x"}}`, `ExpressionAttributeValues contains invalid key: Syntax error; key: ":é"`},
		{"the first bad key is reported", `{"b": "x", "a": "x", "c": "x"}`, `null`, `ExpressionAttributeNames contains invalid key: Syntax error; key: "a"`},
		{"a name's key has at most 255 bytes", `{"#` + long + `": "b"}`, `null`, "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; size of key: 256"},
		{"a value's key has at most 255 bytes", `null`, `{":` + long + `": {"S": "x"}}`, "ExpressionAttributeValues contains invalid key: The expression attribute map contains a key that is too long;"},
		{"a name has at most 65535 bytes", `{"#a": "` + strings.Repeat("x", 65536) + `"}`, `null`, "ExpressionAttributeNames contains invalid value: Attribute name is too large, must be less than 65536 bytes for key #a"},
		{"2 MB of values are allowed", `null`, `{":v": {"S": "` + strings.Repeat("x", 2<<20-2) + `"}}`, ""},
		{"more values are rejected", `null`, `{":v": {"S": "` + strings.Repeat("x", 2<<20-1) + `"}}`, "ExpressionAttributeValues exceeds max size"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := NewAttributes(decodeNames(t, test.names), decodeItem(t, test.values))
			assert.Equal(t, test.want, message(err))
		})
	}
}

func TestAttributes_Unused(t *testing.T) {
	const names, values = `{"#a": "a", "#b": "b"}`, `{":v": {"S": "x"}, ":w": {"S": "y"}}`
	for _, test := range []struct {
		name  string
		texts []string
		want  string
	}{
		{"all are used by one expression", []string{"#a = :v AND #b = :w"}, ""},
		{"no name is used", []string{"a = :v AND b = :w"}, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}"},
		{"one value is not used", []string{"#a = :w", "#b = :w"}, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAttributes(t, names, values)
			for _, text := range test.texts {
				_, err := ParseCondition("FilterExpression", text, a)
				require.NoError(t, err)
			}
			assert.Equal(t, test.want, message(a.Unused()))
		})
	}

	t.Run("a request without names and values has none unused", func(t *testing.T) {
		var a Attributes
		assert.NoError(t, a.Unused())
		_, err := ParseCondition("FilterExpression", "#a = :v", &a)
		assert.NotEmpty(t, message(err), "an undefined name")
	})
}

func TestInvalidValue_NamesTheKey(t *testing.T) {
	var values attribute.Item
	var invalid *attribute.ValidationError
	require.ErrorAs(t, values.UnmarshalJSON([]byte(`{":a": {"S": "x"}, ":v": {}}`)), &invalid)
	const want = "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :v"
	assert.Equal(t, want, message(InvalidValue(invalid, false)))
}
