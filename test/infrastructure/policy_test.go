package infrastructure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/testutil"
)

const keyARN = "arn:aws:kms:us-east-1:123456789012:key/1"

// statement is one of a policy. Nothing is denied.
type statement struct {
	Sid, Effect string
	Action      []string
	Resource    texts
	Condition   map[string]map[string]string
}

// texts is one text or a list of them.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

func readPolicy(tb testing.TB, policy string, parameters map[string]string) []statement {
	tb.Helper()
	var properties struct {
		Description    string
		PolicyDocument struct {
			Version   string
			Statement []statement
		}
	}
	decodeStrictly(tb, readTemplate(tb, parameters).Resources[policy].Properties, &properties)
	assert.Equal(tb, "2012-10-17", properties.PolicyDocument.Version, policy)
	return properties.PolicyDocument.Statement
}

// allowed returns what a policy of the template allows on the tables.
func allowed(tb testing.TB, policy string) permissions {
	tb.Helper()
	found := permissions{}
	for _, statement := range readPolicy(tb, policy, nil) {
		assert.Equal(tb, "Allow", statement.Effect, statement.Sid)
		assert.Empty(tb, statement.Condition, statement.Sid)
		for _, action := range statement.Action {
			action, isDynamoDB := strings.CutPrefix(action, "dynamodb:")
			assert.True(tb, isDynamoDB, "%s allows %s", statement.Sid, action)
			for _, arn := range statement.Resource {
				resource, isTable := strings.CutPrefix(arn, tableARN(""))
				assert.True(tb, isTable, "%s is about %s", statement.Sid, arn)
				found[permission{action, strings.Replace(resource, "/index/", "/", 1)}] = true
			}
		}
	}
	return found
}

const (
	sub  = "sub"
	name = "pets"
)

// input has the arguments of the calls.
var input = dbtest.Input{
	Sub:     sub,
	Spec:    packagedb.SpecInput{Name: name, Version: "new"},
	Version: "1",
	Credentials: packagedb.CredentialsInput{
		ID: "id", PublicKey: "key", SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	},
}

// isRead reports whether the method only reads.
func isRead(method string) bool {
	return !strings.HasPrefix(method, "Create") && !strings.HasPrefix(method, "Delete")
}

// situation is a history of a spec, and a server, which affect what a call sends.
type situation struct {
	withoutTransactions bool
	versions            int
	torn                bool // the version item of the latest version is missing
}

// situations are all of them, the usual one and that of a history longer than a transaction deletes
// first.
var situations = []situation{
	{versions: 1},
	{versions: 101},
	{versions: 2, torn: true},
	{versions: 1, withoutTransactions: true},
	{versions: 101, withoutTransactions: true},
	{versions: 2, withoutTransactions: true, torn: true},
}

// record returns the permissions that a method needs, on tables that hold a spec and credentials.
func record(t *testing.T, method string, in ...situation) permissions {
	t.Helper()
	needed := permissions{}
	for _, in := range in {
		// The clock stands still, so that each version is written in the second of the one before.
		clock := packagedb.WithClock(func() time.Time { return time.Unix(1, 0) })
		db := testutil.New(t, clock)
		for version := range in.versions {
			_, err := db.CreateUpdateSpec(t.Context(), sub, packagedb.SpecInput{Name: name, Version: fmt.Sprint(version + 1)})
			require.NoError(t, err)
		}
		if in.torn {
			deleteVersion(t, db.Client, in.versions)
		}
		if method != "CreateCredentials" {
			require.NoError(t, db.CreateUpdateCredentials(t.Context(), sub, input.Credentials))
		}
		recorder := &recorder{withoutTransactions: in.withoutTransactions, needed: needed}
		recorded := packagedb.New(dbtest.Intercept(db.Client, recorder.handle), clock)
		_, err := dbtest.Calls(t.Context(), recorded, input)[method]()
		require.NoError(t, err, "%s %+v", method, in)
	}
	return needed
}

// deleteVersion deletes the version item of a second and leaves the latest item.
func deleteVersion(t *testing.T, client *dynamodb.Client, second int) {
	t.Helper()
	_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: aws.String("package.specs"),
		Key: map[string]types.AttributeValue{
			"sub":           &types.AttributeValueMemberS{Value: sub},
			"updated_at_id": &types.AttributeValueMemberS{Value: fmt.Sprintf("%020d#%s", second, name)},
		},
	})
	require.NoError(t, err)
}

func TestPolicies_AllowWhatTheCallsSendAndNothingElse(t *testing.T) {
	t.Parallel()
	reads, all := permissions{}, permissions{}
	for method := range dbtest.Calls(t.Context(), nil, input) {
		if isRead(method) {
			maps.Copy(reads, record(t, method, situations[0]))
		} else {
			maps.Copy(all, record(t, method, situations...))
		}
	}
	assert.Equal(t, reads, allowed(t, "ReadPolicy"))
	maps.Copy(all, reads)
	assert.Equal(t, all, allowed(t, "DatabasePolicy"))
}

func TestCheckPolicy_AllowsWhatCheckTablesSendsAndNothingElse(t *testing.T) {
	t.Parallel()
	recorder := &recorder{needed: permissions{}}
	require.NoError(t, packagedb.CheckTables(t.Context(), dbtest.Intercept(testutil.New(t).Client, recorder.handle)))
	assert.Equal(t, recorder.needed, allowed(t, "CheckPolicy"))
}

func TestOperatorPolicy_AllowsASampleOfTheCredentialsBesides(t *testing.T) {
	t.Parallel()
	want := allowed(t, "CheckPolicy")
	want[permission{"Scan", "package.credentials"}] = true
	assert.Equal(t, want, allowed(t, "OperatorPolicy"))
}

func TestPolicies_AllowTheKeyOfTheParameterThroughDynamoDBAlone(t *testing.T) {
	t.Parallel()
	reading := []string{"kms:Decrypt", "kms:DescribeKey"}
	for policy, actions := range map[string][]string{
		"DatabasePolicy": {"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		"ReadPolicy":     reading,
		"OperatorPolicy": reading,
	} {
		statements := readPolicy(t, policy, map[string]string{"KmsKeyArn": keyARN})
		assert.Equal(t, statement{
			Sid: "Key", Effect: "Allow", Action: actions, Resource: texts{keyARN},
			Condition: map[string]map[string]string{
				"StringEquals": {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"},
			},
		}, statements[len(statements)-1], policy)
	}
}

// The guide has a row for every call, such as
//
//	| `GetUser` | `Query` on `package.credentials/publicKey` |
func TestOperatingGuide_ListsThePermissionsOfEveryCall(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/operating.md")
	require.NoError(t, err)
	rows := strings.Split(string(guide), "\n")
	for method := range dbtest.Calls(t.Context(), nil, input) {
		var needs []string
		for _, permission := range record(t, method, situations[:2]...).sorted() {
			needs = append(needs, fmt.Sprintf("%#q on %#q", permission.action, permission.resource))
		}
		row := fmt.Sprintf("| %#q | %s |", method, strings.Join(needs, ", "))
		assert.True(t, slices.Contains(rows, row), "no row %s", row)
	}
}

// permission is an action of IAM on a table, or on an index as "table/index".
type permission struct{ action, resource string }

type permissions map[permission]bool

func (p permissions) sorted() []permission {
	return slices.SortedFunc(maps.Keys(p), func(a, b permission) int {
		return cmp.Or(cmp.Compare(a.resource, b.resource), cmp.Compare(a.action, b.action))
	})
}

// recorder records the permissions that requests need.
type recorder struct {
	withoutTransactions bool

	mu     sync.Mutex
	needed permissions
}

// handle implements [dbtest.Handler].
func (r *recorder) handle(operation string, input any, next func() (any, error)) (any, error) {
	if r.withoutTransactions && operation == "TransactWriteItems" {
		return dbtest.WithoutTransactions(operation, input, next)
	}
	r.mu.Lock()
	r.needed.add(operation, input)
	r.mu.Unlock()
	return next()
}

// add adds the permissions that a request needs.
func (p permissions) add(operation string, input any) {
	need := func(action string, table *string) { p[permission{action, *table}] = true }
	switch input := input.(type) {
	case *dynamodb.BatchWriteItemInput:
		for table := range input.RequestItems {
			need(operation, &table)
		}
	case *dynamodb.TransactWriteItemsInput:
		// The permissions of the actions: "Using IAM with DynamoDB transactions" in the Amazon DynamoDB
		// Developer Guide.
		for _, action := range input.TransactItems {
			switch {
			case action.Put != nil:
				need("PutItem", action.Put.TableName)
			case action.Update != nil:
				need("UpdateItem", action.Update.TableName)
			case action.Delete != nil:
				need("DeleteItem", action.Delete.TableName)
			case action.ConditionCheck != nil:
				need("ConditionCheckItem", action.ConditionCheck.TableName)
			}
		}
	case *dynamodb.QueryInput:
		resource := *input.TableName
		if input.IndexName != nil { // none on the table of the index
			resource += "/" + *input.IndexName
		}
		need(operation, &resource)
	default: // one item or one table
		need(operation, reflect.ValueOf(input).Elem().FieldByName("TableName").Interface().(*string))
	}
}
