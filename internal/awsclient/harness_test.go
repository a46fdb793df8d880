package awsclient

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// longLimits returns limits for servers that respond, on a busy machine.
func longLimits() limits {
	limits := defaultLimits()
	limits.firstPause, limits.longestPause = time.Microsecond, time.Microsecond
	return limits
}

// shortLimits returns limits for servers that do not respond, and for tests that end with the last attempt.
func shortLimits() limits {
	limits := longLimits()
	limits.connect, limits.headers = 50*time.Millisecond, 50*time.Millisecond
	limits.attempt = 200 * time.Millisecond
	return limits
}

// newDynamoDB returns a configured client that tries a request twice.
func newDynamoDB(endpoint string, limits limits, change ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint:     &endpoint,
		Region:           "us-east-1",
		Credentials:      aws.AnonymousCredentials{},
		RetryMaxAttempts: 2,
	}, append(change, func(options *dynamodb.Options) { configure(options, limits, "") })...)
}

func listTables(t *testing.T, client *dynamodb.Client) (*dynamodb.ListTablesOutput, error) {
	return client.ListTables(t.Context(), &dynamodb.ListTablesInput{})
}

// assertExhausted asserts that every attempt failed, though never because of the caller's context.
func assertExhausted(t *testing.T, err error) {
	t.Helper()
	var exhausted *retry.MaxAttemptsError
	require.ErrorAs(t, err, &exhausted)
	assert.Equal(t, 2, exhausted.Attempt)
	assert.NotErrorIs(t, err, context.DeadlineExceeded)
}

// silent is a server that accepts connections, and responds with a text at most.
type silent struct {
	net.Listener
	accepted atomic.Int32
}

func newSilent(t *testing.T, text string) *silent {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	server := &silent{Listener: listener}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			server.accepted.Add(1)
			go func() {
				defer func() { _ = connection.Close() }()
				_, _ = connection.Read(make([]byte, 1)) // a request has begun
				_, _ = io.WriteString(connection, text)
				_, _ = io.Copy(io.Discard, connection) // until the client gives up
			}()
		}
	}()
	return server
}
