package engine

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/jsontext"
)

// operation is an operation of the DynamoDB API.
type operation struct {
	// perform returns the JSON of the response.
	perform func(e *Engine, request document) ([]byte, error)
	// replay performs a request of the journal, nil unless the operation changes tables apart from their
	// items. It does not check it: it was accepted, and checks become stricter as the service's do.
	replay func(e *Engine, request document) error
}

// operations are all operations of the engine by their names.
var operations = map[string]operation{
	"BatchGetItem":              newOperation((*Engine).batchGetItem),
	"BatchWriteItem":            newOperation((*Engine).batchWriteItem),
	"DeleteItem":                newOperation((*Engine).deleteItem),
	"GetItem":                   newOperation((*Engine).getItem),
	"PutItem":                   newOperation((*Engine).putItem),
	"Query":                     newOperation((*Engine).query),
	"Scan":                      newOperation((*Engine).scan),
	"TransactGetItems":          newOperation((*Engine).transactGetItems),
	"TransactWriteItems":        newOperation((*Engine).transactWriteItems),
	"UpdateItem":                newOperation((*Engine).updateItem),
	"DescribeContinuousBackups": newOperation((*Engine).describeContinuousBackups),
	"DescribeEndpoints":         newOperation((*Engine).describeEndpoints),
	"DescribeLimits":            newOperation((*Engine).describeLimits),
	"DescribeTable":             newOperation((*Engine).describeTable),
	"DescribeTimeToLive":        newOperation((*Engine).describeTimeToLive),
	"ListTables":                newOperation((*Engine).listTables),
	"ListTagsOfResource":        newOperation((*Engine).listTagsOfResource),
	"CreateTable":               change((*Engine).createTable),
	"DeleteTable":               change((*Engine).deleteTable),
	"TagResource":               change((*Engine).tagResource),
	"UntagResource":             change((*Engine).untagResource),
	"UpdateTable":               change((*Engine).updateTable),
	"UpdateTimeToLive":          change((*Engine).updateTimeToLive),
}

// Operations returns the names of the operations that an Engine has, in alphabetical order.
func Operations() []string { return slices.Sorted(maps.Keys(operations)) }

// input is a pointer to the parameters of an operation.
type input[T any] interface {
	*T
	// check validates the parameters before any table is looked up.
	check() error
}

// newOperation returns an operation that leaves the tables as they are, apart from their items.
func newOperation[In, Out any, P input[In]](perform func(*Engine, P) (Out, error)) operation {
	return operation{perform: func(e *Engine, request document) ([]byte, error) {
		in := P(new(In))
		if err := request.decode(in); err != nil {
			return nil, err
		}
		if err := in.check(); err != nil {
			return nil, err
		}
		out, err := perform(e, in)
		if err != nil {
			return nil, err
		}
		return encode(out)
	}}
}

// change returns an operation that changes tables.
func change[In, Out any, P input[In]](perform func(*Engine, P) (Out, error)) operation {
	o := newOperation(perform)
	o.replay = func(e *Engine, request document) error {
		in := P(new(In))
		if err := request.decode(in); err != nil {
			return err
		}
		_, err := perform(e, in)
		return err
	}
	return o
}

// encode returns the JSON of a response. Those with items write it themselves, without reflection.
func encode(out any) ([]byte, error) {
	switch out := out.(type) {
	case interface{ encode() []byte }:
		return out.encode(), nil
	case nothing:
		return nil, nil
	}
	return json.Marshal(out)
}

// newResponse begins an object with room for items of the given size in bytes.
func newResponse(bytes int) []byte {
	return append(make([]byte, 0, 128+bytes+bytes/2), '{')
}

// appendString appends text as a JSON string.
func appendString(dst []byte, text string) []byte { return jsontext.AppendString(dst, text) }

// appendMember begins a member of the object at the end of dst.
func appendMember(dst []byte, name string) []byte {
	dst = appendString(appendComma(dst), name)
	return append(dst, ':')
}

// appendItem appends a member that is an item.
func appendItem(dst []byte, name string, item attribute.Item) []byte {
	return item.AppendJSON(appendMember(dst, name))
}

// appendComma separates what follows from a member or element before it.
func appendComma(dst []byte) []byte {
	if last := dst[len(dst)-1]; last != '{' && last != '[' {
		dst = append(dst, ',')
	}
	return dst
}

const (
	targetPrefix  = "DynamoDB_20120810."
	streamsPrefix = "DynamoDBStreams_20120810."
)

// findOperation returns the operation that the header X-Amz-Target names, and its name.
func findOperation(target string) (name string, o operation, err error) {
	if name, ok := strings.CutPrefix(target, streamsPrefix); ok {
		return "", o, unknownOperation(name + " is not supported by this engine, which has no streams")
	}
	name, ok := strings.CutPrefix(target, targetPrefix)
	o, found := operations[name]
	switch {
	case ok && found:
		return name, o, nil
	case ok && (name == "ExecuteStatement" || name == "BatchExecuteStatement" || name == "ExecuteTransaction"):
		return "", o, unknownOperation(name + " is not supported by this engine, which has no PartiQL")
	}
	return "", o, unknownOperation("Unknown operation: " + name)
}
