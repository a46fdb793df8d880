package differential

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// difference is a place at which two responses differ; a missing member is nil.
// At the path "failure" the values are the errors, empty for a success.
type difference struct {
	path        string
	local, ours any
}

func (d *difference) localText() string { return d.text(d.local) }
func (d *difference) oursText() string  { return d.text(d.ours) }

func (d *difference) text(value any) string {
	switch {
	case value == nil:
		return ""
	case d.path == "failure":
		return value.(string)
	}
	return string(encode(value))
}

// compare returns the differences between two responses to a request.
func compare(operation string, local, ours *answer) []difference {
	if l, o := withoutEnvelope(local.failure()), withoutEnvelope(ours.failure()); l != o {
		return []difference{{path: "failure", local: l, ours: o}}
	}
	c := comparison{common: operation == "CreateTable" || operation == "DescribeTable" || operation == "DeleteTable"}
	bodies := [2]object{normal(local.body), normal(ours.body)}
	for _, body := range bodies {
		delete(body, "__type")
		delete(body, "message")
		delete(body, "Message")
	}
	c.values("", bodies[0], bodies[1])
	return c.differences
}

// withoutEnvelope removes the heading that the service puts before errors of
// PutItem, UpdateItem, DeleteItem and Query, and DynamoDB Local does not.
func withoutEnvelope(failure string) string {
	const exception, heading = "ValidationException: ", "1 validation error detected: "
	if text, ok := strings.CutPrefix(failure, exception+heading); ok && !strings.Contains(text, "ailed to satisfy constraint") {
		return exception + text
	}
	return failure
}

type comparison struct {
	differences []difference
	// common is set to compare only members that both responses have.
	common bool
}

func (c *comparison) values(path string, local, ours any) {
	switch l := local.(type) {
	case object:
		if o, ok := ours.(object); ok {
			c.objects(path, l, o)
			return
		}
	case list:
		if o, ok := ours.(list); ok && len(l) == len(o) {
			for i := range l {
				c.values(path+"["+strconv.Itoa(i)+"]", l[i], o[i])
			}
			return
		}
	default:
		if local == ours {
			return
		}
	}
	c.differences = append(c.differences, difference{path: path, local: local, ours: ours})
}

func (c *comparison) objects(path string, local, ours object) {
	union := maps.Clone(local)
	maps.Copy(union, ours)
	for _, name := range slices.Sorted(maps.Keys(union)) {
		if c.common && (local[name] == nil || ours[name] == nil) {
			continue
		}
		c.values(strings.TrimPrefix(path+"."+name, "."), local[name], ours[name])
	}
}

// rebuilt returns a deep copy of the value of a member, or of an element of it. The function
// replaces each part of the copy, inner ones first.
func rebuilt(member string, value any, replace func(member string, value any) any) any {
	switch parts := value.(type) {
	case object:
		copied := make(object, len(parts))
		for name, part := range parts {
			copied[name] = rebuilt(name, part, replace)
		}
		value = copied
	case list:
		copied := make(list, len(parts))
		for i, part := range parts {
			copied[i] = rebuilt(member, part, replace)
		}
		value = copied
	}
	return replace(member, value)
}

// clone returns a deep copy of a value.
func clone[T any](value T) T {
	return rebuilt("", value, func(_ string, value any) any { return value }).(T)
}

// normal returns a copy of a response in which everything without an order is
// sorted, JSON's numbers have one form, and ids, ARNs and times are missing.
func normal(body object) object {
	return rebuilt("", body, normalMember).(object)
}

func normalMember(member string, value any) any {
	switch value := value.(type) {
	case json.Number:
		if f, err := value.Float64(); err == nil {
			return f
		}
	case list:
		switch member {
		case "SS", "NS", "BS", "AttributeDefinitions", "LocalSecondaryIndexes", "GlobalSecondaryIndexes":
			return sorted(value)
		case "ConsumedCapacity":
			slices.SortFunc(value, func(a, b any) int { return strings.Compare(tableName(a), tableName(b)) })
		}
	case object:
		for _, name := range []string{"TableArn", "TableId", "CreationDateTime", "LastUpdateToPayPerRequestDateTime", "IndexArn"} {
			delete(value, name)
		}
		if member == "Responses" { // of BatchGetItem, by table
			for table, items := range value {
				if items, ok := items.(list); ok {
					value[table] = sorted(items)
				}
			}
		}
	}
	return value
}

func tableName(capacity any) string {
	name, _ := capacity.(object)["TableName"].(string)
	return name
}

// sorted returns the values in an order that does not depend on how numbers
// are written.
func sorted(values list) list {
	return slices.SortedStableFunc(slices.Values(values), func(a, b any) int {
		return cmp.Compare(canonicalText(a), canonicalText(b))
	})
}

// canonicalText returns the JSON of a value, with the numbers in canonical form.
func canonicalText(value any) string {
	return string(encode(rebuilt("", value, func(member string, value any) any {
		if number := canonicalNumber(value); number != nil && (member == "N" || member == "NS") {
			return number
		}
		return value
	})))
}

// canonicalNumber returns a number in the form in which the service returns it,
// or nil if text is not a number.
func canonicalNumber(text any) any {
	written, ok := text.(string)
	number, err := attribute.ParseNumber(written)
	if !ok || err != nil {
		return nil
	}
	return number.Raw()
}

func TestCompare_IgnoresOrderWhereThereIsNone(t *testing.T) {
	for _, test := range []struct {
		name, operation, local, ours string
		differ                       bool
	}{
		{"sets", "GetItem", `{"Item":{"x":{"SS":["a","b"]}}}`, `{"Item":{"x":{"SS":["b","a"]}}}`, false},
		{"sets with other members", "GetItem", `{"Item":{"x":{"SS":["a","b"]}}}`, `{"Item":{"x":{"SS":["a","c"]}}}`, true},
		{"lists", "GetItem", `{"Item":{"x":{"L":[{"S":"a"},{"S":"b"}]}}}`, `{"Item":{"x":{"L":[{"S":"b"},{"S":"a"}]}}}`, true},
		{"an attribute that is called like a type", "GetItem", `{"Item":{"x":{"M":{"SS":{"SS":["a","b"]}}}}}`, `{"Item":{"x":{"M":{"SS":{"SS":["b","a"]}}}}}`, false},
		{"items of a batch", "BatchGetItem", `{"Responses":{"t":[{"x":{"S":"a"}},{"x":{"S":"b"}}]}}`, `{"Responses":{"t":[{"x":{"S":"b"}},{"x":{"S":"a"}}]}}`, false},
		{"items of a query", "Query", `{"Items":[{"x":{"S":"a"}},{"x":{"S":"b"}}]}`, `{"Items":[{"x":{"S":"b"}},{"x":{"S":"a"}}]}`, true},
	} {
		local, ours := answer{status: http.StatusOK}, answer{status: http.StatusOK}
		require.NoError(t, json.Unmarshal([]byte(test.local), &local.body))
		require.NoError(t, json.Unmarshal([]byte(test.ours), &ours.body))
		assert.Equal(t, test.differ, len(compare(test.operation, &local, &ours)) > 0, test.name)
	}
}
