package production

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// create stores a version of a spec.
func create(t *testing.T, db packagedb.Database, sub string, spec packagedb.SpecInput) {
	t.Helper()
	_, err := db.CreateUpdateSpec(t.Context(), sub, spec)
	require.NoError(t, err)
}

func TestSpecs_CreateListAndDeleteAll(t *testing.T) {
	t.Parallel()
	db, sub := open(t)
	// More than a BatchWriteItem takes, in an order other than that of their ids.
	const specs = 30
	for i := range specs {
		create(t, db, sub, packagedb.SpecInput{
			Name: fmt.Sprintf("Spec_%02d", specs-1-i), Version: "1.0.0", ModelCount: i, Title: "Title", Description: "Description",
		})
	}
	eventually(t, func(c *assert.CollectT) {
		listed, err := db.ListSpecs(t.Context(), sub)
		require.NoError(c, err)
		require.Len(c, listed, specs)
		for i, spec := range listed {
			assert.NotZero(c, spec.UpdatedAt)
			assert.Equal(c, packagedb.SpecInfo{
				ID: fmt.Sprintf("spec-%02d", i), Name: fmt.Sprintf("Spec_%02d", i), UpdatedAt: spec.UpdatedAt,
				Version: "1.0.0", ModelCount: specs - 1 - i, Title: "Title", Description: "Description",
			}, spec)
		}
	})
	require.NoError(t, db.DeleteAllSpecs(t.Context(), sub))
	eventuallyReturns(t, []packagedb.SpecInfo{}, func() ([]packagedb.SpecInfo, error) { return db.ListSpecs(t.Context(), sub) })
}

func TestSpecs_Lifecycle(t *testing.T) {
	t.Parallel()
	db, sub := open(t)
	ctx := t.Context()
	// The second version follows at once, usually in the second of the first.
	create(t, db, sub, packagedb.SpecInput{Name: "Pets", Version: "1.0.0", ModelCount: 2})
	create(t, db, sub, packagedb.SpecInput{Name: "pets", Version: "1.1.0", ModelCount: 3, Title: "Pets"})
	create(t, db, sub, packagedb.SpecInput{Name: "pets#wild", Version: "0.1.0", ModelCount: 4})

	eventuallyReturns(t, 3+4, func() (int, error) { return db.CountCustomerModels(ctx, sub) })
	eventually(t, func(c *assert.CollectT) {
		spec, err := db.GetSpec(ctx, sub, "PETS")
		require.NoError(c, err)
		assert.Equal(c, &packagedb.SpecInfo{
			ID: "pets", Name: "pets", UpdatedAt: spec.UpdatedAt, Version: "1.1.0", ModelCount: 3, Title: "Pets",
		}, spec)
	})
	eventuallyReturns(t, "1.1.0", func() (string, error) { return db.GetLatestSpecVersion(ctx, sub, "pets") })
	hasHistory(t, db, sub, "pets", "1.0.0", "1.1.0")

	require.NoError(t, db.DeleteSpec(ctx, sub, "Pets"))
	eventuallyFails(t, packagedb.ErrNotFound, func() (*packagedb.SpecInfo, error) { return db.GetSpec(ctx, sub, "pets") })
	eventuallyFails(t, packagedb.ErrNotFound, func() ([]packagedb.SpecInfo, error) { return db.ListSpecVersions(ctx, sub, "pets") })
	hasHistory(t, db, sub, "pets#wild", "0.1.0")
}

// hasHistory requires that a spec eventually has these versions, each dated after the one before.
func hasHistory(t *testing.T, db packagedb.Database, sub, name string, want ...string) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		history, err := db.ListSpecVersions(t.Context(), sub, name)
		require.NoError(c, err)
		var versions []string
		var times []int64
		for _, version := range history {
			versions = append(versions, version.Version)
			times = append(times, version.UpdatedAt)
		}
		assert.Equal(c, want, versions)
		if len(times) > 1 {
			assert.IsIncreasing(c, times)
		}
	})
}

// Conflicting transactions are canceled by the service and sent again by the library.
func TestSpecs_ConcurrentWriters(t *testing.T) {
	t.Parallel()
	db, sub := open(t)
	const writers = 8
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			_, err := db.CreateUpdateSpec(t.Context(), sub, packagedb.SpecInput{Name: "pets", Version: fmt.Sprint(i)})
			assert.NoError(t, err, "version %d", i)
		})
	}
	running.Wait()
	eventually(t, func(c *assert.CollectT) {
		history, err := db.ListSpecVersions(t.Context(), sub, "pets")
		require.NoError(c, err)
		seen := map[string]bool{}
		for _, version := range history {
			seen[version.Version] = true
		}
		require.Len(c, history, writers)
		assert.Len(c, seen, writers)
		latest, err := db.GetSpec(t.Context(), sub, "pets")
		require.NoError(c, err)
		assert.Equal(c, history[writers-1], *latest)
	})
}

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
