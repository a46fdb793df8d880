package differential

// wording pairs the messages of DynamoDB Local with those of the service for the
// same errors. DynamoDB Local puts none of them behind "1 validation error detected".
var wording = []accepted{
	// Tables.
	{reason: "words", local: `ResourceNotFoundException: Cannot do operations on a non-existent table`, ours: `ResourceNotFoundException: Requested resource not found.*`},
	{reason: "words", local: `ResourceInUseException: Cannot create preexisting table`, ours: `ResourceInUseException: Table already exists: .*`},
	{reason: "words", local: `ValidationException: Invalid table/index name\. .*`, ours: `ResourceNotFoundException: Requested resource not found.*`},
	{reason: "words", local: `ValidationException: Invalid table/index name\. .*`, ours: `ValidationException: The parameter 'TableName' is required but was not present in the request`},
	{reason: "words", local: `ValidationException: Cannot have two attributes with the same name`, ours: invalid + `Duplicate (AttributeName|value in attribute name|attribute name in NonKeyAttributes): .*`},
	{reason: "words", local: `ValidationException: Cannot have two attributes with the same name`, ours: `ValidationException: Can not use both expression and non-expression parameters .*`},
	{reason: "words", local: `ValidationException: .* not specified in Attribute Definitions\. *Type unknown\.`, ours: invalid + `Some index key attributes are not defined .*`},
	{reason: "words", local: `ValidationException: .* not specified in Attribute Definitions\. *Type unknown\.`, ours: `ValidationException: Invalid KeySchema: Some index key attribute have no definition`},
	{reason: "words", local: `ValidationException: (Too many hash keys specified|No Hash Key specified in schema)\. .*`, ours: `ValidationException: Invalid KeySchema: .*`},
	{reason: "words", local: `ValidationException: (Two keys can not have the same name|Too many hash keys specified\. .*)`, ours: `ValidationException: (Both the Hash Key and the Range Key element in the KeySchema have the same name|The KeySchema contains multiple key attributes with the same name)`},
	{reason: "words", local: `ValidationException: (Two (local|global) secondary indices have the same name|Local Secondary Indices AND Global .* must have different names)`, ours: invalid + `Duplicate index name: .*`},
	{reason: "words", local: `ValidationException: The number of attributes in key schema must match .*`, ours: invalid + `(Some AttributeDefinitions are not used|Number of attributes in KeySchema does not exactly match|List of LocalSecondaryIndexes is empty).*`},
	{reason: "words", local: `ValidationException: Local Secondary indices must have the same hash key as the main table`, ours: invalid + `(Index KeySchema does not have the same leading hash key|Some index key attributes are not defined in) .*`},
	{reason: "words", local: `ValidationException: No provisioned throughput specified for the global secondary index`, ours: invalid + `ProvisionedThroughput must be specified for index: .*`},
	{reason: "words", local: `ResourceInUseException: Cannot create preexisting table`, ours: invalid + `Some AttributeDefinitions are not used\. .*`},
	{reason: "words", local: `ValidationException: [GL]SI list is empty/invalid`, ours: invalid + `List of (Global|Local)SecondaryIndexes is empty`},
	{reason: "words", local: `ValidationException: If Projection type INCLUDE is specified, .*`, ours: invalid + `ProjectionType is INCLUDE, but NonKeyAttributes is not specified`},
	{reason: "words", local: `ValidationException: No attributes should be specified to be projected unless .*`, ours: invalid + `ProjectionType is .*, but NonKeyAttributes is specified`},
	{reason: "words", local: `ValidationException: No provisioned throughput specified for the (table|global secondary index)`, ours: invalid + `ReadCapacityUnits and WriteCapacityUnits must both be specified .*`},
	{reason: "words", local: `ValidationException: Indexes must have a projection specified`, ours: invalid + `Unknown ProjectionType: null`},

	// Attribute values.
	{reason: "words", local: `ValidationException: (.*: )?A value provided cannot be converted into a number.*`, ours: `ValidationException: (.*: )?The parameter cannot be converted to a numeric value.*`},
	{reason: "words", local: `ValidationException: (.*: )?A value provided cannot be converted into a number.*`, ours: `ValidationException: Number (over|under)flow\. Attempting to store a number with magnitude .*`},
	{reason: "words", local: `ValidationException: .*Number (over|under)flow\. .*`, ours: `ValidationException: Number (over|under)flow\. .*`},
	{reason: "words", local: `ValidationException: .*The parameter cannot be converted to a numeric value.*`, ours: `ValidationException: The parameter cannot be converted to a numeric value.*`},
	{reason: "words", local: `ValidationException: ExpressionAttributeValues can only be specified when using expressions: (ConditionExpression is|UpdateExpression and ConditionExpression are) null`, ours: `ValidationException: ExpressionAttributeValues can only be specified when using expressions`},
	{reason: "words", local: `ValidationException: (.*: )?DynamoDB only supports precision up to 38 digits.*`, ours: `ValidationException: (.*: )?Attempting to store more than 38 significant digits in a Number.*`},
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
	{reason: "words", local: `ValidationException: .*: An expression attribute value used in expression is not defined; .*`, ours: `ValidationException: .*: An expression attribute value used in expression is not defined; .*`},
	{reason: "words", local: `ValidationException: .*: An expression attribute name used in the document path is not defined; .*`, ours: `ValidationException: .*: An expression attribute name used in the document path is not defined; .*`},

	// Operations.
	{reason: "words", operations: `UpdateItem`, local: `ValidationException: .* is not supported for the type [A-Z_]+`, ours: `ValidationException: .* is not supported for the type [A-Z]+`},
	{reason: "words", operations: `Transact.*`, path: `CancellationReasons\[\d+\]\.Message`, local: `"(The conditional request failed\.|` + badKey + `)"`,
		ours: `"(The conditional request failed|The provided key element does not match the schema|One or more parameter values were invalid: (Type mismatch|Missing the key) .*)"`},
	{reason: "words", local: invalid + `Invalid number of argument\(s\) for the .* ComparisonOperator`, ours: invalid + `Value or AttributeValueList must be used with ComparisonOperator: .*`},
	{reason: "words", local: `ValidationException: ConditionalOperator cannot be used without Filter or Expected`, ours: `ValidationException: ConditionalOperator can only be used when Filter or Expected has two or more elements`},
	{reason: "words", local: `ValidationException: Return values set to invalid value`, ours: `ValidationException: ReturnValues can only be ALL_OLD or NONE`},
	{reason: "words", local: `ValidationException: Consistent read cannot be true when (querying|scanning) a GSI`, ours: `ValidationException: Consistent reads are not supported on global secondary indexes`},
	{reason: "words", local: `ValidationException: Query condition missed key schema element`, ours: `ValidationException: Query condition missed key schema element: .*`},
	{reason: "words", local: `ValidationException: Exclusive Start Key must have same size as table's key schema`, ours: `ValidationException: The provided starting key is invalid`},
	{reason: "words", local: `ValidationException: Supplied AttributeValue is empty, .*`, ours: `ValidationException: The provided starting key is invalid: Supplied AttributeValue is empty, .*`},
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
	badKey  = `(Invalid attribute value type|The number of conditions on the keys is invalid|One of the required keys was not given a value|` +
		`Type mismatch for attribute to update|One or more parameter values were invalid: Type mismatch for (k|Index K)ey)`
)
