package awsclient

import (
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// attemptError is the error of an attempt, which determines whether the attempt is retried.
type attemptError struct {
	text      string // if empty, that of err
	err       error
	retryable bool
}

func (e *attemptError) Error() string {
	if e.text == "" {
		return e.err.Error()
	}
	return e.text
}

func (e *attemptError) Unwrap() error { return e.err }

// RetryableError reports whether the request may be sent again. The SDK's retryers call it.
func (e *attemptError) RetryableError() bool { return e.retryable }

// newRetryer returns the SDK's retryer of the mode, with shorter pauses and without the quota that
// makes a client give up early if many requests fail.
func newRetryer(mode aws.RetryMode, maxAttempts int, limits limits) aws.Retryer {
	standard := func(options *retry.StandardOptions) {
		options.MaxAttempts = maxAttempts
		options.Backoff = retry.BackoffDelayerFunc(func(retry int, _ error) (time.Duration, error) {
			return Backoff(retry, limits.firstPause, limits.longestPause), nil
		})
		options.RateLimiter = ratelimit.None
	}
	if mode == aws.RetryModeAdaptive {
		return retry.NewAdaptiveMode(func(options *retry.AdaptiveModeOptions) {
			options.StandardOptions = append(options.StandardOptions, standard)
		})
	}
	return retry.NewStandard(standard)
}

// Backoff returns a pause before a retry, the first of which is number 0. It doubles with every retry,
// from first up to longest, with full jitter: Marc Brooker, "Exponential Backoff And Jitter", AWS
// Architecture Blog, 2015.
func Backoff(retry int, first, longest time.Duration) time.Duration {
	for ; retry > 0 && first < longest; retry-- {
		first *= 2
	}
	return rand.N(min(first, longest))
}
