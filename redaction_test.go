package packagedb_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/loopback"
	"github.com/open-alchemy/packagedb/testutil"
)

var (
	secretHash = []byte("Hush! \x01\xfe hash")
	secretSalt = []byte("Psst! \x02\xfd salt")
)

// traces returns the forms in which a secret might be printed.
func traces() []string {
	var all []string
	for _, secret := range [][]byte{secretHash, secretSalt} {
		decimal := strings.Trim(fmt.Sprint(secret), "[]")
		twice := base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString(secret)))
		all = append(all, string(secret[:5]), hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret)),
			base64.StdEncoding.EncodeToString(secret), base64.RawURLEncoding.EncodeToString(secret), twice,
			decimal, strings.ReplaceAll(decimal, " ", ","), strings.ReplaceAll(decimal, " ", ", "),
			fmt.Sprintf("%#v", secret), fmt.Sprintf("% x", secret))
	}
	return all
}

func assertNoSecret(t *testing.T, where, printed string) {
	t.Helper()
	for _, trace := range traces() {
		assert.NotContains(t, printed, trace, where)
	}
}

func assertNoSecretInAnyVerb(t *testing.T, name string, value any) {
	t.Helper()
	// go vet reports %p of a value that is no pointer as a mistake. fmt calls no method then.
	for verb := range strings.FieldsSeq("%v %+v %#v %s %q %x %X %d %o %b %t %e %c %U %T % x %#x %10v %-10.3s") {
		assertNoSecret(t, verb+" of "+name, fmt.Sprintf(verb, value))
	}
	assertNoSecret(t, "Sprint of "+name, fmt.Sprint(value))
	for handler, newHandler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(out *bytes.Buffer) slog.Handler { return slog.NewTextHandler(out, nil) },
		"slog JSON": func(out *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(out, nil) },
	} {
		var out bytes.Buffer
		slog.New(newHandler(&out)).Info("message", "value", value, slog.Group("group", "value", value))
		assertNoSecret(t, handler+" of "+name, out.String())
	}
}

func TestRedaction_Values(t *testing.T) {
	input := packagedb.CredentialsInput{ID: "id", PublicKey: "key", SecretKeyHash: secretHash, Salt: secretSalt}
	info := packagedb.CredentialsInfo{ID: "id", PublicKey: "key", Salt: secretSalt}
	auth := packagedb.CredentialsAuthInfo{Sub: "sub", SecretKeyHash: secretHash, Salt: secretSalt}
	for name, value := range map[string]any{
		"CredentialsInput":       input,
		"*CredentialsInput":      &input,
		"CredentialsInfo":        info,
		"*CredentialsInfo":       &info,
		"CredentialsAuthInfo":    auth,
		"*CredentialsAuthInfo":   &auth,
		"a slice of inputs":      []packagedb.CredentialsInput{input},
		"a map of auths":         map[string]packagedb.CredentialsAuthInfo{"a": auth},
		"a struct with an input": struct{ Held packagedb.CredentialsInput }{input},
		"a struct with a pointer": struct {
			Held *packagedb.CredentialsAuthInfo
		}{&auth},
		"a nil *CredentialsInfo":   (*packagedb.CredentialsInfo)(nil),
		"a nil *CredentialsInput":  (*packagedb.CredentialsInput)(nil),
		"a nil *CredentialsAuthIn": (*packagedb.CredentialsAuthInfo)(nil),
	} {
		assertNoSecretInAnyVerb(t, name, value)
	}
	// The JSON of CredentialsInfo shows the salt if requested; a slice of them is logged as text.
	assertNoSecret(t, "%v of a slice", fmt.Sprintf("%v %+v %#v", []packagedb.CredentialsInfo{info}, []packagedb.CredentialsInfo{info}, []packagedb.CredentialsInfo{info}))

	assert.Equal(t, "{ID:id PublicKey:key SecretKeyHash:[redacted] Salt:[redacted]}", fmt.Sprintf("%+v", input))
	assert.Equal(t, `packagedb.CredentialsAuthInfo{Sub:"sub", ID:"", SecretKeyHash:[redacted], Salt:[redacted]}`, fmt.Sprintf("%#v", auth))
}

func TestJSON_ShapeOfThePythonFacade(t *testing.T) {
	for _, test := range []struct {
		name  string
		value any
		want  string
	}{
		{
			"a spec with everything",
			packagedb.SpecInfo{ID: "a", Name: "A", UpdatedAt: 7, Version: "1", ModelCount: 2, Title: "t", Description: "d"},
			`{"id":"a","name":"A","updated_at":7,"version":"1","model_count":2,"title":"t","description":"d"}`,
		},
		{
			"a spec without title and description",
			packagedb.SpecInfo{ID: "a", Name: "A", UpdatedAt: 7, Version: "1"},
			`{"id":"a","name":"A","updated_at":7,"version":"1","model_count":0}`,
		},
		{
			"credentials", packagedb.CredentialsInfo{ID: "a", PublicKey: "k", Salt: []byte("salt")},
			`{"id":"a","public_key":"k","salt":"c2FsdA=="}`,
		},
		{
			"an input leaves its secrets out",
			packagedb.CredentialsInput{ID: "a", PublicKey: "k", SecretKeyHash: secretHash, Salt: secretSalt},
			`{"id":"a","public_key":"k"}`,
		},
		{
			"an auth leaves its secrets out",
			packagedb.CredentialsAuthInfo{Sub: "s", SecretKeyHash: secretHash, Salt: secretSalt}, `{"sub":"s","id":""}`,
		},
	} {
		data, err := json.Marshal(test.value)
		require.NoError(t, err, test.name)
		assert.Equal(t, test.want, string(data), test.name)
	}
}

func TestRedaction_Errors(t *testing.T) {
	input := packagedb.CredentialsInput{ID: "id", PublicKey: "key", SecretKeyHash: secretHash, Salt: secretSalt}
	db := testutil.New(t, packagedb.WithPythonFacade())
	broken := intercept(db, failOn("PutItem", errors.New("rejected")))
	invalid := input
	invalid.ID = ""
	large := input
	large.Salt = bytes.Repeat(secretSalt, 50_000)

	putItem(t, db, credentialsTable, item{
		"sub": text("sub"), "id": text("id"), "public_key": text("key"),
		"secret_key_hash": bytesOf(string(secretHash)), "salt": bytesOf(string(secretSalt)),
	})
	_, malformed := db.GetUser(t.Context(), "key")
	_, malformedInfo := db.GetCredentials(t.Context(), "sub", "id")

	for name, err := range map[string]error{
		"a rejected write":      broken.CreateUpdateCredentials(t.Context(), "sub", input),
		"an invalid input":      broken.CreateUpdateCredentials(t.Context(), "sub", invalid),
		"a large input":         broken.CreateUpdateCredentials(t.Context(), "sub", large),
		"a malformed auth":      malformed,
		"malformed credentials": malformedInfo,
	} {
		assert.Error(t, err, name)
		assertNoSecretInAnyVerb(t, name, err)
	}
}

// TestRedaction_BrokenAnswers sends answers with secrets where the SDK does not expect them.
func TestRedaction_BrokenAnswers(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString(secretSalt)
	for name, body := range map[string]string{
		"a salt that is text":     `{"Item": {"sub": {"S": "sub"}, "id": {"S": "id"}, "public_key": {"S": "key"}, "salt": {"S": "` + encoded + `"}}}`,
		"a salt of no known type": `{"Item": {"sub": {"S": "sub"}, "salt": {"` + encoded + `": true}}}`,
		"a salt for a number":     `{"Item": {"sub": {"S": "sub"}, "salt": {"N": ["` + encoded + `"]}}}`,
		"a salt for an item":      `{"Item": "` + encoded + `"}`,
		"binary that is an array": `{"Item": {"salt": {"B": ["` + encoded + `"]}}}`,
		"not base64":              `{"Item": {"salt": {"B": "!` + string(secretSalt[:5]) + `"}}}`,
		"the name of a field":     `{"` + encoded + `": 1, "Item": {"salt": {"B": {"` + encoded + `": 7}}}}`,
		"not JSON":                `{"Item": ` + encoded + `}`,
		"an error with a secret":  `{"__type": 5, "` + encoded + `": 7}`,
	} {
		t.Run(name, func(t *testing.T) {
			answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
			db := packagedb.New(dynamodb.New(dynamodb.Options{
				Region: "us-east-1", HTTPClient: loopback.Client{Handler: answer}, RetryMaxAttempts: 1,
				DisableValidateResponseChecksum: true,
				Credentials:                     credentials.NewStaticCredentialsProvider("test", "test", ""),
			}))
			_, err := db.GetCredentials(t.Context(), "sub", "id")
			require.Error(t, err)
			assertNoSecretInAnyVerb(t, name, err)
		})
	}
}

// everyCall makes every call of a Database and returns the errors.
func everyCall(ctx context.Context, db packagedb.Database, credentials packagedb.CredentialsInput) map[string]error {
	errs := map[string]error{
		"CreateCredentials":       db.CreateCredentials(ctx, "sub", credentials),
		"CreateUpdateCredentials": db.CreateUpdateCredentials(ctx, "sub", credentials),
		"Specs":                   nil,
		"SpecVersions":            nil,
		"Credentials":             nil,
	}
	_, errs["GetSpecVersion"] = db.GetSpecVersion(ctx, "sub", "spec", "1")
	_, errs["CreateUpdateSpec"] = db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "spec", Version: "1"})
	_, errs["GetSpec"] = db.GetSpec(ctx, "sub", "spec")
	_, errs["GetLatestSpecVersion"] = db.GetLatestSpecVersion(ctx, "sub", "spec")
	_, errs["ListSpecs"] = db.ListSpecs(ctx, "sub")
	_, errs["ListSpecVersions"] = db.ListSpecVersions(ctx, "sub", "spec")
	_, errs["CountCustomerModels"] = db.CountCustomerModels(ctx, "sub")
	_, errs["GetCredentials"] = db.GetCredentials(ctx, "sub", credentials.ID)
	_, errs["GetUser"] = db.GetUser(ctx, credentials.PublicKey)
	_, errs["ListCredentials"] = db.ListCredentials(ctx, "sub")
	for _, err := range db.Specs(ctx, "sub") {
		errs["Specs"] = err
	}
	for _, err := range db.SpecVersions(ctx, "sub", "spec") {
		errs["SpecVersions"] = err
	}
	for _, err := range db.Credentials(ctx, "sub") {
		errs["Credentials"] = err
	}
	errs["DeleteSpec"] = db.DeleteSpec(ctx, "sub", "spec")
	errs["DeleteAllSpecs"] = db.DeleteAllSpecs(ctx, "sub")
	errs["DeleteCredentials"] = db.DeleteCredentials(ctx, "sub", credentials.ID)
	errs["DeleteAllCredentials"] = db.DeleteAllCredentials(ctx, "sub")
	errs["DeleteAll"] = db.DeleteAll(ctx, "sub")
	return errs
}

func TestRedaction_FailingServer(t *testing.T) {
	credentials := packagedb.CredentialsInput{ID: "id", PublicKey: "key", SecretKeyHash: secretHash, Salt: secretSalt}
	for _, kind := range []testutil.FaultKind{
		testutil.Throttle, testutil.InternalServerError, testutil.ServiceUnavailable, testutil.DropBefore, testutil.DropAfter,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			db := testutil.New(t)
			require.NoError(t, db.CreateUpdateCredentials(t.Context(), "sub", credentials))
			db.Inject(testutil.Fault{Kind: kind})
			for call, err := range everyCall(t.Context(), db, credentials) {
				assert.Error(t, err, call)
				assertNoSecretInAnyVerb(t, call, err)
			}
		})
	}
	t.Run("without the tables", func(t *testing.T) {
		db := packagedb.New(testutil.New(t, packagedb.WithTableNames("other.specs", "other.credentials")).Client)
		for call, err := range everyCall(t.Context(), db, credentials) {
			assert.ErrorContains(t, err, "CheckTables", call)
			assert.ErrorContains(t, err, " in table ", call)
			assertNoSecretInAnyVerb(t, call, err)
		}
	})
}

func TestRedaction_RejectionsOfTheServer(t *testing.T) {
	client := testutil.New(t).Client
	whole := item{
		"sub": text("sub"), "id": text("id"), "public_key": text("key"),
		"secret_key_hash": bytesOf(string(secretHash)), "salt": bytesOf(string(secretSalt)),
	}
	for name, bad := range map[string]item{
		"a key is missing":      without(whole, "id"),
		"a key is empty":        with(whole, "id", text("")),
		"a key is a secret":     with(whole, "id", bytesOf(string(secretHash))),
		"an index key is wrong": with(whole, "public_key", bytesOf(string(secretSalt))),
		"it is too large":       with(whole, "salt", bytesOf(strings.Repeat(string(secretSalt), 50_000))),
	} {
		_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: aws.String(credentialsTable), Item: bad,
		})
		assert.Error(t, err, name)
		assertNoSecretInAnyVerb(t, name, err)
	}
}
