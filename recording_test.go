package packagedb_test

import (
	"bytes"
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
	run, err := recording.PythonRun()
	require.NoError(t, err)
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

func TestWithPythonFacade_SignIn(t *testing.T) {
	run, err := recording.PythonRun()
	require.NoError(t, err)
	db := testutil.New(t, packagedb.WithPythonFacade())
	for _, stored := range run.Items[credentialsTable] {
		putItem(t, db, credentialsTable, unwire(t, stored))
	}
	signedIn := 0
	for _, call := range run.Calls[:run.ItemsAfterCall] {
		user, err := db.GetUser(t.Context(), call.Args.PublicKey)
		if call.Name != "create_update_credentials" || err != nil {
			continue // overwritten or deleted later in the run
		}
		if bytes.Equal(call.Args.Salt, user.Salt) {
			assert.Equal(t, call.Args.SecretKeyHash, user.SecretKeyHash)
			assert.Equal(t, call.Args.ID, user.ID)
			signedIn++
		}
	}
	assert.Positive(t, signedIn)
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

// unwire is the inverse of wire.
func unwire(t *testing.T, values map[string]any) item {
	t.Helper()
	stored := item{}
	for name, value := range values {
		for kind, data := range value.(map[string]any) {
			data := data.(string)
			switch kind {
			case "S":
				stored[name] = text(data)
			case "N":
				stored[name] = number(data)
			case "B":
				decoded, err := base64.StdEncoding.DecodeString(data)
				require.NoError(t, err)
				stored[name] = bytesOf(string(decoded))
			}
		}
	}
	return stored
}
