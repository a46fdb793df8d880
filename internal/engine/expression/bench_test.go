package expression

import (
	"testing"

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
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ParseCondition("ConditionExpression", benchmarkCondition, a); err != nil {
			b.Fatal(err)
		}
		if err := a.Unused(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	names, values := benchmarkAttributes(b)
	a, err := NewAttributes(names, values)
	if err != nil {
		b.Fatal(err)
	}
	condition, err := ParseCondition("ConditionExpression", benchmarkCondition, a)
	if err != nil {
		b.Fatal(err)
	}
	item := decodeItem(b, `{"updated_at_id": {"S": "latest#a"}, "version": {"S": "1.2.3"}, "model_count": {"N": "42"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if !condition.Match(item) {
			b.Fatal("the item does not match")
		}
	}
}

func BenchmarkProject(b *testing.B) {
	projection, err := ParseProjection("s, a.b.c, l[0], l[3].q", nil)
	if err != nil {
		b.Fatal(err)
	}
	item := decodeItem(b, projectedItem)
	b.ReportAllocs()
	for b.Loop() {
		projection.Apply(item)
	}
}
