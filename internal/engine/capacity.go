package engine

import "strconv"

// The sizes that one capacity unit covers.
const (
	readUnitBytes  = 4 << 10
	writeUnitBytes = 1 << 10
)

// readUnits returns the cost of reading the bytes, at least the minimum.
func readUnits(bytes int, consistent bool) float64 {
	units := float64(max(1, (bytes+readUnitBytes-1)/readUnitBytes))
	if !consistent {
		units /= 2
	}
	return units
}

func writeUnits(bytes int) float64 {
	return float64(max(1, (bytes+writeUnitBytes-1)/writeUnitBytes))
}

// consumption is the capacity that a request consumes on one table, nil if it does not ask for it.
type consumption struct {
	table   *table
	units   []float64 // one for each view of the table
	indexes bool      // whether to return them one by one
}

// newConsumption returns what ReturnConsumedCapacity asks for.
func newConsumption(t *table, returnConsumedCapacity *string) *consumption {
	if returnConsumedCapacity == nil || *returnConsumedCapacity == "NONE" {
		return nil
	}
	return &consumption{t, make([]float64, len(t.views)), *returnConsumedCapacity == "INDEXES"}
}

// read adds the cost of reading the bytes from the table.
func (c *consumption) read(bytes int, consistent bool) {
	if c != nil {
		c.units[0] += readUnits(bytes, consistent)
	}
}

// transact adds the cost of reading the bytes from the table in a transaction.
func (c *consumption) transact(bytes int) {
	if c != nil {
		c.units[0] += transactionFactor * readUnits(bytes, true)
	}
}

// write adds the cost of replacing one record by another, either of which may
// be nil: the larger of both on the table, and on each index whose content
// changes the larger of both, or both if the index key changes. The factor is
// that of the table: a transaction doubles nothing on an index.
func (c *consumption) write(prior, next *record, factor float64) {
	for i, v := range c.table.views {
		before, after := v.bytesOf(prior), v.bytesOf(next)
		switch {
		case v.kind == tableView:
			c.units[i] += factor * writeUnits(max(before, after))
		case before == 0 && after == 0:
		case before == 0 || after == 0:
			c.units[i] += writeUnits(max(before, after))
		case v.compare(v.element(prior), v.element(next)) != 0:
			c.units[i] += writeUnits(before) + writeUnits(after)
		case !v.same(prior, next):
			c.units[i] += writeUnits(max(before, after))
		}
	}
}

// appendJSON appends the consumption, with the units also under the name member if that is not empty.
func (c *consumption) appendJSON(dst []byte, member string) []byte {
	total := 0.0
	for _, units := range c.units {
		total += units
	}
	dst = append(dst, '{')
	dst = appendMember(dst, "TableName")
	dst = appendString(dst, c.table.name)
	dst = appendUnits(dst, total, member)
	if c.indexes {
		dst = appendUnitsOf(dst, "Table", c.units[0], member)
		dst = c.appendIndexes(dst, localIndex, "LocalSecondaryIndexes", member)
		dst = c.appendIndexes(dst, globalIndex, "GlobalSecondaryIndexes", member)
	}
	return append(dst, '}')
}

// appendIndexes appends the indexes of one kind that consumed capacity.
func (c *consumption) appendIndexes(dst []byte, kind viewKind, name, member string) []byte {
	first := true
	for i, v := range c.table.views {
		if v.kind != kind || c.units[i] == 0 {
			continue
		}
		if first {
			dst = appendMember(dst, name)
			dst = append(dst, '{')
			first = false
		}
		dst = appendUnitsOf(dst, v.name, c.units[i], member)
	}
	if !first {
		dst = append(dst, '}')
	}
	return dst
}

// appendUnitsOf appends the units of the table or of an index as a member of that name.
func appendUnitsOf(dst []byte, name string, units float64, member string) []byte {
	dst = appendMember(dst, name)
	dst = append(dst, '{')
	dst = appendUnits(dst, units, member)
	return append(dst, '}')
}

// appendUnits appends units as members of the object at the end of dst.
func appendUnits(dst []byte, units float64, member string) []byte {
	for _, name := range []string{"CapacityUnits", member} {
		if name != "" {
			dst = appendMember(dst, name)
			dst = strconv.AppendFloat(dst, units, 'f', 1, 64)
		}
	}
	return dst
}

// append appends the ConsumedCapacity of an operation on one table.
//
//	"ConsumedCapacity": {"TableName": "pets", "CapacityUnits": 0.5}
func (c *consumption) append(dst []byte) []byte {
	if c == nil {
		return dst
	}
	return c.appendJSON(appendMember(dst, "ConsumedCapacity"), "")
}

// consumptions are those of a request to several tables, in the order in which it uses them.
type consumptions struct {
	detail *string // ReturnConsumedCapacity
	tables []*consumption
}

// of returns the consumption on a table, nil if the request does not ask for it.
func (cs *consumptions) of(t *table) *consumption {
	for _, c := range cs.tables {
		if c.table == t {
			return c
		}
	}
	c := newConsumption(t, cs.detail)
	if c != nil {
		cs.tables = append(cs.tables, c)
	}
	return c
}

// append appends the ConsumedCapacity of an operation on several tables. If member is not empty, it
// is ReadCapacityUnits or WriteCapacityUnits, which transactions have besides CapacityUnits.
func (cs *consumptions) append(dst []byte, member string) []byte {
	if cs.detail == nil || *cs.detail == "NONE" {
		return dst
	}
	dst = append(appendMember(dst, "ConsumedCapacity"), '[')
	for _, c := range cs.tables {
		dst = c.appendJSON(appendComma(dst), member)
	}
	return append(dst, ']')
}
