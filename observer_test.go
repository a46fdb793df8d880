package packagedb_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

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

func TestWithObserver_EachCallOnce(t *testing.T) {
	var seen observer
	db := testutil.New(t, seen.option())
	for name := range everyCall(t.Context(), db, testutil.Credentials(1)) {
		found := 0
		for _, call := range seen.calls {
			if call.Operation == name {
				found++
			}
		}
		assert.Equal(t, 1, found, name)
	}
	assert.Len(t, seen.calls, reflect.TypeFor[packagedb.Database]().NumMethod())
}

func TestWithObserver_Figures(t *testing.T) {
	needsTransactions(t)
	var seen observer
	db := testutil.New(t, seen.option(), frozen(start))
	create(t, db, "sub", "spec", "1")
	created := seen.last(t)
	assert.Equal(t, "CreateUpdateSpec", created.Operation)
	assert.Equal(t, 1, created.Requests)
	if engineUnderTest() == "" {
		assert.InDelta(t, 6, created.WriteUnits, 0)
		assert.Positive(t, created.CollectionGB)
	}

	t.Run("retries", func(t *testing.T) {
		db.Inject(testutil.Fault{Kind: testutil.InternalServerError, Operations: []string{"GetItem"}, Times: 2})
		_, err := db.GetSpec(t.Context(), "sub", "spec")
		require.NoError(t, err)
		assert.Equal(t, packagedb.Call{Operation: "GetSpec", Requests: 3, Retries: 2, ReadUnits: 0.5}, seen.last(t))
	})
	t.Run("conflicts", func(t *testing.T) {
		db.Inject(testutil.Fault{Kind: testutil.Conflict, Times: 2})
		create(t, db, "sub", "spec", "1")
		assert.Equal(t, 2, seen.last(t).Conflicts)
		assert.Equal(t, 3, seen.last(t).Requests)
	})
	t.Run("an iterator that is left early", func(t *testing.T) {
		create(t, db, "sub", "spec", "2")
		for _, err := range db.SpecVersions(t.Context(), "sub", "spec") {
			require.NoError(t, err)
			break
		}
		assert.Equal(t, "SpecVersions", seen.last(t).Operation)
		assert.Equal(t, 1, seen.last(t).Requests)
	})
	t.Run("a delete that sends several requests at the same time", func(t *testing.T) {
		store(t, db, specsTable, rawHistory("sub", "long", 300))
		require.NoError(t, db.DeleteSpec(t.Context(), "sub", "long"))
		assert.Equal(t, 1+9+1, seen.last(t).Requests)
	})
}

func TestWithObserver_ErrorClasses(t *testing.T) {
	var seen observer
	server := testutil.New(t)
	db := packagedb.New(server.Client, seen.option())
	class := func(err error) string {
		require.Error(t, err)
		return seen.last(t).ErrorClass
	}
	_, err := db.GetSpec(t.Context(), "sub", "spec")
	assert.Equal(t, "not_found", class(err))
	_, err = db.GetSpec(t.Context(), "", "spec")
	assert.Equal(t, "invalid_input", class(err))
	require.NoError(t, db.CreateCredentials(t.Context(), "sub", testutil.Credentials(1)))
	assert.Empty(t, seen.last(t).ErrorClass)
	assert.Equal(t, "exists", class(db.CreateCredentials(t.Context(), "sub", testutil.Credentials(1))))
	require.NoError(t, db.CreateCredentials(t.Context(), "another sub", testutil.Credentials(1)))
	_, err = db.GetUser(t.Context(), testutil.Credentials(1).PublicKey)
	assert.Equal(t, "ambiguous_public_key", class(err))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = db.ListSpecs(ctx, "sub")
	assert.Equal(t, "canceled", class(err))
	_, err = packagedb.New(server.Client, seen.option(), packagedb.WithTableNames("no.specs", "no.credentials")).GetSpec(t.Context(), "sub", "spec")
	assert.Equal(t, "ResourceNotFoundException", class(err))
	_, err = intercept(server, failOn("GetItem", errors.New("broken")), seen.option()).GetSpec(t.Context(), "sub", "spec")
	assert.Equal(t, "other", class(err))
}
