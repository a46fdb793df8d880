package packagedb

import (
	"errors"
	"fmt"
)

var (
	// ErrNotFound is returned where the spec, the credentials or the user that was asked for is not
	// there.
	ErrNotFound = errors.New("not found")

	// ErrInvalidInput is returned for input that cannot be stored. The error names the field and the
	// limit, and nothing was sent.
	ErrInvalidInput = errors.New("invalid input")

	// ErrInvalidStage is returned by [Get] where the environment variable STAGE is neither TEST nor
	// PROD.
	ErrInvalidStage = errors.New("invalid stage")

	// ErrAmbiguousPublicKey is returned where more than one credentials item holds the public key
	// that was asked for.
	ErrAmbiguousPublicKey = errors.New("more than one credentials item holds the public key")
)

// maxSubject is how many characters of a name an error quotes: input may be of any length.
const maxSubject = 256

// failure heads an error with the operation that failed and what it was called for.
func failure(operation, subject string, err error) error {
	if len(subject) > maxSubject {
		return fmt.Errorf("packagedb: %s %.*q... (%d bytes): %w", operation, maxSubject, subject, len(subject), err)
	}
	return fmt.Errorf("packagedb: %s %q: %w", operation, subject, err)
}

func invalid(format string, arguments ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidInput, fmt.Sprintf(format, arguments...))
}
