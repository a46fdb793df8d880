package engine

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// get has the parameters of the read of one item: those of GetItem, or of an element of
// TransactGetItems.
//
//	{"TableName": "pets", "Key": {"id": {"S": "a"}}, "ProjectionExpression": "age"}
type get struct {
	TableName *string
	Key       keyParameter
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
	c.strings("attributesToGet", in.AttributesToGet, 255)
	in.get.checkShape(&c, "")
	if err := c.err(); err != nil {
		return err
	}
	return in.get.check()
}

// checkShape adds the violations of the declared shape.
func (in *get) checkShape(c *constraints, at string) {
	c.requireName(at+"tableName", in.TableName, 1)
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
	Item             attribute.Item
	ConsumedCapacity *consumedCapacity
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
	r := e.get(t, &key)
	out := &getItemOutput{}
	if r != nil {
		out.Item = in.projection.Apply(r.item)
	}
	if in.ReturnConsumedCapacity != nil {
		consumed := newConsumption(t, in.ReturnConsumedCapacity)
		consumed.read(r.bytes(), isTrue(in.ConsistentRead))
		out.ConsumedCapacity = consumed.output()
	}
	return out, nil
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
type tablesToGet struct {
	tables []keysAndAttributes
	source document // what they were read from, "" without the parameter
}

// keysAndAttributes are the keys to read from one table.
type keysAndAttributes struct {
	Keys           []keyParameter
	ConsistentRead *bool
	projectionInput

	tableName string
}

func (ts *tablesToGet) decode(_ string, d document) error {
	ts.source = d
	return d.mapOf(classPrefix+"KeysAndAttributes", func(name string, value document) error {
		if value == "null" {
			return nil
		}
		g := keysAndAttributes{tableName: name}
		err := value.decode(&g)
		ts.tables = append(ts.tables, g)
		return err
	})
}

// String returns the tables as the service prints them: as they were sent.
func (ts tablesToGet) String() string {
	var printed bytes.Buffer
	_ = json.Compact(&printed, []byte(ts.source)) // which is well-formed
	return printed.String()
}

func (in *batchGetItemInput) check() error {
	if err := in.checkShape(); err != nil {
		return err
	}
	if err := in.checkProjections(); err != nil {
		return err
	}
	for i := range in.RequestItems.tables {
		g := &in.RequestItems.tables[i]
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
	c.notNull("requestItems", in.RequestItems.source != "")
	for i := range in.RequestItems.tables {
		c.mapKey("requestItems", in.RequestItems.tables[i].tableName, in.RequestItems.String)
	}
	for i := range in.RequestItems.tables {
		g := &in.RequestItems.tables[i]
		at := "equestItems." + g.tableName + ".member."
		c.notNull("r"+at+"keys", g.Keys != nil)
		if g.Keys != nil {
			c.unshown("R"+at+"Keys", outside("length", len(g.Keys), 1, maxBatchGets))
		}
		c.strings("r"+at+"attributesToGet", g.AttributesToGet, 255)
	}
	c.capacity(in.ReturnConsumedCapacity)
	if err := c.err(); err != nil {
		return err
	}
	if len(in.RequestItems.tables) == 0 {
		return validation("The requestItems parameter is required for BatchGetItem")
	}
	return nil
}

// checkProjections rejects contradictory parameters, also those of different tables, and too many keys.
func (in *batchGetItemInput) checkProjections() error {
	total := 0
	var legacy, modern bool
	for i := range in.RequestItems.tables {
		g := &in.RequestItems.tables[i]
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
	Responses        map[string][]attribute.Item
	UnprocessedKeys  map[string]keysAndAttributes
	ConsumedCapacity []*consumedCapacity
}

func (e *Engine) batchGetItem(in *batchGetItemInput) (*batchGetItemOutput, error) {
	tables := make([]*table, len(in.RequestItems.tables))
	keys := make([][]key, len(in.RequestItems.tables))
	for i := range in.RequestItems.tables {
		g := &in.RequestItems.tables[i]
		var err error
		if tables[i], err = e.projectedTable(g.tableName, &g.projectionInput); err != nil {
			return nil, err
		}
		if keys[i], err = tables[i].schema.parseAll(g.Keys); err != nil {
			return nil, err
		}
	}
	out := &batchGetItemOutput{Responses: map[string][]attribute.Item{}, UnprocessedKeys: map[string]keysAndAttributes{}}
	consumed := consumptions{detail: in.ReturnConsumedCapacity}
	bytes := 0
	for i, t := range tables {
		g := in.RequestItems.tables[i]
		items := []attribute.Item{}
		for k := range keys[i] {
			r := e.get(t, &keys[i][k]) // one by one: a batch is no transaction
			if bytes += r.bytes(); bytes > maxBatchGetBytes {
				g.Keys = g.Keys[k:]
				out.UnprocessedKeys[g.tableName] = g
				break
			}
			consumed.of(t).read(r.bytes(), isTrue(g.ConsistentRead))
			if r != nil {
				items = append(items, g.projection.Apply(r.item))
			}
		}
		out.Responses[g.tableName] = items
	}
	out.ConsumedCapacity = consumed.output()
	return out, nil
}

// parseAll returns the primary keys in a list of them, which must be different.
func (s *keySchema) parseAll(parameters []keyParameter) ([]key, error) {
	keys := make([]key, len(parameters))
	for i := range parameters {
		primary, err := s.parse(parameters[i].item)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(keys[:i], func(other key) bool { return other.compare(&primary) == 0 }) {
			return nil, validation(duplicateKeys)
		}
		keys[i] = primary
	}
	return keys, nil
}

// transactGetItemsInput has the parameters of TransactGetItems.
//
//	{"TransactItems": [{"Get": {"TableName": "pets", "Key": {"id": {"S": "a"}}}}]}
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
		if x.Get == nil || len(x.writes()) > 0 {
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
	Responses        []itemResponse
	ConsumedCapacity []*consumedCapacity
}

type itemResponse struct {
	Item attribute.Item `json:",omitempty"`
}

func (e *Engine) transactGetItems(in *transactGetItemsInput) (*transactGetItemsOutput, error) {
	elements := in.TransactItems.elements
	tables, keys := make([]*table, len(elements)), make([]key, len(elements))
	failed := make(reasons, len(elements))
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
	out := &transactGetItemsOutput{Responses: make([]itemResponse, len(keys))}
	consumed := consumptions{detail: in.ReturnConsumedCapacity, transaction: true}
	bytes := 0
	e.mu.RLock()
	defer e.mu.RUnlock()
	for i := range keys {
		r := tables[i].get(&keys[i])
		bytes += r.bytes()
		out.Responses[i].Item = elements[i].Get.projection.Apply(r.itemOrNil())
		consumed.of(tables[i]).read(r.bytes(), true)
	}
	if bytes > maxTransactionBytes {
		return nil, payloadTooLarge(bytes)
	}
	out.ConsumedCapacity = consumed.output()
	return out, nil
}
