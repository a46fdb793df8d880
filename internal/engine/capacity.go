package engine

import (
	"slices"
	"strings"
)

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
	// factor is 2 in a transaction, where each action costs double on the table, not on an index: to
	// prepare it and to commit it.
	factor  float64
	written bool
}

// newConsumption returns what ReturnConsumedCapacity asks for.
func newConsumption(t *table, returnConsumedCapacity *string) *consumption {
	if returnConsumedCapacity == nil || *returnConsumedCapacity == "NONE" {
		return nil
	}
	return &consumption{table: t, units: make([]float64, len(t.views)), indexes: *returnConsumedCapacity == "INDEXES", factor: 1}
}

// read adds the cost of reading the bytes from the table.
func (c *consumption) read(bytes int, consistent bool) {
	if c != nil {
		c.units[0] += c.factor * readUnits(bytes, consistent)
	}
}

// write adds the cost of a write: the larger of the old and the new item on the table, and on each
// index whose content changes the larger of both, or both if the index key changes.
func (c *consumption) write(w *write) {
	if c == nil {
		return
	}
	c.written = true
	c.units[0] += c.factor * writeUnits(max(w.old.bytes(), w.new.bytes()))
	if w.checkOnly {
		return
	}
	for i, v := range c.table.views[1:] {
		switch before, after := v.bytesOf(w.old), v.bytesOf(w.new); {
		case before == 0 && after == 0:
		case before > 0 && after > 0 && v.compare(v.element(w.old), v.element(w.new)) != 0:
			c.units[i+1] += writeUnits(before) + writeUnits(after)
		case before == 0 || after == 0 || !v.same(w.old, w.new):
			c.units[i+1] += writeUnits(max(before, after))
		}
	}
}

// consumedCapacity is the consumption in a response.
//
//	{"TableName": "pets", "CapacityUnits": 1.5, "Table": {"CapacityUnits": 0.5}, "GlobalSecondaryIndexes": {"byAge": {"CapacityUnits": 1.0}}}
type consumedCapacity struct {
	TableName string
	capacityUnits
	Table                  *capacityUnits
	LocalSecondaryIndexes  map[string]capacityUnits `json:",omitempty"`
	GlobalSecondaryIndexes map[string]capacityUnits `json:",omitempty"`
}

// capacityUnits are the units of a table or index. Only transactions have them by their kind, too.
type capacityUnits struct {
	CapacityUnits      float64
	ReadCapacityUnits  float64 `json:",omitempty"`
	WriteCapacityUnits float64 `json:",omitempty"`
}

func (c *consumption) capacityUnits(units float64) capacityUnits {
	switch {
	case c.factor == 1:
		return capacityUnits{CapacityUnits: units}
	case c.written:
		return capacityUnits{CapacityUnits: units, WriteCapacityUnits: units}
	}
	return capacityUnits{CapacityUnits: units, ReadCapacityUnits: units}
}

// output returns the consumption as the response has it.
func (c *consumption) output() *consumedCapacity {
	if c == nil {
		return nil
	}
	out := &consumedCapacity{
		TableName:              c.table.Name,
		LocalSecondaryIndexes:  map[string]capacityUnits{},
		GlobalSecondaryIndexes: map[string]capacityUnits{},
	}
	total := 0.0
	for i, v := range c.table.views {
		units := c.capacityUnits(c.units[i])
		total += c.units[i]
		switch {
		case !c.indexes:
		case v.kind == tableView:
			out.Table = &units
		case c.units[i] == 0:
		case v.kind == localIndex:
			out.LocalSecondaryIndexes[v.name] = units
		default:
			out.GlobalSecondaryIndexes[v.name] = units
		}
	}
	out.capacityUnits = c.capacityUnits(total)
	return out
}

// consumptions are those of a request to several tables.
type consumptions struct {
	detail      *string // ReturnConsumedCapacity
	transaction bool
	tables      []*consumption
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
		if cs.transaction {
			c.factor = 2
		}
		cs.tables = append(cs.tables, c)
	}
	return c
}

// output returns the consumptions as the response has them. A batch is a map of tables, which has no
// order.
func (cs *consumptions) output() []*consumedCapacity {
	var out []*consumedCapacity
	for _, c := range cs.tables {
		out = append(out, c.output())
	}
	if !cs.transaction {
		slices.SortFunc(out, func(a, b *consumedCapacity) int { return strings.Compare(a.TableName, b.TableName) })
	}
	return out
}
