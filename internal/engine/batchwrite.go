package engine

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// maxBatchWrites is the limit on the requests of a BatchWriteItem.
const maxBatchWrites = 25

type batchWriteItemInput struct {
	RequestItems                tablesToWrite
	ReturnConsumedCapacity      *string
	ReturnItemCollectionMetrics *string
}

// tablesToWrite is the parameter RequestItems, in the order of the request.
//
//	{"pets": [{"PutRequest": {"Item": {"id": {"S": "a"}}}}, {"DeleteRequest": {"Key": {"id": {"S": "b"}}}}]}
type tablesToWrite []tableWrites

// tableWrites are the requests of a BatchWriteItem for one table.
type tableWrites struct {
	tableName string
	requests  []writeRequest
}

// writeRequest is one element of a BatchWriteItem.
type writeRequest struct {
	PutRequest    *putRequest
	DeleteRequest *deleteRequest
}

type putRequest struct{ Item itemParameter }

type deleteRequest struct{ Key itemParameter }

func (ts *tablesToWrite) decode(_ string, d document) error {
	*ts = tablesToWrite{}
	return d.mapOf("java.util.List<"+classPrefix+"WriteRequest>", func(name string, value document) error {
		if value == "null" {
			return nil
		}
		writes := tableWrites{tableName: name}
		err := value.list(func(element document) error {
			var r writeRequest
			err := element.decode(&r)
			writes.requests = append(writes.requests, r)
			return err
		})
		*ts = append(*ts, writes)
		return err
	})
}

// item returns the item of a put, or the key of a delete.
func (r *writeRequest) item() *itemParameter {
	if r.PutRequest != nil {
		return &r.PutRequest.Item
	}
	return &r.DeleteRequest.Key
}

func (in *batchWriteItemInput) check() error {
	if err := in.checkShape(); err != nil {
		return err
	}
	total := 0
	for _, writes := range in.RequestItems {
		for i := range writes.requests {
			if err := writes.requests[i].check(); err != nil {
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

// checkShape checks the declared shape. Beside an unknown value of an enumeration, the service does not look
// at the names of the tables.
func (in *batchWriteItemInput) checkShape() error {
	var c constraints
	c.capacity(in.ReturnConsumedCapacity)
	c.oneOf("returnItemCollectionMetrics", in.ReturnItemCollectionMetrics, "SIZE", "NONE")
	known := c.err() == nil
	c.notNull("requestItems", in.RequestItems != nil)
	for _, writes := range in.RequestItems {
		if known {
			c.mapKey("requestItems", writes.tableName, in.RequestItems.String)
		}
	}
	for _, writes := range in.RequestItems {
		if n := len(writes.requests); n == 0 || n > maxBatchWrites {
			c.violation(in.RequestItems.String(), "requestItems",
				"Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]")
		}
	}
	for _, writes := range in.RequestItems {
		writes.checkShape(&c)
	}
	if err := c.err(); err != nil {
		return err
	}
	if len(in.RequestItems) == 0 {
		return validation("The requestItems parameter is required for BatchWriteItem")
	}
	return nil
}

func (t *tableWrites) checkShape(c *constraints) {
	for i, r := range t.requests {
		at := "requestItems." + t.tableName + ".member." + strconv.Itoa(i+1) + ".member."
		if r.DeleteRequest != nil {
			c.notNull(at+"deleteRequest.key", r.DeleteRequest.Key.present)
		}
		if r.PutRequest != nil {
			c.notNull(at+"putRequest.item", r.PutRequest.Item.present)
		}
	}
}

// String returns the requests as the service prints them, without the values.
func (ts tablesToWrite) String() string {
	var tables []string
	for _, t := range ts {
		var requests []string
		for i := range t.requests {
			requests = append(requests, t.requests[i].String())
		}
		tables = append(tables, t.tableName+"=["+strings.Join(requests, ", ")+"]")
	}
	return "{" + strings.Join(tables, ", ") + "}"
}

func (r *writeRequest) String() string {
	request := "putRequest=PutRequest(item={"
	var item itemParameter
	if r.PutRequest != nil {
		item = r.PutRequest.Item
	}
	if r.DeleteRequest != nil {
		request, item = "deleteRequest=DeleteRequest(key={", r.DeleteRequest.Key
	}
	names := slices.Sorted(maps.Keys(item.item))
	for i, name := range names {
		names[i] = name + "=..."
	}
	return "WriteRequest(" + request + strings.Join(names, ", ") + "}))"
}

func (r *writeRequest) check() error {
	if (r.PutRequest != nil) == (r.DeleteRequest != nil) {
		return validation("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	}
	switch invalid := r.item().invalid; {
	case invalid != nil:
		return validation("%s", cmp.Or(invalid.Older, invalid.Message))
	case r.PutRequest != nil && attribute.Size(r.PutRequest.Item.item) > maxItemBytes:
		return errItemSize
	}
	return nil
}

// batchWriteItemOutput is the response of BatchWriteItem.
//
//	{"UnprocessedItems": {}}
type batchWriteItemOutput struct {
	UnprocessedItems      map[string][]writeRequest // always empty
	ConsumedCapacity      []*consumedCapacity
	ItemCollectionMetrics map[string][]*itemCollectionMetrics
}

func (e *Engine) batchWriteItem(in *batchWriteItemInput) (*batchWriteItemOutput, error) {
	var writes []write
	for i := range in.RequestItems {
		of, err := e.newWrites(&in.RequestItems[i])
		if err != nil {
			return nil, err
		}
		writes = append(writes, of...)
	}
	consumed := consumptions{detail: in.ReturnConsumedCapacity}
	for i := range writes {
		if err := e.apply(&writes[i]); err != nil { // one by one: a batch is no transaction
			return nil, err
		}
		consumed.of(writes[i].table).write(&writes[i])
	}
	return &batchWriteItemOutput{
		UnprocessedItems:      map[string][]writeRequest{},
		ConsumedCapacity:      consumed.output(),
		ItemCollectionMetrics: metricsOf(writes, in.ReturnItemCollectionMetrics),
	}, nil
}

// newWrites returns the writes that are requested for one table.
func (e *Engine) newWrites(in *tableWrites) ([]write, error) {
	t, err := e.table(in.tableName)
	if err != nil {
		return nil, err
	}
	writes := make([]write, len(in.requests))
	for i := range in.requests {
		w, item := &writes[i], in.requests[i].item().item
		w.table = t
		if t.schema.mismatches(item) {
			return nil, validation(schemaMismatch)
		}
		if err := w.setItem(item, in.requests[i].PutRequest != nil); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(writes[:i], func(other write) bool { return other.primary.compare(&w.primary) == 0 }) {
			return nil, validation(duplicateKeys)
		}
	}
	return writes, nil
}
