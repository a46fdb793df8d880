package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/testutil"
)

// Sizes of stored items in bytes: of most items, and of one of which six fill a page of 1 MB, near
// the limit of the specs table.
const (
	itemBytes  = 350
	largeBytes = 200_000
)

// pattern is an access pattern with its cost: requests, and units of items of 350 bytes.
type pattern struct {
	name     string
	specs    []item // what is stored
	users    []item
	options  []packagedb.Option
	call     string
	run      func(ctx context.Context, db packagedb.Database) error // in place of the call
	requests int
	read     float64
	write    float64
}

func patterns() []pattern {
	short, long := padded(itemBytes, rawHistory("sub", "spec", 4)), padded(itemBytes, rawHistory("sub", "spec", 246))
	large := padded(largeBytes, rawHistory("sub", "spec", 13))
	fifty := padded(itemBytes, manySpecs(50, 247))
	credentials := padded(itemBytes, []item{rawCredentials("sub", secret)})
	manyUsers := padded(itemBytes, manyCredentials(247))
	many := padded(itemBytes, manySpecs(2000, 4000))
	return []pattern{
		{name: "create a spec", call: "CreateUpdateSpec", requests: 1, write: 6},
		{name: "create a version", specs: short, call: "CreateUpdateSpec", requests: 1, write: 6},
		{name: "create a version beside the Python facade", specs: short, call: "CreateUpdateSpec", requests: 2, read: 1, write: 6,
			options: []packagedb.Option{packagedb.WithPythonFacade()}},
		{name: "create a version once, beside 4", specs: short, call: "CreateSpecVersion", requests: 2, read: 1, write: 6},
		{name: "create a version once, beside 246", specs: long, call: "CreateSpecVersion", requests: 2, read: 22, write: 6},
		{name: "create a version that exists, the first of 246", specs: long, requests: 1, read: 22, run: func(ctx context.Context, db packagedb.Database) error {
			_, err := db.CreateSpecVersion(ctx, "sub", packagedb.SpecInput{Name: "spec", Version: fmt.Sprint("v", start)})
			if !errors.Is(err, packagedb.ErrExists) {
				return fmt.Errorf("not ErrExists: %w", err)
			}
			return nil
		}},
		{name: "get a spec", specs: short, call: "GetSpec", requests: 1, read: 0.5},
		{name: "get the latest version", specs: short, call: "GetLatestSpecVersion", requests: 1, read: 0.5},
		{name: "get one of 4 versions", specs: short, call: "GetSpecVersion", requests: 1, read: 0.5},
		{name: "get the newest of 246 versions", specs: long, requests: 1, read: 1, run: func(ctx context.Context, db packagedb.Database) error {
			return errorOf(db.GetSpecVersion(ctx, "sub", "spec", fmt.Sprint("v", start+245)))
		}},
		{name: "get the oldest of 246 versions", specs: long, call: "GetSpecVersion", requests: 4, read: 11.5},
		{name: "list 4 versions", specs: short, call: "ListSpecVersions", requests: 1, read: 0.5},
		{name: "list 13 versions of 200 KB", specs: large, call: "ListSpecVersions", requests: 3, read: 317.5},
		{name: "list 50 specs", specs: fifty, call: "ListSpecs", requests: 1, read: 2.5},
		{name: "list 2000 specs", specs: many, call: "ListSpecs", requests: 1, read: 85.5},
		{name: "list 100 of 2000 specs", specs: many, requests: 1, read: 4.5, run: func(ctx context.Context, db packagedb.Database) error {
			return errorOf(db.ListSpecs(ctx, "sub", packagedb.Limit(100), packagedb.After("spec-0999")))
		}},
		{name: "count the models of 50 specs", specs: fifty, call: "CountCustomerModels", requests: 1, read: 2.5},
		{name: "delete a spec that does not exist", call: "DeleteSpec", requests: 2, read: 2},
		{name: "delete a spec of 4 versions", specs: short, call: "DeleteSpec", requests: 2, read: 1, write: 15},
		{name: "delete a spec of 246 versions", specs: long, call: "DeleteSpec", requests: 8, read: 22, write: 594},
		{name: "delete 247 items of 50 specs", specs: fifty, call: "DeleteAllSpecs", requests: 5, read: 23, write: 741},

		{name: "create credentials", call: "CreateCredentials", requests: 1, write: 2},
		{name: "create or update credentials", call: "CreateUpdateCredentials", requests: 1, write: 2},
		{name: "get credentials", users: credentials, call: "GetCredentials", requests: 1, read: 0.5},
		{name: "get a user", users: credentials, call: "GetUser", requests: 1, read: 0.5},
		{name: "list 247 credentials", users: manyUsers, call: "ListCredentials", requests: 1, read: 11},
		{name: "delete credentials", users: credentials, call: "DeleteCredentials", requests: 1, write: 2},
		{name: "delete 247 credentials", users: manyUsers, call: "DeleteAllCredentials", requests: 11, read: 22, write: 494},
	}
}

// TestDatabase_Costs asserts the requests and capacity units of every access pattern. With -v it
// prints them.
func TestDatabase_Costs(t *testing.T) {
	t.Parallel()
	needsTransactions(t)
	var table strings.Builder
	out := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(out, "requests\tread units\twrite units\t  pattern")
	for _, p := range patterns() {
		t.Run(p.name, func(t *testing.T) {
			var seen observer
			db := testutil.New(t, append(p.options, seen.option(), frozen(start+1000))...)
			store(t, db, specsTable, p.specs...)
			store(t, db, credentialsTable, p.users...)
			if p.run != nil {
				require.NoError(t, p.run(t.Context(), db))
			} else {
				require.NoError(t, call(t.Context(), db, p.call))
			}
			got := seen.last(t)
			assert.Equal(t, p.requests, got.Requests)
			if engineUnderTest() == "" { // other engines count other units
				assert.InDelta(t, p.read, got.ReadUnits, 0, "read units")
				assert.InDelta(t, p.write, got.WriteUnits, 0, "write units")
			}
			_, _ = fmt.Fprintf(out, "%d\t%.1f\t%.1f\t  %s\n", got.Requests, got.ReadUnits, got.WriteUnits, p.name)
		})
	}
	_ = out.Flush()
	t.Log("\n" + table.String())
}

// TestLimit_AllPagesCostAboutOneList asserts that 2,000 results in pages of 100 cost at most 1.2 times the
// units of one list, in either order.
func TestLimit_AllPagesCostAboutOneList(t *testing.T) {
	t.Parallel()
	const results = 2000
	var seen observer
	db := testutil.New(t, seen.option())
	store(t, db, specsTable, padded(itemBytes, manySpecs(results, 2*results))...)
	store(t, db, specsTable, padded(itemBytes, rawHistory("sub", "spec", results))...)
	store(t, db, credentialsTable, padded(itemBytes, manyCredentials(results))...)
	for name, key := range map[string]func(n int) string{ // for After
		"ListSpecs":        func(n int) string { return fmt.Sprintf("spec-%04d", n) },
		"ListSpecVersions": func(n int) string { return fmt.Sprint(start + int64(n)) },
		"ListCredentials":  func(n int) string { return fmt.Sprintf("%04d", n) },
	} {
		for _, order := range [][]packagedb.ListOption{nil, {packagedb.Descending()}} {
			t.Run(fmt.Sprintf("%s, %d options", name, len(order)), func(t *testing.T) {
				cost := func(options ...packagedb.ListOption) (units float64, requests int) {
					in := dbtest.Input{Sub: "sub", Spec: packagedb.SpecInput{Name: "spec"}, Options: append(options, order...)}
					require.NoError(t, errorOf(dbtest.Calls(t.Context(), db, in)[name]()))
					return seen.last(t).ReadUnits, seen.last(t).Requests
				}
				one, _ := cost()
				paged, requests := cost(packagedb.Limit(100))
				for n := 100; n <= results; n += 100 {
					last := key(n - 1)
					if order != nil {
						last = key(results - n)
					}
					units, sent := cost(packagedb.Limit(100), packagedb.After(last))
					paged, requests = paged+units, requests+sent
				}
				assert.Equal(t, 21, requests)
				assert.LessOrEqual(t, paged, 1.2*one)
				t.Logf("one list %.1f units, 20 pages and an empty one %.1f", one, paged)
			})
		}
	}
}

// manySpecs returns the given number of items of specs, with the versions spread over them.
func manySpecs(specs, items int) (all []item) {
	for i := range specs {
		versions := int(math.Round(float64(items-len(all))/float64(specs-i))) - 1
		all = append(all, rawHistory("sub", fmt.Sprintf("spec-%04d", i), versions)...)
	}
	return all
}

// manyCredentials returns items of credentials with the ids 0000, 0001 and so on.
func manyCredentials(count int) (all []item) {
	for i := range count {
		credentials := secret
		credentials.ID = fmt.Sprintf("%04d", i)
		all = append(all, rawCredentials("sub", credentials))
	}
	return all
}

// padded returns the items with a description that brings each to the given size in bytes.
func padded(bytes int, items []item) (all []item) {
	for _, stored := range items {
		rest := bytes - textSize(stored) - len("description")
		if _, ok := stored["model_count"].(*types.AttributeValueMemberN); ok {
			rest -= 2 // a number of one digit
		}
		all = append(all, with(stored, "description", text(strings.Repeat("x", rest))))
	}
	return all
}
