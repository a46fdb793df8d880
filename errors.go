package packagedb

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

var (
	// ErrNotFound is returned if the spec, the credentials or the user does not exist.
	ErrNotFound = errors.New("not found")

	// ErrExists is returned by CreateCredentials if the id is taken.
	ErrExists = errors.New("already exists")

	// ErrInvalidInput is returned for input that cannot be stored. The error names the field and the
	// limit, and nothing was sent.
	ErrInvalidInput = errors.New("invalid input")

	// ErrInvalidStage is returned by [Get] if the environment variable STAGE is neither TEST nor PROD.
	ErrInvalidStage = errors.New("invalid stage")

	// ErrAmbiguousPublicKey is returned by GetUser if more than one credentials item holds the public
	// key.
	ErrAmbiguousPublicKey = errors.New("more than one credentials item holds the public key")
)

// wrap wraps err, if there is one, with the operation, its subject and the table.
func wrap(err *error, operation, subject, table string) {
	if *err == nil {
		return
	}
	hint := ""
	switch errorCode(*err) {
	case "ResourceNotFoundException", "ValidationException":
		hint = " (CheckTables and packagedb-tables check report what does not match)"
	}
	var broken *smithy.DeserializationError
	if errors.As(*err, &broken) {
		*err = malformedAnswerError{*err}
	}
	*err = fmt.Errorf("packagedb: %s %s in table %s: %w%s", operation, quote(subject), table, *err, hint)
}

// errorCode returns the code of the server's error that err wraps, or "".
func errorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// malformedAnswerError replaces an error of the SDK about an answer that it cannot decode. The text
// of that error may quote the answer, and with it a hash or a salt.
type malformedAnswerError struct{ err error }

func (e malformedAnswerError) Error() string {
	var response *http.ResponseError
	if errors.As(e.err, &response) {
		return fmt.Sprintf("malformed answer of the server, status %d, request id %q",
			response.HTTPStatusCode(), response.ServiceRequestID())
	}
	return "malformed answer of the server"
}

func (e malformedAnswerError) Unwrap() error { return e.err }

// Format keeps every verb from printing the wrapped error.
func (e malformedAnswerError) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, e.Error()) }

func invalid(format string, arguments ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidInput, fmt.Sprintf(format, arguments...))
}

// maxQuoted is the number of bytes of a text that an error quotes.
const maxQuoted = 256

// quote quotes a text, or the beginning of a long one.
func quote(text string) string {
	if len(text) <= maxQuoted {
		return fmt.Sprintf("%q", text)
	}
	cut := maxQuoted
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return fmt.Sprintf("%q... (%d bytes)", text[:cut], len(text))
}
