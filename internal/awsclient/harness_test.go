package awsclient

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shortLimits returns limits for servers that do not answer, and for tests that end with the last
// attempt.
func shortLimits() limits {
	return limits{
		connect: 50 * time.Millisecond, handshake: 50 * time.Millisecond, headers: 50 * time.Millisecond,
		attempt: 200 * time.Millisecond, answer: 1 << 10,
		firstPause: time.Microsecond, longestPause: time.Microsecond,
	}
}

// longLimits returns limits for servers that answer, on a busy machine.
func longLimits() limits {
	limits := defaultLimits()
	limits.firstPause, limits.longestPause = time.Microsecond, time.Microsecond
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

// listener serves connections until the test ends.
type listener struct {
	net.Listener
	accepted atomic.Int32
}

func (l *listener) host() string { return l.Addr().String() }

// listen returns a listener that hands its connections and their numbers to serve, and closes them
// afterwards.
func listen(t *testing.T, serve func(connection net.Conn, number int32)) *listener {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &listener{Listener: inner}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			connection, err := l.Accept()
			if err != nil {
				return
			}
			number := l.accepted.Add(1)
			serving.Go(func() {
				stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
				defer func() {
					stop()
					_ = connection.Close()
				}()
				serve(connection, number)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		cancel()
		serving.Wait()
	})
	return l
}

// silent answers with a text once a request has begun, and sends nothing more until the client
// gives up.
func silent(text string) func(net.Conn, int32) {
	return func(connection net.Conn, _ int32) {
		_, _ = connection.Read(make([]byte, 1))
		_, _ = io.WriteString(connection, text)
		_, _ = io.Copy(io.Discard, connection)
	}
}

// proxy passes bytes on between its clients and a server. A severed connection stays open, but nothing
// passes any more.
type proxy struct {
	*listener
	severed *atomic.Int32 // connections up to this number
}

func newProxy(t *testing.T, server string) proxy {
	severed := new(atomic.Int32)
	return proxy{severed: severed, listener: listen(t, func(client net.Conn, number int32) {
		upstream, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer func() { _ = upstream.Close() }()
		go func() { _, _ = io.Copy(client, upstream) }()
		buffer := make([]byte, 1<<10)
		for {
			n, err := client.Read(buffer)
			if err != nil {
				return
			}
			if number > severed.Load() {
				_, _ = upstream.Write(buffer[:n])
			}
		}
	})}
}
