package engine

import (
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// appendMetrics appends the ItemCollectionMetrics of one write. The estimate of
// the size is the smallest that the service gives.
func (w *write) appendMetrics(dst []byte) []byte {
	collection := attribute.Item{w.table.schema.partition[0].name: w.primary.partition[0]}
	dst = append(dst, `{"ItemCollectionKey":`...)
	dst = collection.AppendJSON(dst)
	return append(dst, `,"SizeEstimateRangeGB":[0.0,1.0]}`...)
}

// appendTableMetrics appends the ItemCollectionMetrics of several writes by table.
func appendTableMetrics(dst []byte, writes []write) []byte {
	dst = appendMember(dst, "ItemCollectionMetrics")
	dst = append(dst, '{')
	var done []*table
	for i := range writes {
		t := writes[i].table
		if !t.hasLocalIndexes() || slices.Contains(done, t) {
			continue
		}
		done = append(done, t)
		dst = appendMember(dst, t.name)
		dst = append(dst, '[')
		count := 0
		for k := range writes {
			if w := &writes[k]; w.table == t && !w.checkOnly {
				dst = appendComma(dst, count)
				dst = w.appendMetrics(dst)
				count++
			}
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}
