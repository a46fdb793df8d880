package packagedb_test

import (
	"cmp"
	"encoding/base64"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/recording"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestRecordedRunOfThePythonFacade(t *testing.T) {
	run, err := recording.PythonRun()
	if err != nil {
		t.Fatal(err)
	}
	var clock recording.Clock
	db := testutil.New(t, packagedb.WithClock(clock.Now), packagedb.WithPythonFacade())
	for i, call := range run.Calls {
		if err := call.Replay(t.Context(), db, &clock); err != nil {
			t.Errorf("call %d: %v", i+1, err)
		}
		if i+1 == run.ItemsAfterCall {
			for table, want := range run.Items {
				mustHold(t, db.Client, table, want)
			}
		}
	}
	if len(run.Items) != 2 || run.ItemsAfterCall > len(run.Calls) {
		t.Errorf("the recording has the items of %d tables after call %d", len(run.Items), run.ItemsAfterCall)
	}
}

// mustHold compares the raw items of a table with recorded ones.
func mustHold(t *testing.T, client *dynamodb.Client, table string, want []map[string]any) {
	t.Helper()
	got := scan(t, client, table)
	byKey := func(a, b map[string]any) int {
		return cmp.Or(cmp.Compare(keyText(a, "sub"), keyText(b, "sub")), cmp.Compare(keyText(a, "id"), keyText(b, "id")),
			cmp.Compare(keyText(a, "updated_at_id"), keyText(b, "updated_at_id")))
	}
	slices.SortFunc(got, byKey)
	slices.SortFunc(want, byKey)
	if len(got) != len(want) {
		t.Errorf("table %s: got %d items, want %d", table, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("table %s: got the item %v, want %v", table, got[i], want[i])
		}
	}
}

func keyText(item map[string]any, attribute string) string {
	value, _ := item[attribute].(map[string]any)
	text, _ := value["S"].(string)
	return text
}

// scan returns the raw items of a table in DynamoDB's JSON.
func scan(t *testing.T, client *dynamodb.Client, table string) []map[string]any {
	t.Helper()
	var items []map[string]any
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{
		TableName: &table, ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatalf("scan: %v", err)
		}
		for _, stored := range page.Items {
			item := make(map[string]any)
			for name, value := range stored {
				item[name] = wire(t, value)
			}
			items = append(items, item)
		}
	}
	return items
}

func wire(t *testing.T, value types.AttributeValue) map[string]any {
	t.Helper()
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": value.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": value.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": base64.StdEncoding.EncodeToString(value.Value)}
	default:
		t.Fatalf("an attribute is a %T", value)
		return nil
	}
}
