package engine

import (
	"encoding/json"
	"strings"
)

// operation is an operation of the DynamoDB API.
type operation struct {
	// perform returns the JSON of the answer.
	perform func(e *Engine, request document) ([]byte, error)
	// changesTables is set if the operation changes tables apart from their items.
	changesTables bool
}

var operations = map[string]operation{
	"BatchGetItem":              phased(newBatchGetItem),
	"BatchWriteItem":            phased(newBatchWrite),
	"DeleteItem":                phased(newDeleteItem),
	"GetItem":                   phased(newGetItem),
	"PutItem":                   phased(newPutItem),
	"Query":                     phased(newQuery),
	"Scan":                      phased(newScan),
	"TransactGetItems":          phased(newTransactGetItems),
	"TransactWriteItems":        phased(newTransactWriteItems),
	"UpdateItem":                phased(newUpdateItem),
	"DescribeContinuousBackups": inspect((*Engine).describeContinuousBackups),
	"DescribeEndpoints":         inspect((*Engine).describeEndpoints),
	"DescribeLimits":            inspect((*Engine).describeLimits),
	"DescribeTable":             inspect((*Engine).describeTable),
	"DescribeTimeToLive":        inspect((*Engine).describeTimeToLive),
	"ListTables":                inspect((*Engine).listTables),
	"ListTagsOfResource":        inspect((*Engine).listTagsOfResource),
	"CreateTable":               change((*Engine).createTable),
	"DeleteTable":               change((*Engine).deleteTable),
	"TagResource":               change((*Engine).tagResource),
	"UntagResource":             change((*Engine).untagResource),
	"UpdateTable":               change((*Engine).updateTable),
	"UpdateTimeToLive":          change((*Engine).updateTimeToLive),
}

// controlInput is a pointer to the parameters of a control-plane operation.
type controlInput[T any] interface {
	*T
	// check rejects what is wrong whatever the tables are.
	check() error
}

// inspect returns a control-plane operation that leaves the tables as they are.
func inspect[In, Out any, P controlInput[In]](perform func(*Engine, P) (Out, error)) operation {
	return operation{perform: func(e *Engine, request document) ([]byte, error) {
		in := P(new(In))
		if err := request.decode(in); err != nil {
			return nil, err
		}
		if err := in.check(); err != nil {
			return nil, err
		}
		out, err := perform(e, in)
		if err != nil || any(out) == any(nothing{}) {
			return nil, err
		}
		return json.Marshal(out)
	}}
}

// change returns a control-plane operation that changes tables.
func change[In, Out any, P controlInput[In]](perform func(*Engine, P) (Out, error)) operation {
	o := inspect(perform)
	o.changesTables = true
	return o
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
