package packagedb

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// fmt calls Format for every verb but %T, which prints a type, and the mistakes %p and %w, which print all
// that a value has. No type can change that.

// redaction prints as [redacted].
type redaction struct{}

const redacted = "[redacted]"

func (redaction) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(redacted)) }

// Format implements [fmt.Formatter]. The hash and the salt are redacted under every verb but %p and %w,
// for which fmt does not call it.
func (c CredentialsInput) Format(state fmt.State, verb rune) {
	// A local type of the same name makes %#v and %T print the exported name.
	type CredentialsInput struct {
		ID, PublicKey       string
		SecretKeyHash, Salt redaction
	}
	printAs(state, verb, CredentialsInput{ID: c.ID, PublicKey: c.PublicKey})
}

// LogValue implements [slog.LogValuer]. The hash and the salt are redacted; a nil pointer logs as nil.
func (c *CredentialsInput) LogValue() slog.Value {
	if c == nil {
		return slog.Value{}
	}
	return slog.GroupValue(
		slog.String("id", c.ID),
		slog.String("public_key", c.PublicKey),
		slog.String("secret_key_hash", redacted),
		slog.String("salt", redacted),
	)
}

// Format implements [fmt.Formatter]. The salt is redacted under every verb but %p and %w, for which fmt
// does not call it.
func (c CredentialsInfo) Format(state fmt.State, verb rune) {
	type CredentialsInfo struct {
		ID, PublicKey string
		Salt          redaction
	}
	printAs(state, verb, CredentialsInfo{ID: c.ID, PublicKey: c.PublicKey})
}

// LogValue implements [slog.LogValuer]. The salt is redacted; a nil pointer logs as nil. Handlers print a
// value in the way of package fmt or, the JSON handler, of package encoding/json, which shows the salt.
func (c *CredentialsInfo) LogValue() slog.Value {
	if c == nil {
		return slog.Value{}
	}
	return slog.GroupValue(
		slog.String("id", c.ID),
		slog.String("public_key", c.PublicKey),
		slog.String("salt", redacted),
	)
}

// Format implements [fmt.Formatter]. The hash and the salt are redacted under every verb but %p and %w,
// for which fmt does not call it.
func (c CredentialsAuthInfo) Format(state fmt.State, verb rune) {
	type CredentialsAuthInfo struct {
		Sub, ID             string
		SecretKeyHash, Salt redaction
	}
	printAs(state, verb, CredentialsAuthInfo{Sub: c.Sub, ID: c.ID})
}

// LogValue implements [slog.LogValuer]. The hash and the salt are redacted; a nil pointer logs as nil.
func (c *CredentialsAuthInfo) LogValue() slog.Value {
	if c == nil {
		return slog.Value{}
	}
	return slog.GroupValue(
		slog.String("sub", c.Sub),
		slog.String("id", c.ID),
		slog.String("secret_key_hash", redacted),
		slog.String("salt", redacted),
	)
}

// printAs prints the value as fmt would.
func printAs(state fmt.State, verb rune, value any) {
	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), value)
}

// redactResponse returns the error of a request. If the error is about a response that is malformed, its
// text may quote the response, and with it a hash or a salt: then it returns another error without that.
func redactResponse(err error) error {
	if !isMalformedResponse(err) {
		return err
	}
	return replaceCause(err, &smithy.DeserializationError{Err: keepKnown(err, errors.New("malformed server response"))})
}

// isMalformedResponse reports whether the error is that of the SDK about a body that it cannot decode, or
// that of net/http about what is not HTTP.
func isMalformedResponse(err error) bool {
	var decoding *smithy.DeserializationError
	var connection *net.OpError
	return errors.As(err, &decoding) ||
		strings.Contains(err.Error(), "transport connection broken") && !errors.As(err, &connection)
}

// redactSecrets returns the error of a request that contained the secrets. If the server quotes one of
// them, it returns another error without the server's message.
func redactSecrets(err error, secrets ...[]byte) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	for _, secret := range secrets {
		if quotes(api.ErrorMessage(), secret) {
			cause := &smithy.GenericAPIError{Code: api.ErrorCode(), Message: redacted, Fault: api.ErrorFault()}
			return replaceCause(err, keepKnown(err, cause))
		}
	}
	return err
}

// minQuoted is the length in bytes from which a message is searched for a secret itself and for its hex form.
// A shorter one is part of ordinary words and numbers.
const minQuoted = 8

// quotes reports whether a message has a secret, in one of the forms in which a server may print it.
func quotes(message string, secret []byte) bool {
	once := base64.StdEncoding.EncodeToString(secret)
	twice := base64.StdEncoding.EncodeToString([]byte(once)) // what a request has with WithPythonFacade
	if strings.Contains(message, once) || strings.Contains(message, twice) {
		return true
	}
	return len(secret) >= minQuoted && (strings.Contains(message, string(secret)) ||
		strings.Contains(strings.ToLower(message), hex.EncodeToString(secret)))
}

// keepKnown returns the new cause of an error, which matches those of these errors that the old one matches.
func keepKnown(err, cause error) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF} {
		if errors.Is(err, known) {
			cause = fmt.Errorf("%w: %w", cause, known)
		}
	}
	return cause
}

// replaceCause returns the chain of an error of the SDK with another cause. Service, operation, number of
// attempts, status and request id stay, the response does not.
func replaceCause(err, cause error) error {
	if response := (*awshttp.ResponseError)(nil); errors.As(err, &response) {
		status := response.HTTPStatusCode()
		cause = &awshttp.ResponseError{RequestID: response.RequestID, ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{
				StatusCode: status, Status: http.StatusText(status), Header: http.Header{}, Body: http.NoBody,
			}},
			Err: cause,
		}}
	}
	if attempts := (*retry.MaxAttemptsError)(nil); errors.As(err, &attempts) {
		cause = &retry.MaxAttemptsError{Attempt: attempts.Attempt, Err: cause}
	}
	if operation := (*smithy.OperationError)(nil); errors.As(err, &operation) {
		cause = &smithy.OperationError{ServiceID: operation.ServiceID, OperationName: operation.OperationName, Err: cause}
	}
	return cause
}
