package infrastructure

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// policyDocument is the policy of a managed policy. There are no conditions, and nothing is denied.
type policyDocument struct {
	Version   string
	Statement []struct {
		Sid, Effect string

		Action   []string
		Resource texts
	}
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

// allowed is what a policy of the template allows.
func allowed(tb testing.TB, policy string) permissions {
	tb.Helper()
	var properties struct {
		Description    string
		PolicyDocument policyDocument
	}
	decodeStrictly(tb, readTemplate(tb, nil).Resources[policy].Properties, &properties)
	if properties.PolicyDocument.Version != "2012-10-17" {
		tb.Errorf("%s is in version %q of the policy language", policy, properties.PolicyDocument.Version)
	}
	found := permissions{}
	for _, statement := range properties.PolicyDocument.Statement {
		if statement.Effect != "Allow" {
			tb.Errorf("%s: the effect of %s is %q", policy, statement.Sid, statement.Effect)
		}
		for _, action := range statement.Action {
			action, isDynamoDB := strings.CutPrefix(action, "dynamodb:")
			if !isDynamoDB {
				tb.Errorf("%s: %s allows %s", policy, statement.Sid, action)
			}
			for _, arn := range statement.Resource {
				resource, isTable := strings.CutPrefix(arn, tableARN(""))
				if !isTable {
					tb.Errorf("%s: %s is about %s", policy, statement.Sid, arn)
				}
				found[permission{action, strings.Replace(resource, "/index/", "/", 1)}] = true
			}
		}
	}
	return found
}

func compare(tb testing.TB, policy string, needed permissions) {
	tb.Helper()
	allowed := allowed(tb, policy)
	for _, permission := range needed.sorted() {
		if !allowed[permission] {
			tb.Errorf("%s does not allow %s on %s, which is needed", policy, permission.action, permission.resource)
		}
	}
	for _, permission := range allowed.sorted() {
		if !needed[permission] {
			tb.Errorf("%s allows %s on %s, which is not needed", policy, permission.action, permission.resource)
		}
	}
}

// record returns the permissions that a call needs, on tables that hold one spec and credentials.
// Prepare may change the tables before.
func record(
	t *testing.T, call string, withoutTransactions bool, prepare func(*testing.T, *dynamodb.Client),
) permissions {
	t.Helper()
	// The clock stands still, so that a second version finds the first one in its second.
	clock := packagedb.WithClock(func() time.Time { return time.Unix(1, 0) })
	db := testutil.New(t, clock)
	if _, err := db.CreateUpdateSpec(t.Context(), sub, packagedb.SpecInput{Name: name, Version: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := db.CreateUpdateCredentials(t.Context(), sub, credentials); err != nil {
		t.Fatal(err)
	}
	client := db.Client
	if prepare != nil {
		prepare(t, client)
	}
	recorder := &recorder{Client: client, withoutTransactions: withoutTransactions, needed: permissions{}}
	if err := calls[call](t.Context(), packagedb.New(recorder, clock)); err != nil {
		t.Fatal(err)
	}
	return recorder.needed
}

// tear takes the version away and leaves the latest item, as a write of the Python facade that was
// torn apart does.
func tear(t *testing.T, client *dynamodb.Client) {
	t.Helper()
	_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: aws.String("package.specs"),
		Key: map[string]types.AttributeValue{
			"sub":           &types.AttributeValueMemberS{Value: sub},
			"updated_at_id": &types.AttributeValueMemberS{Value: fmt.Sprintf("%020d#%s", 1, name)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheDatabasePolicyAllowsWhatTheCallsSendAndNoMore(t *testing.T) {
	needed := permissions{}
	for call := range calls {
		t.Run(call, func(t *testing.T) {
			maps.Copy(needed, record(t, call, false, nil))
		})
		t.Run(call+" without transactions", func(t *testing.T) {
			maps.Copy(needed, record(t, call, true, nil))
		})
	}
	t.Run("CreateUpdateSpec without transactions after a torn write", func(t *testing.T) {
		maps.Copy(needed, record(t, "CreateUpdateSpec", true, tear))
	})
	compare(t, "DatabasePolicy", needed)
}

func TestTheCheckPolicyAllowsWhatCheckTablesSendsAndNoMore(t *testing.T) {
	recorder := &recorder{Client: testutil.New(t).Client, needed: permissions{}}
	if err := packagedb.CheckTables(t.Context(), recorder); err != nil {
		t.Fatal(err)
	}
	compare(t, "CheckPolicy", recorder.needed)
}

// The guide has a row for every call, such as
//
//	| `GetUser` | `Query` on `package.credentials/publicKey` |
func TestTheOperatingGuideListsThePermissionsOfEveryCall(t *testing.T) {
	guide, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(string(guide), "\n")
	for call := range calls {
		t.Run(call, func(t *testing.T) {
			var needs []string
			for _, permission := range record(t, call, false, nil).sorted() {
				needs = append(needs, fmt.Sprintf("%#q on %#q", permission.action, permission.resource))
			}
			row := fmt.Sprintf("| %#q | %s |", call, strings.Join(needs, ", "))
			if !slices.Contains(rows, row) {
				t.Errorf("the guide lacks the row\n%s", row)
			}
		})
	}
}
