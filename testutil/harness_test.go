package testutil_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.uber.org/goleak"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// TestMain does what testutil.Main does, and then looks for goroutines that are left.
func TestMain(m *testing.M) { goleak.VerifyTestMain(runner(func() int { return testutil.RunMain(m) })) }

type runner func() int

func (r runner) Run() int { return r() }

// onEmbeddedEngine tells whether the tests run on the embedded engine rather than on another server.
func onEmbeddedEngine() bool { return os.Getenv("PACKAGEDB_TEST_ENDPOINT") == "" }

// fatalTB is a test whose fatal failure is expected.
type fatalTB struct {
	testing.TB
	message string
}

func (f *fatalTB) Fatal(args ...any) {
	f.message = fmt.Sprint(args...)
	runtime.Goexit()
}

func (f *fatalTB) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }

// fatal returns the message with which a test fails, empty where it does not.
func fatal(tb testing.TB, test func(tb testing.TB)) string {
	failing := &fatalTB{TB: tb}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(failing)
	}()
	<-done
	return failing.message
}

func mustGet(tb testing.TB) packagedb.Database {
	tb.Helper()
	db, err := packagedb.Get()
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

// mustStore stores the nth spec and the nth credentials of a user.
func mustStore(tb testing.TB, db packagedb.Database, sub string, n int) {
	tb.Helper()
	err := errors.Join(
		db.CreateUpdateSpec(tb.Context(), sub, testutil.Spec(n)),
		db.CreateUpdateCredentials(tb.Context(), sub, testutil.Credentials(n)),
	)
	if err != nil {
		tb.Fatal(err)
	}
}

// mustHold checks how many specs and how many credentials a user has.
func mustHold(tb testing.TB, db packagedb.Database, sub string, specs, credentials int) {
	tb.Helper()
	allSpecs, err := db.ListSpecs(tb.Context(), sub)
	if err != nil {
		tb.Fatal(err)
	}
	allCredentials, err := db.ListCredentials(tb.Context(), sub)
	if err != nil {
		tb.Fatal(err)
	}
	if len(allSpecs) != specs || len(allCredentials) != credentials {
		tb.Fatalf("%s has %d specs and %d credentials, want %d and %d",
			sub, len(allSpecs), len(allCredentials), specs, credentials)
	}
}

func tables(tb testing.TB, client *dynamodb.Client) []string {
	tb.Helper()
	list, err := client.ListTables(context.WithoutCancel(tb.Context()), &dynamodb.ListTablesInput{})
	if err != nil {
		tb.Fatal(err)
	}
	return list.TableNames
}

// once makes a client send a request once, whatever the answer.
func once(options *dynamodb.Options) { options.Retryer = aws.NopRetryer{} }

const credentialsTable = "package.credentials"

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

// rawKey is the key of an item of the table of the credentials, and itself an item.
func rawKey(n int) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"sub": text("raw"), "id": text(fmt.Sprint(n))}
}

func put(tb testing.TB, client *dynamodb.Client, n int) error {
	_, err := client.PutItem(tb.Context(), &dynamodb.PutItemInput{
		TableName: aws.String(credentialsTable), Item: rawKey(n),
	}, once)
	return err
}

func get(tb testing.TB, client *dynamodb.Client, n int) (found bool, err error) {
	output, err := client.GetItem(tb.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(credentialsTable), Key: rawKey(n), ConsistentRead: aws.Bool(true),
	}, once)
	return err == nil && len(output.Item) > 0, err
}
