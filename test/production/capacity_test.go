package production

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// meter asks for the capacity that transactions consume.
type meter struct {
	packagedb.Client
	consumed []types.ConsumedCapacity
}

func (m *meter) TransactWriteItems(ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	metered := *input
	metered.ReturnConsumedCapacity = types.ReturnConsumedCapacityIndexes
	output, err := m.Client.TransactWriteItems(ctx, &metered, options...)
	if err == nil {
		m.consumed = append(m.consumed, output.ConsumedCapacity...)
	}
	return output, err
}

// newClient returns a client of the deployment of STAGE.
func newClient(t *testing.T) *dynamodb.Client {
	t.Helper()
	var load []func(*config.LoadOptions) error
	if os.Getenv("STAGE") == "TEST" {
		load = append(load, config.WithRegion("us-east-1"), config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	}
	cfg, err := config.LoadDefaultConfig(t.Context(), load...)
	require.NoError(t, err)
	return dynamodb.NewFromConfig(cfg, packagedb.ClientOptions)
}

// TestCreateUpdateSpec_Capacity prints the units of the table and of its index that a create
// consumes. A transaction doubles those of the table alone: 4 and 2.
func TestCreateUpdateSpec_Capacity(t *testing.T) {
	t.Parallel()
	_, sub := open(t)
	metered := &meter{Client: newClient(t)}
	create(t, packagedb.New(metered), sub, packagedb.SpecInput{Name: "pets", Version: "1.0.0", ModelCount: 2})
	require.NotEmpty(t, metered.consumed)
	for i := range metered.consumed {
		text, err := json.Marshal(metered.consumed[i])
		require.NoError(t, err)
		t.Logf("consumed by a create: %s", text)
	}
}
