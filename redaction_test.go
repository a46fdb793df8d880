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
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

var (
	secretHash = []byte("Hush! \x01\xfe hash")
	secretSalt = []byte("Psst! \x02\xfd salt")
)

// traces are the forms in which a secret might be printed.
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

func mustNotLeak(t *testing.T, where, printed string) {
	t.Helper()
	for _, trace := range traces() {
		if strings.Contains(printed, trace) {
			t.Errorf("%s prints %q: %s", where, trace, printed)
		}
	}
}

func mustNotLeakInAnyVerb(t *testing.T, name string, value any) {
	t.Helper()
	// %p of a value that is no pointer is a mistake that go vet reports. fmt calls no method then.
	for verb := range strings.FieldsSeq("%v %+v %#v %s %q %x %X %d %o %b %t %e %c %U %T % x %#x %10v %-10.3s") {
		mustNotLeak(t, verb+" of "+name, fmt.Sprintf(verb, value))
	}
	mustNotLeak(t, "Sprint of "+name, fmt.Sprint(value))
	for handler, newHandler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(out *bytes.Buffer) slog.Handler { return slog.NewTextHandler(out, nil) },
		"slog JSON": func(out *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(out, nil) },
	} {
		var out bytes.Buffer
		slog.New(newHandler(&out)).Info("message", "value", value, slog.Group("group", "value", value))
		mustNotLeak(t, handler+" of "+name, out.String())
	}
}

func TestNoValueThatHoldsASecretPrintsIt(t *testing.T) {
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
		mustNotLeakInAnyVerb(t, name, value)
	}
	// JSON of CredentialsInfo shows the salt when it is asked for; a slice of them is logged as text.
	mustNotLeak(t, "%v of a slice", fmt.Sprintf("%v %+v %#v", []packagedb.CredentialsInfo{info}, []packagedb.CredentialsInfo{info}, []packagedb.CredentialsInfo{info}))

	if printed := fmt.Sprintf("%+v", input); !strings.Contains(printed, "PublicKey:key") || strings.Count(printed, "[redacted]") != 2 {
		t.Errorf("%%+v of an input prints %s", printed)
	}
	if printed := fmt.Sprintf("%#v", auth); !strings.HasPrefix(printed, "packagedb.CredentialsAuthInfo{Sub:\"sub\"") {
		t.Errorf("%%#v of an auth prints %s", printed)
	}
}

func TestJSONHasTheShapeOfThePythonFacade(t *testing.T) {
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
		if data, err := json.Marshal(test.value); err != nil || string(data) != test.want {
			t.Errorf("%s: got %s, %v, want %s", test.name, data, err, test.want)
		}
	}
}

// failing fails every request, and says in the error what it was asked, as a careless server might.
type failing struct{ packagedb.Client }

var errRefused = errors.New("refused")

func (failing) PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return nil, errRefused
}

func TestNoErrorCarriesASecret(t *testing.T) {
	input := packagedb.CredentialsInput{ID: "id", PublicKey: "key", SecretKeyHash: secretHash, Salt: secretSalt}
	broken := packagedb.New(failing{})
	invalid := input
	invalid.ID = ""
	large := input
	large.Salt = bytes.Repeat(secretSalt, 50_000)

	db := testutil.New(t, packagedb.WithPythonFacade())
	putItem(t, db.Client, "package.credentials", item{
		"sub": text("sub"), "id": text("id"), "public_key": text("key"),
		"secret_key_hash": bytesOf(string(secretHash)), "salt": bytesOf(string(secretSalt)),
	})
	_, malformed := db.GetUser(t.Context(), "key")
	_, malformedInfo := db.GetCredentials(t.Context(), "sub", "id")

	for name, err := range map[string]error{
		"a refused write":       broken.CreateUpdateCredentials(t.Context(), "sub", input),
		"an invalid input":      broken.CreateUpdateCredentials(t.Context(), "sub", invalid),
		"a large input":         broken.CreateUpdateCredentials(t.Context(), "sub", large),
		"a malformed auth":      malformed,
		"malformed credentials": malformedInfo,
	} {
		if err == nil {
			t.Errorf("%s is no error", name)
			continue
		}
		mustNotLeakInAnyVerb(t, name, err)
	}
}

// everyCall makes every call of a Database and yields the errors.
func everyCall(ctx context.Context, db packagedb.Database, credentials packagedb.CredentialsInput) map[string]error {
	errs := map[string]error{
		"CreateUpdateCredentials": db.CreateUpdateCredentials(ctx, "sub", credentials),
	}
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

func TestNoErrorOfAFailingServerCarriesASecret(t *testing.T) {
	credentials := packagedb.CredentialsInput{ID: "id", PublicKey: "key", SecretKeyHash: secretHash, Salt: secretSalt}
	for _, kind := range []testutil.FaultKind{
		testutil.Throttle, testutil.InternalServerError, testutil.ServiceUnavailable, testutil.DropBefore, testutil.DropAfter,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			db := testutil.New(t)
			must(t, db.CreateUpdateCredentials(t.Context(), "sub", credentials))
			db.Inject(testutil.Fault{Kind: kind})
			for call, err := range everyCall(t.Context(), db, credentials) {
				if err == nil {
					t.Errorf("%s succeeds on a server that always fails", call)
				}
				mustNotLeakInAnyVerb(t, call, err)
			}
		})
	}
	t.Run("without the tables", func(t *testing.T) {
		db := packagedb.New(testutil.New(t, packagedb.WithTableNames("other.specs", "other.credentials")).Client)
		for call, err := range everyCall(t.Context(), db, credentials) {
			if err == nil {
				t.Errorf("%s succeeds without tables", call)
			}
			mustNotLeakInAnyVerb(t, call, err)
		}
	})
}

func TestNoRefusalOfTheServerCarriesASecret(t *testing.T) {
	client := testutil.New(t).Client
	whole := item{
		"sub": text("sub"), "id": text("id"), "public_key": text("key"),
		"secret_key_hash": bytesOf(string(secretHash)), "salt": bytesOf(string(secretSalt)),
	}
	for name, bad := range map[string]item{
		"a key is missing":      spoiled(whole, "id", nil),
		"a key is empty":        spoiled(whole, "id", text("")),
		"a key is a secret":     spoiled(whole, "id", bytesOf(string(secretHash))),
		"an index key is wrong": spoiled(whole, "public_key", bytesOf(string(secretSalt))),
		"it is too large":       spoiled(whole, "salt", bytesOf(strings.Repeat(string(secretSalt), 50_000))),
	} {
		_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: aws.String("package.credentials"), Item: bad,
		})
		if err == nil {
			t.Errorf("an item is accepted although %s", name)
			continue
		}
		mustNotLeakInAnyVerb(t, name, err)
	}
}
