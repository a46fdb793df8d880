package engine

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/ddbjson"
)

// The namespaces of the service's exceptions.
const (
	namespaceDynamoDB = "com.amazonaws.dynamodb.v20120810#"
	namespaceValidate = "com.amazon.coral.validate#"
	namespaceService  = "com.amazon.coral.service#"
)

// exception is a response of the service other than success.
type exception struct {
	status  int
	kind    string // with its namespace
	message string
	// item is what ReturnValuesOnConditionCheckFailure asked for.
	item attribute.Item
	// reasons explain a canceled transaction, one per action.
	reasons []cancellationReason
}

func (e *exception) Error() string { return e.kind + ": " + e.message }

// exceptionBody is the response for an exception.
//
//	{"__type": "com.amazon.coral.validate#ValidationException", "message": "..."}
type exceptionBody struct {
	Type                string `json:"__type"`
	Item                attribute.Item
	CancellationReasons []cancellationReason
	LowerMessage        string `json:"message,omitempty"`
	Message             string `json:",omitempty"`
}

// body returns the response. In some exceptions only, the service capitalizes "Message".
func (e *exception) body() *exceptionBody {
	body := &exceptionBody{Type: e.kind, Item: e.item, CancellationReasons: e.reasons}
	if e.reasons != nil || e.kind == namespaceService+"SerializationException" {
		body.Message = e.message
	} else {
		body.LowerMessage = e.message
	}
	return body
}

// newException returns an exception with status 400, as all but one have.
func newException(kind, message string) *exception {
	return &exception{status: http.StatusBadRequest, kind: kind, message: message}
}

func validation(format string, args ...any) *exception {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	return newException(namespaceValidate+"ValidationException", message)
}

// invalidParameter returns a ValidationException with its most common heading.
func invalidParameter(format string, args ...any) *exception {
	return validation("One or more parameter values were invalid: "+format, args...)
}

func serialization(message string) *exception {
	return newException(namespaceService+"SerializationException", message)
}

func unknownOperation(message string) *exception {
	return newException(namespaceService+"UnknownOperationException", message)
}

func dynamoDBException(name, message string) *exception {
	return newException(namespaceDynamoDB+name, message)
}

func resourceNotFound() *exception {
	return dynamoDBException("ResourceNotFoundException", "Requested resource not found")
}

func internalError(cause any) *exception {
	e := dynamoDBException("InternalServerError", fmt.Sprint("Internal server error: ", cause))
	e.status = http.StatusInternalServerError
	return e
}

// asException converts an error of any package of the engine to an exception.
func asException(err error) *exception {
	var e *exception
	var invalid *attribute.ValidationError
	var malformed *ddbjson.SerializationError
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &invalid):
		return validation("%s", invalid.Message)
	case errors.As(err, &malformed):
		return serialization(malformed.Message)
	}
	return internalError(err)
}
