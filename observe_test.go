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

func TestWithObserver_EachCallOnce(t *testing.T) {
	var seen observer
	var want, got []string
	for name, run := range calls(t.Context(), testutil.New(t, seen.option())) {
		_ = run()
		want = append(want, name)
	}
	for _, call := range seen.calls {
		got = append(got, call.Operation)
	}
	assert.Equal(t, want, got)
	assert.Len(t, want, reflect.TypeFor[packagedb.Database]().NumMethod())
}

func TestWithObserver_Figures(t *testing.T) {
	needsTransactions(t)
	var seen observer
	db := testutil.New(t, seen.option(), frozen(start))
	create(t, db, "sub", "spec", "1")
	assert.True(t, engineUnderTest() != "" || seen.last(t).CollectionGB > 0)

	t.Run("retries", func(t *testing.T) {
		db.Inject(testutil.Fault{Kind: testutil.InternalServerError, Operations: []string{"GetItem"}, Times: 2})
		require.NoError(t, call(t.Context(), db, "GetSpec"))
		assert.Equal(t, packagedb.Call{Operation: "GetSpec", Requests: 3, Retries: 2, ReadUnits: 0.5}, seen.last(t))
	})
	t.Run("conflicts", func(t *testing.T) {
		db.Inject(testutil.Fault{Kind: testutil.Conflict, Times: 2})
		create(t, db, "sub", "spec", "1")
		assert.Equal(t, 2, seen.last(t).Conflicts)
		assert.Equal(t, 3, seen.last(t).Requests)
	})
	t.Run("an iterator that is left early", func(t *testing.T) {
		for _, err := range db.SpecVersions(t.Context(), "sub", "spec") {
			require.NoError(t, err)
			break
		}
		assert.Equal(t, "SpecVersions", seen.last(t).Operation)
		assert.Equal(t, 1, seen.last(t).Requests)
	})
}

func TestWithObserver_ErrorClasses(t *testing.T) {
	server := testutil.New(t)
	require.NoError(t, call(t.Context(), server, "CreateCredentials"))
	other := secret
	other.ID, other.PublicKey = "other", "shared"
	for _, sub := range []string{"sub", "another sub"} {
		require.NoError(t, server.CreateCredentials(t.Context(), sub, other))
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var seen observer
	db := packagedb.New(server.Client, seen.option())
	elsewhere := packagedb.New(server.Client, seen.option(), packagedb.WithTableNames("no.specs", "no.credentials"))
	broken := intercept(server, failOn("GetItem", errors.New("broken")), seen.option())
	for want, run := range map[string]func() error{
		"":                          calls(t.Context(), db)["GetUser"],
		"not_found":                 calls(t.Context(), db)["GetSpec"],
		"invalid_input":             func() error { return db.DeleteSpec(t.Context(), "sub", "") },
		"exists":                    calls(t.Context(), db)["CreateCredentials"],
		"ambiguous_public_key":      func() error { return errorOf(db.GetUser(t.Context(), "shared")) },
		"canceled":                  calls(ended, db)["ListSpecs"],
		"ResourceNotFoundException": calls(t.Context(), elsewhere)["GetSpec"],
		"other":                     calls(t.Context(), broken)["GetSpec"],
	} {
		assert.Equal(t, want == "", run() == nil, want)
		assert.Equal(t, want, seen.last(t).ErrorClass)
	}
}
