package differential

import (
	"regexp"
	"slices"
	"strings"
)

// acceptedDifferences are those other than words; the package comment explains
// the reasons.
var acceptedDifferences = []accepted{
	{
		reason: "shape",
		path:   pattern(`failure`),
		local:  pattern(`[45]00 .*`),
		ours:   pattern(`400 (SerializationException: .*|ValidationException: \d+ validation errors? detected: .*)`),
		when:   mistaken,
	},
	{
		reason: "leniency",
		path:   pattern(`failure`),
		local:  pattern(``),
		ours: pattern(`400 (SerializationException: .*|ValidationException: 1 validation error detected: ` +
			`.* failed to satisfy constraint: Member must satisfy enum value set.*|ValidationException: 1 validation error detected: .* at '(clientRequestToken|attributesToGet)' .*)`),
		when: mistaken,
	},
	{
		reason: "crashes",
		path:   pattern(`failure`),
		local:  pattern(`500 InternalFailure: .*|400 ValidationException: ExpressionAttributeNames contains invalid value: .*null for key .*`),
		when:   func(s step, d difference) bool { return s.mistaken || s.operation == "CreateTable" },
	},
	{
		reason: "names",
		path:   pattern(`failure`),
		when:   func(_ step, d difference) bool { return sameWords(d.localText(), d.oursText()) },
	},
	{
		reason: "two mistakes",
		path:   pattern(`failure`),
		local:  pattern(`400 ` + accidental),
		ours:   pattern(`400 (Validation|ResourceNotFound)Exception: .*`),
	},
	{
		reason: "two mistakes",
		path:   pattern(`failure`),
		local:  pattern(`400 (Validation|ResourceNotFound)Exception: .*`),
		ours:   pattern(`400 ` + accidental),
	},
	{
		reason:     "two mistakes",
		operations: pattern(`Query`),
		path:       pattern(`failure`),
		local:      pattern(`400 ValidationException: Value provided in ExpressionAttribute(Names|Values) unused .*`),
		ours:       pattern(`400 ValidationException: Either the KeyConditions or KeyConditionExpression parameter must be specified .*`),
	},
	{
		reason:     "two mistakes",
		operations: pattern(`TransactWriteItems`),
		path:       pattern(`failure`),
		local:      pattern(`400 IdempotentParameterMismatchException: `),
		ours:       pattern(`400 (Validation|TransactionCanceled)Exception: .*`),
		when:       mistaken,
	},
	{
		reason:     "two mistakes",
		operations: pattern(`TransactWriteItems`),
		path:       pattern(`failure`),
		local:      pattern(`400 ValidationException: Invalid \w+Expression: .*`),
		ours:       pattern(`400 ValidationException: Value provided in ExpressionAttribute(Names|Values) unused .*`),
		when:       mistaken,
	},
	{
		reason:     "words",
		operations: pattern(`UpdateItem`),
		path:       pattern(`failure`),
		local:      pattern(`400 ValidationException: .* is not supported for the type [A-Z_]+`),
		ours:       pattern(`400 ValidationException: .* is not supported for the type [A-Z]+`),
	},
	{
		reason:     "two mistakes",
		operations: pattern(`Query|Scan`),
		path:       pattern(`failure`),
		local:      pattern(`400 (Validation|ResourceNotFound)Exception: .*`),
		ours:       pattern(`400 ValidationException: (Must specify the AttributesToGet .*|Cannot specify the .*|ALL_PROJECTED_ATTRIBUTES can be used only .*)`),
	},
	{
		reason:     "two mistakes",
		operations: pattern(`UpdateItem`),
		path:       pattern(`failure`),
		local:      pattern(`400 ` + failedUpdate),
		ours:       pattern(`400 ` + failedUpdate),
	},
	{
		reason:     "transactions",
		operations: pattern(`TransactWriteItems`),
		path:       pattern(`failure`),
		local:      pattern(`400 ` + failedUpdate),
		ours:       pattern(`400 (TransactionCanceled|Validation)Exception: .*`),
	},
	{
		reason:     "transactions",
		operations: pattern(`TransactWriteItems`),
		path:       pattern(`failure`),
		local:      pattern(`400 TransactionCanceledException: .*ConditionalCheckFailed.*`),
		ours:       pattern(`400 TransactionCanceledException: .*ValidationError.*`),
	},
	{
		reason:     "late updates",
		operations: pattern(`UpdateItem`),
		path:       pattern(`failure`),
		local:      pattern(`400 ConditionalCheckFailedException: .*`),
		ours:       pattern(`400 ValidationException: .*`),
		when:       mistaken,
	},
	{
		reason:     "late updates",
		operations: pattern(`UpdateItem|TransactWriteItems`),
		path:       pattern(`failure`),
		local:      pattern(`|400 (ConditionalCheckFailed|TransactionCanceled|Validation)Exception: .*`),
		ours:       pattern(`400 ValidationException: .*(Type mismatch for Index Key|Cannot update attribute) .*`),
		when:       mistaken,
	},
	{
		reason: "reserved size",
		path:   pattern(`failure`),
		ours:   pattern(`400 ValidationException: .*; reserved keyword: (?i:size)`),
		when:   mistaken,
	},
	{
		reason:     "leniency",
		operations: pattern(`CreateTable`),
		path:       pattern(`failure`),
		local:      pattern(``),
		ours:       pattern(`400 ` + invalid + `(Some AttributeDefinitions are not used|List of LocalSecondaryIndexes is empty).*`),
	},
	{
		reason:     "long keys",
		operations: pattern(`Query|Scan`),
		path:       pattern(`failure`),
		local:      pattern(`|400 ValidationException: .*`),
		ours:       pattern(`400 ValidationException: .* has exceeded the (maximum )?size limit of ?\d+ bytes`),
		when:       mistaken,
	},
	{
		reason:     "long keys",
		operations: pattern(`Query`),
		path:       pattern(`failure`),
		local:      pattern(`400 ValidationException: .* has exceeded the size limit of 1024 bytes`),
		ours:       pattern(`400 ` + invalid + `Condition parameter type does not match schema type`),
	},
	{
		reason:     "equal numbers",
		operations: pattern(`BatchGetItem`),
		path:       pattern(`failure`),
		local:      pattern(``),
		ours:       pattern(`400 ValidationException: Provided list of item keys contains duplicates`),
		when:       mistaken,
	},
	{
		reason:     "transactions",
		operations: pattern(`Transact.*`),
		path:       pattern(`failure`),
		local:      pattern(`|400 TransactionCanceledException: .*`),
		ours:       pattern(`400 ValidationException: (Key attributes must be scalars; .*|Transaction request cannot include multiple operations on one item|.* size limit of ?\d+ bytes)`),
	},
	{
		reason:     "transactions",
		operations: pattern(`TransactGetItems`),
		path:       pattern(`failure`),
		local:      pattern(`400 ValidationException: (.* cannot contain an empty (string|binary) value\. .*|Hash primary key values must be under .*)`),
		ours:       pattern(`400 TransactionCanceledException: .*ValidationError.*`),
	},
	{
		reason:     "words",
		operations: pattern(`Transact.*`),
		path:       pattern(`CancellationReasons\[\d+\]\.Message`),
		local:      pattern(`"(The conditional request failed\.|` + badKey + `)"`),
		ours:       pattern(`"(The conditional request failed|The provided key element does not match the schema|One or more parameter values were invalid: (Type mismatch|Missing the key) .*)"`),
	},
	{
		reason:     "empty projections",
		operations: pattern(`TransactGetItems`),
		path:       pattern(`Responses\[\d+\]\.Item`),
		local:      pattern(`\{\}`),
		ours:       pattern(``),
	},
	{
		reason: "zeros",
		path:   pattern(`failure`),
		local:  pattern(``),
		ours:   pattern(`400 ValidationException: Number (over|under)flow\. Attempting to store a number with magnitude .*`),
	},
	{
		reason:     "sizes with indexes",
		operations: pattern(`.*(Write|Put).*`),
		path:       pattern(`failure`),
		local:      pattern(`|400 TransactionCanceledException: .*`),
		ours:       pattern(`400 ValidationException: Item size has exceeded the maximum allowed size`),
		when:       func(s step, _ difference) bool { return s.big },
	},
	{
		reason: "numbers",
		path:   pattern(`.*\.(N|NS\[\d+\])`),
		when:   func(_ step, d difference) bool { return canonicalNumber(d.local) == d.ours },
	},
	{
		reason:     "ends of pages",
		operations: pattern(`Query`),
		path:       pattern(`LastEvaluatedKey`),
		local:      pattern(``),
		when:       hasInclusiveBound,
	},
	{
		reason:     "ends of pages",
		operations: pattern(`Query`),
		path:       pattern(`LastEvaluatedKey`),
		local:      pattern(``),
		when:       func(s step, _ difference) bool { return s.big && !has(s, "Limit") },
	},
	{
		reason:     "ends of pages",
		operations: pattern(`Query`),
		path:       pattern(`failure`),
		local:      pattern(`400 ValidationException: The provided starting key does not match the range key predicate`),
		ours:       pattern(``),
		when:       hasInclusiveBound,
	},
	{
		reason:     "filtered scans",
		operations: pattern(`Scan`),
		path:       pattern(`(Scanned)?Count|Items.*|Order.*`),
		when:       func(s step, d difference) bool { return s.mistaken && has(s, "IndexName") && isFiltered(s) },
	},
	{
		reason:     "states",
		operations: pattern(`CreateTable|DeleteTable`),
		path:       pattern(`.*(Table|Index)Status`),
		local:      pattern(`"ACTIVE"`),
		ours:       pattern(`"(CREATING|DELETING)"`),
	},
	{
		reason:     "index sizes",
		operations: pattern(`DescribeTable|DeleteTable`),
		path:       pattern(`.*SecondaryIndexes\[\d+\]\.IndexSizeBytes`),
	},
	{
		reason:     "collection metrics",
		operations: pattern(`.*(Write|Put|Update|Delete).*`),
		path:       pattern(`ItemCollectionMetrics`),
		local:      pattern(``),
	},
	{
		reason:     "capacity of nothing",
		operations: pattern(`Query|Scan`),
		path:       pattern(`ConsumedCapacity.*Units`),
		local:      pattern(`0`),
		ours:       pattern(`0\.5|1`),
	},
	{
		reason:     "capacity of nothing",
		operations: pattern(`BatchGetItem`),
		path:       pattern(`ConsumedCapacity\[\d+\](\.Table)?\.CapacityUnits`),
		when:       func(_ step, d difference) bool { return d.excess() < 0 },
	},
	{
		reason:     "capacity of deletes",
		operations: pattern(`DeleteItem`),
		path:       pattern(`ConsumedCapacity`),
		ours:       pattern(``),
		when:       func(s step, _ difference) bool { return detail(s) == "NONE" },
	},
	{
		reason:     "capacity of deletes",
		operations: pattern(`BatchWriteItem`),
		path:       pattern(`ConsumedCapacity\[\d+\](\.Table)?\.CapacityUnits`),
		when:       func(_ step, d difference) bool { return d.excess() > 0 },
	},
	{
		reason:     "capacity of transactions",
		operations: pattern(`Transact.*`),
		path:       pattern(`ConsumedCapacity\[\d+\]\..*`),
	},
	{
		reason:     "capacity of indexes",
		operations: pattern(`Scan`),
		path:       pattern(`ConsumedCapacity(\.Table|\..*SecondaryIndexes\..*)?\.CapacityUnits`),
		when:       func(s step, d difference) bool { return has(s, "IndexName") },
	},
	{
		// The capacity of a whole is known if it is a single page.
		reason:     "ends of pages",
		operations: pattern(`Scan|Query`),
		path:       pattern(`ConsumedCapacity`),
		when:       func(s step, d difference) bool { return isWhole(s) && (d.local == nil || d.ours == nil) },
	},
	{
		reason:     "capacity of indexes",
		operations: pattern(`Query`),
		path:       pattern(`ConsumedCapacity(\.Table)?\.CapacityUnits`),
		when: func(s step, d difference) bool {
			return has(s, "IndexName") && (has(s, "ProjectionExpression") || has(s, "AttributesToGet")) && d.excess() > 0
		},
	},
	{
		reason:     "capacity of indexes",
		operations: pattern(`PutItem|BatchWriteItem`),
		path:       pattern(`ConsumedCapacity(\[\d+\])?\.GlobalSecondaryIndexes(\.[^.]*)?`),
		ours:       pattern(``),
	},
	{
		reason:     "capacity of indexes",
		operations: pattern(`PutItem|UpdateItem|DeleteItem|BatchWriteItem`),
		path:       pattern(`ConsumedCapacity(\[\d+\])?(\.(Local|Global)SecondaryIndexes\..*)?\.CapacityUnits`),
		when:       func(_ step, d difference) bool { return d.excess() > 0 },
	},
}

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

// has reports whether the request has all of the members.
func has(s step, members ...string) bool {
	for _, member := range members {
		if s.body[member] == nil {
			return false
		}
	}
	return true
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
