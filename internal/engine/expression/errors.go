package expression

import (
	"fmt"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// refuse is the refusal of a request in the service's words.
func refuse(format string, args ...any) error {
	return &attribute.ValidationError{Message: fmt.Sprintf(format, args...)}
}

// invalidExpression is the refusal of an expression, and names its parameter.
func invalidExpression(parameter string, err error) error {
	return refuse("Invalid %s: %s", parameter, err)
}
