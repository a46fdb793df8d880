package expression

import (
	"fmt"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// invalid returns a ValidationError in the service's words.
func invalid(format string, args ...any) error {
	return &attribute.ValidationError{Message: fmt.Sprintf(format, args...)}
}

// invalidExpression wraps the message of err with the name of the parameter.
func invalidExpression(parameter string, err error) error {
	return invalid("Invalid %s: %s", parameter, err)
}
