package differential

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
)

// accepted is a difference in which the engine follows the service, and DynamoDB Local does not. The
// patterns match whole texts; an empty pattern matches every text.
type accepted struct {
	reason      string
	operations  string
	path        string // "failure" if empty
	local, ours string // match the failures, or the JSON of what differs
	when        func(s step, d difference) bool
}

// nothing matches the text of a success and of a missing member.
const nothing = `()`

// acceptance applies the accepted differences and counts how often each occurs.
type acceptance []*rule

// rule is an accepted difference with its patterns compiled.
type rule struct {
	accepted
	patterns [4]*regexp.Regexp
	count    atomic.Int64
}

func newAcceptance() (a acceptance) {
	for _, d := range acceptedDifferences {
		r := &rule{accepted: d}
		for i, text := range []string{d.operations, cmp.Or(d.path, "failure"), d.local, d.ours} {
			r.patterns[i] = regexp.MustCompile(`^(?s:` + cmp.Or(text, `.*`) + `)$`)
		}
		a = append(a, r)
	}
	return a
}

func (r *rule) matches(s step, d difference) bool {
	for i, text := range []string{s.operation, d.path, d.localText(), d.oursText()} {
		if !r.patterns[i].MatchString(text) {
			return false
		}
	}
	return r.when == nil || r.when(s, d)
}

// accepts reports whether a difference is accepted.
func (a acceptance) accepts(s step, d difference) bool {
	i := slices.IndexFunc(a, func(r *rule) bool { return r.matches(s, d) })
	if i < 0 {
		return false
	}
	a[i].count.Add(1)
	return true
}

// byReason returns how often the differences of each reason occurred.
func (a acceptance) byReason() map[string]int64 {
	counts := map[string]int64{}
	for _, r := range a {
		counts[r.reason] += r.count.Load()
	}
	return counts
}

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
		ours: `ValidationException: .*( attempted to update a secondary index key to a value that is not supported\. | has exceeded the maximum size limit of).*`,
		when: mistaken},

	// SIZE is a reserved word; Local takes it for an attribute.
	{reason: "reserved size", ours: `ValidationException: .*; reserved keyword: (?i:size)`, when: mistaken},

	// Local does not limit partition keys in queries, nor the keys of a start.
	{reason: "long keys", operations: `Query|Scan`, local: nothing + `|ValidationException: .*`,
		ours: `ValidationException: .* has exceeded the (maximum )?size limit of ?\d+ bytes`, when: mistaken},
	{reason: "long keys", operations: `Query`,
		local: `ValidationException: .* has exceeded the size limit of 1024 bytes`,
		ours:  invalid + `Condition parameter type does not match schema type`},

	// There is nothing to start after where there is at most one item.
	{reason: "starts", operations: `Query`, local: nothing,
		ours: `ValidationException: The provided exclusive start key is invalid: .*`},

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
		ours: `ValidationException: .*(Only DELETE action is allowed when no attribute value is specified|The parameter cannot be converted to a numeric value.*|Supplied AttributeValue is empty, .*)`, when: mistaken},
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
		path: `ConsumedCapacity\[\d+\](\..*)?\.(Write)?CapacityUnits`, when: localIsUpTo(8)},

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

// mistaken reports whether the request has a mistake on purpose.
func mistaken(s step, _ difference) bool { return s.mistaken }

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

// isPartial reports whether the request may put an item with one key attribute of a global index and
// not the other, which a mistake can remove.
func isPartial(s step, _ difference) bool { return s.partial || s.mistaken }

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

// wording pairs the messages of DynamoDB Local with those of the service for the
// same errors. DynamoDB Local puts none of them behind "1 validation error detected".
var wording = []accepted{
	// Tables.
	{reason: "words", local: `ResourceNotFoundException: Cannot do operations on a non-existent table`, ours: `ResourceNotFoundException: Requested resource not found.*`},
	{reason: "words", local: `ResourceInUseException: Cannot create preexisting table`, ours: `ResourceInUseException: Table already exists: .*|` + invalid + `Some AttributeDefinitions are not used\. .*`},
	{reason: "words", local: `ValidationException: Invalid table/index name\. .*`, ours: `ResourceNotFoundException: Requested resource not found.*|ValidationException: The parameter 'TableName' is required but was not present in the request`},
	{reason: "words", local: `ValidationException: Cannot have two attributes with the same name`, ours: invalid + `Duplicate (AttributeName|value in attribute name|attribute name in NonKeyAttributes): .*|ValidationException: Can not use both expression and non-expression parameters .*`},
	{reason: "words", local: `ValidationException: .* not specified in Attribute Definitions\. *Type unknown\.`, ours: invalid + `Some index key attributes are not defined .*|ValidationException: Invalid KeySchema: Some index key attribute have no definition`},
	{reason: "words", local: `ValidationException: (Too many hash keys specified|No Hash Key specified in schema)\. .*`, ours: `ValidationException: Invalid KeySchema: .*`},
	{reason: "words", local: `ValidationException: (Two keys can not have the same name|Too many hash keys specified\. .*|Key Schema too big\. .*)`, ours: `ValidationException: (Both the Hash Key and the Range Key element in the KeySchema have the same name|The KeySchema contains multiple key attributes with the same name)`},
	{reason: "words", local: `ValidationException: (Two (local|global) secondary indices have the same name|Local Secondary Indices AND Global .* must have different names)`, ours: invalid + `Duplicate index name: .*`},
	{reason: "words", local: `ValidationException: The number of attributes in key schema must match .*`, ours: invalid + `(Some AttributeDefinitions are not used|Number of attributes in KeySchema does not exactly match|List of LocalSecondaryIndexes is empty).*`},
	{reason: "words", local: `ValidationException: Local Secondary indices must have the same hash key as the main table`, ours: invalid + `(Index KeySchema does not have the same leading hash key|Some index key attributes are not defined in) .*`},
	{reason: "words", local: `ValidationException: No provisioned throughput specified for the (table|global secondary index)`, ours: invalid + `(ProvisionedThroughput must be specified for index: |ReadCapacityUnits and WriteCapacityUnits must both be specified ).*`},
	{reason: "words", local: `ValidationException: [GL]SI list is empty/invalid`, ours: invalid + `List of (Global|Local)SecondaryIndexes is empty`},
	{reason: "words", local: `ValidationException: If Projection type INCLUDE is specified, .*`, ours: invalid + `ProjectionType is INCLUDE, but NonKeyAttributes is not specified`},
	{reason: "words", local: `ValidationException: No attributes should be specified to be projected unless .*`, ours: invalid + `ProjectionType is .*, but NonKeyAttributes is specified`},
	{reason: "words", local: `ValidationException: Indexes must have a projection specified`, ours: invalid + `Unknown ProjectionType: null`},

	// Attribute values.
	{reason: "words", local: `ValidationException: (.*: )?A value provided cannot be converted into a number.*`, ours: `ValidationException: ((.*: )?The parameter cannot be converted to a numeric value|Number (over|under)flow\. Attempting to store a number with magnitude ).*`},
	{reason: "words", local: `ValidationException: .*Number (over|under)flow\. .*`, ours: `ValidationException: Number (over|under)flow\. .*`},
	{reason: "words", local: `ValidationException: .*The parameter cannot be converted to a numeric value.*`, ours: `ValidationException: The parameter cannot be converted to a numeric value.*`},
	{reason: "words", local: `ValidationException: ExpressionAttributeValues can only be specified when using expressions: (ConditionExpression is|UpdateExpression and ConditionExpression are) null`, ours: `ValidationException: ExpressionAttributeValues can only be specified when using expressions`},
	{reason: "words", local: `ValidationException: (.*: )?DynamoDB only supports precision up to 38 digits.*`, ours: `ValidationException: (.*: )?Attempting to store more than 38 significant digits in a Number.*`},
	{reason: "words", local: `ValidationException: ExpressionAttributeValues contains invalid value: ` + badSet + ` for key .*`, ours: `ValidationException: ` + badSet},
	{reason: "words", local: `ValidationException: .*Input collection.* contains duplicates.*`, ours: `ValidationException: .*Input collection.* contains duplicates.*`},
	{reason: "words", local: `ValidationException: (.*: )?The supplied Item contains a null AttributeValue.*`, ours: `ValidationException: (.*: )?Supplied AttributeValue is empty, must contain .*`},

	// Keys.
	{reason: "words", local: `ValidationException: (The list of keys in RequestItems .*|` + badKey + `)`, ours: `ValidationException: The provided key element does not match the schema`},
	{reason: "words", local: `ValidationException: ` + badKey, ours: invalid + `(Type mismatch for (k|Index K)ey|Missing the key) .*`},
	{reason: "words", local: `(Validation|TransactionCanceled)Exception: ` + badKey, ours: `TransactionCanceledException: .*ValidationError.*`},
	{reason: "words", local: `ValidationException: Hash primary key values must be under 2048 bytes, .*`, ours: invalid + `(Size of hashkey|Aggregated size of all range keys) has exceeded .*`},
	{reason: "words", local: `ValidationException: .* IndexName: .*`, ours: `ValidationException: .*(IndexName: .*| cannot contain an empty (string|binary) value\. Key: .*)`},
	{reason: "words", local: invalid + `Size limit exceeded`, ours: invalid + `(Size of hashkey|Aggregated size of all range keys) has exceeded .*`},

	// Expressions. Of two overlapping paths, DynamoDB Local names the wrong second one; of several
	// undefined names, it names any; and some types in its lists are its own.
	{reason: "words", local: `ValidationException: .*: Two document paths (overlap|conflict) .*`, ours: `ValidationException: .*: Two document paths (overlap|conflict) .*`},
	{reason: "words", local: `ValidationException: .*; operator or function: attribute_type, operand type: .*`, ours: `ValidationException: .*; operator or function: attribute_type, operand type: .*`},
	{reason: "words", local: `ValidationException: .*: An expression attribute (name|value) used in .* is not defined; .*`, ours: `ValidationException: .*: An expression attribute (name|value) used in .* is not defined; .*`},

	// Operations.
	{reason: "words", operations: `UpdateItem`, local: `ValidationException: .* is not supported for the type [A-Z_]+`, ours: `ValidationException: .* is not supported for the type [A-Z]+`},
	{reason: "words", operations: `Transact.*`, path: `CancellationReasons\[\d+\]\.Message`, local: `"(The conditional request failed\.|` + badKey + `)"`,
		ours: `"(The conditional request failed|The provided key element does not match the schema|One or more parameter values were invalid: (Type mismatch|Missing the key) .*)"`},
	{reason: "words", local: invalid + `Invalid number of argument\(s\) for the .* ComparisonOperator`, ours: invalid + `Value or AttributeValueList must be used with ComparisonOperator: .*`},
	{reason: "words", local: `ValidationException: ConditionalOperator cannot be used without Filter or Expected`, ours: `ValidationException: ConditionalOperator can only be used when Filter or Expected has two or more elements`},
	{reason: "words", local: `ValidationException: Return values set to invalid value`, ours: `ValidationException: ReturnValues can only be ALL_OLD or NONE`},
	{reason: "words", local: `ValidationException: Consistent read cannot be true when (querying|scanning) a GSI`, ours: `ValidationException: Consistent reads are not supported on global secondary indexes`},
	{reason: "words", local: `ValidationException: Query condition missed key schema element`, ours: `ValidationException: Query condition missed key schema element: .*`},
	{reason: "words", local: `ValidationException: (Exclusive Start Key must have same size as table's key schema|Supplied AttributeValue is empty, .*)`, ours: `ValidationException: The provided starting key is invalid(: Supplied AttributeValue is empty, .*)?`},
	{reason: "words", operations: `Query|Scan`, local: `ValidationException: ` + badKey, ours: `ValidationException: The provided starting key is invalid(: The provided key element does not match the schema)?`},
	{reason: "words", local: `ValidationException: The provided starting key does not match the range key predicate`, ours: `ValidationException: The (provided starting key is outside query boundaries|query can return at most one row) .*`},
	{reason: "words", local: `ValidationException: Exclusive start key must lie within the segment`, ours: `ValidationException: The provided starting key is invalid: Invalid ExclusiveStartKey\. .*`},
	{reason: "words", local: `ValidationException: 1 validation error detected: Value '.*' at 'segment' failed to satisfy constraint: .*`, ours: `ValidationException: The Segment parameter is zero-based .*`},
	{reason: "words", local: `ValidationException: If (total )?segments? is specified, .*`, ours: `ValidationException: The (Total)?Segments? parameter is required .*`},
	{reason: "words", local: `ValidationException: (Batch(Get|Write)Item (must have some|cannot have a null or no) requests set|The (batch write request list|list of keys) .*)`, ours: `ValidationException: The requestItems parameter is required for Batch(Get|Write)Item`},
	{reason: "words", local: `ValidationException: Value null at 'transactItems' failed to satisfy constraint: Member must not be null`, ours: `ValidationException: Invalid Request: Transact(Get|Write)Request should contain .*`},
	{reason: "words", local: `IdempotentParameterMismatchException: `, ours: `IdempotentParameterMismatchException: Request uses the same client token .*`},
}

const (
	invalid = `ValidationException: One or more parameter values were invalid: `
	badSet  = `(Nesting Levels have exceeded .*|One or more parameter values were invalid: (An (string|number) set .*|Binary sets should not be empty|Null attribute value types must .*))`
	badKey  = `(Invalid attribute value type|The number of conditions on the keys is invalid|One of the required keys was not given a value|` +
		`Type mismatch for attribute to update|One or more parameter values were invalid: Type mismatch for (k|Index K)ey)`
)
