package differential

import (
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// accepted is a difference between DynamoDB Local and the embedded engine that
// is right as it is. Patterns that are nil match everything.
type accepted struct {
	reason     string
	operations *regexp.Regexp
	path       *regexp.Regexp
	// local and ours match the refusals, or the JSON of what differs. An empty
	// text is a success, or nothing at all.
	local, ours *regexp.Regexp
	when        func(s step, d difference) bool
}

func (a *accepted) matches(s step, d difference) bool {
	matches := func(pattern *regexp.Regexp, text string) bool { return pattern == nil || pattern.MatchString(text) }
	return matches(a.operations, s.operation) &&
		matches(a.path, d.path) &&
		matches(a.local, d.localFailure+shown(d.local)) &&
		matches(a.ours, d.oursFailure+shown(d.ours)) &&
		(a.when == nil || a.when(s, d))
}

// shown is the JSON of a part of an answer, empty for nothing.
func shown(value any) string {
	if value == nil {
		return ""
	}
	return string(encode(value))
}

// refusals is a pair of refusals, given as patterns from the exception's name on.
func refusals(reason, local, ours string) accepted {
	return accepted{
		reason: reason,
		path:   regexp.MustCompile(`^failure$`),
		local:  regexp.MustCompile(`^(?s:400 ` + local + `)$`),
		ours:   regexp.MustCompile(`^(?s:400 ` + ours + `)$`),
	}
}

// worded is a pair of messages of a ValidationException that mean the same.
func worded(local, ours string) accepted {
	return refusals("DynamoDB Local has words of its own for some refusals", "ValidationException: "+local, "ValidationException: "+ours)
}

var acceptedDifferences = []accepted{
	refusals("", `ResourceNotFoundException: Cannot do operations on a non-existent table`, `ResourceNotFoundException: Requested resource not found.*`),
	refusals("", `ResourceInUseException: Cannot create preexisting table`, `ResourceInUseException: Table already exists: .*`),
	worded(`(ExpressionAttributeValues contains invalid value: )?A value provided cannot be converted into a number( for key .*)?`,
		`(ExpressionAttributeValues contains invalid value: )?The parameter cannot be converted to a numeric value.*`),
	worded(`(ExpressionAttributeValues contains invalid value: )?DynamoDB only supports precision up to 38 digits( for key .*)?`,
		`(ExpressionAttributeValues contains invalid value: )?Attempting to store more than 38 significant digits in a Number.*`),
	refusals("", `IdempotentParameterMismatchException: `, `IdempotentParameterMismatchException: Request uses the same client token .*`),
	refusals("", `TransactionCanceledException: (One or more parameter values were invalid: Type mismatch for key|The number of conditions on the keys is invalid)`,
		`TransactionCanceledException: Transaction cancelled, .*ValidationError.*`),
	worded(`Cannot have two attributes with the same name`, `One or more parameter values were invalid: Duplicate (AttributeName|value in attribute name): .*`),
	worded(`.* not specified in Attribute Definitions\. *Type unknown\.`, `One or more parameter values were invalid: Some index key attributes are not defined .*`),
	worded(`Too many hash keys specified\. .*`, `Invalid KeySchema: .*`),
	worded(`Two (local|global) secondary indices have the same name`, `One or more parameter values were invalid: Duplicate index name: .*`),
	worded(`The number of attributes in key schema must match .*`, `One or more parameter values were invalid: Some AttributeDefinitions are not used\. .*`),
	worded(`BatchWriteItem cannot have a null or no requests set`, `The requestItems parameter is required for BatchWriteItem`),
	worded(`One of the required keys was not given a value`, `One or more parameter values were invalid: Missing the key .* in the item`),
	worded(`If segment is specified, total segment must also be specified`, `The TotalSegments parameter is required .*`),
	{
		reason: "names",
		path:   regexp.MustCompile(`^failure$`),
		when:   func(_ step, d difference) bool { return sameWords(d.localFailure, d.oursFailure) },
	},
	{
		reason: "null names",
		path:   regexp.MustCompile(`^failure$`),
		local:  regexp.MustCompile(`because "val" is null for key `),
		when:   func(s step, _ difference) bool { return s.mistaken },
	},
	worded(`Return values set to invalid value`, `ReturnValues can only be ALL_OLD or NONE`),
	worded(`The number of conditions on the keys is invalid`, `The provided key element does not match the schema`),
	worded(`One of the required keys was not given a value`, `The provided key element does not match the schema`),
	worded(`(One or more parameter values were invalid: Type mismatch for key|Invalid attribute value type)`, `The provided key element does not match the schema`),
	worded(`(One or more parameter values were invalid: Type mismatch for (k|Index K)ey|Invalid attribute value type)`, `One or more parameter values were invalid: Type mismatch for (k|Index K)ey .*`),
	worded(`Consistent read cannot be true when (querying|scanning) a GSI`, `Consistent reads are not supported on global secondary indexes`),
	worded(`.*Input collection.* contains duplicates\.?`, `.*Input collection.* contains duplicates\.?`),
	worded(`Exclusive Start Key must have same size as table's key schema`, `The provided starting key is invalid`),
	worded(`Type mismatch for attribute to update`, `The provided key element does not match the schema`),
	worded(`Query condition missed key schema element`, `Query condition missed key schema element: .*`),
	worded(`.*: Two document paths (overlap|conflict) .*`, `.*: Two document paths (overlap|conflict) .*`),
	worded(`.*: The BETWEEN operator requires upper bound .*`, `.*: The BETWEEN operator requires upper bound .*`),
	worded(`.*: The BETWEEN operator requires same data type .*`, `.*: The BETWEEN operator requires same data type .*`),
	worded(`(Two keys can not have the same name|Too many hash keys specified\. .*)`, `Both the Hash Key and the Range Key element in the KeySchema have the same name`),
	refusals("", `ValidationException: Invalid table/index name\. .*`, `ResourceNotFoundException: Requested resource not found.*`),
	worded(`The provided starting key does not match the range key predicate`,
		`(The provided starting key is outside query boundaries based on provided conditions|The query can return at most one row and cannot be restarted)`),
	worded(`If total segments is specified, a particular segment must also be specified for this request`, `The Segment parameter is required .*`),
	refusals("", `ValidationException: (Invalid attribute value type|One of the required keys was not given a value)`, `TransactionCanceledException: .*ValidationError.*`),
	worded(`Value null at 'transactItems' failed to satisfy constraint: Member must not be null`, `Invalid Request: Transact(Get|Write)Request should contain .*`),
	worded(`.*: An expression attribute name used in the document path is not defined; .*`, `.*: An expression attribute name used in the document path is not defined; .*`),
	worded(`GSI list is empty/invalid`, `One or more parameter values were invalid: List of GlobalSecondaryIndexes is empty`),
	worded(`No Hash Key specified in schema\. .*`, `Invalid KeySchema: The first KeySchemaElement is not a HASH key type`),
	worded(`The number of attributes in key schema must match .*`, `One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match .*`),
	worded(`(.*: )?The supplied Item contains a null AttributeValue.*`, `(.*: )?Supplied AttributeValue is empty, must contain .*`),
	{
		reason:     "transactional writes",
		operations: regexp.MustCompile(`^TransactWriteItems$`),
		path:       regexp.MustCompile(`^ConsumedCapacity\[.*Units$`),
		when: func(_ step, d difference) bool {
			l, _ := d.local.(float64)
			o, _ := d.ours.(float64)
			return o < l && l <= 2*o
		},
	},
	{
		reason:     "batch deletes of nothing",
		operations: regexp.MustCompile(`^BatchWriteItem$`),
		path:       regexp.MustCompile(`^ConsumedCapacity\[.*CapacityUnits$`),
		when: func(_ step, d difference) bool {
			l, _ := d.local.(float64)
			o, _ := d.ours.(float64)
			return o < l && l <= 2*o
		},
	},
	{
		reason: "size",
		path:   regexp.MustCompile(`^failure$`),
		local:  regexp.MustCompile(`^$`),
		ours:   regexp.MustCompile(`Attribute name is a reserved keyword; reserved keyword: (?i)size$`),
	},
	{
		reason:     "create crash",
		operations: regexp.MustCompile(`^CreateTable$`),
		path:       regexp.MustCompile(`^failure$`),
		local:      regexp.MustCompile(`^500 InternalFailure`),
	},
	{
		reason: "N keys",
		path:   regexp.MustCompile(`^failure$`),
		local:  regexp.MustCompile(`^$`),
		ours:   regexp.MustCompile(`Provided list of item keys contains duplicates`),
		when:   func(s step, _ difference) bool { return s.mistaken },
	},
	{
		reason:     "transactions and scalars",
		operations: regexp.MustCompile(`^Transact`),
		path:       regexp.MustCompile(`^failure$`),
		local:      regexp.MustCompile(`^$|^400 TransactionCanceledException: `),
		ours:       regexp.MustCompile(`Key attributes must be scalars; .*: IndexKey: `),
	},
	{
		reason: "DynamoDB Local gives numbers inside of documents and messages as they were written",
		when: func(_ step, d difference) bool {
			l, _ := d.local.(string)
			o, _ := d.ours.(string)
			ln, err := attribute.ParseNumber(l)
			return (strings.HasSuffix(d.path, ".N") || strings.Contains(d.path, ".NS[")) && err == nil && ln.String() == o
		},
	},
	{
		reason:     "DynamoDB Local has no item collection metrics",
		operations: regexp.MustCompile(`Write|Put|Delete`),
		path:       regexp.MustCompile(`^ItemCollectionMetrics$`),
		local:      regexp.MustCompile(`^$`),
	},
	{
		reason: "A read that finds nothing costs half a unit or one; DynamoDB Local does not charge it",
		path:   regexp.MustCompile(`^ConsumedCapacity.*Units$`),
		local:  regexp.MustCompile(`^0$`),
		ours:   regexp.MustCompile(`^(0.5|1)$`),
	},
	{
		reason:     "DynamoDB Local tells the capacity of a delete that finds nothing even if it is not asked",
		operations: regexp.MustCompile(`^DeleteItem$`),
		path:       regexp.MustCompile(`^ConsumedCapacity$`),
		ours:       regexp.MustCompile(`^$`),
	},
	{
		reason: "DynamoDB Local counts whole items in the sizes of its indexes",
		path:   regexp.MustCompile(`SecondaryIndexes\[\d+\].IndexSizeBytes$`),
	},
	{
		reason: "The indexes of a table come and go with it; DynamoDB Local calls them ACTIVE at all times",
		path:   regexp.MustCompile(`GlobalSecondaryIndexes\[\d+\].IndexStatus$`),
		local:  regexp.MustCompile(`^"ACTIVE"$`),
		ours:   regexp.MustCompile(`^"(CREATING|DELETING)"$`),
	},
	{
		reason: "DynamoDB Local counts whole items in the sizes of its indexes",
		path:   regexp.MustCompile(`TableStatus$`),
		local:  regexp.MustCompile(`^"ACTIVE"$`),
		ours:   regexp.MustCompile(`^"(CREATING|DELETING)"$`),
	},
	{
		reason: "DynamoDB Local ends the message of a cancellation reason with a full stop",
		path:   regexp.MustCompile(`^CancellationReasons\[\d+\].Message$`),
		local:  regexp.MustCompile(`^"The conditional request failed\."$`),
		ours:   regexp.MustCompile(`^"The conditional request failed"$`),
	},
	{
		reason: "words in reasons",
		path:   regexp.MustCompile(`^CancellationReasons\[\d+\].Message$`),
		local:  regexp.MustCompile(`^"(One or more parameter values were invalid: Type mismatch for (k|Index K)ey|The number of conditions on the keys is invalid)"$`),
		ours:   regexp.MustCompile(`^"(The provided key element does not match the schema|One or more parameter values were invalid: (Type mismatch|Missing the) .*)"$`),
	},
	{
		reason: "shape",
		path:   regexp.MustCompile(`^failure$`),
		ours:   regexp.MustCompile(`^400 (SerializationException: |ValidationException: \d+ validation errors? detected: )`),
		when:   func(s step, _ difference) bool { return s.mistaken },
	},
	{
		reason: "crash",
		path:   regexp.MustCompile(`^failure$`),
		local:  regexp.MustCompile(`^500 InternalFailure`),
		when:   func(s step, _ difference) bool { return s.mistaken },
	},
}

// sameWords tells whether two texts have the same words in any order.
func sameWords(a, b string) bool {
	words := func(text string) []string {
		return slices.Sorted(slices.Values(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,[]{}", r) })))
	}
	return slices.Equal(words(a), words(b))
}

// acceptance applies the accepted differences, and counts how often each occurred.
type acceptance struct {
	counts []atomic.Int64
}

func newAcceptance() *acceptance {
	return &acceptance{counts: make([]atomic.Int64, len(acceptedDifferences))}
}

// reject gives the differences that are not accepted.
func (a *acceptance) reject(s step, differences []difference) []difference {
	var rejected []difference
	for _, d := range differences {
		if !a.accepts(s, d) {
			rejected = append(rejected, d)
		}
	}
	return rejected
}

func (a *acceptance) accepts(s step, d difference) bool {
	for i := range acceptedDifferences {
		if acceptedDifferences[i].matches(s, d) {
			a.counts[i].Add(1)
			return true
		}
	}
	return false
}
