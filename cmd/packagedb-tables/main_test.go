package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/version"
	"github.com/open-alchemy/packagedb/testutil"
)

const match = "the tables package.specs and package.credentials match\n"

// If asCommand is set, the test binary acts as the command.
const asCommand = "PACKAGEDB_TABLES_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// serve starts a server without tables for the command.
func serve(t *testing.T) *testutil.Server {
	t.Helper()
	server := testutil.Database(t)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	return server
}

// runs executes a command and returns what it prints.
func runs(t *testing.T, wantStatus int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errOut strings.Builder
	status := run(t.Context(), args, &out, &errOut)
	require.Equal(t, wantStatus, status, errOut.String())
	return out.String(), errOut.String()
}

// prints executes a command that succeeds and prints what is wanted.
func prints(t *testing.T, want string, args ...string) {
	t.Helper()
	stdout, _ := runs(t, 0, args...)
	assert.Equal(t, want, stdout)
}

func TestRun_CheckAndCreate(t *testing.T) {
	serve(t)
	stdout, stderr := runs(t, 1, "check")
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "package.specs")
	assert.Contains(t, stderr, "package.credentials")
	for range 2 {
		prints(t, match, "create")
		prints(t, match+"credentials: none stored\n", "check")
	}
}

// TestRun_CheckSamplesCredentials stores credentials one after the other and checks what follows.
func TestRun_CheckSamplesCredentials(t *testing.T) {
	const (
		without    = "do not use packagedb.WithPythonFacade, with which GetUser would return other hashes.\n"
		notPython  = "The Python facade did not write them, which stores hashes and salts as base64 text: " + without
		hexText    = "Hex text is hardly what the Python facade stores, but may be read as its base64 text.\nIf your services hash to hex text, " + without + "If the Python facade wrote these credentials, use it.\n"
		base64Text = "The Python facade stores hashes and salts as base64 text.\nIf it wrote these credentials, use packagedb.WithPythonFacade, without which no user can sign in.\nIf your services hash to base64 text, " + without
		otherText  = "If it did not write the other 1 either, " + without + "If it did, no setting reads both.\n"
	)
	sum := sha256.Sum256([]byte("secret key"))
	hexHash, hexSalt := []byte(hex.EncodeToString(sum[:])), []byte(hex.EncodeToString(sum[:8]))
	python := []packagedb.Option{packagedb.WithPythonFacade()}
	for name, test := range map[string]struct {
		hash, salt   []byte
		options      []packagedb.Option
		counts, says string
	}{
		"raw bytes":                         {sum[:], sum[:8], nil, "0 are hex text, 0 are base64 text and 1 are neither", notPython},
		"a salt that is base64 by chance":   {[]byte("hash\xff"), []byte("salt"), nil, "0 are hex text, 0 are base64 text and 1 are neither", notPython},
		"bcrypt":                            {[]byte("$2a$10$" + string(hexHash[:53])), hexSalt, nil, "0 are hex text, 0 are base64 text and 1 are neither", notPython},
		"a base64 hash with a raw salt":     {[]byte("aGFzaGVk"), sum[:8], nil, "0 are hex text, 1 are base64 text and 0 are neither", notPython},
		"hex text":                          {hexHash, hexSalt, nil, "1 are hex text, 0 are base64 text and 0 are neither", hexText},
		"hex text in upper case":            {bytes.ToUpper(hexHash), hexSalt, nil, "1 are hex text, 0 are base64 text and 0 are neither", hexText},
		"hex text that is not legal base64": {hexHash[:62], hexSalt, nil, "1 are hex text, 0 are base64 text and 0 are neither", notPython},
		"hex text with a raw salt":          {hexHash, sum[:8], nil, "1 are hex text, 0 are base64 text and 0 are neither", notPython},
		"Python's":                          {sum[:], sum[:8], python, "0 are hex text, 1 are base64 text and 0 are neither", base64Text},
		"Python's of hex text":              {hexHash, hexSalt, python, "0 are hex text, 1 are base64 text and 0 are neither", base64Text},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t)
			runs(t, 0, "create")
			t.Cleanup(func() {
				_, err := server.Client.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: aws.String("package.credentials")})
				assert.NoError(t, err)
			})
			require.NoError(t, packagedb.New(server.Client, test.options...).CreateCredentials(t.Context(), "sub", packagedb.CredentialsInput{
				ID: "id", PublicKey: "key", SecretKeyHash: test.hash, Salt: test.salt,
			}))
			prints(t, match+"credentials: 1 sampled; of the hashes, "+test.counts+"\n"+test.says, "check")
			if test.says == notPython {
				require.NoError(t, packagedb.New(server.Client, python...).CreateCredentials(t.Context(), "sub", packagedb.CredentialsInput{
					ID: "python", PublicKey: "python", SecretKeyHash: sum[:], Salt: sum[:8],
				}))
				stdout, _ := runs(t, 0, "check")
				assert.Contains(t, stdout, "did not write 1 of them.\n"+otherText)
			}
		})
	}
}

func TestRun_CheckQuotesNoResponse(t *testing.T) {
	server := serve(t)
	runs(t, 0, "create")
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Scan") {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			_, _ = io.WriteString(w, `{"Items": "SHVzaCE="}`)
			return
		}
		target, err := url.Parse(server.URL)
		assert.NoError(t, err)
		httputil.NewSingleHostReverseProxy(target).ServeHTTP(w, r)
	}))
	defer proxy.Close()
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", proxy.URL)
	prints(t, match+"credentials: not sampled: no usable response\n", "check")
}

func TestRun_CheckInterruptedWhileSampling(t *testing.T) {
	server := serve(t)
	runs(t, 0, "create")
	ctx, interrupt := context.WithCancel(t.Context())
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	forward := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Scan") {
			interrupt()
			return
		}
		forward.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", proxy.URL)
	var stdout, stderr strings.Builder
	assert.Equal(t, 1, run(ctx, []string{"check"}, &stdout, &stderr), stdout.String())
	assert.Contains(t, stderr.String(), "context canceled")
}

// TestRun_ServersOfTest has servers that STAGE=TEST refuses, or that are not there.
func TestRun_ServersOfTest(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close()) // no server listens there
	t.Setenv("STAGE", "TEST")
	for endpoint, want := range map[string]string{
		"http://" + listener.Addr().String():         "start a server with go run ",
		"localhost:8000":                             `AWS_ENDPOINT_URL_DYNAMODB is "localhost:8000", it must be a URL`,
		"https://dynamodb.us-east-1.amazonaws.com":   "is an endpoint of AWS",
		"https://dynamodb.us-east-1.amazonaws。com":   "the host in AWS_ENDPOINT_URL_DYNAMODB is",
		"https://dynamodb.us-iso-east-1.c2s.ic.gov/": "is an endpoint of AWS",
	} {
		for _, command := range []string{"check", "create"} {
			t.Run(command+" at "+endpoint, func(t *testing.T) {
				t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
				_, stderr := runs(t, 1, command)
				assert.Contains(t, stderr, want)
				assert.NotContains(t, stderr, "attempts", "nothing is retried")
			})
		}
	}
	t.Setenv("STAGE", "test")
	_, stderr := runs(t, 1, "check")
	assert.Contains(t, stderr, `STAGE is "test", it must be TEST or PROD`)
}

// TestMain_FailedWrite runs the command with a standard output that takes nothing.
func TestMain_FailedWrite(t *testing.T) {
	serve(t)
	runs(t, 0, "create")
	for _, args := range [][]string{{"check"}, {"create"}, {"print", "terraform"}, {"print", "aws-cli"}, {"-h"}, {"-version"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Skip("there is no /dev/full here")
			}
			defer full.Close()
			var stderr strings.Builder
			command := exec.CommandContext(t.Context(), os.Args[0], args...)
			command.Env, command.Stdout, command.Stderr = append(os.Environ(), asCommand+"=1"), full, &stderr
			var exit *exec.ExitError
			require.ErrorAs(t, command.Run(), &exit)
			assert.Equal(t, 1, exit.ExitCode())
			assert.Contains(t, stderr.String(), "no space left on device")
		})
	}
}

func TestRun_CheckWithoutTheRightToSample(t *testing.T) {
	server := serve(t)
	runs(t, 0, "create")
	server.Inject(testutil.Fault{Operations: []string{"Scan"}, Kind: testutil.AccessDenied})
	stdout, _ := runs(t, 0, "check")
	assert.Contains(t, stdout, match+"credentials: not sampled: ")
}

func TestRun_OtherNames(t *testing.T) {
	server := serve(t)
	prints(t, "the tables specs and credentials match\n", "-specs", "specs", "-credentials", "credentials", "create")
	assert.NoError(t, packagedb.CheckTables(t.Context(), server.Client, packagedb.WithTableNames("specs", "credentials")))
}

func TestRun_PrintAWSCLI(t *testing.T) {
	server := serve(t)
	stdout, _ := runs(t, 0, "-specs", "specs", "-credentials", "credentials", "print", "aws-cli")
	commands := strings.Split(stdout, "aws dynamodb create-table --cli-input-json ")[1:]
	require.Len(t, commands, 2)
	for _, command := range commands {
		var input dynamodb.CreateTableInput
		require.NoError(t, json.Unmarshal([]byte(strings.Trim(command, "'\n")), &input))
		assert.True(t, *input.DeletionProtectionEnabled)
		input.DeletionProtectionEnabled = nil // the test deletes its tables
		_, err := server.Client.CreateTable(t.Context(), &input)
		require.NoError(t, err)
	}
	prints(t, "the tables specs and credentials match\ncredentials: none stored\n", "-specs", "specs", "-credentials", "credentials", "check")
}

func TestRun_PrintTerraform(t *testing.T) {
	want, err := os.ReadFile("testdata/tables.tf")
	require.NoError(t, err)
	prints(t, string(want), "print", "terraform")
}

func TestRun_Arguments(t *testing.T) {
	for _, variable := range []string{"STAGE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(variable, "")
	}
	t.Setenv("AWS_CONFIG_FILE", "none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
	for name, test := range map[string]struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		"no command":             {nil, 2, "", "usage: "},
		"an unknown command":     {[]string{"delete"}, 2, "", "usage: "},
		"two commands":           {[]string{"create", "check"}, 2, "", "usage: "},
		"print without a format": {[]string{"print"}, 2, "", "usage: "},
		"an unknown flag":        {[]string{"-table", "x", "check"}, 2, "", "not defined: -table"},
		"a call for help":        {[]string{"-h"}, 0, "The exit status is 0 if", ""},
		"a call for the version": {[]string{"-version"}, 0, "packagedb-tables v" + version.Version + "\n", ""},
		"no region":              {[]string{"check"}, 1, "", "STAGE=PROD needs a region: set AWS_REGION"},
		"one name for both":      {[]string{"-specs", "one", "-credentials", "one", "print", "terraform"}, 1, "", `both tables have the name "one"`},
		"an impossible name":     {[]string{"-specs", "it's", "print", "aws-cli"}, 1, "", `table name "it's": not 3 to 255 letters`},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr := runs(t, test.status, test.args...)
			assert.Contains(t, stdout, test.stdout)
			assert.Contains(t, stderr, test.stderr)
			assert.Equal(t, test.status == 0, stderr == "")
			assert.Equal(t, test.status != 0, stdout == "")
		})
	}
}
