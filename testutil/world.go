package testutil

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

const endpointVariable = "PACKAGEDB_TEST_ENDPOINT"

// hint ends the message of a set-up that failed.
func hint() string {
	endpoint := os.Getenv(endpointVariable)
	if endpoint == "" {
		return ""
	}
	return fmt.Sprintf("\n%s is %s: see that a server runs there, or unset it to use the embedded engine",
		endpointVariable, endpoint)
}

// lasting is the context of the test's set-up and cleanup, which goes on when the test is over.
func lasting(tb testing.TB) context.Context { return context.WithoutCancel(tb.Context()) }

// world is a DynamoDB API that shares its tables with no other: the embedded engine, or the server at
// PACKAGEDB_TEST_ENDPOINT seen through a [forwarder]. Faults meet the requests on their way.
type world struct {
	handler *injector
	client  *dynamodb.Client // reaches the handler without a socket

	forwarder *forwarder // nil over the embedded engine
}

func newWorld() (*world, error) {
	endpoint := os.Getenv(endpointVariable)
	if endpoint == "" {
		return worldOver(engine.New()), nil
	}
	forwarder, err := newForwarder(endpoint)
	if err != nil {
		return nil, err
	}
	w := worldOver(forwarder)
	w.forwarder = forwarder
	return w, nil
}

func worldOver(backend http.Handler) *world {
	handler := &injector{next: backend}
	return &world{handler: handler, client: newClient(handler)}
}

const maxAttempts = 10

// newClient returns a client of a handler. It retries as often as that of [packagedb.Get], without
// its pauses.
func newClient(handler http.Handler) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String("http://dynamodb.test"),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:   loopback.Client{Handler: handler},
		Retryer: retry.NewStandard(func(options *retry.StandardOptions) {
			options.MaxAttempts = maxAttempts
			options.RateLimiter = ratelimit.None
			options.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) {
				return rand.N(time.Millisecond), nil
			})
		}),
	})
}

// close deletes what the world leaves on another server than the embedded engine.
func (w *world) close(ctx context.Context) error {
	if w.forwarder == nil {
		return nil
	}
	defer w.forwarder.close()
	if !w.forwarder.mayHaveTables.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(withoutFaults(ctx), deleteTimeout)
	defer cancel()
	if err := w.deleteTables(ctx); err != nil {
		return fmt.Errorf("tables whose names start with %s may be left at %s: %w", w.forwarder.prefix, w.forwarder.endpoint, err)
	}
	return nil
}

// deleteTimeout is for a server on a busy host; none is known to take more than a second.
const deleteTimeout = time.Minute

func (w *world) deleteTables(ctx context.Context) error {
	pages := dynamodb.NewListTablesPaginator(w.client, &dynamodb.ListTablesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, table := range page.TableNames {
			if err := w.deleteTable(ctx, table); err != nil {
				return err
			}
		}
	}
	return nil
}

// deleteTable deletes a table, once it is neither being created nor being deleted.
func (w *world) deleteTable(ctx context.Context, table string) error {
	for {
		_, err := w.client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table})
		var gone *types.ResourceNotFoundException
		var busy *types.ResourceInUseException
		switch {
		case errors.As(err, &gone):
			return nil
		case !errors.As(err, &busy):
			return err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}
