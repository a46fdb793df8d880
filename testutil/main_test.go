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
		code := testutil.RunMainAlone(runner(func() int {
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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("it fails where the address is taken", func(t *testing.T) {
		t.Setenv("PACKAGEDB_TEST_LISTEN", listener.Addr().String())
		code := testutil.RunMainAlone(runner(func() int {
			t.Error("the tests run")
			return 0
		}))
		if code == 0 {
			t.Error("the code is 0")
		}
	})
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", ""} {
		t.Run("host "+host, func(t *testing.T) {
			t.Setenv("PACKAGEDB_TEST_LISTEN", net.JoinHostPort(host, port))
			testutil.RunMainAlone(runner(func() int {
				if got, want := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), "http://127.0.0.1:"+port; got != want {
					t.Errorf("the endpoint is %q, want %q", got, want)
				}
				mustHold(t, mustGet(t), testutil.Sub(1), 0, 0)
				return 0
			}))
		})
	}
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
