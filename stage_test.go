package packagedb_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// setEnvironment sets variables for the test, and removes all others of AWS and STAGE.
func setEnvironment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") || name == "STAGE" {
			t.Setenv(name, "") // so that it is restored
			require.NoError(t, os.Unsetenv(name))
		}
	}
	t.Setenv("HOME", t.TempDir())
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

// prod returns an environment for STAGE=PROD at the endpoint.
func prod(endpoint string) map[string]string {
	return map[string]string{
		"STAGE": "PROD", "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
	}
}

// recorder is a server that keeps the requests that it gets, and answers with a status and a body.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

func newRecorder(t *testing.T, status int, body string) *recorder {
	r := new(recorder)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		received, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		r.requests = append(r.requests, request)
		r.bodies = append(r.bodies, string(received))
		r.mu.Unlock()
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(r.Close)
	return r
}

const (
	noItems   = `{"Items":[]}`
	refusal   = `{"__type":"com.amazon.coral.validate#ValidationException","message":"seen"}`
	throttled = `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}`
)

func TestGet_Stage(t *testing.T) {
	for _, stage := range []string{"", "test", "PRODUCTION"} {
		t.Run(fmt.Sprintf("%q is invalid", stage), func(t *testing.T) {
			setEnvironment(t, map[string]string{"STAGE": stage, "AWS_MAX_ATTEMPTS": "0"})
			db, err := packagedb.Get()
			assert.Nil(t, db)
			require.ErrorIs(t, err, packagedb.ErrInvalidStage)
			assert.ErrorContains(t, err, "TEST or PROD; testutil.Main sets it for tests")
		})
	}
}

func TestGet_InvalidEnvironment(t *testing.T) {
	for _, test := range []struct {
		name        string
		environment map[string]string
		want        string
	}{
		{"PROD without a region", map[string]string{"STAGE": "PROD"}, "AWS_REGION"},
		{"an endpoint without a scheme", map[string]string{
			"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": "localhost:8000",
		}, "AWS_ENDPOINT_URL_DYNAMODB"},
		{"an endpoint without a host", map[string]string{
			"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": "http://:8000",
		}, "AWS_ENDPOINT_URL_DYNAMODB"},
		{"credentials from a host with a name", map[string]string{
			"STAGE": "PROD", "AWS_REGION": "eu-west-1", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://name.invalid/",
		}, `"name.invalid", it must be localhost or an IP address`},
	} {
		t.Run(test.name, func(t *testing.T) {
			setEnvironment(t, test.environment)
			db, err := packagedb.Get()
			assert.Nil(t, db)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestGet_EndpointOfAWSForTest(t *testing.T) {
	for _, endpoint := range []string{
		"https://dynamodb.us-east-1.amazonaws.com",
		"https://dynamodb.us-east-1.amazonaws.com.:443/",
		"https://DynamoDB.US-East-1.AmazonAWS.com",
		"https://localhost:8000@dynamodb.us-east-1.amazonaws.com",
		"https://123456789012.ddb.us-east-1.amazonaws.com",
		"https://dynamodb.us-east-1.api.aws",
		"https://dynamodb.cn-north-1.amazonaws.com.cn",
		"https://dynamodb.cn-north-1.api.amazonwebservices.com.cn",
		"https://dynamodb.eusc-de-east-1.amazonaws.eu",
	} {
		t.Run(endpoint+" is rejected", func(t *testing.T) {
			setEnvironment(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": endpoint})
			db, err := packagedb.Get()
			assert.Nil(t, db)
			assert.ErrorContains(t, err, "AWS_ENDPOINT_URL_DYNAMODB is an endpoint of AWS")
		})
	}
	for _, endpoint := range []string{
		"http://amazonaws.com.example", "http://myamazonaws.com", "http://127.0.0.1:8000/amazonaws.com",
	} {
		t.Run(endpoint+" is accepted", func(t *testing.T) {
			setEnvironment(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": endpoint})
			_, err := packagedb.Get()
			assert.NoError(t, err)
		})
	}
}

func TestGet_MaxAttempts(t *testing.T) {
	for _, stage := range []string{"TEST", "PROD"} {
		for _, value := range []string{"0", "-1", "many", "1.5"} {
			t.Run(fmt.Sprintf("of %s under %s is an error", value, stage), func(t *testing.T) {
				environment := prod("http://localhost:8000")
				environment["STAGE"], environment["AWS_MAX_ATTEMPTS"] = stage, value
				setEnvironment(t, environment)
				db, err := packagedb.Get()
				assert.Nil(t, db)
				assert.ErrorContains(t, err, fmt.Sprintf("AWS_MAX_ATTEMPTS is %q", value))
			})
		}
		for value, want := range map[string]int{"1": 1, "3": 3} {
			t.Run(fmt.Sprintf("of %s under %s is kept", value, stage), func(t *testing.T) {
				server := newRecorder(t, http.StatusBadRequest, throttled)
				environment := prod(server.URL)
				environment["STAGE"], environment["AWS_MAX_ATTEMPTS"] = stage, value
				setEnvironment(t, environment)
				db, err := packagedb.Get()
				require.NoError(t, err)
				_, err = db.ListSpecs(t.Context(), "sub")
				require.Error(t, err)
				assert.Len(t, server.requests, want)
			})
		}
	}
}

func TestGet_SameInstance(t *testing.T) {
	setEnvironment(t, map[string]string{"STAGE": "TEST"})
	first, err := packagedb.Get()
	require.NoError(t, err)
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			again, err := packagedb.Get()
			assert.NoError(t, err)
			assert.Same(t, first, again)
		})
	}
	running.Wait()

	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8001")
	moved, err := packagedb.Get()
	require.NoError(t, err)
	assert.NotSame(t, first, moved, "another endpoint")
	t.Setenv("STAGE", "PROD")
	t.Setenv("AWS_REGION", "eu-west-1")
	production, err := packagedb.Get()
	require.NoError(t, err)
	assert.NotSame(t, moved, production, "another stage")
	t.Setenv("AWS_SDK_UA_APP_ID", "service")
	named, err := packagedb.Get()
	require.NoError(t, err)
	assert.NotSame(t, production, named, "another user agent")
}

func TestGet_ManyAtOnce(t *testing.T) {
	setEnvironment(t, prod("http://localhost:8000"))
	const callers = 16
	got := make(chan packagedb.Database, callers)
	for range callers {
		go func() {
			db, err := packagedb.Get()
			assert.NoError(t, err)
			got <- db
		}()
	}
	first := <-got
	for range callers - 1 {
		assert.Same(t, first, <-got)
	}
}

func TestGet_Options(t *testing.T) {
	server := newRecorder(t, http.StatusOK, noItems)
	setEnvironment(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": server.URL})
	plain, err := packagedb.Get()
	require.NoError(t, err)
	other, err := packagedb.Get(packagedb.WithTableNames("other.specs", "other.credentials"))
	require.NoError(t, err)
	again, err := packagedb.Get()
	require.NoError(t, err)
	assert.Same(t, plain, again)

	for _, db := range []packagedb.Database{plain, other} {
		_, err = db.ListSpecs(t.Context(), "sub")
		require.NoError(t, err)
	}
	assert.Contains(t, server.bodies[0], `"TableName":"package.specs"`)
	assert.Contains(t, server.bodies[1], `"TableName":"other.specs"`)
	assert.Equal(t, server.requests[0].RemoteAddr, server.requests[1].RemoteAddr, "both use one client")
}

func TestGet_ClosesIdleConnectionsOfTheClientBefore(t *testing.T) {
	var closed atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, noItems)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed.Store(true)
		}
	}
	server.Start()
	defer server.Close()
	setEnvironment(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": server.URL})
	db, err := packagedb.Get()
	require.NoError(t, err)
	_, err = db.ListSpecs(t.Context(), "sub")
	require.NoError(t, err)

	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8001")
	_, err = packagedb.Get()
	require.NoError(t, err)
	assert.Eventually(t, closed.Load, 30*time.Second, time.Millisecond)
}

// foreign returns an environment full of settings of another AWS account, whose services are
// elsewhere.
func foreign(t *testing.T, elsewhere string) map[string]string {
	t.Helper()
	directory := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(directory, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	profile := "\nregion = eu-west-3\ndefaults_mode = auto\nendpoint_url = " + elsewhere + "\n"
	keys := "\naws_access_key_id = AKIAFILE\naws_secret_access_key = secret\n"
	return map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
		"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-2", "AWS_PROFILE": "work",
		"AWS_CONFIG_FILE":                    write("config", "[default]"+profile+"[profile work]"+profile),
		"AWS_SHARED_CREDENTIALS_FILE":        write("credentials", "[default]"+keys+"[work]"+keys),
		"AWS_WEB_IDENTITY_TOKEN_FILE":        write("token", "token"),
		"AWS_ROLE_ARN":                       "arn:aws:iam::123456789012:role/work",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT":  elsewhere,
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": elsewhere, "AWS_ENDPOINT_URL": elsewhere,
	}
}

func TestGet_TestReadsNothingOfAWS(t *testing.T) {
	elsewhere, engine := newRecorder(t, http.StatusBadRequest, refusal), newRecorder(t, http.StatusBadRequest, refusal)
	variables := foreign(t, elsewhere.URL)
	variables["STAGE"], variables["AWS_ENDPOINT_URL_DYNAMODB"] = "TEST", engine.URL
	setEnvironment(t, variables)
	db, err := packagedb.Get()
	require.NoError(t, err)
	_, err = db.ListSpecs(t.Context(), "sub")
	require.ErrorContains(t, err, "seen")

	require.Len(t, engine.requests, 1)
	authorization := engine.requests[0].Header.Get("Authorization")
	assert.NotContains(t, authorization, "AKIA")
	assert.NotContains(t, authorization, "eu-west")
	assert.Empty(t, elsewhere.requests)
}

func TestGet_ProdUsesTheEnvironment(t *testing.T) {
	elsewhere := newRecorder(t, http.StatusBadRequest, refusal)
	variables := foreign(t, elsewhere.URL)
	variables["STAGE"] = "PROD"
	setEnvironment(t, variables)
	db, err := packagedb.Get()
	require.NoError(t, err)
	assert.Empty(t, elsewhere.requests, "Get sends nothing")
	_, err = db.ListSpecs(t.Context(), "sub")
	require.ErrorContains(t, err, "seen")

	require.Len(t, elsewhere.requests, 1)
	authorization := elsewhere.requests[0].Header.Get("Authorization")
	assert.Contains(t, authorization, "AKIAENVIRONMENT")
	assert.Contains(t, authorization, "eu-west-2")
}

func TestGet_SendsNothing(t *testing.T) {
	for _, mode := range []string{"auto", "AUTO", "in-region"} {
		t.Run("with the defaults mode "+mode, func(t *testing.T) {
			metadata := newRecorder(t, http.StatusNotFound, "")
			variables := prod("http://localhost:8000")
			variables["AWS_DEFAULTS_MODE"], variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = mode, metadata.URL
			setEnvironment(t, variables)
			_, err := packagedb.Get()
			require.NoError(t, err)
			assert.Empty(t, metadata.requests)
		})
	}
}

func TestGet_RefusedConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close()) // no server listens there
	setEnvironment(t, map[string]string{
		"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": "http://" + listener.Addr().String(),
	})
	db, err := packagedb.Get()
	require.NoError(t, err)
	_, err = db.ListSpecs(t.Context(), "sub")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.ErrorContains(t, err, "go run github.com/open-alchemy/packagedb/cmd/packagedb-local@latest")
	assert.NotContains(t, err.Error(), "attempts", "it is not retried")
}

func TestGet_CallersDeadline(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	setEnvironment(t, map[string]string{
		"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": "http://" + silent.Addr().String(),
	})
	db, err := packagedb.Get()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = db.ListSpecs(ctx, "sub")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestClientOptions(t *testing.T) {
	for name, newClient := range map[string]func(endpoint string) *dynamodb.Client{
		"NewFromConfig": func(endpoint string) *dynamodb.Client {
			return dynamodb.NewFromConfig(aws.Config{
				BaseEndpoint: &endpoint, Region: "eu-west-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 2,
			}, packagedb.ClientOptions)
		},
		"New": func(endpoint string) *dynamodb.Client {
			return dynamodb.New(dynamodb.Options{
				BaseEndpoint: &endpoint, Region: "eu-west-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 2,
			}, packagedb.ClientOptions)
		},
	} {
		t.Run(name+" retries an empty success", func(t *testing.T) {
			server := newRecorder(t, http.StatusOK, "")
			_, err := packagedb.New(newClient(server.URL)).ListSpecs(t.Context(), "sub")
			require.ErrorContains(t, err, "no body")
			require.Len(t, server.requests, 2)
			assert.Regexp(t, nameAndVersion, server.requests[0].UserAgent())
		})
	}
}
