package engine

import (
	"strconv"
	"strings"
)

// maxBatchWrites is the limit on the requests of a BatchWriteItem.
const (
	maxBatchWrites       = 25
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
