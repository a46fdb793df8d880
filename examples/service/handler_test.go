package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// inBothWays runs a test of the service on its own database, which is the better choice, and on the
// one that all tests of this package share.
func inBothWays(t *testing.T, test func(t *testing.T, handler http.Handler)) {
	t.Parallel()
	t.Run("injected", func(t *testing.T) {
		t.Parallel()
		test(t, newService(newDatabase(t)))
	})
	t.Run("shared", func(t *testing.T) {
		t.Parallel()
		test(t, service{
			database: database, client: packagedb.GetClient, now: time.Now, secret: []byte("service secret"),
		}.routes())
	})
}

// newService returns the service on a database.
func newService(db *testutil.DB) http.Handler {
	return service{
		database: func() (packagedb.Database, error) { return db, nil },
		client:   func() (*dynamodb.Client, error) { return db.Client, nil },
		now:      db.Now,
		secret:   []byte("service secret"),
	}.routes()
}

// newDatabase returns a database of one test's own, with the service's table.
func newDatabase(t *testing.T) *testutil.DB {
	t.Helper()
	db := testutil.New(t)
	require.NoError(t, createDownloads(t.Context(), db.Client))
	return db
}

// send sends a request as a user and requires the status of the answer.
func send(t *testing.T, handler http.Handler, sub, method, path, body string, want int) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	request.Header.Set(subHeader, sub)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	require.Equal(t, want, recorder.Code, "%s %s: %s", method, path, recorder.Body)
	return recorder
}

func decoded[T any](t *testing.T, recorder *httptest.ResponseRecorder) (value T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &value))
	return value
}

const pets = `{"version": "1.0.0", "model_count": 2, "title": "Pets"}`

func TestPutSpec_AnswersWhatIsStored(t *testing.T) {
	inBothWays(t, func(t *testing.T, handler http.Handler) {
		sub := testutil.NewSub(t)
		put := decoded[packagedb.SpecInfo](t, send(t, handler, sub, "PUT", "/specs/Pets", pets, http.StatusOK))
		assert.Equal(t, "pets", put.ID)
		assert.Equal(t, "1.0.0", put.Version)
		assert.Equal(t, put, decoded[packagedb.SpecInfo](t, send(t, handler, sub, "GET", "/specs/pets", "", http.StatusOK)))
		assert.Equal(t, put, decoded[packagedb.SpecInfo](t, send(t, handler, sub, "GET", "/specs/pets/versions/1.0.0", "", http.StatusOK)))
		send(t, handler, sub, "GET", "/specs/pets/versions/2.0.0", "", http.StatusNotFound)
	})
}

var next = regexp.MustCompile(`^<(.*)>; rel="next"$`)

func TestLists_Pages(t *testing.T) {
	inBothWays(t, func(t *testing.T, handler http.Handler) {
		sub := testutil.NewSub(t)
		for _, name := range []string{"a", "b & c", "d", "e", "f"} {
			send(t, handler, sub, "PUT", "/specs/"+strings.ReplaceAll(name, " ", "%20"), pets, http.StatusOK)
		}
		for _, version := range []string{"2", "3", "4", "5"} {
			send(t, handler, sub, "PUT", "/specs/a", `{"version": "`+version+`", "model_count": 1}`, http.StatusOK)
		}
		read := func(path string) (results []packagedb.SpecInfo) {
			for {
				recorder := send(t, handler, sub, "GET", path, "", http.StatusOK)
				results = append(results, decoded[[]packagedb.SpecInfo](t, recorder)...)
				link := next.FindStringSubmatch(recorder.Header().Get("Link"))
				if link == nil {
					return results
				}
				path = link[1]
			}
		}
		assert.Equal(t, read("/specs"), read("/specs?limit=2"))
		assert.Len(t, read("/specs?limit=2"), 5)
		assert.Equal(t, "[]\n", send(t, handler, testutil.NewSub(t), "GET", "/specs", "", http.StatusOK).Body.String(), "another user has none")
		history := read("/specs/a/versions?limit=2")
		assert.Len(t, history, 5)
		assert.Equal(t, "5", history[0].Version, "the newest version comes first")
		for _, limit := range []string{"0", "-1", "1001", "many"} {
			send(t, handler, sub, "GET", "/specs?limit="+limit, "", http.StatusBadRequest)
		}
		send(t, handler, sub, "GET", "/specs/a/versions?after=yesterday", "", http.StatusBadRequest)
	})
}

func TestDeleteSpec_CanBeRepeated(t *testing.T) {
	inBothWays(t, func(t *testing.T, handler http.Handler) {
		sub := testutil.NewSub(t)
		send(t, handler, sub, "PUT", "/specs/pets", pets, http.StatusOK)
		send(t, handler, sub, "DELETE", "/specs/pets", "", http.StatusNoContent)
		send(t, handler, sub, "GET", "/specs/pets", "", http.StatusNotFound)
		send(t, handler, sub, "DELETE", "/specs/pets", "", http.StatusNoContent)
	})
}

func TestPutSpec_BadRequests(t *testing.T) {
	inBothWays(t, func(t *testing.T, handler http.Handler) {
		for body, want := range map[string]string{
			"pets":                                 "not JSON of a spec",
			`{"model_count": 1}`:                   "version is empty",
			`{"version": "1", "model_count": -1}`:  "model count -1 is negative",
			`{"version": "1", "model_count": "1"}`: "not JSON of a spec",
		} {
			assert.Contains(t, send(t, handler, testutil.NewSub(t), "PUT", "/specs/pets", body, http.StatusBadRequest).Body.String(), want)
		}
	})
}

// The connection drops after DynamoDB stored the spec: the answer is lost, the spec is not, and the
// retry does not store it again.
func TestPutSpec_LostAnswer(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	lost := db.Inject(testutil.Fault{Kind: testutil.DropAfter, Times: 1})
	send(t, newService(db), "sub", "PUT", "/specs/pets", pets, http.StatusOK)
	require.Equal(t, 1, lost.Count())
	versions, err := db.ListSpecVersions(t.Context(), "sub", "pets")
	require.NoError(t, err)
	assert.Len(t, versions, 1)
}

func TestService_OutageIsAnsweredWithoutDetails(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	outage := db.Inject(testutil.Fault{Kind: testutil.InternalServerError})
	recorder := send(t, newService(db), "sub", "GET", "/specs", "", http.StatusServiceUnavailable)
	assert.Equal(t, "try again later\n", recorder.Body.String())
	send(t, newService(db), "", "GET", "/ready", "", http.StatusServiceUnavailable)
	outage.Stop()
	send(t, newService(db), "", "GET", "/ready", "", http.StatusNoContent)

	broken := service{database: func() (packagedb.Database, error) { return nil, errors.New("no region") }}.routes()
	recorder = send(t, broken, "sub", "GET", "/specs", "", http.StatusServiceUnavailable)
	assert.Equal(t, "try again later\n", recorder.Body.String())
}

func TestReady_MissingTables(t *testing.T) {
	t.Parallel()
	db := testutil.New(t, packagedb.WithTableNames("other.specs", "other.credentials"))
	send(t, newService(db), "", "GET", "/ready", "", http.StatusServiceUnavailable)
}
