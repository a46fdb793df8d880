package testutil

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb"
)

// Each of these wraps a Database and breaks one of its promises.
type (
	lostTitle         struct{ *DB }
	shortHistory      struct{ *DB }
	oldestVersion     struct{ *DB }
	doubleCount       struct{ *DB }
	ignoredPages      struct{ *DB }
	nilPage           struct{ *DB }
	stuckIterator     struct{ *DB }
	deleteOfPrefix    struct{ *DB }
	tornDelete        struct{ *DB }
	overwritingCreate struct{ *DB }
	repeatedVersion   struct{ *DB }
	latestOnce        struct{ *DB }
	userWithoutID     struct{ *DB }
	silentInput       struct{ *DB }
)

func (d lostTitle) CreateUpdateSpec(ctx context.Context, sub string, in packagedb.SpecInput) (*specInfo, error) {
	in.Title = ""
	return d.DB.CreateUpdateSpec(ctx, sub, in)
}

func (d shortHistory) CreateUpdateSpec(ctx context.Context, sub string, in packagedb.SpecInput) (*specInfo, error) {
	_ = d.DB.DeleteSpec(ctx, sub, in.Name)
	return d.DB.CreateUpdateSpec(ctx, sub, in)
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

// CountCustomerModels counts the models of all versions.
func (d doubleCount) CountCustomerModels(ctx context.Context, sub string) (count int, err error) {
	specs, err := d.ListSpecs(ctx, sub)
	for _, spec := range specs {
		versions, versionsErr := d.ListSpecVersions(ctx, sub, spec.Name)
		err = errors.Join(err, versionsErr)
		for _, version := range versions {
			count += version.ModelCount
		}
	}
	return count, err
}

func (d ignoredPages) ListSpecs(ctx context.Context, sub string, _ ...option) ([]specInfo, error) {
	return d.DB.ListSpecs(ctx, sub)
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

func (d deleteOfPrefix) DeleteSpec(ctx context.Context, sub, name string) error {
	all, err := d.ListSpecs(ctx, sub)
	for _, stored := range all {
		if strings.HasPrefix(stored.ID, name) {
			err = errors.Join(err, d.DB.DeleteSpec(ctx, sub, stored.Name))
		}
	}
	return err
}

// DeleteSpec deletes the latest item and leaves the versions, as if its context had ended.
func (d tornDelete) DeleteSpec(ctx context.Context, sub, name string) error {
	_, err := d.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: aws.String("package.specs"),
		Key: map[string]types.AttributeValue{
			"sub":           &types.AttributeValueMemberS{Value: sub},
			"updated_at_id": &types.AttributeValueMemberS{Value: "latest#" + name},
		},
	})
	return errors.Join(err, context.Canceled)
}

func (d overwritingCreate) CreateCredentials(ctx context.Context, sub string, in packagedb.CredentialsInput) error {
	return d.CreateUpdateCredentials(ctx, sub, in)
}

func (d repeatedVersion) CreateSpecVersion(ctx context.Context, sub string, in packagedb.SpecInput) (*specInfo, error) {
	return d.CreateUpdateSpec(ctx, sub, in)
}

// CreateSpecVersion does not look past the latest version.
func (d latestOnce) CreateSpecVersion(ctx context.Context, sub string, in packagedb.SpecInput) (*specInfo, error) {
	if latest, err := d.GetLatestSpecVersion(ctx, sub, in.Name); err == nil && latest == in.Version {
		return nil, packagedb.ErrExists
	}
	return d.CreateUpdateSpec(ctx, sub, in)
}

func (d userWithoutID) GetUser(ctx context.Context, publicKey string) (*packagedb.CredentialsAuthInfo, error) {
	user, err := d.DB.GetUser(ctx, publicKey)
	if err == nil {
		user.ID = ""
	}
	return user, err
}

// GetSpec returns an error that does not name the field.
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
	db := New(t)
	for _, test := range []struct {
		broken packagedb.Database
		check  func(*suiteUser)
	}{
		{lostTitle{db}, checkReturnedSpec},
		{shortHistory{db}, checkOneSecond},
		{oldestVersion{db}, checkOlderAgain},
		{doubleCount{db}, checkModelCount},
		{ignoredPages{db}, checkOrder},
		{ignoredPages{db}, checkLimit},
		{nilPage{db}, checkEmptyLists},
		{stuckIterator{db}, checkIteration},
		{deleteOfPrefix{db}, checkDeletes},
		{tornDelete{db}, checkRunningDelete},
		{overwritingCreate{db}, checkCreatedOnce},
		{repeatedVersion{db}, checkVersionOnce},
		{latestOnce{db}, checkVersionExists},
		{userWithoutID{db}, checkReturnedCredentials},
		{silentInput{db}, checkBadInput},
	} {
		check := func(db packagedb.Database) string {
			return Failure(t, func(tb testing.TB) { test.check(newSuiteUser(tb, db)) })
		}
		assert.NotEmpty(t, check(test.broken), "the suite does not notice %T", test.broken)
		assert.Empty(t, check(db), "the check that notices %T fails without it", test.broken)
	}
}
