package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	specsTable       = "package.specs"
	credentialsTable = "package.credentials"

	start = int64(1_700_000_000) // the second at which the clocks of tests begin
)

// item is a raw item.
type item = map[string]types.AttributeValue

func text(value string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: value} }
func number(value string) types.AttributeValue { return &types.AttributeValueMemberN{Value: value} }
func bytesOf(value string) types.AttributeValue {
	return &types.AttributeValueMemberB{Value: []byte(value)}
}

// textOf returns a string attribute, or "".
func textOf(stored item, attribute string) string {
	value, _ := stored[attribute].(*types.AttributeValueMemberS)
	if value == nil {
		return ""
	}
	return value.Value
}

// frozen returns a clock that always shows the same second.
func frozen(second int64) packagedb.Option {
	return packagedb.WithClock(func() time.Time { return time.Unix(second, 0) })
}

// exampleDatabase returns an empty database for an example, whose clock always shows the start of
// 2021. A test uses testutil.New.
func exampleDatabase(ctx context.Context) packagedb.Database {
	client := loopback.NewDynamoDB(engine.New())
	if err := packagedb.CreateTables(ctx, client); err != nil {
		panic(err)
	}
	return packagedb.New(client, frozen(time.Date(2021, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()))
}

// handler handles a request in place of the client.
type handler = dbtest.Handler

// intercept returns a Database over the client of db whose requests go through the handler.
func intercept(db *testutil.DB, handle handler, options ...packagedb.Option) packagedb.Database {
	return packagedb.New(dbtest.Intercept(db.Client, handle), options...)
}

// passOn sends every request.
func passOn(_ string, _ any, next func() (any, error)) (any, error) { return next() }

// withoutTransactions handles TransactWriteItems like a server that does not support it.
var withoutTransactions handler = dbtest.WithoutTransactions

// failOn fails the requests of one operation.
func failOn(op string, err error) handler {
	return func(got string, _ any, next func() (any, error)) (any, error) {
		if got == op {
			return nil, err
		}
		return next()
	}
}

// writePaths are the ways in which the two items of a version are written and deleted.
var writePaths = []struct {
	name   string
	handle handler
}{
	{"with transactions", passOn},
	{"without transactions", withoutTransactions},
}

// Secrets with bytes that are no text.
var (
	secretHash = []byte("Hush! \x01\xfe hash")
	secretSalt = []byte("Psst! \x02\xfd salt")

	secret = packagedb.CredentialsInput{ID: "id", PublicKey: "key", SecretKeyHash: secretHash, Salt: secretSalt}
)

// calls returns the calls of a Database, for the user "sub" and their spec "spec" or the credentials secret.
func calls(ctx context.Context, db packagedb.Database) map[string]func() error {
	all := map[string]func() error{}
	for name, run := range dbtest.Calls(ctx, db, dbtest.Input{
		Sub:         "sub",
		Spec:        packagedb.SpecInput{Name: "spec", Version: "new", ModelCount: 1},
		Version:     "v1700000000",
		Credentials: secret,
	}) {
		all[name] = func() error { return errorOf(run()) }
	}
	return all
}

// call makes one of the calls.
func call(ctx context.Context, db packagedb.Database, name string) error {
	return calls(ctx, db)[name]()
}

// errorOf returns the error of a call and drops its result.
func errorOf[T any](_ T, err error) error { return err }

// canceled returns the error of a canceled transaction, with a reason for each item.
func canceled(codes ...string) error {
	var reasons []types.CancellationReason
	for _, code := range codes {
		reasons = append(reasons, types.CancellationReason{Code: aws.String(code)})
	}
	return &types.TransactionCanceledException{CancellationReasons: reasons}
}

// engineUnderTest returns the name of the server that the tests run on.
func engineUnderTest() string { return os.Getenv("PACKAGEDB_TEST_ENGINE") }

// needsTransactions skips a test on dynalite, which does not support them.
func needsTransactions(t *testing.T) {
	t.Helper()
	if engineUnderTest() == "dynalite" {
		t.Skip("dynalite has no transactions")
	}
}

// scan returns the raw items of a table.
func scan(t *testing.T, db *testutil.DB, table string) (items []item) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(db.Client, &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		items = append(items, page.Items...)
	}
	return items
}

// store puts raw items, 25 at a time.
func store(t *testing.T, db *testutil.DB, table string, items ...item) {
	t.Helper()
	for batch := range slices.Chunk(items, 25) {
		requests := make([]types.WriteRequest, len(batch))
		for i, stored := range batch {
			requests[i].PutRequest = &types.PutRequest{Item: stored}
		}
		_, err := db.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{table: requests},
		})
		require.NoError(t, err)
	}
}

// rawVersion returns the item of a version of a spec at a second.
func rawVersion(sub, id string, second int64) item {
	return rawSpec(sub, id, second, packagedb.SpecInput{Name: id, Version: fmt.Sprint("v", second), ModelCount: 1})
}

// rawLatest returns the latest item of a spec whose latest version is at a second.
func rawLatest(sub, id string, second int64) item {
	version := rawVersion(sub, id, second)
	return with(with(version, "updated_at_id", text("latest#"+id)), "id_updated_at", text(id+"#latest"))
}

// rawHistory returns the items of a spec with the given number of versions, a second apart.
func rawHistory(sub, id string, versions int) (items []item) {
	for i := range versions {
		items = append(items, rawVersion(sub, id, start+int64(i)))
	}
	return append(items, rawLatest(sub, id, start+int64(versions)-1))
}

// rawSpec returns the item of a version of a spec at a second, as the server gets it.
func rawSpec(sub, id string, second int64, spec packagedb.SpecInput) item {
	position := fmt.Sprintf("%020d", second)
	raw := item{
		"sub": text(sub), "id": text(id), "name": text(spec.Name), "version": text(spec.Version),
		"updated_at": text(fmt.Sprint(second)), "model_count": number(fmt.Sprint(spec.ModelCount)),
		"updated_at_id": text(position + "#" + id), "id_updated_at": text(id + "#" + position),
	}
	for name, value := range map[string]string{"title": spec.Title, "description": spec.Description} {
		if value != "" {
			raw[name] = text(value)
		}
	}
	return raw
}

// rawCredentials returns the item of credentials.
func rawCredentials(sub string, credentials packagedb.CredentialsInput) item {
	return item{
		"sub": text(sub), "id": text(credentials.ID), "public_key": text(credentials.PublicKey),
		"secret_key_hash": bytesOf(string(credentials.SecretKeyHash)), "salt": bytesOf(string(credentials.Salt)),
	}
}

// with returns a copy of an item with another value of an attribute, or without the attribute if nil.
func with(stored item, attribute string, value types.AttributeValue) item {
	changed := maps.Clone(stored)
	changed[attribute] = value
	if value == nil {
		delete(changed, attribute)
	}
	return changed
}

// textSize returns the size of an item's strings, bytes and attribute names, without its numbers.
func textSize(stored item) (size int) {
	for name, value := range stored {
		size += len(name)
		switch value := value.(type) {
		case *types.AttributeValueMemberS:
			size += len(value.Value)
		case *types.AttributeValueMemberB:
			size += len(value.Value)
		}
	}
	return size
}

// isAccepted reports whether the server accepts an item.
func isAccepted(t *testing.T, db *testutil.DB, table string, stored item) bool {
	t.Helper()
	_, err := db.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: stored})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "ValidationException" {
		return false
	}
	require.NoError(t, err)
	return true
}

// create stores a version of a spec.
func create(t *testing.T, db packagedb.Database, sub, name, version string) *packagedb.SpecInfo {
	t.Helper()
	stored, err := db.CreateUpdateSpec(t.Context(), sub, packagedb.SpecInput{Name: name, Version: version, ModelCount: 1})
	require.NoError(t, err)
	return stored
}

// history returns the history of the spec "spec" of the user "sub".
func history(t *testing.T, db packagedb.Database) []packagedb.SpecInfo {
	t.Helper()
	all, err := db.ListSpecVersions(t.Context(), "sub", "spec")
	require.NoError(t, err)
	return all
}

// versions returns the versions of a history.
func versions(history []packagedb.SpecInfo) (all []string) {
	for _, entry := range history {
		all = append(all, entry.Version)
	}
	return all
}

// observer keeps the calls that are reported to it.
type observer struct{ calls []packagedb.Call }

func (o *observer) option() packagedb.Option {
	return packagedb.WithObserver(func(_ context.Context, call packagedb.Call) {
		call.Duration = 0
		o.calls = append(o.calls, call)
	})
}

func (o *observer) last(t *testing.T) packagedb.Call {
	t.Helper()
	require.NotEmpty(t, o.calls)
	return o.calls[len(o.calls)-1]
}

// assertWhole asserts that the last of the history is the latest version, or that the spec is gone.
func assertWhole(t *testing.T, db packagedb.Database, sub, name string) {
	t.Helper()
	latest, err := db.GetSpec(t.Context(), sub, name)
	history, historyErr := db.ListSpecVersions(t.Context(), sub, name)
	if errors.Is(err, packagedb.ErrNotFound) {
		assert.ErrorIs(t, historyErr, packagedb.ErrNotFound, "there is no latest item, and versions %v", versions(history))
		return
	}
	require.NoError(t, err)
	require.NoError(t, historyErr)
	assert.Equal(t, *latest, history[len(history)-1], "the latest item is not the last of the history")
}
