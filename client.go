package packagedb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb/internal/awsclient"
	"github.com/open-alchemy/packagedb/internal/version"
)

// Client is the part of [*dynamodb.Client] that a [Database] calls. Clients for DAX, with tracing
// or for tests implement it as well. Inputs are never shared between calls, and a client must not
// change them: a decorator that needs another input copies it.
//
// A server may lack TransactWriteItems: for a minute after an UnknownOperationException, a Database
// writes the two items of a version one after the other. Then it asks again, because a proxy may have
// sent the exception, or a server that was being replaced.
type Client interface {
	GetItem(
		ctx context.Context, input *dynamodb.GetItemInput, options ...func(*dynamodb.Options),
	) (*dynamodb.GetItemOutput, error)
	PutItem(
		ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options),
	) (*dynamodb.PutItemOutput, error)
	DeleteItem(
		ctx context.Context, input *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options),
	) (*dynamodb.DeleteItemOutput, error)
	Query(
		ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options),
	) (*dynamodb.QueryOutput, error)
	BatchWriteItem(
		ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options),
	) (*dynamodb.BatchWriteItemOutput, error)
	TransactWriteItems(
		ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options),
	) (*dynamodb.TransactWriteItemsOutput, error)
}

// TableClient is the part of [*dynamodb.Client] that [CreateTables] calls.
type TableClient interface {
	CreateTable(
		ctx context.Context, input *dynamodb.CreateTableInput, options ...func(*dynamodb.Options),
	) (*dynamodb.CreateTableOutput, error)
	DescribeTable(
		ctx context.Context, input *dynamodb.DescribeTableInput, options ...func(*dynamodb.Options),
	) (*dynamodb.DescribeTableOutput, error)
}

// DescribeClient is the part of [*dynamodb.Client] that [CheckTables] calls.
type DescribeClient interface {
	DescribeTable(
		ctx context.Context, input *dynamodb.DescribeTableInput, options ...func(*dynamodb.Options),
	) (*dynamodb.DescribeTableOutput, error)
}

// ClientOptions gives a DynamoDB client the settings of the client of [Get], as in
//
//	client := dynamodb.NewFromConfig(configuration, packagedb.ClientOptions)
//
// They cover:
//
//   - attempts: a request that is throttled, fails at the server or gets no usable response is tried
//     up to 10 times, or RetryMaxAttempts times if that is set, with growing, jittered pauses of up to
//     5 seconds and without the SDK's quota of retries. RetryMode stays; a Retryer is replaced.
//     Credentials that cannot be found end the call at once.
//   - time: connecting takes up to 5 seconds, with the TLS handshake and through a proxy, and so does
//     waiting for a response to start. An attempt takes up to 30 seconds in all. So does fetching
//     credentials, unless their provider ignores its context. Running into one of these limits is not
//     [context.DeadlineExceeded], which is the caller's.
//   - connections: up to 1,024 idle ones are kept for each host, over HTTP/1.1. The kernel probes them, and
//     ends dead ones within 20 seconds. An attempt on a reused connection that gets no response, whatever
//     ends it, closes the idle connections, so that the next attempt connects afresh. It closes none if
//     another request got a response meanwhile, and after a reset only if it is the second in a row.
//   - responses: they are read whole, up to 32 MiB. A response that is shorter than its Content-Length,
//     does not match its X-Amz-Crc32, or is a redirect, and a success that is not of DynamoDB's content
//     type, application/x-amz-json-1.0, or has no JSON object as its body, count as failed attempts.
//
// An HTTP client of the SDK's, an [awshttp.BuildableClient], is copied and keeps its other settings and
// its shorter timeouts. A dialer of its own keeps its keep-alive, and so does one that the client has from
// AWS_DEFAULTS_MODE. Any other HTTP client stays as it is: its responses are checked, its attempts take up
// to 30 seconds, and its idle connections are closed by the same rule.
//
// [awshttp.BuildableClient]: https://pkg.go.dev/github.com/aws/aws-sdk-go-v2/aws/transport/http#BuildableClient
func ClientOptions(options *dynamodb.Options) {
	awsclient.Configure(options, "")
	addUserAgent(options)
}

// addUserAgent adds the library and its version to the user agent of a client's requests.
func addUserAgent(options *dynamodb.Options) {
	options.APIOptions = append(options.APIOptions, middleware.AddUserAgentKeyValue("packagedb", version.Version))
}
