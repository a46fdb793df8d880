package differential

// wording pairs the messages of DynamoDB Local with those of the service for the
// same errors, as patterns that begin with the exception.
var wording = []struct{ local, ours string }{
	// Tables.
	{`ResourceNotFoundException: Cannot do operations on a non-existent table`, `ResourceNotFoundException: Requested resource not found.*`},
	{`ResourceInUseException: Cannot create preexisting table`, `ResourceInUseException: Table already exists: .*`},
	{`ValidationException: Invalid table/index name\. .*`, `ResourceNotFoundException: Requested resource not found.*`},
	{`ValidationException: Cannot have two attributes with the same name`, invalid + `Duplicate (AttributeName|value in attribute name|attribute name in NonKeyAttributes): .*`},
	{`ValidationException: Cannot have two attributes with the same name`, `ValidationException: Can not use both expression and non-expression parameters .*`},
	{`ValidationException: .* not specified in Attribute Definitions\. *Type unknown\.`, invalid + `Some index key attributes are not defined .*`},
	{`ValidationException: .* not specified in Attribute Definitions\. *Type unknown\.`, `ValidationException: Invalid KeySchema: Some index key attribute have no definition`},
	{`ValidationException: (Too many hash keys specified|No Hash Key specified in schema)\. .*`, `ValidationException: Invalid KeySchema: .*`},
	{`ValidationException: (Two keys can not have the same name|Too many hash keys specified\. .*)`, `ValidationException: Both the Hash Key and the Range Key element in the KeySchema have the same name`},
	{`ValidationException: (Two (local|global) secondary indices have the same name|Local Secondary Indices AND Global .* must have different names)`, invalid + `Duplicate index name: .*`},
	{`ValidationException: The number of attributes in key schema must match .*`, invalid + `(Some AttributeDefinitions are not used|Number of attributes in KeySchema does not exactly match|List of LocalSecondaryIndexes is empty).*`},
	{`ValidationException: Local Secondary indices must have the same hash key as the main table`, invalid + `(Index KeySchema does not have the same leading hash key|Some index key attributes are not defined in) .*`},
	{`ValidationException: No provisioned throughput specified for the global secondary index`, invalid + `ProvisionedThroughput must be specified for index: .*`},
	{`ResourceInUseException: Cannot create preexisting table`, invalid + `Some AttributeDefinitions are not used\. .*`},
	{`ValidationException: [GL]SI list is empty/invalid`, invalid + `List of (Global|Local)SecondaryIndexes is empty`},
	{`ValidationException: If Projection type INCLUDE is specified, .*`, invalid + `ProjectionType is INCLUDE, but NonKeyAttributes is not specified`},
	{`ValidationException: No attributes should be specified to be projected unless .*`, invalid + `ProjectionType is .*, but NonKeyAttributes is specified`},
	{`ValidationException: No provisioned throughput specified for the (table|global secondary index)`, invalid + `ReadCapacityUnits and WriteCapacityUnits must both be specified .*`},
	{`ValidationException: Indexes must have a projection specified`, invalid + `Unknown ProjectionType: null`},

	// Attribute values.
	{`ValidationException: (.*: )?A value provided cannot be converted into a number.*`, `ValidationException: (.*: )?The parameter cannot be converted to a numeric value.*`},
	{`ValidationException: (.*: )?A value provided cannot be converted into a number.*`, `ValidationException: Number (over|under)flow\. Attempting to store a number with magnitude .*`},
	{`ValidationException: .*Number (over|under)flow\. .*`, `ValidationException: Number (over|under)flow\. .*`},
	{`ValidationException: .*The parameter cannot be converted to a numeric value.*`, `ValidationException: The parameter cannot be converted to a numeric value.*`},
	{`ValidationException: ExpressionAttributeValues can only be specified when using expressions: (ConditionExpression is|UpdateExpression and ConditionExpression are) null`, `ValidationException: ExpressionAttributeValues can only be specified when using expressions`},
	{`ValidationException: (.*: )?DynamoDB only supports precision up to 38 digits.*`, `ValidationException: (.*: )?Attempting to store more than 38 significant digits in a Number.*`},
	{`ValidationException: .*Input collection.* contains duplicates.*`, `ValidationException: .*Input collection.* contains duplicates.*`},
	{`ValidationException: (.*: )?The supplied Item contains a null AttributeValue.*`, `ValidationException: (.*: )?Supplied AttributeValue is empty, must contain .*`},

	// Keys.
	{`ValidationException: (The list of keys in RequestItems .*|` + badKey + `)`, `ValidationException: The provided key element does not match the schema`},
	{`ValidationException: ` + badKey, invalid + `(Type mismatch for (k|Index K)ey|Missing the key) .*`},
	{`(Validation|TransactionCanceled)Exception: ` + badKey, `TransactionCanceledException: .*ValidationError.*`},
	{`ValidationException: Hash primary key values must be under 2048 bytes, .*`, invalid + `(Size of hashkey|Aggregated size of all range keys) has exceeded .*`},
	{`ValidationException: .* IndexName: .*`, `ValidationException: .*(IndexName: .*| cannot contain an empty (string|binary) value\. Key: .*)`},
	{invalid + `Size limit exceeded`, invalid + `(Size of hashkey|Aggregated size of all range keys) has exceeded .*`},

	// Expressions. Of two overlapping paths, DynamoDB Local names the wrong second one; of several
	// undefined names, it names any; and some types in its lists are its own.
	{`ValidationException: .*: Two document paths (overlap|conflict) .*`, `ValidationException: .*: Two document paths (overlap|conflict) .*`},
	{`ValidationException: .*; operator or function: attribute_type, operand type: .*`, `ValidationException: .*; operator or function: attribute_type, operand type: .*`},
	{`ValidationException: .*: An expression attribute value used in expression is not defined; .*`, `ValidationException: .*: An expression attribute value used in expression is not defined; .*`},
	{`ValidationException: .*: An expression attribute name used in the document path is not defined; .*`, `ValidationException: .*: An expression attribute name used in the document path is not defined; .*`},

	// Operations.
	{invalid + `Invalid number of argument\(s\) for the .* ComparisonOperator`, invalid + `Value or AttributeValueList must be used with ComparisonOperator: .*`},
	{`ValidationException: ConditionalOperator cannot be used without Filter or Expected`, `ValidationException: ConditionalOperator can only be used when Filter or Expected has two or more elements`},
	{`ValidationException: Too many hash keys specified\. .*`, `ValidationException: Index .* has several attributes in its partition key or sort key, .*`},
	{`ValidationException: Return values set to invalid value`, `ValidationException: ReturnValues can only be ALL_OLD or NONE`},
	{`ValidationException: Consistent read cannot be true when (querying|scanning) a GSI`, `ValidationException: Consistent reads are not supported on global secondary indexes`},
	{`ValidationException: Query condition missed key schema element`, `ValidationException: Query condition missed key schema element: .*`},
	{`ValidationException: Exclusive Start Key must have same size as table's key schema`, `ValidationException: The provided starting key is invalid`},
	{`ValidationException: Supplied AttributeValue is empty, .*`, `ValidationException: The provided starting key is invalid: Supplied AttributeValue is empty, .*`},
	{`ValidationException: The provided starting key does not match the range key predicate`, `ValidationException: The (provided starting key is outside query boundaries|query can return at most one row) .*`},
	{`ValidationException: Exclusive start key must lie within the segment`, `ValidationException: The provided starting key is invalid: Invalid ExclusiveStartKey\. .*`},
	{`ValidationException: 1 validation error detected: Value '.*' at 'segment' failed to satisfy constraint: .*`, `ValidationException: The Segment parameter is zero-based .*`},
	{`ValidationException: If (total )?segments? is specified, .*`, `ValidationException: The (Total)?Segments? parameter is required .*`},
	{`ValidationException: (Batch(Get|Write)Item (must have some|cannot have a null or no) requests set|The (batch write request list|list of keys) .*)`, `ValidationException: The requestItems parameter is required for Batch(Get|Write)Item`},
	{`ValidationException: Value null at 'transactItems' failed to satisfy constraint: Member must not be null`, `ValidationException: Invalid Request: Transact(Get|Write)Request should contain .*`},
	{`IdempotentParameterMismatchException: `, `IdempotentParameterMismatchException: Request uses the same client token .*`},
}

const (
	invalid = `ValidationException: One or more parameter values were invalid: `
	badKey  = `(Invalid attribute value type|The number of conditions on the keys is invalid|One of the required keys was not given a value|` +
		`Type mismatch for attribute to update|One or more parameter values were invalid: Type mismatch for (k|Index K)ey)`
)

// wordedRefusals returns the pairs of messages as accepted differences.
func wordedRefusals() []accepted {
	all := make([]accepted, len(wording))
	for i, words := range wording {
		all[i] = accepted{reason: "words", path: pattern(`failure`), local: pattern(`400 ` + words.local), ours: pattern(`400 ` + words.ours)}
	}
	return all
}
