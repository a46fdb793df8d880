package engine

import (
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// get has the parameters of the read of one item: those of GetItem, or of an element of
// TransactGetItems.
//
//	{"TableName": "pets", "Key": {"id": {"S": "a"}}, "ProjectionExpression": "age"}
type get struct {
	TableName *string
	Key       itemParameter
	projectionInput
}

type getItemInput struct {
	get
	ConsistentRead         *bool
	ReturnConsumedCapacity *string
}

func (in *getItemInput) check() error {
	var c constraints
	c.capacity(in.ReturnConsumedCapacity)
	if in.AttributesToGet != nil {
		c.attributesToGet(in.AttributesToGet)
	}
	in.get.checkShape(&c, "")
	if err := c.err(); err != nil {
		return err
	}
	return in.get.check()
}

// checkShape adds the violations of the declared shape.
func (in *get) checkShape(c *constraints, at string) {
	c.notNull(at+"tableName", in.TableName != nil)
	c.name(at+"tableName", in.TableName, 1)
	c.notNull(at+"key", in.Key.present)
}

// check validates what the declared shape does not say.
func (in *get) check() error {
	if err := in.checkProjection(); err != nil {
		return err
	}
	if in.Key.invalid != nil {
		return in.Key.invalid
	}
	return in.parseProjection()
}

// getItemOutput is the response of GetItem.
//
//	{"Item": {"age": {"N": "3"}, "id": {"S": "a"}}}
type getItemOutput struct {
	record           *record // nil if there is no such item
	item             attribute.Item
	consumedCapacity *consumption
}

func (e *Engine) getItem(in *getItemInput) (*getItemOutput, error) {
	t, err := e.projectedTable(*in.TableName, &in.projectionInput)
	if err != nil {
		return nil, err
	}
	key, err := t.schema.parse(in.Key.item)
	if err != nil {
		return nil, err
	}
	out := &getItemOutput{record: e.get(t, &key)}
	if out.record != nil {
		out.item = in.projection.Apply(out.record.item)
	}
	if in.ReturnConsumedCapacity != nil {
		out.consumedCapacity = newConsumption(t, in.ReturnConsumedCapacity)
		out.consumedCapacity.read(out.record.bytes(), isTrue(in.ConsistentRead))
	}
	return out, nil
}

func (out *getItemOutput) encode() []byte {
	dst := newResponse(out.record.bytes())
	if out.record != nil {
		dst = appendItem(dst, "Item", out.item)
	}
	if out.consumedCapacity != nil {
		dst = out.consumedCapacity.append(dst)
	}
	return append(dst, '}')
}

// projectedTable finds a table and checks the projection against its keys.
func (e *Engine) projectedTable(name string, in *projectionInput) (*table, error) {
	t, err := e.table(name)
	if err != nil {
		return nil, err
	}
	if in.projection != nil {
		err = t.checkPaths(in.projection.Paths())
	}
	return t, err
}

// get returns the record with the primary key, nil if there is none.
func (e *Engine) get(t *table, primary *key) *record {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return t.get(primary)
}

// The limits of BatchGetItem: keys in a request, and bytes in a response.
const (
	maxBatchGets     = 100
	maxBatchGetBytes = 16 << 20
)

type batchGetItemInput struct {
	RequestItems           tablesToGet
	ReturnConsumedCapacity *string
}

// tablesToGet is the parameter RequestItems, in the order of the request.
//
//	{"pets": {"Keys": [{"id": {"S": "a"}}, {"id": {"S": "b"}}], "ConsistentRead": true}}
type tablesToGet []keysAndAttributes

// keysAndAttributes are the keys to read from one table.
type keysAndAttributes struct {
	Keys           []itemParameter
	ConsistentRead *bool
	projectionInput

	tableName string
	source    document
}

func (ts *tablesToGet) decode(d document) error {
	*ts = tablesToGet{}
	const class = "KeysAndAttributes"
	return d.mapOf(classPrefix+class, func(name string, value document) error {
		if value == "null" {
			return nil
		}
		g := keysAndAttributes{tableName: name, source: value}
		err := value.decode(&g)
		*ts = append(*ts, g)
		return err
	})
}

// String returns the tables as the service prints them.
func (ts tablesToGet) String() string {
	dst := []byte{'{'}
	for i := range ts {
		dst = appendMember(dst, ts[i].tableName)
		dst = append(dst, ts[i].source.compact()...)
	}
	return string(append(dst, '}'))
}

func (in *batchGetItemInput) check() error {
	if err := in.checkShape(); err != nil {
		return err
	}
	if err := in.checkProjections(); err != nil {
		return err
	}
	for i := range in.RequestItems {
		g := &in.RequestItems[i]
		if err := g.parseProjection(); err != nil {
			return err
		}
		for k := range g.Keys {
			if g.Keys[k].invalid != nil {
				return g.Keys[k].invalid
			}
		}
	}
	return nil
}

func (in *batchGetItemInput) checkShape() error {
	var c constraints
	c.capacity(in.ReturnConsumedCapacity)
	c.notNull("requestItems", in.RequestItems != nil)
	for i := range in.RequestItems {
		g := &in.RequestItems[i]
		c.notNull("requestItems."+g.tableName+".member.keys", g.Keys != nil)
		if g.Keys != nil {
			c.unshownLength("RequestItems."+g.tableName+".member.Keys", len(g.Keys), 1, maxBatchGets)
		}
		if g.AttributesToGet != nil {
			c.attributesToGet(g.AttributesToGet)
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	for i := range in.RequestItems {
		c.mapKey("requestItems", in.RequestItems[i].tableName, in.RequestItems.String)
	}
	return c.requestItems("BatchGetItem", len(in.RequestItems))
}

// checkProjections rejects contradictory parameters, also those of different tables, and too many keys.
func (in *batchGetItemInput) checkProjections() error {
	total := 0
	var legacy, modern bool
	for i := range in.RequestItems {
		g := &in.RequestItems[i]
		if err := g.checkProjection(); err != nil {
			return err
		}
		legacy = legacy || g.AttributesToGet != nil
		modern = modern || g.ProjectionExpression != nil
		total += len(g.Keys)
	}
	if legacy && modern {
		return mixedParameters([]string{"AttributesToGet"}, []string{"ProjectionExpression"})
	}
	if total > maxBatchGets {
		return validation("Too many items requested for the BatchGetItem call")
	}
	return nil
}

// batchGetItemOutput is the response of BatchGetItem. The keys beyond the limit on its size are
// unprocessed.
//
//	{"Responses": {"pets": [{"age": {"N": "3"}, "id": {"S": "a"}}]}, "UnprocessedKeys": {}}
type batchGetItemOutput struct {
	tables           []tableItems // by name
	consumedCapacity consumptions
}

// tableItems are the items that a BatchGetItem reads from one table.
type tableItems struct {
	*keysAndAttributes
	table     *table
	keys      []key
	processed int // how many of the keys
	items     []attribute.Item
}

func (e *Engine) batchGetItem(in *batchGetItemInput) (*batchGetItemOutput, error) {
	out := &batchGetItemOutput{make([]tableItems, len(in.RequestItems)), consumptions{detail: in.ReturnConsumedCapacity}}
	for i := range in.RequestItems {
		items, err := e.lookUpKeys(&in.RequestItems[i])
		if err != nil {
			return nil, err
		}
		out.tables[i] = items
	}
	slices.SortFunc(out.tables, func(a, b tableItems) int { return strings.Compare(a.tableName, b.tableName) })
	bytes := 0
	for i := range out.tables {
		g := &out.tables[i]
		for bytes <= maxBatchGetBytes && g.processed < len(g.keys) {
			r := e.get(g.table, &g.keys[g.processed]) // one by one: a batch is no transaction
			if bytes += r.bytes(); bytes > maxBatchGetBytes {
				break
			}
			g.processed++
			out.consumedCapacity.of(g.table).read(r.bytes(), isTrue(g.ConsistentRead))
			if r != nil {
				g.items = append(g.items, g.projection.Apply(r.item))
			}
		}
	}
	return out, nil
}

// lookUpKeys finds a table and the primary keys to read from it.
func (e *Engine) lookUpKeys(in *keysAndAttributes) (items tableItems, err error) {
	t, err := e.projectedTable(in.tableName, &in.projectionInput)
	if err != nil {
		return items, err
	}
	items = tableItems{keysAndAttributes: in, table: t, keys: make([]key, len(in.Keys))}
	for i := range in.Keys {
		if items.keys[i], err = t.schema.parse(in.Keys[i].item); err != nil {
			return items, err
		}
		if slices.ContainsFunc(items.keys[:i], func(other key) bool { return other.compare(&items.keys[i]) == 0 }) {
			return items, validation(duplicateKeys)
		}
	}
	return items, nil
}

func (out *batchGetItemOutput) encode() []byte {
	dst := []byte(`{"Responses":{`)
	for i := range out.tables {
		g := &out.tables[i]
		dst = append(appendMember(dst, g.tableName), '[')
		for _, item := range g.items {
			dst = item.AppendJSON(appendComma(dst))
		}
		dst = append(dst, ']')
	}
	dst = append(dst, `},"UnprocessedKeys":{`...)
	for i := range out.tables {
		if g := &out.tables[i]; g.processed < len(g.keys) {
			dst = g.appendUnprocessed(dst)
		}
	}
	dst = out.consumedCapacity.append(append(dst, '}'), "")
	return append(dst, '}')
}

// appendUnprocessed appends the table's part of the request with the keys that are left.
func (g *tableItems) appendUnprocessed(dst []byte) []byte {
	dst = append(appendMember(dst, g.tableName), `{"Keys":[`...)
	for i := range g.Keys[g.processed:] {
		dst = g.Keys[g.processed+i].item.AppendJSON(appendComma(dst))
	}
	dst = append(dst, ']')
	_ = g.source.object("", func(name string, value document) error {
		if name != "Keys" && value != "null" {
			dst = append(appendMember(dst, name), value...)
		}
		return nil
	})
	return append(dst, '}')
}

type transactGetItemsInput struct {
	TransactItems          transactItems
	ReturnConsumedCapacity *string
}

func (in *transactGetItemsInput) check() error {
	var c constraints
	c.capacity(in.ReturnConsumedCapacity)
	in.TransactItems.checkShape(&c, "TransactGetItem(...)")
	if err := c.err(); err != nil {
		return err
	}
	for i := range in.TransactItems.elements {
		x := &in.TransactItems.elements[i]
		if x.Get == nil || x.count() > 1 {
			return validation("Invalid Request: TransactGetRequest should contain a Get request")
		}
		if err := x.Get.check(); err != nil {
			return err
		}
	}
	return nil
}

// transactGetItemsOutput is the response of TransactGetItems.
//
//	{"Responses": [{"Item": {"age": {"N": "3"}, "id": {"S": "a"}}}, {}]}
type transactGetItemsOutput struct {
	items            []attribute.Item
	consumedCapacity consumptions
}

func (e *Engine) transactGetItems(in *transactGetItemsInput) (*transactGetItemsOutput, error) {
	elements := in.TransactItems.elements
	tables, keys := make([]*table, len(elements)), make([]key, len(elements))
	failed := newReasons(len(elements))
	for i := range elements {
		t, err := e.projectedTable(*elements[i].Get.TableName, &elements[i].Get.projectionInput)
		if err != nil {
			return nil, err
		}
		tables[i] = t
		if keys[i], err = t.schema.parse(elements[i].Get.Key.item); err != nil {
			failed[i] = reasonOf(asException(err))
		}
	}
	if err := failed.err(); err != nil {
		return nil, err
	}
	for i := range keys {
		for k := range keys[:i] {
			if tables[k] == tables[i] && keys[k].compare(&keys[i]) == 0 {
				return nil, validation(multipleOperations)
			}
		}
	}
	out := &transactGetItemsOutput{make([]attribute.Item, len(keys)), consumptions{detail: in.ReturnConsumedCapacity}}
	bytes := 0
	e.mu.RLock()
	defer e.mu.RUnlock()
	for i := range keys {
		r := tables[i].get(&keys[i])
		bytes += r.bytes()
		out.items[i] = elements[i].Get.projection.Apply(r.itemOrNil())
		out.consumedCapacity.of(tables[i]).transact(r.bytes())
	}
	if bytes > maxTransactionBytes {
		return nil, payloadTooLarge(bytes)
	}
	return out, nil
}

func (out *transactGetItemsOutput) encode() []byte {
	dst := []byte(`{"Responses":[`)
	for _, item := range out.items {
		dst = append(appendComma(dst), '{')
		if len(item) > 0 {
			dst = appendItem(dst, "Item", item)
		}
		dst = append(dst, '}')
	}
	dst = out.consumedCapacity.append(append(dst, ']'), "ReadCapacityUnits")
	return append(dst, '}')
}
