package packagedb_test

import (
	"context"
	"errors"
	"hash/crc32"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-alchemy/packagedb"
)

// setEnvironment sets variables for the test, and removes all others of AWS and STAGE.
func setEnvironment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") || name == "STAGE" {
			t.Setenv(name, "") // so that it is restored
			must(t, os.Unsetenv(name))
		}
	}
	t.Setenv("HOME", t.TempDir())
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

func TestGetRefusesAStageThatIsNeitherTestNorProd(t *testing.T) {
	for _, stage := range []string{"", "test", "PRODUCTION"} {
		setEnvironment(t, map[string]string{"STAGE": stage})
		db, err := packagedb.Get()
		if db != nil || !errors.Is(err, packagedb.ErrInvalidStage) {
			t.Errorf("STAGE=%q: got %v, %v", stage, db, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "TEST") || !strings.Contains(err.Error(), "PROD")) {
			t.Errorf("STAGE=%q: the error does not name the two values: %v", stage, err)
		}
	}
}

func TestGetSaysWhatIsWrongWithTheEnvironment(t *testing.T) {
	for _, test := range []struct {
		name        string
		environment map[string]string
		want        string
	}{
		{"PROD without a region", map[string]string{"STAGE": "PROD"}, "AWS_REGION"},
		{"an endpoint that is no URL", map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": "localhost:8000"}, "AWS_ENDPOINT_URL_DYNAMODB"},
		{"attempts that are no number", map[string]string{"STAGE": "TEST", "AWS_MAX_ATTEMPTS": "many"}, "AWS_MAX_ATTEMPTS"},
		{"no attempts at all", map[string]string{"STAGE": "TEST", "AWS_MAX_ATTEMPTS": "0"}, "AWS_MAX_ATTEMPTS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			setEnvironment(t, test.environment)
			if db, err := packagedb.Get(); db != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v, want an error with %s", db, err, test.want)
			}
		})
	}
}

func TestGetReturnsTheSameInstanceWhileTheEnvironmentIsUnchanged(t *testing.T) {
	setEnvironment(t, map[string]string{"STAGE": "TEST"})
	first, err := packagedb.Get()
	must(t, err)
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			if again, err := packagedb.Get(); err != nil || again != first {
				t.Errorf("got another instance, %v", err)
			}
		})
	}
	running.Wait()

	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8001")
	moved, err := packagedb.Get()
	must(t, err)
	if moved == first {
		t.Error("got the same instance for another endpoint")
	}
	t.Setenv("STAGE", "PROD")
	t.Setenv("AWS_REGION", "eu-west-1")
	if production, err := packagedb.Get(); err != nil || production == moved {
		t.Errorf("got the instance of TEST for PROD, %v", err)
	}
}

// seen is a server that keeps the headers of the requests that it refuses.
type seen struct {
	*httptest.Server
	mu       sync.Mutex
	requests []http.Header
}

// refuse answers with an error, and with the checksum that the SDK expects of DynamoDB.
func refuse(w http.ResponseWriter, body string) {
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(body))), 10))
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte(body))
}

func newSeen(t *testing.T) *seen {
	s := &seen{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, r.Header)
		refuse(w, `{"__type":"com.amazon.coral.validate#ValidationException","message":"seen"}`)
	}))
	t.Cleanup(s.Close)
	return s
}

// authorization is the one header of that name that came.
func (s *seen) authorization(t *testing.T) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != 1 {
		t.Fatalf("%d requests came, want 1", len(s.requests))
	}
	return s.requests[0].Get("Authorization")
}

// hostile is an environment that is full of another AWS account.
func hostile(t *testing.T, elsewhere *seen) map[string]string {
	t.Helper()
	directory := t.TempDir()
	config, shared := filepath.Join(directory, "config"), filepath.Join(directory, "credentials")
	token := filepath.Join(directory, "token")
	must(t, os.WriteFile(config, []byte("[default]\nregion = eu-west-3\nendpoint_url = "+elsewhere.URL+"\n[profile work]\nregion = eu-west-3\nendpoint_url = "+elsewhere.URL+"\n"), 0o600))
	must(t, os.WriteFile(shared, []byte("[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = secret\n[work]\naws_access_key_id = AKIAFILE\naws_secret_access_key = secret\n"), 0o600))
	must(t, os.WriteFile(token, []byte("token"), 0o600))
	return map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
		"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-2", "AWS_PROFILE": "work",
		"AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": shared,
		"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/work", "AWS_WEB_IDENTITY_TOKEN_FILE": token,
		"AWS_EC2_METADATA_SERVICE_ENDPOINT":  elsewhere.URL,
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": elsewhere.URL, "AWS_ENDPOINT_URL": elsewhere.URL,
	}
}

func TestStageTestReadsNothingOfAWS(t *testing.T) {
	elsewhere, engine := newSeen(t), newSeen(t)
	variables := hostile(t, elsewhere)
	variables["STAGE"] = "TEST"
	variables["AWS_ENDPOINT_URL_DYNAMODB"] = engine.URL
	setEnvironment(t, variables)

	db, err := packagedb.Get()
	must(t, err)
	if _, err := db.ListSpecs(t.Context(), "sub"); err == nil || !strings.Contains(err.Error(), "seen") {
		t.Fatalf("got the error %v", err)
	}
	authorization := engine.authorization(t)
	for _, real := range []string{"AKIA", "eu-west"} {
		if strings.Contains(authorization, real) {
			t.Errorf("the request carries %s of the environment: %s", real, authorization)
		}
	}
	if len(elsewhere.requests) != 0 {
		t.Errorf("%d requests went elsewhere", len(elsewhere.requests))
	}
}

func TestStageProdHonoursTheEnvironment(t *testing.T) {
	elsewhere := newSeen(t)
	variables := hostile(t, elsewhere)
	variables["STAGE"] = "PROD"
	setEnvironment(t, variables)
	db, err := packagedb.Get()
	must(t, err)
	if len(elsewhere.requests) != 0 {
		t.Errorf("Get sent %d requests", len(elsewhere.requests))
	}
	_, err = db.ListSpecs(t.Context(), "sub")
	if err == nil || !strings.Contains(err.Error(), "seen") {
		t.Fatalf("got the error %v", err)
	}
	if authorization := elsewhere.authorization(t); !strings.Contains(authorization, "AKIAENVIRONMENT") || !strings.Contains(authorization, "eu-west-2") {
		t.Errorf("the request does not carry the environment: %s", authorization)
	}
}

func TestTheClientOfGetTriesAsOftenAsTheEnvironmentSays(t *testing.T) {
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries++
		refuse(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}`)
	}))
	defer server.Close()
	for _, stage := range []string{"TEST", "PROD"} {
		tries = 0
		setEnvironment(t, map[string]string{
			"STAGE": stage, "AWS_ENDPOINT_URL_DYNAMODB": server.URL, "AWS_MAX_ATTEMPTS": "3",
			"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
		})
		db, err := packagedb.Get()
		must(t, err)
		if _, err := db.ListSpecs(t.Context(), "sub"); err == nil {
			t.Errorf("STAGE=%s: a throttled call does not fail", stage)
		}
		if tries != 3 {
			t.Errorf("STAGE=%s: %d tries, want 3", stage, tries)
		}
	}
}

func TestADeadlineIsKeptByAServerThatNeverAnswers(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = silent.Close() }()
	setEnvironment(t, map[string]string{"STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": "http://" + silent.Addr().String()})
	db, err := packagedb.Get()
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := db.ListSpecs(ctx, "sub"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got the error %v", err)
	}
	// Far over the deadline even on a busy host, and far under what an attempt without one may take.
	if waited := time.Since(begin); waited > 3*time.Second {
		t.Errorf("the call ended after %v", waited)
	}
}
