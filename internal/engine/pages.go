package engine

import "github.com/open-alchemy/packagedb/internal/engine/attribute"

// maxPageBytes is the size at which Query and Scan end a page, after the item that reaches it.
const maxPageBytes = 1 << 20

// span is a part of a view: the records between two positions, in one direction.
type span struct {
	lower, upper *record // upper is nil for the end of the view
	backward     bool
}

// page is what one Query or Scan reads.
type page struct {
	records []*record
	bytes   int
	// full is set if the page ended at a limit, not with the span.
	full bool
}

// at returns a record to compare with that has the key in the view.
func (r *reading) at(k key) *record {
	position := &record{keys: make([]key, len(r.table.views))}
	position.keys[r.view.number] = k
	return position
}

// apply picks the records of one page. Records never change, so that encode
// needs no lock.
func (r *reading) apply(e *Engine) error {
	s, p := &r.span, &r.page
	limit := int64(-1)
	if r.limit != nil {
		limit = *r.limit
	}
	v := r.view
	collect := func(found *record) bool {
		if s.backward {
			if v.compare(found, s.lower) < 0 {
				return false
			}
		} else if s.upper != nil && v.compare(found, s.upper) > 0 {
			return false
		}
		p.records = append(p.records, found)
		p.bytes += v.size(found)
		p.full = !r.single && (p.bytes >= maxPageBytes || int64(len(p.records)) == limit)
		return !p.full
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if s.backward {
		v.tree.Descend(s.upper, collect)
	} else {
		v.tree.Ascend(s.lower, collect)
	}
	return nil
}

func (r *reading) encode() []byte {
	p := &r.page
	dst := newAnswer(p.bytes)
	count := 0
	counting := r.selects("COUNT")
	var items attribute.Encoder
	if !counting {
		dst = append(dst, `"Items":[`...)
	}
	for _, found := range p.records {
		if r.filter != nil && !r.filter.Match(r.view.item(found)) {
			continue
		}
		if !counting {
			dst = appendComma(dst, count)
			dst = items.Append(dst, r.result(found))
		}
		count++
	}
	if !counting {
		dst = append(dst, ']')
	}
	dst = appendMember(dst, "Count")
	dst = appendInt(dst, count)
	dst = appendMember(dst, "ScannedCount")
	dst = appendInt(dst, len(p.records))
	if p.full {
		dst = appendMember(dst, "LastEvaluatedKey")
		dst = r.lastEvaluatedKey(p.records[len(p.records)-1]).AppendJSON(dst)
	}
	dst = appendConsumed(dst, parseCapacityDetail(r.returnCapacity), r.consumed())
	return append(dst, '}')
}

// result returns the attributes of a record that the request asks for.
func (r *reading) result(found *record) attribute.Item {
	if r.projection != nil || r.fetch {
		return r.project(found.item)
	}
	return r.view.item(found)
}

// lastEvaluatedKey returns the keys of the table and of the index.
func (r *reading) lastEvaluatedKey(last *record) attribute.Item {
	return keyItem(r.view.keys, last.item)
}

// consumed returns the cost of a page: its bytes together, and each item that was fetched from the
// table.
func (r *reading) consumed() *consumption {
	p := &r.page
	c := newConsumption(r.table)
	c.units[r.view.number] = readUnits(p.bytes, r.consistent())
	if r.fetch {
		for _, found := range p.records {
			c.units[0] += readUnits(found.size, r.consistent())
		}
	}
	return c
}
