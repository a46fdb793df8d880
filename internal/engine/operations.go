package engine

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/ddbjson"
)

// operation is an operation of the DynamoDB API.
type operation struct {
	// perform appends the JSON of the response.
	perform func(e *Engine, r *http.Request, parameters document, dst []byte) ([]byte, error)
	// changesTables is set if the operation changes tables apart from their items.
	changesTables bool
}

// operations are all operations of the engine by their names.
var operations = map[string]operation{
	"BatchGetItem":                        newOperation((*Engine).batchGetItem),
	"BatchWriteItem":                      newOperation((*Engine).batchWriteItem),
	"DeleteItem":                          newOperation((*Engine).deleteItem),
	"GetItem":                             newOperation((*Engine).getItem),
	"PutItem":                             newOperation((*Engine).putItem),
	"Query":                               newOperation((*Engine).query),
	"Scan":                                newOperation((*Engine).scan),
	"TransactGetItems":                    newOperation((*Engine).transactGetItems),
	"TransactWriteItems":                  newOperation((*Engine).transactWriteItems),
	"UpdateItem":                          newOperation((*Engine).updateItem),
	"DescribeContinuousBackups":           newOperation((*Engine).describeContinuousBackups),
	"DescribeContributorInsights":         newOperation((*Engine).describeContributorInsights),
	"DescribeEndpoints":                   newOperation((*Engine).describeEndpoints),
	"DescribeKinesisStreamingDestination": newOperation((*Engine).describeKinesisStreamingDestination),
	"DescribeLimits":                      newOperation((*Engine).describeLimits),
	"DescribeTable":                       newOperation((*Engine).describeTable),
	"DescribeTableReplicaAutoScaling":     newOperation((*Engine).describeTableReplicaAutoScaling),
	"DescribeTimeToLive":                  newOperation((*Engine).describeTimeToLive),
	"GetResourcePolicy":                   newOperation((*Engine).getResourcePolicy),
	"ListBackups":                         newOperation((*Engine).listBackups),
	"ListContributorInsights":             newOperation((*Engine).listContributorInsights),
	"ListExports":                         newOperation((*Engine).listExports),
	"ListGlobalTables":                    newOperation((*Engine).listGlobalTables),
	"ListImports":                         newOperation((*Engine).listImports),
	"ListTables":                          newOperation((*Engine).listTables),
	"ListTagsOfResource":                  newOperation((*Engine).listTagsOfResource),
	"CreateTable":                         change((*Engine).createTable),
	"DeleteTable":                         change((*Engine).deleteTable),
	"TagResource":                         change((*Engine).tagResource),
	"UntagResource":                       change((*Engine).untagResource),
	"UpdateContinuousBackups":             change((*Engine).updateContinuousBackups),
	"UpdateTable":                         change((*Engine).updateTable),
	"UpdateTimeToLive":                    change((*Engine).updateTimeToLive),
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
	return operation{perform: func(e *Engine, r *http.Request, parameters document, dst []byte) ([]byte, error) {
		in := P(new(In))
		if err := parameters.decode(in); err != nil {
			return dst, err
		}
		if in, ok := any(in).(interface{ calledBy(r *http.Request) }); ok {
			in.calledBy(r)
		}
		if err := in.check(); err != nil {
			return dst, err
		}
		out, err := perform(e, in)
		if err != nil {
			return dst, err
		}
		if _, ok := any(out).(nothing); ok {
			return dst, nil
		}
		return appendJSON(dst, reflect.ValueOf(out)), nil
	}}
}

// change returns an operation that changes tables.
func change[In, Out any, P input[In]](perform func(*Engine, P) (Out, error)) operation {
	o := newOperation(perform)
	o.changesTables = true
	return o
}

// appendJSON appends the JSON of a response or of a part of it. A struct's fields have the names of
// the members, unless a tag gives another. Those that are nil are left out, and those that are empty if
// the tag says so.
//
//	{"Item": {"age": {"N": "3"}, "id": {"S": "a"}}}
func appendJSON(dst []byte, v reflect.Value) []byte {
	if part, ok := reflect.TypeAssert[interface{ AppendJSON(dst []byte) []byte }](v); ok {
		return part.AppendJSON(dst)
	}
	if list, ok := reflect.TypeAssert[[]attribute.Item](v); ok {
		var items attribute.Encoder // faster than one by one
		dst = append(dst, '[')
		for _, item := range list {
			dst = append(items.Append(dst, item), ',')
		}
		return closed(dst, ']')
	}
	switch v.Kind() {
	case reflect.Pointer:
		return appendJSON(dst, v.Elem())
	case reflect.String:
		return ddbjson.AppendString(dst, v.String())
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case reflect.Float64:
		return strconv.AppendFloat(dst, v.Float(), 'f', 1, 64)
	case reflect.Slice:
		dst = append(dst, '[')
		for i := range v.Len() {
			dst = append(appendJSON(dst, v.Index(i)), ',')
		}
		return closed(dst, ']')
	case reflect.Map:
		dst = append(dst, '{')
		for _, name := range slices.SortedFunc(slices.Values(v.MapKeys()), func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) }) {
			dst = append(ddbjson.AppendString(dst, name.String()), ':')
			dst = append(appendJSON(dst, v.MapIndex(name)), ',')
		}
		return closed(dst, '}')
	case reflect.Struct:
		dst = append(dst, '{')
		for _, m := range structureOf(v.Type()).members {
			field := v.FieldByIndex(m.index)
			if isAbsent(field, m.omitEmpty) {
				continue
			}
			dst = append(appendJSON(append(dst, m.name...), field), ',')
		}
		return closed(dst, '}')
	default:
		return strconv.AppendInt(dst, v.Int(), 10)
	}
}

// closed ends a list whose last element has a comma after it.
func closed(dst []byte, end byte) []byte {
	if last := len(dst) - 1; dst[last] == ',' {
		dst[last] = end
		return dst
	}
	return append(dst, end)
}

// isAbsent reports whether a member is left out.
func isAbsent(field reflect.Value, omitEmpty bool) bool {
	switch field.Kind() {
	case reflect.Pointer:
		return field.IsNil()
	case reflect.Slice, reflect.Map:
		return field.IsNil() || omitEmpty && field.Len() == 0
	default:
		return omitEmpty && field.IsZero()
	}
}

const (
	targetPrefix  = "DynamoDB_20120810."
	streamsPrefix = "DynamoDBStreams_20120810."
)

// findOperation returns the operation that the header X-Amz-Target names.
func findOperation(target string) (o operation, err error) {
	if name, ok := strings.CutPrefix(target, streamsPrefix); ok {
		return o, unknownOperation(name + " is not supported by this engine, which has no streams")
	}
	name, ok := strings.CutPrefix(target, targetPrefix)
	o, found := operations[name]
	switch {
	case ok && found:
		return o, nil
	case ok && (name == "ExecuteStatement" || name == "BatchExecuteStatement" || name == "ExecuteTransaction"):
		return o, unknownOperation(name + " is not supported by this engine, which has no PartiQL")
	}
	return o, unknownOperation("Unknown operation: " + name)
}
