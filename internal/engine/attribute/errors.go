package attribute

// ValidationError is a request that DynamoDB would refuse with a
// ValidationException. Message is the service's own text.
type ValidationError struct {
	Message string
	// Attribute is the name of the top-level attribute in which the problem was
	// found, empty where it concerns no single attribute.
	Attribute string
}

func (e *ValidationError) Error() string { return e.Message }

func invalid(message string) *ValidationError { return &ValidationError{Message: message} }

// SerializationError is a request whose JSON does not have the shape that
// DynamoDB expects: its SerializationException. Message is the service's text,
// which is empty for text that is no JSON at all.
type SerializationError struct {
	Message string
}

func (e *SerializationError) Error() string {
	if e.Message == "" {
		return "malformed JSON"
	}
	return e.Message
}
