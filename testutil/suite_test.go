package testutil

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"

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
	silentInput struct{ *DB }
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
	return d.deleteLatest(ctx, sub, name)
}

// DeleteSpec deletes the versions once another call has listed them without the latest item.
func (d deleteLatestFirst) DeleteSpec(ctx context.Context, sub, name string) error {
	if err := d.deleteLatest(ctx, sub, name); err != nil {
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

func (db *DB) deleteLatest(ctx context.Context, sub, name string) error {
	key, err := attributevalue.MarshalMap(map[string]string{"sub": sub, "updated_at_id": "latest#" + name})
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

func TestTestDatabase_FailsForABrokenPromise(t *testing.T) {
	t.Setenv(endpointVariable, "") // the server makes no difference
	t.Setenv("PACKAGEDB_TEST_ENGINE", "")
	for sentence, databases := range map[string][]func(*DB) packagedb.Database{
		"a spec is returned as it was written by every call": {
			func(db *DB) packagedb.Database { return undatedCreate{db} },
			func(db *DB) packagedb.Database { return lostTitle{db} },
		},
		"pages of specs are the list, whatever their names": {
			func(db *DB) packagedb.Database { return ignoredPages{db} },
		},
		"pages of credentials are the list": {
			func(db *DB) packagedb.Database { return inclusiveAfter{db} },
		},
		"a page past the end is empty and not nil": {
			func(db *DB) packagedb.Database { return nilPage{db} },
			func(db *DB) packagedb.Database { return missingPage{db} },
		},
		"a limit less than 1 is ErrInvalidInput": {
			func(db *DB) packagedb.Database { return ignoredPages{db} },
		},
		"an iteration ends with its context between two results": {
			func(db *DB) packagedb.Database { return stuckIterator{db} },
		},
		"one version is the newest entry with that version": {
			func(db *DB) packagedb.Database { return latestOfAll{db} },
			func(db *DB) packagedb.Database { return oldestVersion{db} },
		},
		"versions written within one second are all kept, in the order in which they were written": {
			func(db *DB) packagedb.Database { return shortHistory{db} },
		},
		"credentials are not created if the user has some with the same id": {
			func(db *DB) packagedb.Database { return overwritingCreate{db} },
		},
		"of concurrent creates with the same id exactly one succeeds": {
			func(db *DB) packagedb.Database { return overwritingCreate{db} },
		},
		"credentials are returned as they were written, byte for byte, by every call": {
			func(db *DB) packagedb.Database { return userWithoutID{db} },
		},
		"models are counted in the latest version of each spec": {
			func(db *DB) packagedb.Database { return doubleCount{db} },
		},
		"deleting a spec deletes all of its versions and nothing else": {
			func(db *DB) packagedb.Database { return deleteOfNothing{db} },
			func(db *DB) packagedb.Database { return deleteOfPrefix{db} },
			func(db *DB) packagedb.Database { return deleteOfLatestOnly{db} },
		},
		"a spec that is being deleted has a history that ends with the latest version, or is gone": {
			func(db *DB) packagedb.Database { return deleteLatestFirst{db, make(chan struct{})} },
		},
		"bad input is ErrInvalidInput that names the field, from every call that takes it": {
			func(db *DB) packagedb.Database { return silentInput{db} },
		},
	} {
		i := slices.IndexFunc(promises, func(p promise) bool { return p.name == sentence })
		if !assert.GreaterOrEqual(t, i, 0, sentence) {
			continue
		}
		assert.False(t, fails(t, New(t), promises[i]), "the recorder fails without a broken promise")
		for _, newDatabase := range databases {
			db := newDatabase(New(t))
			assert.True(t, fails(t, db, promises[i]), "%T keeps the promise that %s", db, sentence)
		}
	}
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }

func (r *recorder) FailNow() {
	r.failed = true
	runtime.Goexit()
}

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
	return r.failed
}
