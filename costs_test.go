package packagedb_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
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
	call     func(ctx context.Context, db packagedb.Database) error
	requests int
	read     float64
	write    float64
}

func patterns() []pattern {
	short, long := padded(itemBytes, rawHistory("sub", "spec", 4)), padded(itemBytes, rawHistory("sub", "spec", 246))
	large := padded(largeBytes, rawHistory("sub", "spec", 13))
	fifty := padded(itemBytes, manySpecs(50, 247))
	credentials := padded(itemBytes, manyCredentials(1))
	manyUsers := padded(itemBytes, manyCredentials(247))
	many := padded(itemBytes, manySpecs(2000, 4000))

	createSpec := func(ctx context.Context, db packagedb.Database) error {
		_, err := db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "spec", Version: "new", ModelCount: 1})
		return err
	}
	createCredentials := packagedb.CredentialsInput{ID: "000", PublicKey: "sub000", SecretKeyHash: []byte("hash"), Salt: []byte("salt")}
	list := func(options ...packagedb.ListOption) func(ctx context.Context, db packagedb.Database) error {
		return func(ctx context.Context, db packagedb.Database) error {
			return second(db.ListSpecs(ctx, "sub", options...))
		}
	}
	versions := func(options ...packagedb.ListOption) func(ctx context.Context, db packagedb.Database) error {
		return func(ctx context.Context, db packagedb.Database) error {
			return second(db.ListSpecVersions(ctx, "sub", "spec", options...))
		}
	}
	version := func(version string) func(ctx context.Context, db packagedb.Database) error {
		return func(ctx context.Context, db packagedb.Database) error {
			return second(db.GetSpecVersion(ctx, "sub", "spec", version))
		}
	}
	deleteSpec := func(ctx context.Context, db packagedb.Database) error { return db.DeleteSpec(ctx, "sub", "spec") }
	deleteSpecs := func(ctx context.Context, db packagedb.Database) error { return db.DeleteAllSpecs(ctx, "sub") }
	return []pattern{
		{name: "create a spec", call: createSpec, requests: 1, write: 6},
		{name: "create a version", specs: short, call: createSpec, requests: 1, write: 6},
		{name: "create a version beside the Python facade", specs: short, call: createSpec, requests: 2, read: 1, write: 6,
			options: []packagedb.Option{packagedb.WithPythonFacade()}},
		{name: "get a spec", specs: short, requests: 1, read: 0.5, call: func(ctx context.Context, db packagedb.Database) error {
			return second(db.GetSpec(ctx, "sub", "spec"))
		}},
		{name: "get the latest version", specs: short, requests: 1, read: 0.5, call: func(ctx context.Context, db packagedb.Database) error {
			return second(db.GetLatestSpecVersion(ctx, "sub", "spec"))
		}},
		{name: "get one of 4 versions", specs: short, call: version(fmt.Sprint("v", start)), requests: 1, read: 0.5},
		{name: "get the newest of 246 versions", specs: long, call: version(fmt.Sprint("v", start+245)), requests: 1, read: 1},
		{name: "get the oldest of 246 versions", specs: long, call: version(fmt.Sprint("v", start)), requests: 4, read: 11.5},
		{name: "list 4 versions", specs: short, call: versions(), requests: 1, read: 0.5},
		{name: "list 13 versions of 200 KB", specs: large, call: versions(), requests: 3, read: 317.5},
		{name: "list 50 specs", specs: fifty, call: list(), requests: 1, read: 2.5},
		{name: "list 2000 specs", specs: many, call: list(), requests: 1, read: 85.5},
		{name: "list 100 of 2000 specs", specs: many, call: list(packagedb.Limit(100), packagedb.After("spec-0999")), requests: 1, read: 4.5},
		{name: "count the models of 50 specs", specs: fifty, requests: 1, read: 2.5, call: func(ctx context.Context, db packagedb.Database) error {
			return second(db.CountCustomerModels(ctx, "sub"))
		}},
		{name: "delete a spec that does not exist", call: deleteSpec, requests: 2, read: 2},
		{name: "delete a spec of 4 versions", specs: short, call: deleteSpec, requests: 2, read: 1, write: 15},
		{name: "delete a spec of 246 versions", specs: long, call: deleteSpec, requests: 8, read: 22, write: 594},
		{name: "delete 247 items of 50 specs", specs: fifty, call: deleteSpecs, requests: 5, read: 23, write: 741},

		{name: "create credentials", requests: 1, write: 2, call: func(ctx context.Context, db packagedb.Database) error {
			return db.CreateCredentials(ctx, "sub", createCredentials)
		}},
		{name: "create or update credentials", requests: 1, write: 2, call: func(ctx context.Context, db packagedb.Database) error {
			return db.CreateUpdateCredentials(ctx, "sub", createCredentials)
		}},
		{name: "get credentials", users: credentials, requests: 1, read: 0.5, call: func(ctx context.Context, db packagedb.Database) error {
			return second(db.GetCredentials(ctx, "sub", "000"))
		}},
		{name: "get a user", users: credentials, requests: 1, read: 0.5, call: func(ctx context.Context, db packagedb.Database) error {
			return second(db.GetUser(ctx, "sub000"))
		}},
		{name: "list 247 credentials", users: manyUsers, requests: 1, read: 11, call: func(ctx context.Context, db packagedb.Database) error {
			return second(db.ListCredentials(ctx, "sub"))
		}},
		{name: "delete credentials", users: credentials, requests: 1, write: 2, call: func(ctx context.Context, db packagedb.Database) error {
			return db.DeleteCredentials(ctx, "sub", "000")
		}},
		{name: "delete 247 credentials", users: manyUsers, requests: 11, read: 22, write: 494, call: func(ctx context.Context, db packagedb.Database) error {
			return db.DeleteAllCredentials(ctx, "sub")
		}},
	}
}

// TestDatabase_Costs asserts the requests and capacity units of every access pattern. With -v it
// prints them.
func TestDatabase_Costs(t *testing.T) {
	needsTransactions(t)
	var table strings.Builder
	out := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(out, "requests\tread units\twrite units\t  pattern")
	for _, p := range patterns() {
		t.Run(p.name, func(t *testing.T) {
			var seen observer
			db := testutil.New(t, append(p.options, seen.option(), frozen(start+1000))...)
			store(t, db, specsTable, p.specs)
			store(t, db, credentialsTable, p.users)
			require.NoError(t, p.call(t.Context(), db))
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

// TestLimit_AllPagesCostAboutOneList asserts that 2,000 specs in pages of 100 cost at most 1.2 times the
// units of one list, in either order.
func TestLimit_AllPagesCostAboutOneList(t *testing.T) {
	var seen observer
	db := testutil.New(t, seen.option())
	store(t, db, specsTable, padded(itemBytes, manySpecs(2000, 4000)))
	store(t, db, specsTable, padded(itemBytes, rawHistory("sub", "spec-0000", 2000)))
	store(t, db, credentialsTable, padded(itemBytes, manyCredentials(2000)))
	for _, order := range [][]packagedb.ListOption{nil, {packagedb.Descending()}} {
		for name, list := range map[string]func(options ...packagedb.ListOption) (keys []string, err error){
			"ListSpecs": func(options ...packagedb.ListOption) ([]string, error) {
				specs, err := db.ListSpecs(t.Context(), "sub", options...)
				return keysOf(specs, func(spec packagedb.SpecInfo) string { return spec.ID }), err
			},
			"ListSpecVersions": func(options ...packagedb.ListOption) ([]string, error) {
				history, err := db.ListSpecVersions(t.Context(), "sub", "spec-0000", options...)
				return keysOf(history, func(spec packagedb.SpecInfo) string { return fmt.Sprint(spec.UpdatedAt) }), err
			},
			"ListCredentials": func(options ...packagedb.ListOption) ([]string, error) {
				all, err := db.ListCredentials(t.Context(), "sub", options...)
				return keysOf(all, func(credentials packagedb.CredentialsInfo) string { return credentials.ID }), err
			},
		} {
			t.Run(fmt.Sprintf("%s, %d options", name, len(order)), func(t *testing.T) {
				whole, err := list(order...)
				require.NoError(t, err)
				require.Len(t, whole, 2000)
				one := seen.last(t).ReadUnits
				var all []string
				paged, requests := 0.0, 0
				options := append([]packagedb.ListOption{packagedb.Limit(100)}, order...)
				for {
					page, err := list(options...)
					require.NoError(t, err)
					all = append(all, page...)
					paged, requests = paged+seen.last(t).ReadUnits, requests+seen.last(t).Requests
					if len(page) < 100 {
						break
					}
					options = append([]packagedb.ListOption{packagedb.Limit(100), packagedb.After(page[99])}, order...)
				}
				assert.Equal(t, whole, all)
				assert.Equal(t, 21, requests)
				assert.LessOrEqual(t, paged, 1.2*one)
				t.Logf("one list %.1f units, 20 pages and an empty one %.1f", one, paged)
			})
		}
	}
}

func keysOf[T any](results []T, key func(T) string) (keys []string) {
	for _, result := range results {
		keys = append(keys, key(result))
	}
	return keys
}

// second returns the error of a call and drops its result.
func second[T any](_ T, err error) error { return err }

// manySpecs returns the given number of items of specs, with the versions spread over them.
func manySpecs(specs, items int) (all []item) {
	for i := range specs {
		versions := int(math.Round(float64(items-len(all))/float64(specs-i))) - 1
		all = append(all, rawHistory("sub", fmt.Sprintf("spec-%04d", i), versions)...)
	}
	return all
}

// manyCredentials returns items of credentials with the ids 000, 001 and so on.
func manyCredentials(count int) (all []item) {
	for i := range count {
		id := fmt.Sprintf("%03d", i)
		all = append(all, item{
			"sub": text("sub"), "id": text(id), "public_key": text("sub" + id), "secret_key_hash": bytesOf("hash"), "salt": bytesOf("salt"),
		})
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
