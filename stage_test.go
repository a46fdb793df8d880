package packagedb_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
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
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(r.Close)
	return r
}

// get sets the environment, and returns the Database of Get.
func get(t *testing.T, variables map[string]string) packagedb.Database {
	t.Helper()
	setEnvironment(t, variables)
	db, err := packagedb.Get()
	require.NoError(t, err)
	return db
}

const (
	noItems   = `{"Items":[]}`
	refusal   = `{"__type":"com.amazon.coral.validate#ValidationException","message":"seen"}`
	throttled = `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}`
)

var nameAndVersion = regexp.MustCompile(`(^| )packagedb/[0-9]+\.[0-9]+\.[0-9]+( |$)`)

func TestGet_InvalidEnvironment(t *testing.T) {
	const (
		region, attempts = "AWS_REGION", "AWS_MAX_ATTEMPTS"
		endpoint, uri    = "AWS_ENDPOINT_URL_DYNAMODB", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	)
	for _, test := range []struct {
		environment map[string]string
		want        string
	}{
		{map[string]string{}, `STAGE is "", it must be TEST or PROD; testutil.Main sets it for tests`},
		{map[string]string{"STAGE": "test", attempts: "0"}, `STAGE is "test", it must be TEST or PROD`},
		{map[string]string{"STAGE": "PRODUCTION"}, `STAGE is "PRODUCTION", it must be TEST or PROD`},
		{map[string]string{"STAGE": "PROD"}, "set AWS_REGION"},
		{map[string]string{"STAGE": "PROD", region: "eu-west-1", uri: "http://name.invalid/"}, `"name.invalid", it must be localhost or an IP address`},
		{map[string]string{"STAGE": "PROD", region: "eu-west-1", attempts: "-1"}, `AWS_MAX_ATTEMPTS is "-1"`},
		{map[string]string{"STAGE": "TEST", attempts: "0"}, `AWS_MAX_ATTEMPTS is "0"`},
		{map[string]string{"STAGE": "TEST", attempts: "many"}, `AWS_MAX_ATTEMPTS is "many"`},
		{map[string]string{"STAGE": "TEST", attempts: "1.5"}, `AWS_MAX_ATTEMPTS is "1.5"`},
		{map[string]string{"STAGE": "TEST", endpoint: "localhost:8000"}, `AWS_ENDPOINT_URL_DYNAMODB is "localhost:8000"`},
		{map[string]string{"STAGE": "TEST", endpoint: "http://:8000"}, `AWS_ENDPOINT_URL_DYNAMODB is "http://:8000"`},
	} {
		t.Run(test.want, func(t *testing.T) {
			setEnvironment(t, test.environment)
			db, err := packagedb.Get()
			assert.Nil(t, db)
			require.ErrorContains(t, err, test.want)
			assert.Equal(t, strings.HasPrefix(test.want, "STAGE"), errors.Is(err, packagedb.ErrInvalidStage))
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
		"https://dynamodb.eusc-de-east-1.api.amazonwebservices.eu",
		"https://dynamodb.us-iso-east-1.c2s.ic.gov",
		"https://dynamodb.us-iso-east-1.api.aws.ic.gov",
		"https://dynamodb.us-isob-east-1.sc2s.sgov.gov",
		"https://dynamodb.us-isob-east-1.api.aws.scloud",
		"https://dynamodb.eu-isoe-west-1.cloud.adc-e.uk",
		"https://dynamodb.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
		"https://dynamodb.us-isof-south-1.csp.hci.ic.gov",
		"https://dynamodb.us-isof-south-1.api.aws.hci.ic.gov",
		"https://DYNAMODB.US-ISO-EAST-1.C2S.IC.GOV...",
	} {
		t.Run(endpoint+" is rejected", func(t *testing.T) {
			setEnvironment(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": endpoint})
			db, err := packagedb.Get()
			assert.Nil(t, db)
			assert.ErrorContains(t, err, "AWS_ENDPOINT_URL_DYNAMODB is an endpoint of AWS")
		})
	}
	for _, endpoint := range []string{
		"https://dynamodb.us-east-1.amazonaws。com",
		"https://dynamodb.us-east-1.amazonaws．com",
		"https://dynamodb.us-east-1.amazonaws｡com",
		"https://dynamodb.us-east-1.amazonaws%E3%80%82com",
		"https://dynamodb.us-east-1.amazonaws%252Ecom",
		"https://dynamodb.us-east-1.ａｍａｚｏｎａｗｓ.com",
		"https://dynamodb.us-east-1.amazonaws.com。",
		"https://dynamodb.us-east-1.amazon\u00adaws.com",
		"https://dynamodb.us-east-1.amazonaw\u017f.com", // ſ, which is looked up as s
		"https://bücher.example",
	} {
		t.Run(endpoint+" is rejected", func(t *testing.T) {
			setEnvironment(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": endpoint})
			db, err := packagedb.Get()
			assert.Nil(t, db)
			assert.ErrorContains(t, err, "the host in AWS_ENDPOINT_URL_DYNAMODB is")
		})
	}
	for _, endpoint := range []string{
		"http://amazonaws.com.example", "http://myamazonaws.com", "http://127.0.0.1:8000/amazonaws.com",
		"http://[::1]:8000", "http://[fe80::1%25eth0]:8000", "http://dynamodb_local:8000", "http://xn--bcher-kva.example", "http://aws",
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
		for value, want := range map[string]int{"1": 1, "3": 3} {
			t.Run(value+" under "+stage, func(t *testing.T) {
				server := newRecorder(t, http.StatusBadRequest, throttled)
				environment := prod(server.URL)
				environment["STAGE"], environment["AWS_MAX_ATTEMPTS"] = stage, value
				require.Error(t, call(t.Context(), get(t, environment), "ListSpecs"))
				assert.Len(t, server.requests, want)
			})
		}
	}
}

func TestGet_SameInstance(t *testing.T) {
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
	before := <-got
	for range callers - 1 {
		assert.Same(t, before, <-got)
	}
	for _, change := range []struct {
		variable, value string
		same            bool
	}{
		{"AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8001", false},
		{"AWS_MAX_ATTEMPTS", "3", false},
		{"AWS_REGION", "eu-central-1", false},
		{"AWS_SDK_UA_APP_ID", "service", true},
		{"STAGE", "TEST", false},
		{"AWS_PROFILE", "other", false},
	} {
		t.Setenv(change.variable, change.value)
		db, err := packagedb.Get()
		require.NoError(t, err)
		assert.Equal(t, change.same, before == db, "another %s", change.variable)
		before = db
	}
}

func TestGetClient(t *testing.T) {
	setEnvironment(t, prod("http://localhost:8000"))
	client, err := packagedb.GetClient()
	require.NoError(t, err)
	again, err := packagedb.GetClient()
	require.NoError(t, err)
	assert.Same(t, client, again)
	t.Setenv("AWS_REGION", "eu-central-1")
	other, err := packagedb.GetClient()
	require.NoError(t, err)
	assert.NotSame(t, client, other)

	server := newRecorder(t, http.StatusOK, noItems)
	db := get(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": server.URL})
	client, err = packagedb.GetClient()
	require.NoError(t, err)
	require.NoError(t, call(t.Context(), db, "ListSpecs"))
	_, err = client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("another")})
	require.NoError(t, err)
	require.Len(t, server.requests, 2)
	assert.Equal(t, server.requests[0].RemoteAddr, server.requests[1].RemoteAddr, "it is the client of Get")

	t.Setenv("STAGE", "LIVE")
	client, err = packagedb.GetClient()
	assert.Nil(t, client)
	require.ErrorIs(t, err, packagedb.ErrInvalidStage)
	assert.ErrorContains(t, err, "packagedb: get the client: ")
}

func TestGet_Options(t *testing.T) {
	server := newRecorder(t, http.StatusOK, noItems)
	plain := get(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": server.URL})
	other, err := packagedb.Get(packagedb.WithTableNames("other.specs", "other.credentials"))
	require.NoError(t, err)
	again, err := packagedb.Get()
	require.NoError(t, err)
	assert.Same(t, plain, again)

	require.NoError(t, call(t.Context(), plain, "ListSpecs"))
	require.NoError(t, call(t.Context(), other, "ListSpecs"))
	assert.Contains(t, server.bodies[0], `"TableName":"package.specs"`)
	assert.Contains(t, server.bodies[1], `"TableName":"other.specs"`)
	assert.Equal(t, server.requests[0].RemoteAddr, server.requests[1].RemoteAddr, "both use one client")
}

func TestGet_ClosesIdleConnectionsOfTheClientBefore(t *testing.T) {
	var closed atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = io.WriteString(w, noItems)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed.Store(true)
		}
	}
	server.Start()
	defer server.Close()
	db := get(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": server.URL})
	require.NoError(t, call(t.Context(), db, "ListSpecs"))

	get(t, map[string]string{"STAGE": "TEST"})
	assert.Eventually(t, closed.Load, 30*time.Second, time.Millisecond)
}

func TestGet_RefusedConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close()) // no server listens there
	db := get(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": "http://" + listener.Addr().String()})
	err = call(t.Context(), db, "ListSpecs")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.ErrorContains(t, err, "go run github.com/open-alchemy/packagedb/cmd/packagedb-local@latest")
	assert.NotContains(t, err.Error(), "attempts", "it is not retried")
}

func TestClientOptions(t *testing.T) {
	server := newRecorder(t, http.StatusOK, "")
	options := dynamodb.Options{
		BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 2,
	}
	for name, client := range map[string]*dynamodb.Client{
		"NewFromConfig": dynamodb.NewFromConfig(aws.Config{
			BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 2,
		}, packagedb.ClientOptions),
		"New": dynamodb.New(options, packagedb.ClientOptions),
	} {
		server.requests = nil
		require.ErrorContains(t, call(t.Context(), packagedb.New(client), "ListSpecs"), "no body", name)
		require.Len(t, server.requests, 2, "an empty success is retried")
		assert.Regexp(t, nameAndVersion, server.requests[0].UserAgent())
	}
}

// TestClientOptions_ForeignService calls a service that says yes to everything, but is not DynamoDB.
func TestClientOptions_ForeignService(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":"ok"}`)
	}))
	defer server.Close()
	db := packagedb.New(dynamodb.New(dynamodb.Options{
		BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1,
	}, packagedb.ClientOptions))
	for name := range calls(t.Context(), db) {
		err := call(t.Context(), db, name)
		assert.ErrorContains(t, err, `the content type "application/json", not application/x-amz-json-1.0`, name)
	}
}
