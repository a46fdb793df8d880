package engine

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxBatchWrites is the limit on the requests of a BatchWriteItem.
const maxBatchWrites = 25

// batchWrite is the operation BatchWriteItem.
type batchWrite struct {
	present        bool
	tables         []tableWrites
	returnCapacity *string
	returnMetrics  *string

	writes []write // set by lookUp
}

func newBatchWrite() *batchWrite { return &batchWrite{} }

// tableWrites are the requests of a BatchWriteItem for one table.
type tableWrites struct {
	tableName string
	requests  []writeRequest
}

// writeRequest is one element of a BatchWriteItem.
type writeRequest struct {
	put, remove bool
	item, key   itemParameter
}

func (r *batchWrite) field(name string, value document) error {
	switch name {
	case "ReturnConsumedCapacity":
		return value.string(&r.returnCapacity)
	case "ReturnItemCollectionMetrics":
		return value.string(&r.returnMetrics)
	case "RequestItems":
		r.present = true
		return value.object("java.util.Map<java.lang.String, java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>", r.readTable)
	}
	return nil
}

func (r *batchWrite) readTable(name string, value document) error {
	writes := tableWrites{tableName: name}
	err := value.list(func(element document) error {
		var w writeRequest
		err := element.structure("WriteRequest", &w)
		writes.requests = append(writes.requests, w)
		return err
	})
	r.tables = append(r.tables, writes)
	return err
}

func (w *writeRequest) field(name string, value document) error {
	switch name {
	case "PutRequest":
		w.put = true
		return value.itemMember(name, "Item", &w.item)
	case "DeleteRequest":
		w.remove = true
		return value.itemMember(name, "Key", &w.key)
	}
	return nil
}

// itemMember reads a structure whose only member is an item.
func (d document) itemMember(class, member string, into *itemParameter) error {
	return d.object("class com.amazonaws.dynamodb.v20120810."+class, func(name string, value document) error {
		if name == member {
			return value.item(into)
		}
		return nil
	})
}

func (r *batchWrite) check() error {
	return firstError(r.constrain, r.checkTables, r.checkRequests)
}

func (r *batchWrite) checkTables() error {
	return checkTables("BatchWriteItem", r.tables,
		func(w *tableWrites) string { return w.tableName }, (*tableWrites).String)
}

func (r *batchWrite) checkRequests() error {
	total := 0
	for _, writes := range r.tables {
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

func (r *batchWrite) constrain() error {
	var c constraints
	c.capacity(r.returnCapacity)
	c.oneOf("returnItemCollectionMetrics", r.returnMetrics, "SIZE", "NONE")
	c.notNull("requestItems", r.present)
	for _, writes := range r.tables {
		if n := len(writes.requests); n == 0 || n > maxBatchWrites {
			c.violation(writes.String(), "requestItems",
				"Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]")
		}
		at := "requestItems." + writes.tableName + ".member."
		for i, w := range writes.requests {
			at := at + strconv.Itoa(i+1) + ".member."
			if w.put {
				c.notNull(at+"putRequest.item", w.item.present)
			}
			if w.remove {
				c.notNull(at+"deleteRequest.key", w.key.present)
			}
		}
	}
	return c.err()
}

// String returns the requests as the service prints them, without the values.
func (t *tableWrites) String() string {
	requests := make([]string, len(t.requests))
	for i := range t.requests {
		requests[i] = t.requests[i].String()
	}
	return "{" + t.tableName + "=[" + strings.Join(requests, ", ") + "]}"
}

func (w *writeRequest) String() string {
	kind, attributes := "putRequest=PutRequest(item={", w.item.item
	if w.remove {
		kind, attributes = "deleteRequest=DeleteRequest(key={", w.key.item
	}
	names := slices.Sorted(maps.Keys(attributes))
	for i, name := range names {
		names[i] = name + "=..."
	}
	return "WriteRequest(" + kind + strings.Join(names, ", ") + "}))"
}

func (w *writeRequest) check() error {
	if w.put == w.remove {
		return validation("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	}
	for _, parameter := range []*itemParameter{&w.item, &w.key} {
		switch invalid := parameter.invalid; {
		case invalid == nil:
		case invalid.Batch != "":
			return validation("%s", invalid.Batch)
		default:
			return invalid
		}
	}
	return checkItemSize(w.item.item)
}

func (r *batchWrite) lookUp(e *Engine) error {
	for _, requests := range r.tables {
		t, err := e.table(requests.tableName)
		if err != nil {
			return err
		}
		first := len(r.writes)
		for i := range requests.requests {
			w := write{table: t}
			if err := w.lookUpRequest(&requests.requests[i]); err != nil {
				return err
			}
			if slices.ContainsFunc(r.writes[first:], func(other write) bool { return other.primary.compare(&w.primary) == 0 }) {
				return validation(duplicateKeys)
			}
			r.writes = append(r.writes, w)
		}
	}
	return nil
}

// lookUpRequest finds the key of a request.
func (w *write) lookUpRequest(request *writeRequest) (err error) {
	t := w.table
	if !request.put {
		w.primary, err = t.schema.parse(request.key.item)
		return err
	}
	if t.schema.mismatches(request.item.item) {
		return validation(schemaMismatch)
	}
	if w.next, err = t.checkedRecord(request.item.item); err != nil {
		return err
	}
	w.primary = w.next.keys[0]
	return nil
}

func (r *batchWrite) apply(e *Engine) error {
	for i := range r.writes {
		if err := e.perform(&r.writes[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *batchWrite) encode() []byte {
	dst := []byte(`{"UnprocessedItems":{}`)
	if detail := parseCapacityDetail(r.returnCapacity); detail != noCapacity {
		var consumed consumptions
		for i := range r.writes {
			w := &r.writes[i]
			w.consume(consumed.of(w.table), 1)
		}
		dst = consumed.append(dst, detail, "")
	}
	if is(r.returnMetrics, "SIZE") {
		dst = appendTableMetrics(dst, r.writes)
	}
	return append(dst, '}')
}
