package engine

import "slices"

// The limits of BatchGetItem: keys in a request, and bytes in an answer.
const (
	maxBatchGets     = 100
	maxBatchGetBytes = 16 << 20
)

// tableGets are the keys that a BatchGetItem reads from one table.
type tableGets struct {
	tableName      string
	source         document // returned as it is for unprocessed keys
	keys           []itemParameter
	present        bool
	consistentRead *bool
	expressionInput

	gets []get // set by lookUp
}

func (g *tableGets) field(name string, value document) error {
	switch name {
	case "Keys":
		g.present = true
		return value.list(func(element document) error {
			var k itemParameter
			err := element.item(&k)
			g.keys = append(g.keys, k)
			return err
		})
	case "ConsistentRead":
		return value.boolean(&g.consistentRead)
	}
	return g.expressionInput.field(name, value)
}

// batchGetItem is the operation BatchGetItem.
type batchGetItem struct {
	present        bool
	source         document // the text of tables
	tables         []tableGets
	returnCapacity *string
}

func newBatchGetItem() *batchGetItem { return &batchGetItem{} }

func (r *batchGetItem) field(name string, value document) error {
	switch name {
	case "ReturnConsumedCapacity":
		return value.string(&r.returnCapacity)
	case "RequestItems":
		r.present, r.source = true, value
		return value.object("java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.KeysAndAttributes>", func(name string, value document) error {
			gets := tableGets{tableName: name, source: value, expressionInput: expressionInput{rules: &getRules}}
			err := value.structure("KeysAndAttributes", &gets)
			r.tables = append(r.tables, gets)
			return err
		})
	}
	return nil
}

func (r *batchGetItem) check() error {
	return firstError(r.constrain, r.checkTables, r.checkParameters, r.checkKeys)
}

func (r *batchGetItem) checkTables() error {
	return checkTables("BatchGetItem", r.tables,
		func(g *tableGets) string { return g.tableName },
		func(*tableGets) string { return r.source.compact() })
}

func (r *batchGetItem) checkParameters() error {
	total := 0
	var legacy, modern bool
	for i := range r.tables {
		g := &r.tables[i]
		if err := g.expressionInput.check(); err != nil {
			return err
		}
		legacy = legacy || g.legacy.attributesToGet != nil
		modern = modern || g.text("ProjectionExpression") != nil
		total += len(g.keys)
	}
	// Not even between tables may the two kinds be mixed.
	if legacy && modern {
		return mixedParameters(getRules.legacy, getRules.expressions)
	}
	if total > maxBatchGets {
		return validation("Too many items requested for the BatchGetItem call")
	}
	return nil
}

func (r *batchGetItem) constrain() error {
	var c constraints
	c.capacity(r.returnCapacity)
	c.notNull("requestItems", r.present)
	for i := range r.tables {
		g := &r.tables[i]
		c.notNull("requestItems."+g.tableName+".member.keys", g.present)
		if g.present {
			c.unshownLength("RequestItems."+g.tableName+".member.Keys", len(g.keys), 1, maxBatchGets)
		}
		g.legacy.constrain(&c)
	}
	return c.err()
}

// checkKeys parses the expressions of each table and checks its keys.
func (r *batchGetItem) checkKeys() error {
	for i := range r.tables {
		g := &r.tables[i]
		if err := g.parse(); err != nil {
			return err
		}
		for k := range g.keys {
			if err := g.keys[k].check(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *batchGetItem) lookUp(e *Engine) error {
	for i := range r.tables {
		if err := r.tables[i].lookUp(e); err != nil {
			return err
		}
	}
	return nil
}

func (g *tableGets) lookUp(e *Engine) error {
	t, err := e.table(g.tableName)
	if err != nil {
		return err
	}
	if err := t.checkPaths(g.projection.Paths()); err != nil {
		return err
	}
	for i := range g.keys {
		primary, err := t.schema.parse(g.keys[i].item)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(g.gets, func(other get) bool { return other.primary.compare(&primary) == 0 }) {
			return validation(duplicateKeys)
		}
		g.gets = append(g.gets, get{table: t, primary: primary, consistent: isTrue(g.consistentRead)})
	}
	return nil
}

// apply reads item by item: a batch is no transaction.
func (r *batchGetItem) apply(e *Engine) error { //nolint:unparam // the interface request has the error for writes
	for i := range r.tables {
		gets := r.tables[i].gets
		for k := range gets {
			e.find(gets[k : k+1])
		}
	}
	return nil
}

// encode returns the items in the order of the keys, up to the limit on the
// size of an answer. The keys beyond it are unprocessed.
func (r *batchGetItem) encode() []byte {
	dst := []byte(`{"Responses":{`)
	unprocessed := []byte{'{'}
	var consumed consumptions
	bytes := 0
	for i := range r.tables {
		g := &r.tables[i]
		dst = appendMember(dst, g.tableName)
		dst = append(dst, '[')
		count, processed := 0, 0
		for ; processed < len(g.gets); processed++ {
			get := &g.gets[processed]
			if bytes+get.found.bytes() > maxBatchGetBytes {
				break
			}
			bytes += get.found.bytes()
			consumed.of(get.table).units[0] += readUnits(get.found.bytes(), get.consistent)
			if get.found != nil {
				dst = appendComma(dst, count)
				dst = g.project(get.found.item).AppendJSON(dst)
				count++
			}
		}
		dst = append(dst, ']')
		if processed < len(g.keys) {
			unprocessed = g.appendUnprocessed(unprocessed, g.keys[processed:])
		}
	}
	dst = append(dst, `},"UnprocessedKeys":`...)
	dst = append(dst, unprocessed...)
	dst = append(dst, '}')
	dst = consumed.append(dst, parseCapacityDetail(r.returnCapacity), "")
	return append(dst, '}')
}

// appendUnprocessed appends the table's part of the request with the keys that
// are left.
func (g *tableGets) appendUnprocessed(dst []byte, left []itemParameter) []byte {
	dst = appendMember(dst, g.tableName)
	dst = append(dst, `{"Keys":[`...)
	for i := range left {
		dst = appendComma(dst, i)
		dst = left[i].item.AppendJSON(dst)
	}
	dst = append(dst, ']')
	_ = g.source.members(func(name string, value document) error {
		if name != "Keys" {
			dst = appendMember(dst, name)
			dst = append(dst, value...)
		}
		return nil
	})
	return append(dst, '}')
}
