package differential

import (
	"regexp"
	"slices"
	"strings"
)

// acceptedDifferences are the ways in which DynamoDB Local departs from the service, which the engine
// follows. Every other difference is a failure.
var acceptedDifferences = slices.Concat(wording, []accepted{
	// The service checks types and constraints of all parameters first, and reports all violations at
	// once; Local checks some of them, later.
	{reason: "shape", local: `.+`,
		ours: `(SerializationException: .*|ValidationException: \d+ validation errors? detected: .*)`,
		when: mistaken},

	// Local takes numbers for strings, unknown values of enumerations, tokens of any length, empty
	// lists, and attribute definitions that nothing uses.
	{reason: "leniency", local: nothing,
		ours: `SerializationException: .*|ValidationException: 1 validation error detected: .*( failed to satisfy constraint: Member must satisfy enum value set| at '(clientRequestToken|attributesToGet)' ).*`,
		when: mistaken},
	{reason: "leniency", operations: `CreateTable`, local: nothing,
		ours: invalid + `(Some AttributeDefinitions are not used|List of LocalSecondaryIndexes is empty).*`},

	// Local has no global indexes with several attributes in a part of their keys.
	{reason: "several key attributes", operations: `CreateTable`,
		local: `ValidationException: (Too many hash keys specified|Key Schema too big)\. .*`, ours: nothing, when: mistaken},

	// Local fails on some null and misplaced values, and where several clients create tables.
	{reason: "crashes",
		local: `500 InternalFailure: .*|ValidationException: ExpressionAttributeNames contains invalid value: .*null for key .*`,
		when:  func(s step, d difference) bool { return s.mistaken || s.operation == "CreateTable" }},

	// Local lists names in the order of a hash table.
	{reason: "names", when: func(_ step, d difference) bool { return sameWords(d.localText(), d.oursText()) }},

	// A request with two mistakes can be rejected for either.
	{reason: "two mistakes", local: accidental, ours: `(Validation|ResourceNotFound)Exception: .*`},
	{reason: "two mistakes", local: `(Validation|ResourceNotFound)Exception: .*`, ours: accidental},
	{reason: "two mistakes", operations: `Query`,
		local: `ValidationException: Value provided in ExpressionAttribute(Names|Values) unused .*`,
		ours:  `ValidationException: Either the KeyConditions or KeyConditionExpression parameter must be specified .*`},
	{reason: "two mistakes", operations: `TransactWriteItems`, local: `IdempotentParameterMismatchException: `,
		ours: `(Validation|TransactionCanceled)Exception: .*`, when: mistaken},
	{reason: "two mistakes", operations: `TransactWriteItems`,
		local: `ValidationException: Invalid \w+Expression: .*`,
		ours:  `ValidationException: Value provided in ExpressionAttribute(Names|Values) unused .*`, when: mistaken},
	{reason: "two mistakes", operations: `Query|Scan`, local: `(Validation|ResourceNotFound)Exception: .*`,
		ours: `ValidationException: (Must specify the AttributesToGet .*|Cannot specify the .*|ALL_PROJECTED_ATTRIBUTES can be used only .*)`},
	{reason: "two mistakes", operations: `Query`,
		local: `ValidationException: The provided starting key does not match the range key predicate`,
		ours:  invalid + `Invalid number of argument\(s\) for the \w+ ComparisonOperator`, when: mistaken},
	{reason: "two mistakes", operations: `UpdateItem`, local: failedUpdate, ours: failedUpdate},
	{reason: "two mistakes", operations: `UpdateItem`, local: failedUpdate,
		ours: `ValidationException: .* attempted to update a secondary index key to a value that is not supported\. .*`,
		when: mistaken},

	// SIZE is a reserved word; Local takes it for an attribute.
	{reason: "reserved size", ours: `ValidationException: .*; reserved keyword: (?i:size)`, when: mistaken},

	// Local does not limit partition keys in queries, nor the keys of a start.
	{reason: "long keys", operations: `Query|Scan`, local: nothing + `|ValidationException: .*`,
		ours: `ValidationException: .* has exceeded the (maximum )?size limit of ?\d+ bytes`, when: mistaken},
	{reason: "long keys", operations: `Query`,
		local: `ValidationException: .* has exceeded the size limit of 1024 bytes`,
		ours:  invalid + `Condition parameter type does not match schema type`},

	// Local limits index keys in puts, but not in updates.
	{reason: "long keys", operations: `UpdateItem`, local: nothing,
		ours: invalid + `(Size of hashkey|Aggregated size of all range keys) has exceeded .*`, when: mistaken},

	// 1 and 1.0 are the same key; a batch on Local may have both.
	{reason: "equal numbers", operations: `BatchGetItem`, local: nothing,
		ours: `ValidationException: Provided list of item keys contains duplicates`, when: mistaken},

	// Local cancels or makes some transactions that the service rejects: with a path into an index key,
	// two actions on one item, a long key. It rejects a TransactGetItems with an empty or long key,
	// which the service cancels, and a TransactWriteItems with an update that fails.
	{reason: "transactions", operations: `TransactWriteItems`, local: failedUpdate,
		ours: `(TransactionCanceled|Validation)Exception: .*`},
	{reason: "transactions", operations: `TransactWriteItems`,
		local: `TransactionCanceledException: .*ConditionalCheckFailed.*`,
		ours:  `TransactionCanceledException: .*ValidationError.*`},
	{reason: "transactions", operations: `Transact.*`, local: nothing + `|TransactionCanceledException: .*`,
		ours: `ValidationException: (Key attributes must be scalars; .*|Transaction request cannot include multiple operations on one item|.* size limit of ?\d+ bytes)`},
	{reason: "transactions", operations: `TransactGetItems`,
		local: `ValidationException: (.* cannot contain an empty (string|binary) value\. .*|Hash primary key values must be under .*)`,
		ours:  `TransactionCanceledException: .*ValidationError.*`},

	// The service checks an update before it evaluates the condition; Local afterwards, and not the
	// types of index keys.
	{reason: "late updates", operations: `UpdateItem`, local: `ConditionalCheckFailedException: .*`,
		ours: `ValidationException: .*`, when: mistaken},
	{reason: "late updates", operations: `UpdateItem`, local: `ValidationException: Type mismatch for attribute to update`,
		ours: invalid + `Only DELETE action is allowed when no attribute value is specified`, when: mistaken},
	{reason: "late updates", operations: `UpdateItem|TransactWriteItems`,
		local: nothing + `|(ConditionalCheckFailed|TransactionCanceled|Validation)Exception: .*`,
		ours:  `ValidationException: .*((Type mismatch for Index Key|Cannot update attribute) .*|secondary index key to unsupported type)`, when: mistaken},

	// Local returns an empty item if a projection in a transaction matches nothing.
	{reason: "empty projections", operations: `TransactGetItems`, path: `Responses\[\d+\]\.Item`, local: `\{\}`,
		ours: nothing},

	// An item and its entries in local indexes have 400 KB together; Local does not count entries of an
	// index with a projection.
	{reason: "sizes with indexes", operations: `.*(Write|Put).*`, local: nothing + `|TransactionCanceledException: .*`,
		ours: `ValidationException: Item size has exceeded the maximum allowed size`,
		when: func(s step, _ difference) bool { return s.big }},

	// Local ignores the exponent of a zero.
	{reason: "zeros", local: nothing,
		ours: `ValidationException: Number (over|under)flow\. Attempting to store a number with magnitude .*`},

	// Local gives numbers inside of documents as they were written.
	{reason: "numbers", path: `.*\.(N|NS\[\d+\])`,
		when: func(_ step, d difference) bool { return canonicalNumber(d.local) == d.ours }},

	// A page that ends at its limit or with 1 MB has a key to go on from; on Local it has none if it
	// ends with the last item of the partition or at the inclusive bound of a range, which is not
	// accepted as a start key either. Filtered items do not count towards Local's 1 MB.
	{reason: "ends of pages", operations: `Query`, path: `LastEvaluatedKey`, local: nothing,
		when: hasInclusiveBound},
	{reason: "ends of pages", operations: `Query`, path: `LastEvaluatedKey`, local: nothing,
		when: func(s step, _ difference) bool { return s.big && !isLimited(s) }},
	{reason: "ends of pages", operations: `Query`,
		local: `ValidationException: The provided starting key does not match the range key predicate`,
		ours:  nothing, when: hasInclusiveBound},
	// In an index, further items can have the key at the bound, which Local's pages then miss.
	{reason: "ends of pages", operations: `Query`, path: `(Scanned)?Count|Items|Order`,
		when: func(s step, d difference) bool {
			return has(s, "IndexName") && has(s, "Limit") && hasInclusiveBound(s, d) && oursIsLonger(s, d)
		}},
	// The capacity of a whole is known if it is a single page.
	{reason: "ends of pages", operations: `Scan|Query`, path: `ConsumedCapacity`,
		when: func(s step, d difference) bool { return isWhole(s) && (d.local == nil || d.ours == nil) }},

	// Local's scans of an index filter by attributes that the index does not project.
	{reason: "filtered scans", operations: `Scan`, path: `(Scanned)?Count|Items.*|Order.*`,
		when: func(s step, d difference) bool { return s.mistaken && has(s, "IndexName") && isFiltered(s) }},

	// Tables are CREATING and DELETING in the answers that say so; on Local they are ACTIVE.
	{reason: "states", operations: `CreateTable|DeleteTable`, path: `.*(Table|Index)Status`, local: `"ACTIVE"`,
		ours: `"(CREATING|DELETING)"`},

	// An index holds what it projects; Local counts whole items.
	{reason: "index sizes", operations: `DescribeTable|DeleteTable`,
		path: `.*SecondaryIndexes\[\d+\]\.IndexSizeBytes`},

	// Local has no ItemCollectionMetrics.
	{reason: "collection metrics", operations: `.*(Write|Put|Update|Delete).*`, path: `ItemCollectionMetrics`,
		local: nothing},

	// A read that finds nothing costs the minimum; on Local nothing.
	{reason: "capacity of nothing", operations: `Query|Scan`, path: `ConsumedCapacity.*Units`, local: `0`,
		ours: `0\.5|1`},
	{reason: "capacity of nothing", operations: `BatchGetItem`,
		path: `ConsumedCapacity\[\d+\](\.Table)?\.CapacityUnits`, when: oursIsMore},

	// Local returns the cost of a delete that finds nothing without being asked, and charges it twice
	// in a batch.
	{reason: "capacity of deletes", operations: `DeleteItem`, path: `ConsumedCapacity`, ours: nothing,
		when: func(s step, _ difference) bool { return detail(s) == "NONE" }},
	{reason: "capacity of deletes", operations: `BatchWriteItem`,
		path: `ConsumedCapacity\[\d+\](\.Table)?\.CapacityUnits`, when: localIsMore},

	// An action of a transaction costs twice as much as by itself on the table, and as much on an
	// index. Local charges up to four times as much on either, nothing for a check and for a delete
	// that finds nothing, and gives fewer members.
	{reason: "capacity of transactions", operations: `TransactGetItems`,
		path: `ConsumedCapacity\[\d+\]\.Table\.ReadCapacityUnits`, local: nothing},
	{reason: "capacity of transactions", operations: `TransactWriteItems`,
		path: `ConsumedCapacity\[\d+\](\.Table)?\.(Write)?CapacityUnits`, when: oursIsMore},
	{reason: "capacity of transactions", operations: `TransactWriteItems`,
		path: `ConsumedCapacity\[\d+\]\.Table\.(Write)?CapacityUnits`, when: localIsUpTo(2)},
	{reason: "capacity of transactions", operations: `TransactWriteItems`,
		path: `ConsumedCapacity\[\d+\](\.GlobalSecondaryIndexes\..*)?\.(Write)?CapacityUnits`, when: localIsUpTo(4)},
	{reason: "capacity of transactions", operations: `TransactWriteItems`,
		path: `ConsumedCapacity\[\d+\](\.LocalSecondaryIndexes\..*)?\.(Write)?CapacityUnits`, when: localIsUpTo(8)},

	// Local charges scans of an index for whole items and not for what they fetch, queries of a local
	// index for the table's sort key, puts for global indexes of which the item has one key attribute
	// of two, and 100 bytes for each write of an entry in a local index: one unit, if any.
	{reason: "capacity of indexes", operations: `Scan`,
		path: `ConsumedCapacity(\.Table|\..*SecondaryIndexes\..*)?\.CapacityUnits`,
		when: func(s step, d difference) bool { return has(s, "IndexName") }},
	{reason: "capacity of indexes", operations: `Query`, path: `ConsumedCapacity(\.Table)?\.CapacityUnits`,
		when: func(s step, d difference) bool { return isProjectedIndex(s) && localIsMore(s, d) }},
	{reason: "capacity of indexes", operations: `PutItem|.*Write.*`,
		path: `ConsumedCapacity(\[\d+\])?\.GlobalSecondaryIndexes(\.[^.]*)?`, ours: nothing, when: isPartial},
	{reason: "capacity of indexes", operations: `PutItem|.*Write.*`,
		path: `ConsumedCapacity(\[\d+\])?(\.GlobalSecondaryIndexes\..*)?\.(Write)?CapacityUnits`,
		when: func(s step, d difference) bool { return isPartial(s, d) && localIsMore(s, d) }},
	{reason: "capacity of indexes", operations: `PutItem|UpdateItem|DeleteItem|BatchWriteItem`,
		path: `ConsumedCapacity(\[\d+\])?(\.LocalSecondaryIndexes\..*)?\.CapacityUnits`, when: localIsUpTo(2)},
})

// accidental are the errors for mistakes that random requests happen to have, besides the intended
// one.
const accidental = `ValidationException: (.*: The (first operand must be distinct|BETWEEN operator requires) .*|Filter Expression can only contain non-primary key attributes: .*|.*: Duplicate value in attribute name: .*|Item size has exceeded the maximum allowed size|The BETWEEN condition was provided a range .*)`

// failedUpdate is an error of an update that depends on the item.
const failedUpdate = `ValidationException: (The document path provided in the update expression is invalid for update|` +
	`The provided expression refers to an attribute that does not exist in the item|` +
	`An operand in the update expression has an incorrect data type|` +
	`(DynamoDB only supports precision|Attempting to store more than 38|Number (over|under)flow|A value provided cannot be converted).*)`

// mistaken reports whether the request has a mistake that the operation checks.
func mistaken(s step, _ difference) bool { return s.mistaken && !s.foreign }

// localIsMore and oursIsMore compare the numbers that differ; a missing one is zero.
func localIsMore(_ step, d difference) bool { return excess(d) > 0 }
func oursIsMore(_ step, d difference) bool  { return excess(d) < 0 }

// localIsUpTo reports whether the number of Local is greater than ours, up to factor times ours.
func localIsUpTo(factor float64) func(step, difference) bool {
	return func(s step, d difference) bool {
		ours, _ := d.ours.(float64)
		return localIsMore(s, d) && excess(d) <= (factor-1)*ours
	}
}

// isPartial reports whether the request puts an item with one key attribute of a global index and
// not the other.
func isPartial(s step, _ difference) bool { return s.partial }

func excess(d difference) float64 {
	local, _ := d.local.(float64)
	ours, _ := d.ours.(float64)
	return local - ours
}

// oursIsLonger reports whether the engine returned more items, or counted more.
func oursIsLonger(s step, d difference) bool {
	local, lists := d.local.(list)
	ours, _ := d.ours.(list)
	return lists && len(ours) > len(local) || oursIsMore(s, d)
}

// has reports whether the request has the member.
func has(s step, member string) bool { return s.body[member] != nil }

// isLimited reports whether the request has a limit that pages of big items can reach.
func isLimited(s step) bool {
	limit, ok := s.body["Limit"].(int)
	return ok && limit < 1000
}

// isProjectedIndex reports whether the request reads some attributes from an index.
func isProjectedIndex(s step) bool {
	return has(s, "IndexName") && (has(s, "ProjectionExpression") || has(s, "AttributesToGet"))
}

// isFiltered reports whether the request has a filter.
func isFiltered(s step) bool {
	return has(s, "FilterExpression") || has(s, "QueryFilter") || has(s, "ScanFilter")
}

// detail returns the ReturnConsumedCapacity of the request.
func detail(s step) any {
	if asked := s.body["ReturnConsumedCapacity"]; asked != nil {
		return asked
	}
	return "NONE"
}

var inclusive = regexp.MustCompile(`(?i)between|<=|>=|"[LG]E"`)

// hasInclusiveBound reports whether the key condition has a bound that can be
// the last key.
func hasInclusiveBound(s step, _ difference) bool {
	condition, ok := s.body["KeyConditionExpression"].(string)
	if !ok {
		condition = string(encode(s.body["KeyConditions"]))
	}
	return inclusive.MatchString(condition)
}

// sameWords reports whether two texts have the same words in any order.
func sameWords(a, b string) bool {
	words := func(text string) []string {
		return slices.Sorted(slices.Values(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,[]{}", r) })))
	}
	return slices.Equal(words(a), words(b))
}
