package main

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/testutil"
)

// TestMain runs a server that packagedb.Get and GetClient find, for the tests that do not inject a
// database, and creates the service's own table there.
func TestMain(m *testing.M) {
	testutil.Main(m, func(ctx context.Context, server *testutil.Server) error {
		return createDownloads(ctx, server.Client)
	})
}

func TestDownloads_MostDownloadedFirst(t *testing.T) {
	inBothWays(t, func(t *testing.T, handler http.Handler) {
		sub := testutil.NewSub(t)
		for name, count := range map[string]int{"a": 1, "b": 3, "c": 2, "never": 0} {
			send(t, handler, sub, "PUT", "/specs/"+name, pets, http.StatusOK)
			for range count {
				send(t, handler, sub, "POST", "/specs/"+name+"/downloads", "", http.StatusNoContent)
			}
		}
		assert.Equal(t, []downloads{{ID: "b", Downloads: 3}, {ID: "c", Downloads: 2}, {ID: "a", Downloads: 1}},
			list(t, handler, sub))
		send(t, handler, sub, "POST", "/specs/unknown/downloads", "", http.StatusNotFound)
		assert.Empty(t, list(t, handler, testutil.NewSub(t)), "another user has none")
	})
}

func list(t *testing.T, handler http.Handler, sub string) []downloads {
	t.Helper()
	return decoded[[]downloads](t, send(t, handler, sub, "GET", "/downloads", "", http.StatusOK))
}

// DynamoDB keeps expired items for some days: the engine keeps them for two.
func TestDownloads_ExpireAfter30Days(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	handler := newService(db)
	for _, name := range []string{"often", "once"} {
		send(t, handler, "sub", "PUT", "/specs/"+name, pets, http.StatusOK)
		send(t, handler, "sub", "POST", "/specs/"+name+"/downloads", "", http.StatusNoContent)
	}
	db.FastForward(29 * 24 * time.Hour)
	send(t, handler, "sub", "POST", "/specs/often/downloads", "", http.StatusNoContent)
	db.FastForward(2 * 24 * time.Hour)
	assert.Equal(t, []downloads{{ID: "often", Downloads: 2}}, list(t, handler, "sub"), "filtered")

	send(t, handler, "sub", "POST", "/specs/once/downloads", "", http.StatusNoContent)
	assert.Equal(t, []downloads{{ID: "often", Downloads: 2}, {ID: "once", Downloads: 1}}, list(t, handler, "sub"),
		"counted anew")
}

// In a bubble the engine lives in the bubble's time, and so does all else in the test.
func TestDownloads_InABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newDatabase(t)
		handler := newService(db)
		send(t, handler, "sub", "PUT", "/specs/pets", pets, http.StatusOK)
		send(t, handler, "sub", "POST", "/specs/pets/downloads", "", http.StatusNoContent)
		<-time.After(downloadsKept - time.Second)
		assert.Len(t, list(t, handler, "sub"), 1)
		<-time.After(time.Second)
		assert.Empty(t, list(t, handler, "sub"))
	})
}

// Only the table of downloads is throttled, from its second request on: specs can still be read.
func TestDownloads_Throttled(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	handler := newService(db)
	send(t, handler, "sub", "PUT", "/specs/pets", pets, http.StatusOK)
	throttled := db.Inject(testutil.Fault{Kind: testutil.Throttle, Tables: []string{downloadsTable}, Skip: 1})
	send(t, handler, "sub", "POST", "/specs/pets/downloads", "", http.StatusNoContent)
	send(t, handler, "sub", "POST", "/specs/pets/downloads", "", http.StatusServiceUnavailable)
	send(t, handler, "sub", "GET", "/specs/pets", "", http.StatusOK)
	throttled.Stop()
	require.Equal(t, []downloads{{ID: "pets", Downloads: 1}}, list(t, handler, "sub"))
}
