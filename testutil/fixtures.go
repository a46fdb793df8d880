package testutil

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
)

// Sub returns the nth user: "sub 1" for 1.
func Sub(n int) string { return fmt.Sprint("sub ", n) }

// NewSub returns a user that no other test has, for tests that share a server, as those of [Main] do. It
// is the name of the test with random characters, so that it differs under -count as well.
func NewSub(tb testing.TB) string {
	return fmt.Sprintf("%.200s %s", tb.Name(), rand.Text()) // the end of a longer name makes no difference
}

// Spec returns the nth spec: valid, and different from every other in all fields. A test sets the
// fields that it is about:
//
//	spec := testutil.Spec(1) // "name 1", "version 1", 1 model, "title 1", "description 1"
//	spec.Version = "1.0.0"
func Spec(n int) packagedb.SpecInput {
	return packagedb.SpecInput{
		Name:        fmt.Sprint("name ", n),
		Version:     fmt.Sprint("version ", n),
		ModelCount:  n,
		Title:       fmt.Sprint("title ", n),
		Description: fmt.Sprint("description ", n),
	}
}

// Credentials returns the nth credentials: valid, and different from every other in all fields. The
// id is "id 1" for 1, and so on: "public key 1", "secret key hash 1", "salt 1".
func Credentials(n int) packagedb.CredentialsInput {
	return packagedb.CredentialsInput{
		ID:            fmt.Sprint("id ", n),
		PublicKey:     fmt.Sprint("public key ", n),
		SecretKeyHash: fmt.Append(nil, "secret key hash ", n),
		Salt:          fmt.Append(nil, "salt ", n),
	}
}

// Database returns the server that [packagedb.Get] finds: that of [Main], or one that it starts, which
// runs as long as a test uses it. All tests that use it at the same time share it. Without Main it
// starts without tables, and STAGE and AWS_ENDPOINT_URL_DYNAMODB are set while it runs.
func Database(tb testing.TB) *Server {
	tb.Helper()
	server, err := shared.acquire()
	if err != nil {
		tb.Fatalf("testutil: %v", err)
	}
	tb.Cleanup(func() {
		if err := shared.release(withoutCancel(tb)); err != nil {
			tb.Errorf("testutil: %v", err)
		}
	})
	server.tb = tb
	return &server
}

// SpecsTable returns [Database] with the specs table. It creates both tables if they are missing.
func SpecsTable(tb testing.TB) *Server {
	tb.Helper()
	return withTables(tb)
}

// CleanSpecsTable returns [SpecsTable] for a test that needs an empty table: it deletes all items
// before and after the test. The test must not run in parallel with others on the table.
func CleanSpecsTable(tb testing.TB) *Server {
	tb.Helper()
	return withEmptyTable(tb, packagedb.Tables()[0])
}

// CredentialsTable returns [Database] with the credentials table. It creates both tables if they
// are missing.
func CredentialsTable(tb testing.TB) *Server {
	tb.Helper()
	return withTables(tb)
}

// CleanCredentialsTable returns [CredentialsTable] for a test that needs an empty table: it deletes
// all items before and after the test. The test must not run in parallel with others on the table.
func CleanCredentialsTable(tb testing.TB) *Server {
	tb.Helper()
	return withEmptyTable(tb, packagedb.Tables()[1])
}

func withTables(tb testing.TB) *Server {
	tb.Helper()
	server := Database(tb)
	if err := server.backend.createTables(withoutCancel(tb)); err != nil {
		tb.Fatalf("testutil: %v", err)
	}
	return server
}

func withEmptyTable(tb testing.TB, table dynamodb.CreateTableInput) *Server {
	tb.Helper()
	server := withTables(tb)
	if err := server.backend.empty(withoutCancel(tb), table); err != nil {
		tb.Fatalf("testutil: %v", err)
	}
	tb.Cleanup(func() {
		// The test may have deleted the table.
		var gone *types.ResourceNotFoundException
		if err := server.backend.empty(withoutCancel(tb), table); err != nil && !errors.As(err, &gone) {
			tb.Errorf("testutil: empty table %s: %v", *table.TableName, err)
		}
	})
	return server
}
