package differential

import (
	"context"
	"net/http"
)

// isWhole reports whether the results of a step are compared once all pages are
// read, because their order or the pages differ between servers.
func isWhole(s step) bool {
	switch s.operation {
	case "Scan": // the order of partitions
		return true
	case "Query": // the order of equal index keys, and the pages of filtered items
		return has(s, "IndexName") || s.big && isFiltered(s)
	}
	return false
}

// whole is the pages of a query or scan together.
type whole struct {
	refusal        *answer
	items          list
	hasItems       bool
	count, scanned float64
	pages          int
	capacity       any
}

// whole reads all pages of a step on both sides and compares the totals.
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
	return p.examine(s, local.answer(sortKey), ours.answer(sortKey)), nil
}

// isPart reports whether a step reads a part that differs between servers: it
// has a start key, or asks for one segment of several.
func isPart(s step) bool {
	first, _ := s.body["Segment"].(int)
	return has(s, "ExclusiveStartKey") || has(s, "Segment") && (first != 0 || segments(s) == 0)
}

// segments returns the number of segments that a scan goes through.
func segments(s step) int {
	total, _ := s.body["TotalSegments"].(int)
	if first, ok := s.body["Segment"].(int); !ok || first != 0 || total > 100 {
		return 0
	}
	return total
}

// sortKey returns the sort key of the queried index, empty if there is none.
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

// readAll reads all pages of all segments.
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

// answer returns the pages as one answer, with the sort keys in their order.
// Consumed capacity depends on how the items are divided into pages, and is
// included for a single page only.
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
