package testutil_test

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/testutil"
)

func TestMain_ReturnsTheCodeOfTheTests(t *testing.T) {
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
		assert.Equal(t, want, code)
		assert.Equal(t, "PROD", os.Getenv("STAGE"))
		assertClosed(t, endpoint)
	}
}

func TestMain_SetsUpBeforeTheTests(t *testing.T) {
	createPets := func(ctx context.Context, server *testutil.Server) error {
		_, limited := ctx.Deadline()
		assert.True(t, limited)
		assert.PanicsWithValue(t, "testutil: Inject in the set-up of Main, which is no test; call it in the tests",
			func() { server.Inject(testutil.Fault{Kind: testutil.Throttle}) })
		assert.PanicsWithValue(t, "testutil: FastForward in the set-up of Main, which is no test; call it in the tests",
			func() { server.FastForward(time.Hour) })
		mustCreateTable(t, server.Client, "pets")
		return nil
	}
	failed := errors.New("no pets")
	for _, test := range []struct {
		name  string
		setup func(ctx context.Context, server *testutil.Server) error
		code  int
		says  string
	}{
		{"and then runs them", func(_ context.Context, server *testutil.Server) error {
			assert.Equal(t, append(slices.Clone(bothTables), "pets"), tables(t, server.Client))
			return nil
		}, 0, ""},
		{"and runs none after an error", func(context.Context, *testutil.Server) error { return failed },
			1, "testutil: set up: no pets\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ran := false
			code, says := testutil.RunMainAlone(runner(func() int {
				ran = true
				mustStore(t, mustGet(t), testutil.NewSub(t), 1)
				return 0
			}), createPets, test.setup)
			assert.Equal(t, test.code, code)
			assert.Equal(t, test.says, says)
			assert.Equal(t, test.code == 0, ran)
		})
	}
}

func assertClosed(tb testing.TB, endpoint string) {
	tb.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://"))
	if !assert.Error(tb, err, "a server still listens at %s", endpoint) {
		_ = connection.Close()
	}
}

func TestMain_ListensAtTheAddressInTheEnvironment(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "localhost:0", "0.0.0.0:0", ":0"} {
		t.Run("such as "+address, func(t *testing.T) {
			t.Setenv("PACKAGEDB_TEST_LISTEN", address)
			code, says := testutil.RunMainAlone(runner(func() int {
				assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"))
				mustHold(t, mustGet(t), testutil.Sub(1), 0, 0)
				return 0
			}))
			assert.Zero(t, code, says)
		})
	}
	t.Run("and fails if it is taken", func(t *testing.T) {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer taken.Close()
		t.Setenv("PACKAGEDB_TEST_LISTEN", taken.Addr().String())
		code, says := testutil.RunMainAlone(runner(func() int {
			assert.Fail(t, "the tests run")
			return 0
		}))
		assert.Equal(t, 1, code)
		assert.Contains(t, says, "testutil: listen at "+taken.Addr().String())
	})
}

func TestDatabase_IsTheServerOfMain(t *testing.T) {
	endpoint := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
	t.Run("while a test uses it", func(t *testing.T) {
		server := testutil.Database(t)
		assert.Equal(t, endpoint, server.URL)
		assert.Equal(t, bothTables, tables(t, server.Client))
	})
	mustStore(t, mustGet(t), testutil.Sub(1), 1)
	t.Run("which goes on to run", func(t *testing.T) {
		mustHold(t, mustGet(t), testutil.Sub(1), 1, 1)
		testutil.CleanSpecsTable(t)
		testutil.CleanCredentialsTable(t)
		mustHold(t, mustGet(t), testutil.Sub(1), 0, 0)
	})
}
