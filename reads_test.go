package packagedb_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// large returns the items with a description that lets six of them fill a page of 1 MB.
func large(items []item) (all []item) {
	description := text(strings.Repeat("d", largeBytes))
	for _, stored := range items {
		all = append(all, with(stored, "description", description))
	}
	return all
}

// TestDelete_WritesDuringItsFirstQuery has another host write while a delete reads its first page, and
// looks at the specs after every request of the delete, and after a delete that fails at the first query
// after its first write.
func TestDelete_WritesDuringItsFirstQuery(t *testing.T) {
	t.Parallel()
	needsTransactions(t)
	for _, test := range []struct {
		name      string
		stored    []item
		meanwhile func(t *testing.T, db *testutil.DB)
		torn      bool // the page has the latest item as it is after the write, and all else as before
	}{
		{
			name:      "a version, while over 1 MB of another spec lie between the old one and the latest item",
			stored:    append(rawHistory("sub", "spec", 1), large(rawHistory("sub", "spec#b", 7))...),
			meanwhile: func(t *testing.T, db *testutil.DB) { create(t, db, "sub", "spec", "2") },
		},
		{
			name:   "the spec anew by a clock that is behind, after deleting its history of over 1 MB",
			stored: large(rawHistory("sub", "spec", 7)),
			meanwhile: func(t *testing.T, db *testutil.DB) {
				behind := packagedb.New(db.Client, frozen(start-60))
				require.NoError(t, behind.DeleteSpec(t.Context(), "sub", "spec"))
				create(t, behind, "sub", "spec", "anew")
			},
		},
		{
			name:      "a version, of which a read-committed page has the latest item alone",
			stored:    rawHistory("sub", "spec", 1),
			meanwhile: func(t *testing.T, db *testutil.DB) { create(t, db, "sub", "spec", "2") },
			torn:      true,
		},
	} {
		for _, remove := range deletes {
			for _, fails := range []bool{false, true} {
				name := remove + ", " + test.name
				if fails {
					name += ", and a failure"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					server := testutil.New(t, packagedb.WithConsistentReads(), frozen(start+60))
					store(t, server, specsTable, test.stored...)
					whole := func() {
						assertWhole(t, server, "sub", "spec")
						assertWhole(t, server, "sub", "spec#b")
					}
					queries, written, failure := 0, false, errors.New("failure")
					db := intercept(server, func(op string, _ any, next func() (any, error)) (any, error) {
						if op != "Query" {
							written = true
							defer whole()
							return next()
						}
						if written && fails {
							return nil, failure
						}
						output, err := next()
						if queries++; queries == 1 {
							test.meanwhile(t, server)
							if test.torn {
								after, afterErr := next()
								require.NoError(t, errors.Join(err, afterErr))
								output = withLatest(output.(*dynamodb.QueryOutput), after.(*dynamodb.QueryOutput))
							}
						}
						return output, err
					})
					err := call(t.Context(), db, remove)
					if err != nil {
						require.ErrorIs(t, err, failure)
					}
					whole()
				})
			}
		}
	}
}

// withLatest returns the page as it was before a write, with the latest items as they are after it.
func withLatest(before, after *dynamodb.QueryOutput) *dynamodb.QueryOutput {
	page := *before
	page.Items = slices.Clone(before.Items)
	for i, stored := range page.Items {
		for _, latest := range after.Items {
			if strings.HasPrefix(textOf(latest, "updated_at_id"), "latest#") &&
				textOf(latest, "updated_at_id") == textOf(stored, "updated_at_id") {
				page.Items[i] = latest
			}
		}
	}
	return &page
}

// TestGetSpecVersion_WrittenAgainBetweenTwoPages gets a version that exists at every moment: after the first
// page it is written again, and then its older entry is deleted.
func TestGetSpecVersion_WrittenAgainBetweenTwoPages(t *testing.T) {
	t.Parallel()
	server := testutil.New(t, packagedb.WithConsistentReads(), frozen(start))
	store(t, server, specsTable, rawHistory("sub", "spec", 120)...)
	queries := 0
	db := intercept(server, func(_ string, _ any, next func() (any, error)) (any, error) {
		output, err := next()
		if queries++; queries == 1 {
			create(t, server, "sub", "spec", fmt.Sprint("v", start))
			remove := dynamodb.DeleteItemInput{TableName: aws.String(specsTable), Key: item{
				"sub": text("sub"), "updated_at_id": rawVersion("sub", "spec", start)["updated_at_id"],
			}}
			require.NoError(t, errorOf(server.Client.DeleteItem(t.Context(), &remove)))
		}
		return output, err
	}, packagedb.WithConsistentReads())
	found, err := db.GetSpecVersion(t.Context(), "sub", "spec", fmt.Sprint("v", start))
	require.NoError(t, err)
	assert.Equal(t, start+120, found.UpdatedAt)
}

func TestGetSpecVersion_QueriesOfAMissingVersion(t *testing.T) {
	t.Parallel()
	var seen observer
	for versions, want := range map[int]int{0: 1, 15: 1, 17: 3, 120: 4} {
		db := testutil.New(t, seen.option())
		store(t, db, specsTable, rawHistory("sub", "spec", versions)[:versions]...)
		_, err := db.GetSpecVersion(t.Context(), "sub", "spec", "missing")
		require.ErrorIs(t, err, packagedb.ErrNotFound)
		assert.Equal(t, want, seen.last(t).Requests, "%d versions", versions)
	}
	// The largest second has none after it.
	db := testutil.New(t, seen.option())
	store(t, db, specsTable, append(rawHistory("sub", "spec", 16)[:16], rawVersion("sub", "spec", math.MaxInt64))...)
	_, err := db.GetSpecVersion(t.Context(), "sub", "spec", "missing")
	require.ErrorIs(t, err, packagedb.ErrNotFound)
	assert.Equal(t, 2, seen.last(t).Requests)
}
