package awsclient

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
)

// credentials bounds the time in which its provider fetches credentials, and marks the provider's errors
// as not retryable: providers that ask a service retry by themselves.
type credentials struct {
	aws.CredentialsProvider
	limit time.Duration
}

// deadlineKey is the key of the time, in a provider's context, by which credentials must be fetched.
type deadlineKey struct{}

func (c *credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	deadline := time.Now().Add(c.limit)
	bounded, cancel := context.WithDeadline(context.WithValue(ctx, deadlineKey{}, deadline), deadline)
	defer cancel()
	retrieved, err := c.CredentialsProvider.Retrieve(bounded)
	switch {
	case err == nil:
		return retrieved, nil
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		// Not wrapped: to the caller it would mean that their own context ended.
		return retrieved, &attemptError{text: "fetching credentials timed out: " + err.Error()}
	}
	return retrieved, &attemptError{err: err}
}

// IsCredentialsProvider lets the SDK recognize anonymous credentials.
func (c *credentials) IsCredentialsProvider(target aws.CredentialsProvider) bool {
	return aws.IsCredentialsProvider(c.CredentialsProvider, target)
}

// BoundCredentials is an API option for the clients of credential providers. It ends their requests when the
// time to fetch credentials is over. Nothing else does: the SDK's cache of credentials lets all callers
// wait for one fetch, whose context it strips of deadline and cancelation.
func BoundCredentials(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("packagedbBoundCredentials", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		if deadline, ok := ctx.Value(deadlineKey{}).(time.Time); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline)
			defer cancel()
		}
		return next.HandleInitialize(ctx, in)
	}), middleware.After)
}
