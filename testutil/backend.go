package testutil

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
	"github.com/open-alchemy/packagedb/internal/protocol"
)

const endpointVariable = "PACKAGEDB_TEST_ENDPOINT"

// withoutCancel returns the context for the set-up and the cleanup of a test.
func withoutCancel(tb testing.TB) context.Context { return context.WithoutCancel(tb.Context()) }

// backend is a DynamoDB with tables of its own: the embedded engine, or the server at
// PACKAGEDB_TEST_ENDPOINT behind a [forwarder].
type backend struct {
	faults    *injector        // passes requests on
	client    *dynamodb.Client // calls faults
	setup     *dynamodb.Client // bypasses faults
	clock     *clock           // of the embedded engine
	forwarder *forwarder       // nil for the embedded engine
}

func newBackend() (*backend, error) {
	var handler http.Handler
	var other *forwarder
	clock := new(clock)
	if endpoint := os.Getenv(endpointVariable); endpoint == "" {
		handler = engine.New(engine.WithClock(clock.now))
	} else {
		var err error
		if other, err = newForwarder(endpoint); err != nil {
			return nil, err
		}
		handler = other
	}
	faults := &injector{next: handler, clock: clock}
	return &backend{faults, newClient(faults), newClient(handler), clock, other}, nil
}

// clock is the time, moved forward.
type clock struct {
	ahead atomic.Int64 // by nanoseconds
}

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// fastForward moves the clock, or ends or skips the test.
func (b *backend) fastForward(tb testing.TB, d time.Duration) {
	tb.Helper()
	switch {
	case d < 0:
		tb.Fatalf("testutil: FastForward by %v, which is negative", d)
	case b.forwarder != nil:
		tb.Skip("testutil: FastForward needs the embedded engine")
	case int64(d) > math.MaxInt64-b.clock.ahead.Load():
		tb.Fatalf("testutil: FastForward by more than %v in all", time.Duration(math.MaxInt64))
	default:
		b.clock.ahead.Add(int64(d))
	}
}

const maxAttempts = 10

// newClient returns a client that calls handler.
func newClient(handler http.Handler) *dynamodb.Client {
	return loopback.NewDynamoDB(handler, func(options *dynamodb.Options) {
		options.BaseEndpoint = aws.String("http://dynamodb.test")
		options.Retryer = retry.NewStandard(func(options *retry.StandardOptions) {
			options.MaxAttempts = maxAttempts
			options.RateLimiter = ratelimit.None
			options.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) {
				return mathrand.N(200 * time.Microsecond), nil
			})
		})
	})
}

// createTables creates the tables of packagedb that are missing.
func (b *backend) createTables(ctx context.Context, options ...packagedb.Option) error {
	err := packagedb.CreateTables(ctx, b.setup, options...)
	if err != nil && b.forwarder != nil {
		return fmt.Errorf("%w\n%s is %s: start a server there, or unset the variable to use the embedded engine",
			err, endpointVariable, b.forwarder.endpoint)
	}
	return err
}

// deleteTimeout bounds the cleanup on a busy server; a table takes less than a second.
const deleteTimeout = time.Minute

// close deletes the tables on a server other than the embedded engine.
func (b *backend) close(ctx context.Context) error {
	if b.forwarder == nil {
		return nil
	}
	defer b.forwarder.transport.CloseIdleConnections()
	if !b.forwarder.mayHaveTables.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, deleteTimeout)
	defer cancel()
	if err := b.deleteTables(ctx); err != nil {
		return fmt.Errorf("delete the tables %s* at %s: %w", b.forwarder.prefix, b.forwarder.endpoint, err)
	}
	return nil
}

func (b *backend) deleteTables(ctx context.Context) error {
	pages := dynamodb.NewListTablesPaginator(b.setup, &dynamodb.ListTablesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, table := range page.TableNames {
			if err := b.deleteTable(ctx, table); err != nil {
				return err
			}
		}
	}
	return nil
}

// deleteTable deletes a table once the server has finished creating or deleting it.
func (b *backend) deleteTable(ctx context.Context, table string) error {
	_, err := b.setup.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table}, func(options *dynamodb.Options) {
		busy := retry.AddWithErrorCodes(options.Retryer.(aws.RetryerV2), "ResourceInUseException")
		patient := retry.AddWithMaxBackoffDelay(busy, 10*time.Millisecond)
		options.Retryer = retry.AddWithMaxAttempts(patient, 0) // until the context ends
	})
	if gone := (*types.ResourceNotFoundException)(nil); errors.As(err, &gone) {
		return nil
	}
	return err
}

// empty deletes all items of a table.
func (b *backend) empty(ctx context.Context, table dynamodb.CreateTableInput) error {
	pages := dynamodb.NewScanPaginator(b.setup, &dynamodb.ScanInput{TableName: table.TableName})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			key := map[string]types.AttributeValue{}
			for _, element := range table.KeySchema {
				key[*element.AttributeName] = item[*element.AttributeName]
			}
			_, err := b.setup.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table.TableName, Key: key})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// forwarder is an [http.Handler] that passes requests on to another DynamoDB. It adds its own
// prefix to the names of tables, and removes it from the responses, so that no forwarder sees the
// tables of another. The prefix counts towards the limit of 255 characters for a name.
type forwarder struct {
	endpoint  string
	prefix    string
	transport *http.Transport

	mayHaveTables atomic.Bool // a CreateTable was sent
}

func newForwarder(endpoint string) (*forwarder, error) {
	target, err := url.Parse(endpoint)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, fmt.Errorf("%s is %q, but must be a URL with its scheme, such as http://localhost:8000",
			endpointVariable, endpoint)
	}
	return &forwarder{
		endpoint: strings.TrimSuffix(endpoint, "/"),
		prefix:   "test-" + strings.ToLower(rand.Text()[:12]) + ".",
		transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			MaxIdleConnsPerHost:   256,
			IdleConnTimeout:       2 * time.Second, // dynalite closes a connection after 5
			ResponseHeaderTimeout: 30 * time.Second,
		},
	}, nil
}

// ServeHTTP implements [http.Handler].
func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := protocol.ReadRequest(r)
	response, err := f.send(r, f.addPrefix(q))
	switch {
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler)
	case err != nil:
		protocol.Exception(http.StatusServiceUnavailable, "ServiceUnavailable", err.Error(), nil).Write(w)
		return
	case q.Operation == "CreateTable":
		f.mayHaveTables.Store(true)
	case q.Operation == "ListTables":
		response.Body = f.ownTables(response.Body)
	}
	response.SetBody(bytes.ReplaceAll(response.Body, []byte(f.prefix), nil))
	response.Write(w)
}

func (f *forwarder) send(r *http.Request, body []byte) (*protocol.Response, error) {
	forwarded, err := http.NewRequestWithContext(r.Context(), r.Method, f.endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	forwarded.Header = r.Header.Clone()
	forwarded.Header.Del("Content-Length")
	forwarded.Header.Del("Connection")
	forwarded.Header.Set("Accept-Encoding", "identity") // a compressed response would hide the names
	received, err := f.transport.RoundTrip(forwarded)
	if err != nil {
		return nil, err
	}
	defer received.Body.Close()
	return protocol.ReadResponse(received)
}

// addPrefix returns the body with the prefix before the names of tables.
func (f *forwarder) addPrefix(q *protocol.Request) []byte {
	if q.Members == nil {
		return q.Body
	}
	if tables := protocol.Object(q.Members["RequestItems"]); tables != nil {
		named := map[string]any{}
		for name, items := range tables {
			named[f.realName(name)] = items
		}
		q.Members["RequestItems"] = named
	}
	f.addPrefixes(q.Members)
	if q.Operation == "ListTables" && q.Members["ExclusiveStartTableName"] == nil {
		q.Members["ExclusiveStartTableName"] = f.prefix // its tables follow each other
	}
	return protocol.Encode(q.Members)
}

// addPrefixes puts the prefix before the names of tables in members of JSON objects. No attribute value
// has such a member, because the values of attributes are objects.
func (f *forwarder) addPrefixes(value any) {
	switch value := value.(type) {
	case map[string]any:
		for member, inner := range value {
			name, isString := inner.(string)
			switch {
			case !isString:
				f.addPrefixes(inner)
			case member == "TableName" || member == "ExclusiveStartTableName" || member == "ResourceArn":
				value[member] = f.realName(name)
			}
		}
	case []any:
		for _, inner := range value {
			f.addPrefixes(inner)
		}
	}
}

var legalName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// realName returns the name on the server of a table that the tests know by name, which may be an
// ARN. It passes an illegal name on for the server to reject.
func (f *forwarder) realName(name string) string {
	if before, table, ok := strings.Cut(name, ":table/"); ok {
		return before + ":table/" + f.prefix + table
	}
	if !legalName.MatchString(name) {
		return name
	}
	return f.prefix + name
}

// ownTables returns the body of a ListTables without the tables that follow the forwarder's own.
func (f *forwarder) ownTables(body []byte) []byte {
	var list struct {
		TableNames             []string
		LastEvaluatedTableName string `json:",omitempty"`
	}
	if json.Unmarshal(body, &list) != nil || list.TableNames == nil {
		return body // an error
	}
	own := []string{}
	for _, name := range list.TableNames {
		if strings.HasPrefix(name, f.prefix) {
			own = append(own, name)
		}
	}
	if len(own) < len(list.TableNames) {
		list.LastEvaluatedTableName = ""
	}
	list.TableNames = own
	return protocol.Encode(list)
}
