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
