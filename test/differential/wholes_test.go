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

// maxPages is more than any step reads of a server whose pages end.
const maxPages = 1000

// pages sends the request of a step, and as many more as its pages and segments take.
func (p *play) pages(ctx context.Context, on *server, s step) (pages []*answer, err error) {
	for segment := range max(1, segments(s)) {
		body := clone(s.body)
		if segment > 0 {
			body["Segment"] = segment
		}
		for more := true; more && len(pages) < maxPages; {
			a, err := on.send(ctx, s.operation, encode(body))
			if err != nil {
				return nil, err
			}
			pages = append(pages, a)
			if a.status != http.StatusOK {
				return pages, nil
			}
			body["ExclusiveStartKey"], more = a.body["LastEvaluatedKey"]
			more = more && (s.onwards || isWhole(s))
		}
	}
	return pages, nil
}

// total returns the pages as one answer, with the sort keys in their order: the
// error if there is one. Consumed capacity depends on how the items are divided
// into pages, and is included for a single page only.
func total(pages []*answer, sortKey string) *answer {
	if last := pages[len(pages)-1]; last.status != http.StatusOK {
		return last
	}
	var count, scanned float64
	var items, order list
	hasItems := false
	body := object{}
	for _, page := range pages {
		page := normal(page.body)
		c, _ := page["Count"].(float64)
		n, _ := page["ScannedCount"].(float64)
		count, scanned = count+c, scanned+n
		if found, ok := page["Items"].(list); ok {
			items, hasItems = append(items, found...), true
		}
		if len(pages) == 1 {
			body["ConsumedCapacity"] = page["ConsumedCapacity"]
		}
	}
	if hasItems {
		body["Items"] = sorted(items)
	}
	for _, item := range items {
		order = append(order, item.(object)[sortKey])
	}
	body["Count"], body["ScannedCount"], body["Order"] = count, scanned, order
	return &answer{status: http.StatusOK, body: body}
}
