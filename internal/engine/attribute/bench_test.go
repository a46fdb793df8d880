package attribute

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A version item as this library writes it: what the engine decodes and encodes all day.
const specItem = `{"sub":{"S":"user-0001"},"id":{"S":"my-api"},"name":{"S":"My_API"},"updated_at":{"S":"1700000000"},` +
	`"version":{"S":"1.2.3"},"title":{"S":"My API"},"description":{"S":"An API for this and that, in some words"},` +
	`"model_count":{"N":"42"},"updated_at_id":{"S":"00000000001700000000#my-api"},"id_updated_at":{"S":"my-api#00000000001700000000"}}`

const mixedItem = `{"key":{"S":"k"},"hash":{"B":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},"tags":{"SS":["a","b","c"]},` +
	`"nested":{"M":{"list":{"L":[{"N":"1.50"},{"BOOL":true},{"NULL":true}]},"text":{"S":"say \"hi\""}}}}`

func BenchmarkDecode(b *testing.B) {
	for name, text := range map[string]string{"spec": specItem, "mixed": mixedItem} {
		b.Run(name, func(b *testing.B) {
			data := []byte(text)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				var it Item
				require.NoError(b, it.UnmarshalJSON(data))
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, text := range map[string]string{"spec": specItem, "mixed": mixedItem} {
		b.Run(name, func(b *testing.B) {
			var it Item
			require.NoError(b, it.UnmarshalJSON([]byte(text)))
			b.ReportAllocs()
			var out []byte
			for b.Loop() {
				out = it.AppendJSON(out[:0])
			}
			b.SetBytes(int64(len(out)))
		})
	}
}

func BenchmarkSize(b *testing.B) {
	var it Item
	require.NoError(b, it.UnmarshalJSON([]byte(mixedItem)))
	for b.Loop() {
		Size(it)
	}
}
