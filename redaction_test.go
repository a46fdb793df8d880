package packagedb_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/loopback"
	"github.com/open-alchemy/packagedb/testutil"
)

// traces returns the forms in which a secret might be printed.
var traces = sync.OnceValue(func() (all []string) {
	for _, secret := range [][]byte{secretHash, secretSalt} {
		decimal := strings.Trim(fmt.Sprint(secret), "[]")
		twice := base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString(secret)))
		all = append(all, string(secret[:5]), hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret)),
			base64.StdEncoding.EncodeToString(secret), base64.RawURLEncoding.EncodeToString(secret), twice,
			decimal, strings.ReplaceAll(decimal, " ", ","), strings.ReplaceAll(decimal, " ", ", "),
			fmt.Sprintf("%#v", secret), fmt.Sprintf("% x", secret))
	}
	return all
})

func assertNoSecret(t *testing.T, where, printed string) {
	t.Helper()
	for _, trace := range traces() {
		assert.NotContains(t, printed, trace, where)
	}
}

func assertNoSecretInAnyVerb(t *testing.T, name string, value any) {
	t.Helper()
	for verb := range strings.FieldsSeq("%v %+v %#v %s %q %x %X %d %o %b %t %e %c %U %T % x %#x %10v %-10.3s") {
		assertNoSecret(t, verb+" of "+name, fmt.Sprintf(verb, value))
	}
	assertNoSecret(t, "Sprint of "+name, fmt.Sprint(value))
	for handler, newHandler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(out *bytes.Buffer) slog.Handler { return slog.NewTextHandler(out, nil) },
		"slog JSON": func(out *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(out, nil) },
	} {
		var out bytes.Buffer
		if _, isValue := value.(packagedb.CredentialsInfo); isValue && handler == "slog JSON" {
			continue // it shows the salt, as all JSON of it
		}
		slog.New(newHandler(&out)).Info("message", "value", value, slog.Group("group", "value", value))
		assertNoSecret(t, handler+" of "+name, out.String())
		assert.NotContains(t, out.String(), "panic", name)
	}
}

// assertNoSecretInChain asserts that no error that Unwrap and errors.As reach has a secret.
func assertNoSecretInChain(t *testing.T, name string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	assertNoSecretInAnyVerb(t, fmt.Sprintf("%T of %s", err, name), err)
	var operation *smithy.OperationError
	if errors.As(err, &operation) { // as AWS's guide prints it
		assertNoSecret(t, name, fmt.Sprintf("%s %s: %v", operation.Service(), operation.Operation(), operation.Unwrap()))
	}
	var decoding *smithy.DeserializationError
	if errors.As(err, &decoding) {
		assertNoSecretInAnyVerb(t, "the decoding error of "+name, decoding)
		assertNoSecret(t, "the snapshot of "+name, string(decoding.Snapshot))
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) && decoding != nil {
		assertNoSecretInAnyVerb(t, "the response of "+name, *response.Response.Response)
		body, err := io.ReadAll(response.Response.Body)
		require.NoError(t, err)
		assert.Empty(t, body)
	}
	switch wrapper := any(err).(type) {
	case interface{ Unwrap() error }:
		assertNoSecretInChain(t, name, wrapper.Unwrap())
	case interface{ Unwrap() []error }:
		for _, wrapped := range wrapper.Unwrap() {
			assertNoSecretInChain(t, name, wrapped)
		}
	}
}

func TestRedaction_Values(t *testing.T) {
	info := packagedb.CredentialsInfo{ID: "id", PublicKey: "key", Salt: secretSalt}
	auth := packagedb.CredentialsAuthInfo{Sub: "sub", SecretKeyHash: secretHash, Salt: secretSalt}
	for name, value := range map[string]any{
		"CredentialsInput":       secret,
		"*CredentialsInput":      &secret,
		"CredentialsInfo":        info,
		"*CredentialsInfo":       &info,
		"CredentialsAuthInfo":    auth,
		"*CredentialsAuthInfo":   &auth,
		"a slice of inputs":      []packagedb.CredentialsInput{secret},
		"a map of auths":         map[string]packagedb.CredentialsAuthInfo{"a": auth},
		"a struct with an input": struct{ Held packagedb.CredentialsInput }{secret},
		"a struct with a pointer": struct {
			Held *packagedb.CredentialsAuthInfo
		}{&auth},
		"a nil *CredentialsInfo":     (*packagedb.CredentialsInfo)(nil),
		"a nil *CredentialsInput":    (*packagedb.CredentialsInput)(nil),
		"a nil *CredentialsAuthInfo": (*packagedb.CredentialsAuthInfo)(nil),
	} {
		assertNoSecretInAnyVerb(t, name, value)
	}
	// The JSON of CredentialsInfo shows the salt if requested; a slice of them is logged as text.
	infos := []packagedb.CredentialsInfo{info}
	assertNoSecret(t, "%v of a slice", fmt.Sprintf("%v %+v %#v", infos, infos, infos))

	assert.Equal(t, "{ID:id PublicKey:key SecretKeyHash:[redacted] Salt:[redacted]}", fmt.Sprintf("%+v", secret))
	assert.Equal(t, `packagedb.CredentialsAuthInfo{Sub:"sub", ID:"", SecretKeyHash:[redacted], Salt:[redacted]}`, fmt.Sprintf("%#v", auth))
}

// TestRedaction_Verbs tries every letter as a verb. fmt calls no method for %w and %p, which go vet reports.
func TestRedaction_Verbs(t *testing.T) {
	secrets := func(printed string) (n int) {
		for _, trace := range traces() {
			n += strings.Count(printed, trace)
		}
		return n
	}
	for name, value := range map[string]any{
		"a value": secret, "a pointer": &secret, "a slice": []packagedb.CredentialsInput{secret},
	} {
		for verb := 'A'; verb <= 'z'; verb++ {
			printed := fmt.Sprintf("%"+string(verb), value)
			ofFmt := verb == 'w' || verb == 'p' && name == "a value"
			assert.Equal(t, ofFmt, secrets(printed) > 0, "%%%c of %s: %s", verb, name, printed)
		}
	}
}

func TestJSON_WithoutSecrets(t *testing.T) {
	for want, value := range map[string]any{
		`{"id":"id","public_key":"key"}`: secret,
		`{"sub":"s","id":""}`:            packagedb.CredentialsAuthInfo{Sub: "s", SecretKeyHash: secretHash, Salt: secretSalt},
	} {
		data, err := json.Marshal(value)
		require.NoError(t, err)
		assert.Equal(t, want, string(data))
	}
}

func TestRedaction_Errors(t *testing.T) {
	db := testutil.New(t, packagedb.WithPythonFacade())
	invalid, large := secret, secret
	invalid.ID = ""
	large.Salt = bytes.Repeat(secretSalt, 50_000)
	raw := rawCredentials("sub", secret)
	store(t, db, credentialsTable, raw)
	errs := map[string]error{
		"a rejected write":      call(t.Context(), intercept(db, failOn("PutItem", errors.New("rejected"))), "CreateCredentials"),
		"an invalid input":      db.CreateUpdateCredentials(t.Context(), "sub", invalid),
		"a large input":         db.CreateUpdateCredentials(t.Context(), "sub", large),
		"a malformed auth":      call(t.Context(), db, "GetUser"),
		"malformed credentials": call(t.Context(), db, "GetCredentials"),
	}
	for name, bad := range map[string]item{ // that the server rejects
		"a key that is missing":      with(raw, "id", nil),
		"a key that is empty":        with(raw, "id", text("")),
		"a key that is a secret":     with(raw, "id", bytesOf(string(secretHash))),
		"an index key that is wrong": with(raw, "public_key", bytesOf(string(secretSalt))),
		"an item that is too large":  with(raw, "salt", bytesOf(string(large.Salt))),
	} {
		_, errs[name] = db.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(credentialsTable), Item: bad})
	}
	for name, err := range errs {
		assert.Error(t, err, name)
		assertNoSecretInChain(t, name, err)
	}
}

// TestRedaction_BrokenResponses sends responses with secrets where the SDK does not expect them. Service,
// operation, status and request id can be read from the error, what the response says cannot.
func TestRedaction_BrokenResponses(t *testing.T) {
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
			response := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Amzn-RequestId", "request 1")
				if strings.HasPrefix(name, "an error") {
					w.WriteHeader(http.StatusBadRequest)
				}
				_, _ = w.Write([]byte(body))
			})
			db := packagedb.New(loopback.NewDynamoDB(response, func(options *dynamodb.Options) {
				options.DisableValidateResponseChecksum, options.Retryer = true, aws.NopRetryer{}
			}))
			_, err := db.GetCredentials(t.Context(), "sub", "id")
			require.Error(t, err)
			assertNoSecretInChain(t, name, err)
			var decoding *smithy.DeserializationError
			if errors.As(err, &decoding) {
				var operation *smithy.OperationError
				require.ErrorAs(t, err, &operation)
				assert.Equal(t, "DynamoDB GetItem", operation.Service()+" "+operation.Operation())
				var response *awshttp.ResponseError
				require.ErrorAs(t, err, &response)
				assert.NotZero(t, response.HTTPStatusCode())
				assert.Equal(t, "request 1", response.ServiceRequestID())
				assert.ErrorContains(t, err, "malformed server response")
			}
		})
	}
}

// TestRedaction_MalformedHTTP sends what is no HTTP at all, such as the rest of another response.
func TestRedaction_MalformedHTTP(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString(secretSalt)
	for name, sent := range map[string]string{
		"the rest of a response": `"salt": {"B": "` + encoded + `"}}`,
		"a line of no header":    "HTTP/1.1 200 OK\r\n" + encoded + "\r\n\r\n",
		"a length of no number":  "HTTP/1.1 200 OK\r\nContent-Length: " + encoded + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				connection, _, err := http.NewResponseController(w).Hijack()
				assert.NoError(t, err)
				_, _ = io.WriteString(connection, sent)
				_ = connection.Close()
			}))
			defer server.Close()
			db := packagedb.New(dynamodb.New(dynamodb.Options{
				BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 2,
			}, packagedb.ClientOptions))
			_, err := db.GetCredentials(t.Context(), "sub", "id")
			assertNoSecretInChain(t, name, err)
			assert.ErrorContains(t, err, "malformed server response")
			var attempts *retry.MaxAttemptsError
			require.ErrorAs(t, err, &attempts)
			assert.Equal(t, 2, attempts.Attempt)
		})
	}
}

// TestRedaction_QuotedInput sends errors that quote the hash or the salt of a write.
func TestRedaction_QuotedInput(t *testing.T) {
	printable := secret
	printable.SecretKeyHash = []byte("Hush! hash") // JSON has no other bytes
	once := base64.StdEncoding.EncodeToString(secretHash)
	for name, quoted := range map[string]string{
		"text":             string(printable.SecretKeyHash),
		"base64":           "{B: " + once + "}",
		"base64 of base64": base64.StdEncoding.EncodeToString([]byte(once)),
		"hex":              strings.ToUpper(hex.EncodeToString(secretSalt)),
	} {
		t.Run(name, func(t *testing.T) {
			db := testutil.New(t)
			db.Inject(testutil.Fault{Kind: testutil.Error, Code: "ValidationException", Message: "value " + quoted})
			written := secret
			if name == "text" {
				written = printable
			}
			for _, err := range []error{
				db.CreateCredentials(t.Context(), "sub", written), db.CreateUpdateCredentials(t.Context(), "sub", written),
			} {
				assertNoSecretInChain(t, name, err)
				var api smithy.APIError
				require.ErrorAs(t, err, &api)
				assert.Equal(t, "ValidationException", api.ErrorCode())
				assert.ErrorContains(t, err, "CheckTables")
			}
		})
	}
}

// TestRedaction_QuotedInputUntilTheContextEnds has a server that rejects a write again and again.
func TestRedaction_QuotedInputUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := testutil.New(t)
		conflict := testutil.Fault{Kind: testutil.Error, Code: "TransactionConflictException", Message: hex.EncodeToString(secretHash)}
		db.Inject(conflict)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := db.CreateCredentials(ctx, "sub", secret)
		assertNoSecretInChain(t, "CreateCredentials", err)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		assert.Equal(t, conflict.Code, api.ErrorCode())
	})
}

// A salt of one letter is part of every message.
func TestRedaction_ShortSecrets(t *testing.T) {
	t.Parallel()
	db := packagedb.New(testutil.New(t).Client, packagedb.WithTableNames("other.specs", "other.credentials"))
	short := packagedb.CredentialsInput{ID: "id", PublicKey: "key", SecretKeyHash: []byte("o"), Salt: []byte("e")}
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, db.CreateCredentials(t.Context(), "sub", short), &missing)
	assert.Regexp(t, "not found|non-existent", missing.ErrorMessage())
}

func TestRedaction_FailingServer(t *testing.T) {
	t.Parallel()
	for _, kind := range []testutil.FaultKind{
		testutil.Throttle, testutil.InternalServerError, testutil.ServiceUnavailable, testutil.DropBefore, testutil.DropAfter,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := testutil.New(t)
				require.NoError(t, call(t.Context(), db, "CreateCredentials"))
				db.Inject(testutil.Fault{Kind: kind})
				for name, run := range calls(t.Context(), db) {
					err := run()
					assert.Error(t, err, name)
					assertNoSecretInChain(t, name, err)
				}
			})
		})
	}
	t.Run("without the tables", func(t *testing.T) {
		db := packagedb.New(testutil.New(t).Client, packagedb.WithTableNames("no.specs", "no.credentials"))
		for name, run := range calls(t.Context(), db) {
			err := run()
			assert.ErrorContains(t, err, "CheckTables", name)
			assert.ErrorContains(t, err, " in table no.", name)
			if name == "GetSpecVersion" {
				assert.ErrorContains(t, err, `version "v1700000000"`)
			}
			assertNoSecretInChain(t, name, err)
		}
	})
}
