package engine

import (
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// cancellationReason is why an action canceled its transaction.
type cancellationReason struct {
	code, message string
	item          attribute.Item
}

// reasonOf returns the reason for the exception of one action.
func reasonOf(e *exception) cancellationReason {
	code := "ValidationError"
	if e.kind == namespaceDynamoDB+"ConditionalCheckFailedException" {
		code = "ConditionalCheckFailed"
	}
	return cancellationReason{code, e.message, e.item}
}

func (r *cancellationReason) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	dst = appendMember(dst, "Code")
	dst = appendString(dst, r.code)
	if r.item != nil {
		dst = appendMember(dst, "Item")
		dst = r.item.AppendJSON(dst)
	}
	if r.message != "" {
		dst = appendMember(dst, "Message")
		dst = appendString(dst, r.message)
	}
	return append(dst, '}')
}

// reasons are the reasons of a whole transaction, one for each action.
type reasons []cancellationReason

func newReasons(actions int) reasons {
	rs := make(reasons, actions)
	for i := range rs {
		rs[i].code = "None"
	}
	return rs
}

// err returns the cancellation, nil if no action had a reason.
func (rs reasons) err() error {
	codes := make([]string, len(rs))
	cancelled := false
	for i := range rs {
		codes[i] = rs[i].code
		cancelled = cancelled || rs[i].code != "None"
	}
	if !cancelled {
		return nil
	}
	e := dynamoDBException("TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons ["+strings.Join(codes, ", ")+"]")
	e.reasons = rs
	return e
}
