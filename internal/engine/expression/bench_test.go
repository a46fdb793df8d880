package expression

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

const benchmarkCondition = "attribute_not_exists(updated_at_id) OR #v = :version AND model_count BETWEEN :low AND :high"

func benchmarkAttributes(b *testing.B) (map[string]string, attribute.Item) {
	return decodeNames(b, `{"#v": "version"}`), decodeItem(b, `{":version": {"S": "1.2.3"}, ":low": {"N": "1"}, ":high": {"N": "100"}}`)
}

func BenchmarkParseCondition(b *testing.B) {
	names, values := benchmarkAttributes(b)
	b.ReportAllocs()
	for b.Loop() {
		a, err := NewAttributes(names, values)
		require.NoError(b, err)
		_, err = ParseCondition("ConditionExpression", benchmarkCondition, a)
		require.NoError(b, err)
		require.NoError(b, a.Unused())
	}
}

func BenchmarkMatch(b *testing.B) {
	names, values := benchmarkAttributes(b)
	a, err := NewAttributes(names, values)
	require.NoError(b, err)
	condition, err := ParseCondition("ConditionExpression", benchmarkCondition, a)
	require.NoError(b, err)
	item := decodeItem(b, `{"updated_at_id": {"S": "latest#a"}, "version": {"S": "1.2.3"}, "model_count": {"N": "42"}}`)
	b.ReportAllocs()
	for b.Loop() {
		require.True(b, condition.Match(item))
	}
}

func BenchmarkProject(b *testing.B) {
	projection, err := ParseProjection("s, a.b.c, l[0], l[3].q", &Attributes{})
	require.NoError(b, err)
	item := decodeItem(b, projectedItem)
	b.ReportAllocs()
	for b.Loop() {
		projection.Apply(item)
	}
}
