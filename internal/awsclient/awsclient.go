// Package awsclient configures DynamoDB clients: how long they wait for a response, which responses they
// accept and what they retry.
package awsclient

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// limits are the bounds of one attempt and of the pauses between attempts.
type limits struct {
	connect time.Duration // what comes before a request: TCP, CONNECT to a proxy, the TLS handshakes
	headers time.Duration // from the request's last byte to the response's headers
	attempt time.Duration // all of it, the response's body included

	credentials time.Duration // to fetch them

	body int // bytes of a response

	firstPause, longestPause time.Duration
}

func defaultLimits() limits {
	return limits{
		connect: 5 * time.Second,
		headers: 5 * time.Second, // DynamoDB responds within milliseconds
		attempt: 30 * time.Second,

		credentials: 30 * time.Second,

		body: 32 << 20, // DynamoDB's largest is 16 MB

		firstPause:   50 * time.Millisecond,
		longestPause: 5 * time.Second,
	}
}

// DefaultMaxAttempts is how many times a request is tried unless the options say otherwise.
const DefaultMaxAttempts = 10

// Configure sets the HTTP client and the retryer of a DynamoDB client. The options' retry mode and
// number of attempts, if positive, stay as they are. So does an HTTP client that is not the SDK's,
// except that its responses are checked. If advice is not empty, a refused connection is not retried, and
// its error ends with the advice.
func Configure(options *dynamodb.Options, advice string) {
	configure(options, defaultLimits(), advice)
}

func configure(options *dynamodb.Options, limits limits, advice string) {
	if options.RetryMaxAttempts < 1 {
		options.RetryMaxAttempts = DefaultMaxAttempts
	}
	options.Retryer = newRetryer(options.RetryMode, options.RetryMaxAttempts, limits)
	options.HTTPClient = newClient(options.HTTPClient, limits, advice)
	options.DisableValidateResponseChecksum = true // Client does, and retries
	if options.Credentials != nil {
		options.Credentials = &credentials{options.Credentials, limits.credentials}
	}
}
