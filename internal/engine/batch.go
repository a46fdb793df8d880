package engine

import (
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// The limits of the batch operations.
const (
	maxBatchWrites       = 25
	maxBatchGets         = 100
	maxBatchGetBytes     = 16 << 20
	tooManyDatatypes     = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
	duplicateKeys        = "Provided list of item keys contains duplicates"
	nameConstraints      = "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
	listLengthConstraint = "Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"
)

// writeRequest is one element of a BatchWriteItem.
type writeRequest struct {
	put, remove bool
	item, key   itemParameter
}

func (r *writeRequest) field(name string, value document) error {
	switch name {
	case "PutRequest":
		r.put = true
		return value.object("class com.amazonaws.dynamodb.v20120810.PutRequest", func(name string, value document) error {
			if name == "Item" {
				return value.item(&r.item)
			}
			return nil
		})
	case "DeleteRequest":
		r.remove = true
		return value.object("class com.amazonaws.dynamodb.v20120810.DeleteRequest", func(name string, value document) error {
			if name == "Key" {
				return value.item(&r.key)
			}
			return nil
		})
	}
	return nil
}

// tableWrites are the requests of a BatchWriteItem for one table.
type tableWrites struct {
	tableName string
	requests  []writeRequest
}

type batchWriteInput struct {
	present        bool
	tables         []tableWrites
	returnCapacity *string
	returnMetrics  *string
}

func (in *batchWriteInput) field(name string, value document) error {
	switch name {
	case "ReturnConsumedCapacity":
		return value.string(&in.returnCapacity)
	case "ReturnItemCollectionMetrics":
		return value.string(&in.returnMetrics)
	case "RequestItems":
		in.present = true
		return value.object("java.util.Map<java.lang.String, java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>", in.readTable)
	}
	return nil
}

func (in *batchWriteInput) readTable(name string, value document) error {
	writes := tableWrites{tableName: name}
	err := value.list(func(element document) error {
		var r writeRequest
		err := element.structure("WriteRequest", &r)
		writes.requests = append(writes.requests, r)
		return err
	})
	in.tables = append(in.tables, writes)
	return err
}

func (in *batchWriteInput) constrain() error {
	var c constraints
	c.capacity(in.returnCapacity)
	c.oneOf("returnItemCollectionMetrics", in.returnMetrics, "SIZE", "NONE")
	c.notNull("requestItems", in.present)
	for _, writes := range in.tables {
		if !validName(writes.tableName) || len(writes.tableName) > 255 {
			c.violation("{"+writes.tableName+"=...}", "requestItems", nameConstraints)
		}
		if n := len(writes.requests); n == 0 || n > maxBatchWrites {
			c.violation("{"+writes.tableName+"="+repeated("WriteRequest(...)", n)+"}", "requestItems", listLengthConstraint)
		}
		at := "requestItems." + writes.tableName + ".member."
		for i, r := range writes.requests {
			at := at + strconv.Itoa(i+1) + ".member."
			if r.put {
				c.notNull(at+"putRequest.item", r.item.present)
			}
			if r.remove {
				c.notNull(at+"deleteRequest.key", r.key.present)
			}
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	if len(in.tables) == 0 {
		return validation("The requestItems parameter is required for BatchWriteItem")
	}
	return nil
}

// repeated stands for a list of n structures, which the service prints whole.
func repeated(element string, n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(element+", ", n), ", ") + "]"
}

// check is what needs no table to be known.
func (in *batchWriteInput) check() error {
	total := 0
	for _, writes := range in.tables {
		for i := range writes.requests {
			r := &writes.requests[i]
			if r.put == r.remove {
				return validation(tooManyDatatypes)
			}
			for _, parameter := range []*itemParameter{&r.item, &r.key} {
				if err := parameter.check(); err != nil {
					return err
				}
			}
			if err := checkItemSize(r.item.item); err != nil {
				return err
			}
			total++
		}
	}
	if total > maxBatchWrites {
		return validation("Too many items requested for the BatchWriteItem call")
	}
	return nil
}

func (e *Engine) batchWriteItem(request document) ([]byte, error) {
	var in batchWriteInput
	if err := request.read(&in); err != nil {
		return nil, err
	}
	if err := in.constrain(); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	writes, err := in.prepare(e)
	if err != nil {
		return nil, err
	}
	for i := range writes {
		if err := e.perform(&writes[i]); err != nil {
			return nil, err
		}
	}
	answer := []byte(`{"UnprocessedItems":{}`)
	if detail := parseCapacityDetail(in.returnCapacity); detail != noCapacity {
		var consumed consumptions
		for i := range writes {
			writes[i].consume(consumed.of(writes[i].table), 1)
		}
		answer = consumed.append(answer, detail, "")
	}
	if wantsMetrics(in.returnMetrics) {
		answer = appendTableMetrics(answer, writes)
	}
	return append(answer, '}'), nil
}

// prepare checks the requests against their tables.
func (in *batchWriteInput) prepare(e *Engine) ([]write, error) {
	var writes []write
	for _, requests := range in.tables {
		t, err := e.table(requests.tableName)
		if err != nil {
			return nil, err
		}
		first := len(writes)
		for i := range requests.requests {
			r := &requests.requests[i]
			w := write{table: t}
			if r.put {
				if t.schema.mismatches(r.item.item) {
					return nil, validation(schemaMismatch)
				}
				if w.next, err = t.put(r.item.item); err == nil {
					w.primary = w.next.keys[0]
				}
			} else {
				w.primary, err = t.schema.parse(r.key.item)
			}
			if err != nil {
				return nil, err
			}
			if containsKey(writes[first:], &w.primary) {
				return nil, validation(duplicateKeys)
			}
			writes = append(writes, w)
		}
	}
	return writes, nil
}

func containsKey(writes []write, k *key) bool {
	for i := range writes {
		if writes[i].primary.compare(k) == 0 {
			return true
		}
	}
	return false
}

// appendTableMetrics appends the item collection metrics of several tables.
func appendTableMetrics(dst []byte, writes []write) []byte {
	dst = appendMember(dst, "ItemCollectionMetrics")
	dst = append(dst, '{')
	var open *table
	for i := range writes {
		w := &writes[i]
		if w.checkOnly || !w.table.hasLocalIndexes() {
			continue
		}
		switch {
		case open == w.table:
			dst = append(dst, ',')
		case open != nil:
			dst = append(dst, ']')
			fallthrough
		default:
			dst = appendMember(dst, w.table.name)
			dst = append(dst, '[')
		}
		open = w.table
		dst = w.appendMetrics(dst)
	}
	if open != nil {
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// tableGets are the keys that a BatchGetItem asks for from one table.
type tableGets struct {
	tableName      string
	source         document // to be given back as it is for unprocessed keys
	keys           []itemParameter
	present        bool
	consistentRead *bool
	expressionInput
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

type batchGetInput struct {
	present        bool
	tables         []tableGets
	returnCapacity *string
}

func (in *batchGetInput) field(name string, value document) error {
	switch name {
	case "ReturnConsumedCapacity":
		return value.string(&in.returnCapacity)
	case "RequestItems":
		in.present = true
		return value.object("java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.KeysAndAttributes>", func(name string, value document) error {
			gets := tableGets{tableName: name, source: value}
			err := value.structure("KeysAndAttributes", &gets)
			in.tables = append(in.tables, gets)
			return err
		})
	}
	return nil
}

func (in *batchGetInput) constrain() error {
	var c constraints
	c.capacity(in.returnCapacity)
	c.notNull("requestItems", in.present)
	for i := range in.tables {
		g := &in.tables[i]
		if !validName(g.tableName) || len(g.tableName) > 255 {
			c.violation("{"+g.tableName+"=...}", "requestItems", nameConstraints)
		}
		at := "requestItems." + g.tableName + ".member.keys"
		c.notNull(at, g.present)
		if g.present {
			c.length(at, len(g.keys), 1, maxBatchGets, func() string { return repeated("{...}", len(g.keys)) })
		}
		g.constrainAttributesToGet(&c)
	}
	if err := c.err(); err != nil {
		return err
	}
	if len(in.tables) == 0 {
		return validation("The requestItems parameter is required for BatchGetItem")
	}
	return nil
}

// batchGet is one key of a BatchGetItem, and the record that it found.
type batchGet struct {
	get
	found *record
	asked attribute.Item
}

func (e *Engine) batchGetItem(request document) ([]byte, error) {
	var in batchGetInput
	if err := request.read(&in); err != nil {
		return nil, err
	}
	if err := in.constrain(); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	gets, err := in.prepare(e)
	if err != nil {
		return nil, err
	}
	for _, tableGets := range gets {
		for i := range tableGets {
			if tableGets[i].found, err = e.find(&tableGets[i].get); err != nil {
				return nil, err
			}
		}
	}
	return in.answer(gets), nil
}

// check is what needs no table to be known.
func (in *batchGetInput) check() error {
	total := 0
	// Expressions and their legacy counterparts may not even be mixed between tables.
	var all expressionInput
	for i := range in.tables {
		g := &in.tables[i]
		if g.projection != nil {
			all.projection = g.projection
		}
		if g.attributesToGet != nil {
			all.attributesToGet = g.attributesToGet[:1]
		}
		if err := all.check(&getRules); err != nil {
			return err
		}
		if err := g.expressionInput.check(&getRules); err != nil {
			return err
		}
		total += len(g.keys)
	}
	if total > maxBatchGets {
		return validation("Too many items requested for the BatchGetItem call")
	}
	return nil
}

// prepare checks the keys against their tables, and gives them by table.
func (in *batchGetInput) prepare(e *Engine) ([][]batchGet, error) {
	parsed := make([]*expressions, len(in.tables))
	for i := range in.tables {
		var err error
		if parsed[i], err = in.tables[i].parse(); err != nil {
			return nil, err
		}
		for k := range in.tables[i].keys {
			if err := in.tables[i].keys[k].check(); err != nil {
				return nil, err
			}
		}
	}
	gets := make([][]batchGet, len(in.tables))
	for i := range in.tables {
		g := &in.tables[i]
		t, err := e.table(g.tableName)
		if err != nil {
			return nil, err
		}
		if err := t.validatePaths(parsed[i].projection.Paths()); err != nil {
			return nil, err
		}
		consistent := g.consistentRead != nil && *g.consistentRead
		for _, asked := range g.keys {
			primary, err := t.schema.parse(asked.item)
			if err != nil {
				return nil, err
			}
			for k := range gets[i] {
				if gets[i][k].primary.compare(&primary) == 0 {
					return nil, validation(duplicateKeys)
				}
			}
			gets[i] = append(gets[i], batchGet{get: get{t, primary, consistent, parsed[i]}, asked: asked.item})
		}
	}
	return gets, nil
}

// answer gives the items in the order of the keys, up to the limit on the size
// of an answer. The keys beyond it are unprocessed.
func (in *batchGetInput) answer(gets [][]batchGet) []byte {
	dst := []byte(`{"Responses":{`)
	var consumed consumptions
	var unprocessed []byte
	bytes := 0
	for i, tableGets := range gets {
		dst = appendMember(dst, in.tables[i].tableName)
		dst = append(dst, '[')
		count := 0
		var left []attribute.Item
		for k := range tableGets {
			g := &tableGets[k]
			if left != nil || bytes+g.found.bytes() > maxBatchGetBytes {
				left = append(left, g.asked)
				continue
			}
			bytes += g.found.bytes()
			consumed.of(g.table).units[0] += readUnits(g.found.bytes(), g.consistent)
			if g.found == nil {
				continue
			}
			dst = appendComma(dst, count)
			dst = g.parsed.project(g.found.item).AppendJSON(dst)
			count++
		}
		dst = append(dst, ']')
		if left != nil {
			unprocessed = in.tables[i].appendUnprocessed(unprocessed, left)
		}
	}
	dst = append(dst, `},"UnprocessedKeys":{`...)
	dst = append(dst, unprocessed...)
	dst = append(dst, '}')
	dst = consumed.append(dst, parseCapacityDetail(in.returnCapacity), "")
	return append(dst, '}')
}

// appendUnprocessed appends the table's part of the request with the keys that
// are left.
func (g *tableGets) appendUnprocessed(dst []byte, left []attribute.Item) []byte {
	if len(dst) > 0 {
		dst = append(dst, ',')
	}
	dst = appendString(dst, g.tableName)
	dst = append(dst, `:{`...)
	dst = appendMember(dst, "Keys")
	dst = append(dst, '[')
	for i, item := range left {
		dst = appendComma(dst, i)
		dst = item.AppendJSON(dst)
	}
	dst = append(dst, ']')
	for name, value := range g.source.members() {
		if name != "Keys" {
			dst = appendMember(dst, name)
			dst = append(dst, value...)
		}
	}
	return append(dst, '}')
}
