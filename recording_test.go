package packagedb_test

import (
	"encoding/base64"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/recording"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestWithPythonFacade_RecordedRun(t *testing.T) {
	run := recording.PythonRun()
	require.Len(t, run.Items, 2)
	var clock recording.Clock
	db := testutil.New(t, packagedb.WithClock(clock.Now), packagedb.WithPythonFacade())
	assert.NoError(t, recording.Replay(t.Context(), db, &clock, run.Calls[:run.ItemsAfterCall]))
	for table, want := range run.Items {
		var got []map[string]any
		for _, stored := range scan(t, db, table) {
			got = append(got, wire(t, stored))
		}
		assert.ElementsMatch(t, want, got, "items of %s", table)
	}
	assert.NoError(t, recording.Replay(t.Context(), db, &clock, run.Calls[run.ItemsAfterCall:]))
}

// wire returns an item in DynamoDB's JSON.
func wire(t *testing.T, stored item) map[string]any {
	t.Helper()
	values := map[string]any{}
	for name, value := range stored {
		switch value := value.(type) {
		case *types.AttributeValueMemberS:
			values[name] = map[string]any{"S": value.Value}
		case *types.AttributeValueMemberN:
			values[name] = map[string]any{"N": value.Value}
		case *types.AttributeValueMemberB:
			values[name] = map[string]any{"B": base64.StdEncoding.EncodeToString(value.Value)}
		default:
			require.Fail(t, "unexpected type", "%s is a %T", name, value)
		}
	}
	return values
}
