package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// serve makes the command reach a server without tables.
func serve(t *testing.T) *testutil.Server {
	t.Helper()
	server := testutil.Database(t)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	return server
}

func TestCheckNamesWhatIsMissingUntilCreateMadeIt(t *testing.T) {
	serve(t)
	var out, errOut bytes.Buffer
	if status := run(t.Context(), []string{"check"}, &out, &errOut); status != 1 || strings.Count(errOut.String(), "there is no such table") != 2 {
		t.Errorf("status %d, %q, %q, want 1 and both tables named", status, &out, &errOut)
	}
	errOut.Reset()
	for _, command := range []string{"create", "check", "create"} {
		out.Reset()
		if status := run(t.Context(), []string{command}, &out, &errOut); status != 0 ||
			out.String() != "the tables package.specs and package.credentials are as packagedb needs them\n" {
			t.Errorf("%s: status %d, %q, %q, want 0", command, status, &out, &errOut)
		}
	}
}

func TestTheTablesCanHaveOtherNames(t *testing.T) {
	server := serve(t)
	arguments := []string{"-specs", "specs", "-credentials", "credentials"}
	var out, errOut bytes.Buffer
	if status := run(t.Context(), append(arguments, "create"), &out, &errOut); status != 0 {
		t.Errorf("status %d, %q, want 0", status, &errOut)
	}
	names := packagedb.WithTableNames("specs", "credentials")
	if err := packagedb.CheckTables(t.Context(), server.Client, names); err != nil {
		t.Error(err)
	}
}

func TestWrongArgumentsAreToldApartFromFailures(t *testing.T) {
	for name, test := range map[string]struct {
		arguments []string
		status    int
		want      string
	}{
		"no command":         {nil, 2, "usage: "},
		"an unknown command": {[]string{"delete"}, 2, "usage: "},
		"two commands":       {[]string{"create", "check"}, 2, "usage: "},
		"an unknown flag":    {[]string{"-table", "x", "check"}, 2, "not defined: -table"},
		"a call for help":    {[]string{"-help"}, 0, "usage: "},
		"no region":          {[]string{"check"}, 1, "no region: set AWS_REGION"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
				t.Setenv(variable, "")
			}
			t.Setenv("AWS_CONFIG_FILE", "none")
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
			var out, errOut bytes.Buffer
			if status := run(t.Context(), test.arguments, &out, &errOut); status != test.status || !strings.Contains(errOut.String(), test.want) {
				t.Errorf("status %d, %q, want %d and %q", status, &errOut, test.status, test.want)
			}
		})
	}
}
