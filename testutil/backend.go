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

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
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
	forwarder *forwarder       // nil for the embedded engine
}

func newBackend() (*backend, error) {
	endpoint := os.Getenv(endpointVariable)
	if endpoint == "" {
		return backendOver(engine.New(), nil), nil
	}
	forwarder, err := newForwarder(endpoint)
	if err != nil {
		return nil, err
	}
	return backendOver(forwarder, forwarder), nil
}

func backendOver(handler http.Handler, forwarder *forwarder) *backend {
	faults := &injector{next: handler}
	return &backend{faults, newClient(faults), newClient(handler), forwarder}
}

const maxAttempts = 10

// newClient returns a client that calls handler.
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
	for {
		_, err := b.setup.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table})
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
