package differential

import (
	"context"
	"net/http"
)

// isWhole tells whether a step is compared when it has read everything: where
// each engine has an order or pages of its own.
func isWhole(s step) bool {
	switch s.operation {
	case "Scan": // the order of partitions
		return true
	case "Query": // the order of equal index keys, and the pages of filtered items
		return has(s, "IndexName") || s.big && has(s, "FilterExpression")
	}
	return false
}

// whole is what the pages of a query or scan say together.
type whole struct {
	refusal        *answer
	items          list
	hasItems       bool
	count, scanned float64
	pages          int
	capacity       any
}

// whole performs a step on both sides, each going on from its own pages, and
// compares what came together.
func (p *play) whole(ctx context.Context, s step) (*finding, error) {
	local, err := p.readAll(ctx, p.server, s)
	if err != nil {
		return nil, err
	}
	ours, err := p.readAll(ctx, p.ours, s)
	if err != nil {
		return nil, err
	}
	if local.refusal == nil && ours.refusal == nil && isPart(s) {
		return nil, nil
	}
	sortKey := p.sortKey(s)
	return p.judge(s, local.answer(sortKey), ours.answer(sortKey)), nil
}

// isPart tells whether a step reads a part that is another one on each side: it
// begins somewhere, or asks for one segment of several.
func isPart(s step) bool {
	first, _ := s.body["Segment"].(int)
	return has(s, "ExclusiveStartKey") || has(s, "Segment") && (first != 0 || segments(s) == 0)
}

// segments is how many segments a scan goes through, beginning with the first.
func segments(s step) int {
	total, _ := s.body["TotalSegments"].(int)
	if first, ok := s.body["Segment"].(int); !ok || first != 0 || total > 100 {
		return 0
	}
	return total
}

// sortKey is the sort key of the index that is queried, empty where there is none.
func (p *play) sortKey(s step) string {
	if s.operation == "Query" {
		for _, t := range p.tables {
			for _, x := range t.indexes {
				if s.body["TableName"] == t.name && s.body["IndexName"] == x.name {
					return x.sort.name
				}
			}
		}
	}
	return ""
}

// readAll reads all pages, of all segments if there are any.
func (p *play) readAll(ctx context.Context, on *server, s step) (*whole, error) {
	w := &whole{items: list{}}
	for segment := range max(1, segments(s)) {
		body := clone(s.body).(object)
		if segment > 0 {
			body["Segment"] = segment
		}
		for {
			p.compared++
			a, err := on.send(ctx, s.operation, encode(body))
			if err != nil {
				return nil, err
			}
			if a.status != http.StatusOK {
				w.refusal = a
				return w, nil
			}
			w.add(a)
			next, more := a.body["LastEvaluatedKey"]
			if !more {
				break
			}
			body["ExclusiveStartKey"] = next
		}
	}
	return w, nil
}

func (w *whole) add(a *answer) {
	items, _ := a.body["Items"].(list)
	w.items = append(w.items, items...)
	w.hasItems = w.hasItems || items != nil
	body := normalValue(a.body).(object)
	count, _ := body["Count"].(float64)
	scanned, _ := body["ScannedCount"].(float64)
	w.count += count
	w.scanned += scanned
	w.pages++
	w.capacity = a.body["ConsumedCapacity"]
}

// answer is the one that would have been given in a single page, and in it the
// sort keys in their order. The consumed capacity depends on what lies in each
// page, and is known for a single page only.
func (w *whole) answer(sortKey string) *answer {
	if w.refusal != nil {
		return w.refusal
	}
	body := object{"Count": w.count, "ScannedCount": w.scanned}
	if w.hasItems {
		body["Items"] = sorted(w.items)
		order := list{}
		for _, item := range w.items {
			order = append(order, item.(object)[sortKey])
		}
		body["Order"] = order
	}
	if w.pages == 1 && w.capacity != nil {
		body["ConsumedCapacity"] = w.capacity
	}
	return &answer{status: http.StatusOK, body: body}
}
