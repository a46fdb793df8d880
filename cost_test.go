package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// pattern is an access pattern with what it costs.
type pattern struct {
	name     string
	stored   storing // what is there before, nothing if nil
	call     func(ctx context.Context, db packagedb.Database, sub string) error
	cost     cost
	least    cost // what any client needs, with reads that are eventually consistent and no transaction
	original cost // what the Python facade needs, zero where that was not measured
	dearer   string
	empty    bool // a query that finds nothing
}

type cost struct {
	requests int
	units    float64
}

// The two places where a pattern may cost more capacity than the least and the original.
const (
	atomicCreate     = "a transaction doubles the units of the table, and both items are written or neither"
	consistentDelete = "a strongly consistent read costs twice as much, and nothing that was written is left behind"
)

// The sizes of stored items in bytes: of every spec's and credentials' item, and of one that fills
// a page of 1 MB together with five others, near the most that the specs table takes.
const (
	itemBytes  = 350
	largeBytes = 200_000
)

// TestEveryPatternCostsWhatItMust compares every pattern's requests and capacity with the least.
// With -v it prints them.
func TestEveryPatternCostsWhatItMust(t *testing.T) {
	server := testutil.New(t).Client
	counting := &meter{Client: server}
	clock := int64(1_700_000_000)
	db := packagedb.New(counting, packagedb.WithClock(func() time.Time {
		clock++
		return time.Unix(clock, 0)
	}))

	var table strings.Builder
	out := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(out, "requests\tleast\toriginal\tunits\tleast\toriginal\tanswer bytes\t  pattern")
	for _, p := range patterns() {
		t.Run(p.name, func(t *testing.T) {
			if lacksTransactions() && p.dearer == atomicCreate {
				t.Skip("the server has no transactions")
			}
			if p.stored != nil {
				store(t, server, p.stored(p.name))
			}
			if err := p.call(t.Context(), db, p.name); err != nil {
				t.Fatal(err)
			}
			got := counting.read()
			p.mustCost(t, got)
			_, _ = fmt.Fprintf(out, "%d\t%d\t%s\t%.1f\t%.1f\t%s\t%d\t  %s\n", got.requests, p.least.requests,
				measured(float64(p.original.requests)), got.units, p.least.units, measured(p.original.units), got.bytes, p.name)
		})
	}
	_ = out.Flush()
	t.Log("\n" + table.String())
}

func (p *pattern) mustCost(t *testing.T, got bill) {
	t.Helper()
	if got.requests != p.cost.requests || got.requests != p.least.requests {
		t.Errorf("got %d requests, want %d, and the least is %d", got.requests, p.cost.requests, p.least.requests)
	}
	if p.original != (cost{}) && got.requests > p.original.requests {
		t.Errorf("got %d requests, the original needs %d", got.requests, p.original.requests)
	}
	if p.isBilledOtherwise() {
		return
	}
	if got.units != p.cost.units {
		t.Errorf("got %.1f units, want %.1f", got.units, p.cost.units)
	}
	if dearer := got.units > p.least.units; dearer != (p.dearer != "") {
		t.Errorf("got %.1f units, the least are %.1f, and the reason to need more is %q", got.units, p.least.units, p.dearer)
	}
	if p.original != (cost{}) && got.units > p.original.units && p.dearer == "" {
		t.Errorf("got %.1f units, the original needs %.1f", got.units, p.original.units)
	}
}

// isBilledOtherwise reports whether the server of the tests counts other capacity units than DynamoDB:
// dynalite none for indexes, DynamoDB Local twice as many for indexes in transactions and none for a
// query that finds nothing.
func (p *pattern) isBilledOtherwise() bool {
	engine := os.Getenv("PACKAGEDB_TEST_ENGINE")
	return engine == "dynalite" || engine == "dynamodb-local" && (p.empty || p.dearer == atomicCreate)
}

func TestAVersionInTheSecondOfTheLatestTakesOneMoreRequest(t *testing.T) {
	if lacksTransactions() {
		t.Skip("the server has no transactions")
	}
	counting := &meter{Client: testutil.New(t).Client}
	db := packagedb.New(counting, packagedb.WithClock(frozen(1_700_000_000)))
	for version, want := range []int{1, 2, 2} {
		must(t, db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: fmt.Sprint(version)}))
		if got := counting.read(); got.requests != want {
			t.Errorf("version %d: got %d requests, want %d", version, got.requests, want)
		}
	}
}

// lacksTransactions tells whether the server of the tests has no TransactWriteItems.
func lacksTransactions() bool { return os.Getenv("PACKAGEDB_TEST_ENGINE") == "dynalite" }

// readUnits is what an eventually consistent read of so many bytes costs.
func readUnits(bytes int) float64 { return 0.5 * float64(max(1, (bytes+4095)/4096)) }

// pagesOf is how many pages of large items there are. A page ends with the item that reaches 1 MB.
func pagesOf(items int) int { return items/6 + 1 }

// largeReadUnits is what an eventually consistent read of all their pages costs.
func largeReadUnits(items int) (units float64) {
	for ; items >= 6; items -= 6 {
		units += readUnits(6 * largeBytes)
	}
	return units + readUnits(items*largeBytes)
}

func measured(figure float64) string {
	if figure == 0 {
		return "-"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", figure), ".0")
}

// storing is what a sub has stored.
type storing func(sub string) []item

// history is the latest item of one spec and as many versions as make up the number of items.
func history(items, bytes int) storing {
	return func(sub string) (stored []item) {
		for version := range items {
			stored = append(stored, storedSpec(sub, "pets", version, bytes))
		}
		return stored
	}
}

// specs are specs with a version each.
func specs(count, bytes int) storing {
	return func(sub string) (stored []item) {
		for i := range count {
			id := fmt.Sprintf("spec-%03d", i)
			stored = append(stored, storedSpec(sub, id, 0, bytes), storedSpec(sub, id, 1, bytes))
		}
		return stored
	}
}

// storedSpec is an item of so many bytes: a version, or the latest item of a spec for version 0.
func storedSpec(sub, id string, version, bytes int) item {
	position := "latest"
	if version > 0 {
		position = fmt.Sprintf("%020d", version)
	}
	return padded("description", bytes, item{
		"sub": text(sub), "id": text(id), "name": text(id), "version": text("1"), "updated_at": text("1700000000"),
		"model_count": number("1"), "updated_at_id": text(position + "#" + id), "id_updated_at": text(id + "#" + position),
	})
}

// storedCredentials have the ids 000, 001 and so on, and their public keys are known by sub and id.
func storedCredentials(count int) storing {
	return func(sub string) (stored []item) {
		for i := range count {
			id := fmt.Sprintf("%03d", i)
			stored = append(stored, padded("padding", itemBytes, item{
				"sub": text(sub), "id": text(id), "public_key": text(sub + id), "secret_key_hash": bytesOf("hash"), "salt": bytesOf("salt"),
			}))
		}
		return stored
	}
}

// padded adds an attribute that makes up the size in DynamoDB's count.
func padded(attribute string, bytes int, stored item) item {
	bytes -= len(attribute)
	for name, value := range stored {
		bytes -= len(name)
		switch value := value.(type) {
		case *types.AttributeValueMemberS:
			bytes -= len(value.Value)
		case *types.AttributeValueMemberB:
			bytes -= len(value.Value)
		case *types.AttributeValueMemberN:
			bytes -= 2 // of one digit
		}
	}
	stored[attribute] = text(strings.Repeat("x", bytes))
	return stored
}

// store puts items, 25 at a time.
func store(t *testing.T, client *dynamodb.Client, items []item) {
	t.Helper()
	for batch := range slices.Chunk(items, 25) {
		table := "package.specs"
		requests := make([]types.WriteRequest, len(batch))
		for i, stored := range batch {
			if stored["public_key"] != nil {
				table = "package.credentials"
			}
			requests[i].PutRequest = &types.PutRequest{Item: stored}
		}
		_, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{table: requests},
		})
		must(t, err)
	}
}

// unlessNotFound drops the error of something that is not there.
func unlessNotFound(err error) error {
	if errors.Is(err, packagedb.ErrNotFound) {
		return nil
	}
	return err
}
