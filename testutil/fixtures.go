package testutil

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
)

// Database runs the server that [packagedb.Get] finds until the test ends, and returns its endpoint.
// All tests that use a fixture at the same time use the same server, which is that of [Main] where the
// test binary has one. Without Main the server starts without tables, and STAGE and
// AWS_ENDPOINT_URL_DYNAMODB are set as long as it runs.
func Database(tb testing.TB) string {
	tb.Helper()
	return use(tb, "Database").endpoint
}

// SpecsTable is [Database] with the table of the specs. The table of the credentials is there as
// well: the two are created together.
func SpecsTable(tb testing.TB) {
	tb.Helper()
	useTables(tb, "SpecsTable")
}

// CleanSpecsTable is [SpecsTable] for a test that needs the table to itself: it is empty before the
// test, and again after it. Tests that run in parallel do not have it to themselves.
func CleanSpecsTable(tb testing.TB) {
	tb.Helper()
	clean(tb, "CleanSpecsTable", specsTable)
}

// CredentialsTable is [Database] with the table of the credentials. The table of the specs is there
// as well: the two are created together.
func CredentialsTable(tb testing.TB) {
	tb.Helper()
	useTables(tb, "CredentialsTable")
}

// CleanCredentialsTable is [CredentialsTable] for a test that needs the table to itself: it is empty
// before the test, and again after it. Tests that run in parallel do not have it to themselves.
func CleanCredentialsTable(tb testing.TB) {
	tb.Helper()
	clean(tb, "CleanCredentialsTable", credentialsTable)
}

// The tables in the order of [packagedb.Tables].
const (
	specsTable = iota
	credentialsTable
)

func use(tb testing.TB, fixture string) *server {
	tb.Helper()
	server, err := shared.acquire()
	if err != nil {
		tb.Fatalf("testutil.%s: %v%s", fixture, err, hint())
	}
	tb.Cleanup(func() {
		if err := shared.release(lasting(tb)); err != nil {
			tb.Errorf("testutil.%s: %v%s", fixture, err, hint())
		}
	})
	tests.useServer(tb, server.world)
	return server
}

func useTables(tb testing.TB, fixture string) *server {
	tb.Helper()
	server := use(tb, fixture)
	if err := server.createTables(lasting(tb)); err != nil {
		tb.Fatalf("testutil.%s: %v%s", fixture, err, hint())
	}
	return server
}

func clean(tb testing.TB, fixture string, table int) {
	tb.Helper()
	w := useTables(tb, fixture).world
	input := packagedb.Tables()[table]
	if err := w.empty(lasting(tb), input); err != nil {
		tb.Fatalf("testutil.%s: empty the table before the test: %v", fixture, err)
	}
	tb.Cleanup(func() {
		// A test may delete the table.
		var gone *types.ResourceNotFoundException
		if err := w.empty(lasting(tb), input); err != nil && !errors.As(err, &gone) {
			tb.Errorf("testutil.%s: empty the table after the test: %v", fixture, err)
		}
	})
}

// empty deletes all items of a table.
func (w *world) empty(ctx context.Context, table dynamodb.CreateTableInput) error {
	ctx = withoutFaults(ctx)
	pages := dynamodb.NewScanPaginator(w.client, &dynamodb.ScanInput{TableName: table.TableName})
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
			if _, err := w.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table.TableName, Key: key}); err != nil {
				return err
			}
		}
	}
	return nil
}
