package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

const match = "the tables package.specs and package.credentials match\n"

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

func TestRun_CheckSamplesCredentials(t *testing.T) {
	server := serve(t)
	runs(t, 0, "create")
	create := func(id string, options ...packagedb.Option) {
		require.NoError(t, packagedb.New(server.Client, options...).CreateCredentials(t.Context(), "sub", packagedb.CredentialsInput{
			ID: id, PublicKey: id, SecretKeyHash: []byte("hash\xff"), Salt: []byte("salt"), // a salt that is base64 by chance
		}))
	}
	create("raw")
	prints(t, match+"credentials: 1 sampled: all hold raw bytes\n", "check")
	create("python", packagedb.WithPythonFacade())
	prints(t, match+"credentials: 2 sampled: 1 hold base64 text, the form of the Python facade, and 1 hold raw bytes: "+
		"no setting reads both\n", "check")
	require.NoError(t, packagedb.New(server.Client).DeleteCredentials(t.Context(), "sub", "raw"))
	prints(t, match+"credentials: 1 sampled: all hold base64 text, the form of the Python facade: use packagedb.WithPythonFacade\n", "check")
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
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
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
		"a call for the version": {[]string{"-version"}, 0, "packagedb-tables ", ""},
		"no region":              {[]string{"check"}, 1, "", "no region: set AWS_REGION"},
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
