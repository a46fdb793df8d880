package packagedb

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	// maxIdleConnections is for concurrent callers: with the SDK's 10, every caller over that number
	// connects anew for each request.
	maxIdleConnections = 1024
	// DynamoDB answers within milliseconds. A server that took a request and is silent for this long
	// will not answer it.
	answerTimeout  = 5 * time.Second
	attemptTimeout = 30 * time.Second

	defaultMaxAttempts = 10
	firstRetryDelay    = 50 * time.Millisecond
	maxRetryDelay      = 5 * time.Second
)

func newHTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithTimeout(attemptTimeout).
		WithTransportOptions(func(transport *http.Transport) {
			transport.MaxIdleConns = maxIdleConnections
			transport.MaxIdleConnsPerHost = maxIdleConnections
			transport.ResponseHeaderTimeout = answerTimeout
		})
}

// newRetryer returns the SDK's retryer with delays that fit a database that answers within
// milliseconds, and without the quota that makes a client give up early where many requests fail.
func newRetryer(mode aws.RetryMode, maxAttempts int) aws.Retryer {
	standard := func(options *retry.StandardOptions) {
		options.MaxAttempts = maxAttempts
		options.Backoff = retry.BackoffDelayerFunc(func(retry int, _ error) (time.Duration, error) {
			return backoff(retry, firstRetryDelay, maxRetryDelay), nil
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
