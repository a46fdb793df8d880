package engine

import (
	"strconv"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// The sizes that one capacity unit covers.
const (
	readUnitBytes  = 4 << 10
	writeUnitBytes = 1 << 10
)

// capacityDetail is the value of ReturnConsumedCapacity.
type capacityDetail uint8

const (
	noCapacity capacityDetail = iota
	totalCapacity
	indexCapacity
)

func parseCapacityDetail(value *string) capacityDetail {
	switch {
	case value == nil || *value == "NONE":
		return noCapacity
	case *value == "TOTAL":
		return totalCapacity
	}
	return indexCapacity
}

func (c *constraints) capacity(value *string) {
	c.oneOf("returnConsumedCapacity", value, "INDEXES", "TOTAL", "NONE")
}

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

// consumption is the capacity that a request consumes on one table.
type consumption struct {
	table *table
	units []float64 // one for each view of the table
}

func newConsumption(t *table) *consumption {
	return &consumption{table: t, units: make([]float64, len(t.views))}
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
		case v.compare(prior, next) != 0:
			c.units[i] += writeUnits(before) + writeUnits(after)
		case !v.same(prior, next):
			c.units[i] += writeUnits(max(before, after))
		}
	}
}

// bytesOf returns the size of the record in the view, zero if it is not there.
func (v *view) bytesOf(r *record) int {
	if !v.holds(r) {
		return 0
	}
	return v.size(r)
}

// same reports whether the view holds the same of both records.
func (v *view) same(a, b *record) bool {
	if v.projected == nil {
		return attribute.EqualItems(a.item, b.item)
	}
	for _, name := range v.projected {
		if !attribute.Equal(a.item[name], b.item[name]) {
			return false
		}
	}
	return true
}

// appendJSON appends the consumption as an element of ConsumedCapacity. If member
// is not empty, it is ReadCapacityUnits or WriteCapacityUnits, which transactions
// have besides CapacityUnits.
func (c *consumption) appendJSON(dst []byte, detail capacityDetail, member string) []byte {
	total := 0.0
	for _, units := range c.units {
		total += units
	}
	dst = append(dst, '{')
	dst = appendMember(dst, "TableName")
	dst = appendString(dst, c.table.name)
	dst = appendUnits(dst, total, member)
	if detail == indexCapacity {
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

// appendConsumed appends the ConsumedCapacity of an operation on one table.
func appendConsumed(dst []byte, detail capacityDetail, c *consumption) []byte {
	if detail == noCapacity {
		return dst
	}
	dst = appendMember(dst, "ConsumedCapacity")
	return c.appendJSON(dst, detail, "")
}

// consumptions are those of a request to several tables, in the order in which
// the request names them.
type consumptions []*consumption

func (cs *consumptions) of(t *table) *consumption {
	for _, c := range *cs {
		if c.table == t {
			return c
		}
	}
	c := newConsumption(t)
	*cs = append(*cs, c)
	return c
}

func (cs consumptions) append(dst []byte, detail capacityDetail, member string) []byte {
	if detail == noCapacity {
		return dst
	}
	dst = appendMember(dst, "ConsumedCapacity")
	dst = append(dst, '[')
	for i, c := range cs {
		dst = appendComma(dst, i)
		dst = c.appendJSON(dst, detail, member)
	}
	return append(dst, ']')
}
