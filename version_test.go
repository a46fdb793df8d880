package packagedb_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/open-alchemy/packagedb"
)

var nameAndVersion = regexp.MustCompile(`(^| )packagedb/[0-9]+\.[0-9]+\.[0-9]+( |$)`)

func TestRequestsOfTheClientsOfGetNameTheLibrary(t *testing.T) {
	agents := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agents <- r.UserAgent()
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	for _, stage := range []string{"TEST", "PROD"} {
		t.Run(stage, func(t *testing.T) {
			t.Setenv("STAGE", stage)
			db, err := packagedb.Get()
			if err != nil {
				t.Fatal(err)
			}
			if err := db.DeleteCredentials(t.Context(), "sub", "id"); err != nil {
				t.Fatal(err)
			}
			if agent := <-agents; !nameAndVersion.MatchString(agent) {
				t.Errorf("the user agent is %q", agent)
			}
		})
	}
}
