package testutil

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// Each of these wraps a Database and breaks one of its promises.
type (
	undatedCreate      struct{ *DB }
	lostTitle          struct{ *DB }
	ignoredPages       struct{ *DB }
	inclusiveAfter     struct{ *DB }
	nilPage            struct{ *DB }
	stuckIterator      struct{ *DB }
	missingPage        struct{ *DB }
	latestOfAll        struct{ *DB }
	oldestVersion      struct{ *DB }
	shortHistory       struct{ *DB }
	overwritingCreate  struct{ *DB }
	userWithoutID      struct{ *DB }
	doubleCount        struct{ *DB }
	deleteOfNothing    struct{ *DB }
	deleteOfPrefix     struct{ *DB }
	deleteOfLatestOnly struct{ *DB }
	deleteLatestFirst  struct {
		*DB
		observed chan struct{}
	}
	silentInput          struct{ *DB }
	lostControls         struct{ *DB }
	ignoredRepeat        struct{ *DB }
	emptyIfMissing       struct{ *DB }
	historyOfPrefix      struct{ *DB }
	foldedOrder          struct{ *DB }
	fiveSpecs            struct{ *DB }
	stuckVersions        struct{ *DB }
	stuckCredentials     struct{ *DB }
	failingDelete        struct{ *DB }
	tornDelete           struct{ *DB }
	specsAndCredentials  struct{ *DB }
	credentialsAndSpecs  struct{ *DB }
	allWithoutSpecs      struct{ *DB }
	allWithoutKeys       struct{ *DB }
	allCredentialsForOne struct{ *DB }
	repeatableCreate     struct{ *DB }
)

func (d undatedCreate) CreateUpdateSpec(ctx context.Context, sub string, in packagedb.SpecInput) (*specInfo, error) {
	stored, err := d.DB.CreateUpdateSpec(ctx, sub, in)
	if err == nil {
		stored.UpdatedAt = 0
	}
	return stored, err
}

func (d lostTitle) CreateUpdateSpec(ctx context.Context, sub string, in packagedb.SpecInput) (*specInfo, error) {
	in.Title = ""
	return d.DB.CreateUpdateSpec(ctx, sub, in)
}

func (d ignoredPages) ListSpecs(ctx context.Context, sub string, _ ...option) ([]specInfo, error) {
	return d.DB.ListSpecs(ctx, sub)
}

func (d inclusiveAfter) ListCredentials(
	ctx context.Context, sub string, options ...option,
) ([]credentialsInfo, error) {
	all, err := d.DB.ListCredentials(ctx, sub)
	page, pageErr := d.DB.ListCredentials(ctx, sub, options...)
	if len(page) > 0 && len(page) < len(all) {
		if i := slices.IndexFunc(all, func(c credentialsInfo) bool { return c.ID == page[0].ID }); i > 0 {
			page = append(all[i-1:i:i], page...)
		}
	}
	return page, errors.Join(err, pageErr)
}

func (d nilPage) ListSpecs(ctx context.Context, sub string, options ...option) ([]specInfo, error) {
	page, err := d.DB.ListSpecs(ctx, sub, options...)
	if len(page) == 0 {
		page = nil
	}
	return page, err
}

func (d stuckIterator) Specs(ctx context.Context, sub string, options ...option) iter.Seq2[specInfo, error] {
	return d.DB.Specs(context.WithoutCancel(ctx), sub, options...)
}

func (d missingPage) ListSpecVersions(
	ctx context.Context, sub, name string, options ...option,
) ([]specInfo, error) {
	page, err := d.DB.ListSpecVersions(ctx, sub, name, options...)
	if err == nil && len(page) == 0 {
		return nil, packagedb.ErrNotFound
	}
	return page, err
}

func (d latestOfAll) GetSpecVersion(ctx context.Context, sub, name, _ string) (*specInfo, error) {
	return d.GetSpec(ctx, sub, name)
}

func (d oldestVersion) GetSpecVersion(ctx context.Context, sub, name, version string) (*specInfo, error) {
	history, err := d.ListSpecVersions(ctx, sub, name)
	for _, entry := range history {
		if entry.Version == version {
			return &entry, nil
		}
	}
	return nil, errors.Join(err, packagedb.ErrNotFound)
}

func (d shortHistory) CreateUpdateSpec(ctx context.Context, sub string, in packagedb.SpecInput) (*specInfo, error) {
	_ = d.DB.DeleteSpec(ctx, sub, in.Name)
	return d.DB.CreateUpdateSpec(ctx, sub, in)
}

func (d overwritingCreate) CreateCredentials(ctx context.Context, sub string, in packagedb.CredentialsInput) error {
	return d.CreateUpdateCredentials(ctx, sub, in)
}

func (d userWithoutID) GetUser(ctx context.Context, publicKey string) (*packagedb.CredentialsAuthInfo, error) {
	user, err := d.DB.GetUser(ctx, publicKey)
	if err == nil {
		user.ID = ""
	}
	return user, err
}

func (d doubleCount) CountCustomerModels(ctx context.Context, sub string) (count int, err error) {
	for stored, err := range d.Specs(ctx, sub) {
		if err != nil {
			return 0, err
		}
		versions, err := d.ListSpecVersions(ctx, sub, stored.Name)
		if err != nil {
			return 0, err
		}
		for _, version := range versions {
			count += version.ModelCount
		}
	}
	return count, nil
}

func (d deleteOfNothing) DeleteSpec(context.Context, string, string) error { return nil }

func (d deleteOfPrefix) DeleteSpec(ctx context.Context, sub, name string) error {
	all, err := d.ListSpecs(ctx, sub)
	for _, stored := range all {
		if strings.HasPrefix(stored.ID, name) {
			err = errors.Join(err, d.DB.DeleteSpec(ctx, sub, stored.Name))
		}
	}
	return err
}

func (d deleteOfLatestOnly) DeleteSpec(ctx context.Context, sub, name string) error {
	return d.deleteItem(ctx, sub, "latest#"+name)
}

// DeleteSpec deletes the versions once another call has listed them without the latest item.
func (d deleteLatestFirst) DeleteSpec(ctx context.Context, sub, name string) error {
	if err := d.deleteItem(ctx, sub, "latest#"+name); err != nil {
		return err
	}
	for range 2 { // the second listing begins when the first has ended
		select {
		case <-d.observed:
		case <-ctx.Done():
		}
	}
	return d.DB.DeleteSpec(ctx, sub, name)
}

func (d deleteLatestFirst) ListSpecVersions(
	ctx context.Context, sub, name string, options ...option,
) ([]specInfo, error) {
	select {
	case d.observed <- struct{}{}:
	default:
	}
	return d.DB.ListSpecVersions(ctx, sub, name, options...)
}

func (db *DB) deleteItem(ctx context.Context, sub, updatedAtID string) error {
	key, err := attributevalue.MarshalMap(map[string]string{"sub": sub, "updated_at_id": updatedAtID})
	if err != nil {
		return err
	}
	_, err = db.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String("package.specs"), Key: key})
	return err
}

func (d silentInput) GetSpec(ctx context.Context, sub, name string) (*specInfo, error) {
	found, err := d.DB.GetSpec(ctx, sub, name)
	if errors.Is(err, packagedb.ErrInvalidInput) {
		err = packagedb.ErrInvalidInput
	}
	return found, err
}

func (d lostControls) CreateUpdateSpec(ctx context.Context, sub string, in packagedb.SpecInput) (*specInfo, error) {
	in.Description = strings.ReplaceAll(in.Description, "\x00", "")
	return d.DB.CreateUpdateSpec(ctx, sub, in)
}

func (d ignoredRepeat) CreateUpdateSpec(ctx context.Context, sub string, in packagedb.SpecInput) (*specInfo, error) {
	if latest, err := d.GetSpec(ctx, sub, in.Name); err == nil && latest.Version == in.Version {
		return latest, nil
	}
	return d.DB.CreateUpdateSpec(ctx, sub, in)
}

func (d emptyIfMissing) GetSpec(ctx context.Context, sub, name string) (*specInfo, error) {
	spec, err := d.DB.GetSpec(ctx, sub, name)
	if err != nil {
		spec = &specInfo{}
	}
	return spec, err
}

func (d historyOfPrefix) ListSpecVersions(
	ctx context.Context, sub, name string, options ...option,
) ([]specInfo, error) {
	history, err := d.DB.ListSpecVersions(ctx, sub, name, options...)
	others, _ := d.DB.ListSpecVersions(ctx, sub, name+"#b", options...)
	return append(history, others...), err
}

func (d foldedOrder) ListCredentials(ctx context.Context, sub string, options ...option) ([]credentialsInfo, error) {
	page, err := d.DB.ListCredentials(ctx, sub, options...)
	slices.SortFunc(page, func(a, b credentialsInfo) int {
		return strings.Compare(strings.ToLower(a.ID), strings.ToLower(b.ID))
	})
	return page, err
}

func (d fiveSpecs) CountCustomerModels(ctx context.Context, sub string) (count int, err error) {
	specs, err := d.ListSpecs(ctx, sub, packagedb.Limit(5))
	for _, spec := range specs {
		count += spec.ModelCount
	}
	return count, err
}

func (d stuckVersions) SpecVersions(
	ctx context.Context, sub, name string, options ...option,
) iter.Seq2[specInfo, error] {
	return d.DB.SpecVersions(context.WithoutCancel(ctx), sub, name, options...)
}

func (d stuckCredentials) Credentials(
	ctx context.Context, sub string, options ...option,
) iter.Seq2[credentialsInfo, error] {
	return d.DB.Credentials(context.WithoutCancel(ctx), sub, options...)
}

func (d failingDelete) DeleteSpec(ctx context.Context, sub, name string) error {
	if _, err := d.GetSpec(ctx, sub, name); err != nil {
		return err
	}
	return d.DB.DeleteSpec(ctx, sub, name)
}

// DeleteSpec deletes the oldest version, and the latest item once it is given up.
func (d tornDelete) DeleteSpec(ctx context.Context, sub, name string) error {
	history, err := d.ListSpecVersions(ctx, sub, name)
	if err != nil {
		return err
	}
	err = d.deleteItem(ctx, sub, fmt.Sprintf("%020d#%s", history[0].UpdatedAt, name))
	<-ctx.Done()
	return errors.Join(err, d.deleteItem(context.WithoutCancel(ctx), sub, "latest#"+name), ctx.Err())
}

func (d specsAndCredentials) DeleteAllSpecs(ctx context.Context, sub string) error {
	return d.DeleteAll(ctx, sub)
}

func (d credentialsAndSpecs) DeleteAllCredentials(ctx context.Context, sub string) error {
	return d.DeleteAll(ctx, sub)
}

func (d allWithoutSpecs) DeleteAll(ctx context.Context, sub string) error {
	return d.DeleteAllCredentials(ctx, sub)
}

func (d allWithoutKeys) DeleteAll(ctx context.Context, sub string) error {
	return d.DeleteAllSpecs(ctx, sub)
}

func (d allCredentialsForOne) DeleteCredentials(ctx context.Context, sub, _ string) error {
	return d.DeleteAllCredentials(ctx, sub)
}

func (d repeatableCreate) CreateCredentials(ctx context.Context, sub string, in packagedb.CredentialsInput) error {
	if stored, err := d.GetCredentials(ctx, sub, in.ID); err == nil && stored.PublicKey == in.PublicKey {
		return nil
	}
	return d.DB.CreateCredentials(ctx, sub, in)
}

func TestTestDatabase_FailsForABrokenPromise(t *testing.T) {
	t.Setenv(endpointVariable, "") // the server makes no difference
	t.Setenv("PACKAGEDB_TEST_ENGINE", "")
	db := New(t)
	const (
		returned  = "a spec is returned as it was written, whatever the text, by every call"
		pages     = "lists and their pages are in the order of the ids or of the writes, whatever the names"
		pastEnd   = "an empty list and a page past the end are empty and not nil"
		noLimit   = "a limit less than 1 is ErrInvalidInput"
		iteration = "an iteration may stop early, and ends with its context between two results"
		older     = "an older version written again is a further entry, the newest with that version"
		deletes   = "a delete deletes what it names and nothing else, and is not an error if there is nothing"
		once      = "credentials are created once, by one of several callers, and again after they are deleted"
		whole     = "a spec whose delete runs or is given up ends with its latest version or is gone"
	)
	for _, test := range []struct {
		broken  packagedb.Database
		promise string
	}{
		{undatedCreate{db}, returned},
		{lostTitle{db}, returned},
		{lostControls{db}, returned},
		{emptyIfMissing{db}, "a missing spec is ErrNotFound from every call that gets it"},
		{shortHistory{db}, "versions written within one second are all kept, in the order in which they were written"},
		{ignoredRepeat{db}, "the latest version written again is updated in place while the clock is not past it"},
		{latestOfAll{db}, older},
		{oldestVersion{db}, older},
		{doubleCount{db}, "models are counted in the latest version of each spec"},
		{ignoredPages{db}, pages},
		{ignoredPages{db}, noLimit},
		{inclusiveAfter{db}, pages},
		{historyOfPrefix{db}, pages},
		{foldedOrder{db}, pages},
		{fiveSpecs{db}, "lists of more than 1 MB are whole, and so are their pages and what is counted or found in them"},
		{nilPage{db}, pastEnd},
		{missingPage{db}, pastEnd},
		{stuckIterator{db}, iteration},
		{stuckVersions{db}, iteration},
		{stuckCredentials{db}, iteration},
		{deleteOfNothing{db}, deletes},
		{deleteOfPrefix{db}, deletes},
		{deleteOfLatestOnly{db}, deletes},
		{failingDelete{db}, deletes},
		{specsAndCredentials{db}, deletes},
		{credentialsAndSpecs{db}, deletes},
		{allWithoutSpecs{db}, deletes},
		{allWithoutKeys{db}, deletes},
		{allCredentialsForOne{db}, deletes},
		{tornDelete{db}, whole},
		{deleteLatestFirst{db, make(chan struct{})}, whole},
		{overwritingCreate{db}, once},
		{repeatableCreate{db}, once},
		{userWithoutID{db}, "credentials are returned as they were written, byte for byte, by every call"},
		{silentInput{db}, "bad input is ErrInvalidInput that names the field, from every call that takes it"},
	} {
		i := slices.IndexFunc(promises, func(p promise) bool { return p.name == test.promise })
		require.GreaterOrEqual(t, i, 0, test.promise)
		assert.True(t, fails(t, test.broken, promises[i]), "%T keeps the promise that %s", test.broken, test.promise)
	}
	for _, promise := range promises {
		assert.False(t, fails(t, db, promise), "the recorder fails without a broken promise that %s", promise.name)
	}
}

// recorder is a test that ends when it fails.
type recorder struct {
	testing.TB
	failed atomic.Bool
}

func (r *recorder) FailNow() {
	r.failed.Store(true)
	runtime.Goexit()
}

func (r *recorder) Errorf(string, ...any) { r.FailNow() }
func (r *recorder) Fatalf(string, ...any) { r.FailNow() }
func (r *recorder) Cleanup(func())        {}

// fails reports whether the suite finds that the database breaks the promise.
func fails(tb testing.TB, db packagedb.Database, p promise) bool {
	r := &recorder{TB: tb}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.check(newSuiteUser(r, db))
	}()
	<-done
	return r.failed.Load()
}
