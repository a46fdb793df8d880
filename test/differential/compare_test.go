package differential

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// difference is a place at which two answers differ; a missing member is nil.
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

// excess returns by how much DynamoDB Local's number is larger.
func (d *difference) excess() float64 {
	local, _ := d.local.(float64)
	ours, _ := d.ours.(float64)
	return local - ours
}

// compare returns the differences between two answers to a request.
func compare(operation string, local, ours *answer) []difference {
	if l, o := withoutEnvelope(local.failure()), withoutEnvelope(ours.failure()); l != o {
		return []difference{{path: "failure", local: l, ours: o}}
	}
	c := comparison{common: operation == "CreateTable" || operation == "DescribeTable" || operation == "DeleteTable"}
	a, b := normal(operation, local.body), normal(operation, ours.body)
	for _, body := range []object{a, b} {
		delete(body, "__type")
		delete(body, "message")
		delete(body, "Message")
	}
	c.values("", a, b)
	return c.differences
}

// withoutEnvelope removes the heading that the service puts before errors of
// PutItem, UpdateItem, DeleteItem and Query, and DynamoDB Local does not.
func withoutEnvelope(failure string) string {
	const envelope = "400 ValidationException: 1 validation error detected: "
	if text, ok := strings.CutPrefix(failure, envelope); ok && !strings.Contains(text, "ailed to satisfy constraint") {
		return "400 ValidationException: " + text
	}
	return failure
}

type comparison struct {
	differences []difference
	// common is set to compare only members that both answers have.
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
	names := slices.Collect(maps.Keys(local))
	for name := range ours {
		if _, ok := local[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if c.common && (local[name] == nil || ours[name] == nil) {
			continue
		}
		c.values(strings.TrimPrefix(path+"."+name, "."), local[name], ours[name])
	}
}

// normal returns a copy of an answer in which everything without an order is
// sorted, and numbers have one form.
func normal(operation string, body object) object {
	body, _ = normalValue(body).(object)
	switch operation {
	case "BatchGetItem":
		if responses, ok := body["Responses"].(object); ok {
			for name, items := range responses {
				responses[name] = sorted(items.(list))
			}
		}
	case "CreateTable", "DescribeTable", "DeleteTable":
		for _, member := range []string{"Table", "TableDescription"} {
			if description, ok := body[member].(object); ok {
				normalDescription(description)
			}
		}
	}
	if capacities, ok := body["ConsumedCapacity"].(list); ok {
		slices.SortFunc(capacities, func(a, b any) int {
			return strings.Compare(tableName(a), tableName(b))
		})
	}
	return body
}

func tableName(capacity any) string {
	name, _ := capacity.(object)["TableName"].(string)
	return name
}

// normalValue returns a copy with numbers in one form and sorted sets.
func normalValue(value any) any {
	switch value := value.(type) {
	case object:
		copied := make(object, len(value))
		for name, member := range value {
			copied[name] = normalValue(member)
			if members, ok := member.(list); ok && len(value) == 1 && (name == "SS" || name == "NS" || name == "BS") {
				copied[name] = sorted(members)
			}
		}
		return copied
	case list:
		copied := make(list, len(value))
		for i, element := range value {
			copied[i] = normalValue(element)
		}
		return copied
	case json.Number:
		if f, err := value.Float64(); err == nil {
			return f
		}
	}
	return value
}

// sorted returns the values in an order that does not depend on how numbers
// are written.
func sorted(values list) list {
	return slices.SortedStableFunc(slices.Values(values), func(a, b any) int {
		return cmp.Compare(string(encode(canonicalNumbers(a))), string(encode(canonicalNumbers(b))))
	})
}

// canonicalNumbers returns a copy with the numbers of attribute values in
// canonical form.
func canonicalNumbers(value any) any {
	switch value := value.(type) {
	case object:
		copied := make(object, len(value))
		for name, member := range value {
			copied[name] = canonicalNumbers(member)
			if number := canonicalNumber(member); name == "N" && number != nil {
				copied[name] = number
			}
		}
		if members, ok := copied["NS"].(list); ok {
			for i := range members {
				if number := canonicalNumber(members[i]); number != nil {
					members[i] = number
				}
			}
		}
		return copied
	case list:
		copied := make(list, len(value))
		for i, element := range value {
			copied[i] = canonicalNumbers(element)
		}
		return copied
	}
	return value
}

// canonicalNumber returns a number in the form in which the service returns it,
// or nil if text is not a number.
func canonicalNumber(text any) any {
	written, ok := text.(string)
	number, err := attribute.ParseNumber(written)
	if !ok || err != nil {
		return nil
	}
	return number.String()
}

// normalDescription removes ids, ARNs and times from a table description.
func normalDescription(description object) {
	for _, member := range []string{"TableArn", "TableId", "CreationDateTime"} {
		delete(description, member)
	}
	for _, member := range []string{"BillingModeSummary", "TableThroughputModeSummary"} {
		if summary, ok := description[member].(object); ok {
			delete(summary, "LastUpdateToPayPerRequestDateTime")
		}
	}
	for _, member := range []string{"LocalSecondaryIndexes", "GlobalSecondaryIndexes"} {
		indexes, _ := description[member].(list)
		for _, index := range indexes {
			delete(index.(object), "IndexArn")
		}
		if indexes != nil {
			description[member] = sorted(indexes)
		}
	}
	if definitions, ok := description["AttributeDefinitions"].(list); ok {
		description["AttributeDefinitions"] = sorted(definitions)
	}
}
