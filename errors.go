package packagedb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

var (
	// ErrNotFound is returned if the spec, the credentials or the user does not exist.
	ErrNotFound = errors.New("not found")
	// ErrExists is returned by CreateCredentials if the id is taken, and by CreateSpecVersion if the
	// history has the version.
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

func invalid(format string, arguments ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidInput, fmt.Sprintf(format, arguments...))
}

// wrap wraps err with the operation, its subject and the table.
func wrap(err error, operation, subject, table string) error {
	hint := ""
	switch errorCode(err) {
	case "ResourceNotFoundException", "ValidationException":
		hint = " (CheckTables and packagedb-tables check report what does not match)"
	}
	return fmt.Errorf("packagedb: %s %s in table %s: %w%s", operation, quote(subject), table, err, hint)
}

// errorCode returns the code of the server's error that err wraps, or "".
func errorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// isConflict reports whether a write failed because of conflicting writes, or because a transaction
// was throttled, so that the same write may succeed a moment later. Neither is true if the transaction
// was canceled for another reason as well.
func isConflict(err error) (conflict, throttled bool) {
	switch errorCode(err) {
	case "TransactionConflictException", "TransactionInProgressException":
		return true, false
	}
	for _, reason := range cancellationReasons(err) {
		switch aws.ToString(reason.Code) {
		case "", "None":
		case "TransactionConflict":
			conflict = true
		case "ThrottlingError", "ProvisionedThroughputExceeded":
			throttled = true
		default:
			return false, false
		}
	}
	return conflict, throttled
}

// isConditionFailure reports whether the condition of a write failed, alone or in a transaction.
func isConditionFailure(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed) || hasCancellationReason(err, "ConditionalCheckFailed")
}

// isInDoubt reports whether an attempt to write that failed may have taken effect: without a response,
// or with status 500 or above. A server that throttles or rejects a write does not store it.
func isInDoubt(err error) bool {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() == 0 {
		return true
	}
	return response.HTTPStatusCode() >= http.StatusInternalServerError
}

// isRejected reports whether the server rejected a transaction as a whole, perhaps for its size.
func isRejected(err error) bool {
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() == http.StatusRequestEntityTooLarge {
		return true
	}
	return errorCode(err) == "ValidationException" || hasCancellationReason(err, "ValidationError")
}

// lacksTransactions reports whether the server does not support TransactWriteItems.
func lacksTransactions(err error) bool { return errorCode(err) == "UnknownOperationException" }

// isMissingTable reports whether there is no such table.
func isMissingTable(err error) bool { return errorCode(err) == "ResourceNotFoundException" }

// cancellationReasons returns why a transaction was canceled, one reason for each of its items.
func cancellationReasons(err error) []types.CancellationReason {
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		return canceled.CancellationReasons
	}
	return nil
}

func hasCancellationReason(err error, code string) bool {
	return slices.ContainsFunc(cancellationReasons(err), func(reason types.CancellationReason) bool {
		return aws.ToString(reason.Code) == code
	})
}

// errorClass returns the ErrorClass of a [Call].
func errorClass(err error) string {
	for _, class := range []struct {
		err  error
		name string
	}{
		{ErrNotFound, "not_found"},
		{ErrExists, "exists"},
		{ErrInvalidInput, "invalid_input"},
		{ErrAmbiguousPublicKey, "ambiguous_public_key"},
		{context.Canceled, "canceled"},
		{context.DeadlineExceeded, "deadline_exceeded"},
	} {
		if errors.Is(err, class.err) {
			return class.name
		}
	}
	if code := errorCode(err); code != "" || err == nil {
		return code
	}
	return "other"
}

// maxQuoted is the number of bytes of a string that an error quotes.
const maxQuoted = 256

// quote quotes a string, or the start of a long one.
func quote(s string) string {
	if len(s) <= maxQuoted {
		return fmt.Sprintf("%q", s)
	}
	cut := maxQuoted
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%q... (%d bytes)", s[:cut], len(s))
}
