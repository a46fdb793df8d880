package engine

import (
	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// The limits of BatchGetItem: keys in a request, and bytes in an answer.
const (
	maxBatchGets     = 100
	maxBatchGetBytes = 16 << 20
)

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
			gets := tableGets{tableName: name, source: value, expressionInput: expressionInput{rules: &getRules}}
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
	var legacy, modern bool
	for i := range in.tables {
		g := &in.tables[i]
		if err := g.check(); err != nil {
			return err
		}
		legacy = legacy || g.attributesToGet != nil
		modern = modern || g.projection != nil
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
	g.source.members(func(name string, value document) error {
		if name != "Keys" {
			dst = appendMember(dst, name)
			dst = append(dst, value...)
		}
		return nil
	})
	return append(dst, '}')
}
