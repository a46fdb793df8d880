package expression

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// refusalOf returns the message with which a condition is rejected, or "".
func refusalOf(tb testing.TB, text string) string {
	tb.Helper()
	_, err := ParseCondition("ConditionExpression", text, newAttributes(tb, sampleNames, sampleValues))
	return message(err)
}

func TestCondition_MatchAbsentItem(t *testing.T) {
	var none *Condition
	assert.True(t, none.Match(nil))
	assert.True(t, none.Match(attribute.Item{"a": attribute.S("x")}))
	for text, want := range map[string]bool{
		"attribute_not_exists(a)": true, "attribute_exists(a)": false, "a = :v": false, "a <> :v": true, "NOT a = :v": true,
	} {
		condition, err := ParseCondition("ConditionExpression", text, newAttributes(t, `null`, `{":v": {"S": "x"}}`))
		require.NoError(t, err)
		assert.Equal(t, want, condition.Match(nil), text)
	}
}

func TestCondition_PathsInTheOrderOfTheText(t *testing.T) {
	condition, err := ParseCondition("FilterExpression", "a = :v AND (NOT #c.b[1] > size(c[0].d) OR x IN (y, :v))", newAttributes(t, sampleNames, sampleValues))
	require.NoError(t, err)
	var got []string
	for _, path := range condition.Paths() {
		got = append(got, path.String())
	}
	want := []string{"[a]", "[c.d, b, [1]]", "[c, [0], d]", "[x]", "[y]"}
	assert.Equal(t, want, got)
	for _, path := range condition.Paths() {
		assert.False(t, path.Nested())
		assert.Equal(t, "a", path.Attribute())
		break
	}
	var none *Condition
	assert.Empty(t, none.Paths())
}
