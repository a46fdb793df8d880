package testutil_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/open-alchemy/packagedb/testutil"
)

func TestMainRunsTheTestsAndReturnsTheirCode(t *testing.T) {
	t.Setenv("STAGE", "PROD")
	for _, want := range []int{0, 1, 2} {
		var endpoint string
		code, _ := testutil.RunMainAlone(runner(func() int {
			endpoint = os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
			db := mustGet(t)
			mustHold(t, db, testutil.Sub(1), 0, 0)
			mustStore(t, db, testutil.Sub(1), 1)
			return want
		}))
		if code != want {
			t.Errorf("the code is %d, want %d", code, want)
		}
		if stage := os.Getenv("STAGE"); stage != "PROD" {
			t.Errorf("after the tests STAGE is %q, want PROD again", stage)
		}
		mustRefuse(t, endpoint)
	}
}

func mustRefuse(tb testing.TB, endpoint string) {
	tb.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://"))
	if err == nil {
		connection.Close()
		tb.Errorf("a server still listens at %s", endpoint)
	}
}

func TestMainListensWhereItIsTold(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "localhost:0", "0.0.0.0:0", ":0"} {
		t.Run("at "+address, func(t *testing.T) {
			t.Setenv("PACKAGEDB_TEST_LISTEN", address)
			code, says := testutil.RunMainAlone(runner(func() int {
				if got, want := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), "http://127.0.0.1:"; !strings.HasPrefix(got, want) {
					t.Errorf("the endpoint is %q, want it to start with %q", got, want)
				}
				mustHold(t, mustGet(t), testutil.Sub(1), 0, 0)
				return 0
			}))
			if code != 0 {
				t.Errorf("the code is %d: %s", code, says)
			}
		})
	}
	t.Run("and fails where the address is taken", func(t *testing.T) {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		t.Setenv("PACKAGEDB_TEST_LISTEN", taken.Addr().String())
		code, says := testutil.RunMainAlone(runner(func() int {
			t.Error("the tests run")
			return 0
		}))
		if want := "testutil.Main: listen at " + taken.Addr().String(); code != 1 || !strings.HasPrefix(says, want) {
			t.Errorf("the code is %d and the message %q, want 1 and %q", code, says, want)
		}
	})
}

func TestFixturesUseTheServerOfMain(t *testing.T) {
	endpoint := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
	t.Run("while a test uses it", func(t *testing.T) {
		if got := testutil.Database(t); got != endpoint {
			t.Errorf("the endpoint is %q, want %q", got, endpoint)
		}
	})
	mustStore(t, mustGet(t), testutil.Sub(1), 1)
	t.Run("which goes on to run", func(t *testing.T) {
		mustHold(t, mustGet(t), testutil.Sub(1), 1, 1)
		testutil.CleanSpecsTable(t)
		testutil.CleanCredentialsTable(t)
		mustHold(t, mustGet(t), testutil.Sub(1), 0, 0)
	})
}
