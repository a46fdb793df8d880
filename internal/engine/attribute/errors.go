package attribute

// ValidationError is a request that DynamoDB rejects with a
// ValidationException. Message is the service's own text.
type ValidationError struct {
	Message string
	// Batch is the text in a BatchWriteItem, which DynamoDB checks elsewhere. It
	// is set for numbers and sets, whose text is the same in every parameter.
	Batch string
	// Attribute is the name of the top-level attribute with the problem, empty if
	// it concerns no single attribute.
	Attribute string
}

func (e *ValidationError) Error() string { return e.Message }

// TooDeep reports whether a value nests too deeply.
func (e *ValidationError) TooDeep() bool { return e.Message == messageNesting }

func invalid(message string) *ValidationError { return &ValidationError{Message: message} }

func invalidContent(message, batch string) *ValidationError {
	return &ValidationError{Message: message, Batch: batch}
}
