package packagedb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestWithTableNames_Illegal(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:dynamodb:us-east-1:123456789012:table/"
	const neither = "is neither 3 to 255 of the characters a-z, A-Z, 0-9, _, . and - nor the ARN of a table"
	same := func(name string) string { return `have the same name "` + name + `"` }
	for _, test := range []struct{ specs, credentials, message string }{
		{"a", "a", same("a")},
		{"tables", "tables", same("tables")},
		{"package.credentials", "", same("package.credentials")},
		{arn + "specs", arn + "specs", same(arn + "specs")},
		{"ab", "", `"ab" ` + neither},
		{"", "my credentials", `"my credentials" ` + neither},
		{"spécs", "", `"spécs" ` + neither},
		{strings.Repeat("a", 256), "", neither},
		{"https://localhost/specs", "", neither},
		{arn + "ab", "", neither},
		{arn + "specs/index/idUpdatedAt", "", neither},
		{arn + "specs/stream/2026-11-30T00:00:00.000", "", neither},
		{"arn:aws:dynamodb:us-east-1:123456789012:backup/specs", "", neither},
		{"arn:aws:s3:us-east-1:123456789012:table/specs", "", neither},
		{"arn:aws:dynamodb::123456789012:table/specs", "", neither},
		{"arn:aws:dynamodb:us-east-1:1234:table/specs", "", neither},
		{"arn:gcp:dynamodb:us-east-1:123456789012:table/specs", "", neither},
	} {
		option := packagedb.WithTableNames(test.specs, test.credentials)
		db := intercept(new(testutil.DB), func(string, any, func() (any, error)) (any, error) {
			return nil, errors.New("sent")
		}, option)
		errs := map[string]error{
			"CreateTables": packagedb.CreateTables(t.Context(), nil, option),
			"CheckTables":  packagedb.CheckTables(t.Context(), nil, option),
		}
		for name, run := range calls(t.Context(), db) {
			errs[name] = run()
		}
		for name, err := range errs {
			require.ErrorIs(t, err, packagedb.ErrInvalidInput, "%s with %+v", name, test)
			assert.ErrorContains(t, err, test.message, name)
		}
		if test.specs != "" {
			assert.Equal(t, test.specs, *packagedb.Tables(option)[0].TableName, "as given")
		}
	}
}

func TestWithTableNames_Legal(t *testing.T) {
	t.Parallel()
	for _, specs := range []string{
		"", "abc", "_.-", "AZ09", strings.Repeat("a", 255),
		"arn:aws:dynamodb:us-east-1:123456789012:table/package.specs",
		"arn:aws-cn:dynamodb:cn-north-1:123456789012:table/package.specs",
		"arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/package.specs",
		"arn:aws-iso-b:dynamodb:us-isob-east-1:123456789012:table/package.specs",
		"arn:aws-eusc:dynamodb:eusc-de-east-1:123456789012:table/package.specs",
		"arn:aws:dynamodb:ddblocal:000000000000:table/package.specs",
	} {
		sent := errors.New("sent")
		db := intercept(new(testutil.DB), func(string, any, func() (any, error)) (any, error) { return nil, sent },
			packagedb.WithTableNames(specs, ""))
		for _, name := range []string{"GetSpec", "GetCredentials", "GetUser"} {
			assert.ErrorIs(t, call(t.Context(), db, name), sent, specs)
		}
	}
}
