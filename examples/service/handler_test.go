package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// TestMain runs a server that packagedb.Get finds, for the tests that do not inject a database.
func TestMain(m *testing.M) { testutil.Main(m) }

// inBothWays runs a test of the service on a database of its own, which is the first choice, and on the
// one that all tests of this package share.
func inBothWays(t *testing.T, test func(t *testing.T, service http.Handler)) {
	t.Parallel()
	t.Run("injected", func(t *testing.T) {
		t.Parallel()
		test(t, newHandler(always(testutil.New(t))))
	})
	t.Run("shared", func(t *testing.T) {
		t.Parallel()
		test(t, newHandler(packagedb.Get))
	})
}

func always(db packagedb.Database) func() (packagedb.Database, error) {
	return func() (packagedb.Database, error) { return db, nil }
}

// newSub returns a user that no other test has, which is what keeps tests on a shared database apart.
func newSub() string { return "sub " + rand.Text() }

// send sends a request as a user and returns the status and the body of the answer.
func send(t *testing.T, service http.Handler, sub, method, path, body string) (int, string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	request.Header.Set(subHeader, sub)
	return sendRequest(service, request)
}

func sendRequest(service http.Handler, request *http.Request) (int, string) {
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

func mustSend(t *testing.T, service http.Handler, sub, method, path, body string, want int) string {
	t.Helper()
	status, answer := send(t, service, sub, method, path, body)
	if status != want {
		t.Fatalf("%s %s has the status %d, want %d: %s", method, path, status, want, answer)
	}
	return answer
}

const pets = `{"version": "1.0.0", "model_count": 2, "title": "Pets"}`

func TestSpecIsFoundAfterItWasPut(t *testing.T) {
	inBothWays(t, func(t *testing.T, service http.Handler) {
		sub := newSub()
		mustSend(t, service, sub, "PUT", "/specs/pets", pets, http.StatusNoContent)
		var spec packagedb.SpecInfo
		answer := mustSend(t, service, sub, "GET", "/specs/pets", "", http.StatusOK)
		if err := json.Unmarshal([]byte(answer), &spec); err != nil {
			t.Fatal(err)
		}
		if spec.Name != "pets" || spec.Version != "1.0.0" || spec.ModelCount != 2 || spec.Title != "Pets" {
			t.Errorf("the spec is %+v", spec)
		}
	})
}

func TestSpecsAreListedForTheirUserOnly(t *testing.T) {
	inBothWays(t, func(t *testing.T, service http.Handler) {
		sub := newSub()
		for _, name := range []string{"pets", "cars"} {
			mustSend(t, service, sub, "PUT", "/specs/"+name, pets, http.StatusNoContent)
		}
		for who, want := range map[string]int{sub: 2, newSub(): 0} {
			var specs []packagedb.SpecInfo
			answer := mustSend(t, service, who, "GET", "/specs", "", http.StatusOK)
			if err := json.Unmarshal([]byte(answer), &specs); err != nil {
				t.Fatal(err)
			}
			if len(specs) != want {
				t.Errorf("%s has the specs %+v, want %d", who, specs, want)
			}
		}
	})
}

func TestSpecIsGoneAfterItWasDeleted(t *testing.T) {
	inBothWays(t, func(t *testing.T, service http.Handler) {
		sub := newSub()
		mustSend(t, service, sub, "PUT", "/specs/pets", pets, http.StatusNoContent)
		mustSend(t, service, sub, "DELETE", "/specs/pets", "", http.StatusNoContent)
		mustSend(t, service, sub, "GET", "/specs/pets", "", http.StatusNotFound)
		mustSend(t, service, sub, "DELETE", "/specs/pets", "", http.StatusNoContent)
	})
}

func TestBadRequestSaysWhatIsWrong(t *testing.T) {
	inBothWays(t, func(t *testing.T, service http.Handler) {
		for body, want := range map[string]string{
			"pets":                                 "not JSON of a spec",
			`{"model_count": 1}`:                   "version is empty",
			`{"version": "1", "model_count": -1}`:  "model count is -1",
			`{"version": "1", "model_count": "1"}`: "not JSON of a spec",
		} {
			answer := mustSend(t, service, newSub(), "PUT", "/specs/pets", body, http.StatusBadRequest)
			if !strings.Contains(answer, want) {
				t.Errorf("the answer to %s is %q, want it to say %q", body, answer, want)
			}
		}
	})
}

// The connection drops after DynamoDB stored the spec: the answer is lost, the spec is not, and the
// retry does not store it again.
func TestPutSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	service := newHandler(always(db))
	lost := db.Inject(testutil.Fault{Kind: testutil.DropAfter, Times: 1})

	mustSend(t, service, "sub", "PUT", "/specs/pets", pets, http.StatusNoContent)
	if lost.Count() != 1 {
		t.Fatalf("%d answers were lost, want 1", lost.Count())
	}
	versions, err := db.ListSpecVersions(t.Context(), "sub", "pets")
	if err != nil || len(versions) != 1 {
		t.Errorf("the versions are %+v: %v", versions, err)
	}
}

// DynamoDB is down: the user learns that, and nothing about what is behind the service.
func TestOutageIsAnsweredWithoutDetails(t *testing.T) {
	t.Parallel()
	db := testutil.New(t)
	service := newHandler(always(db))
	db.Inject(testutil.Fault{Kind: testutil.InternalServerError})
	if answer := mustSend(t, service, "sub", "GET", "/specs", "", http.StatusServiceUnavailable); answer != "try again later\n" {
		t.Errorf("the answer is %q", answer)
	}
}

func TestMissingDatabaseIsAnsweredWithoutDetails(t *testing.T) {
	t.Parallel()
	service := newHandler(func() (packagedb.Database, error) { return nil, errors.New("no region") })
	if answer := mustSend(t, service, "sub", "GET", "/specs", "", http.StatusServiceUnavailable); answer != "try again later\n" {
		t.Errorf("the answer is %q", answer)
	}
}
