package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

const exists = int64(-1)

// publish stores a version of the spec "spec" once.
func publish(ctx context.Context, db packagedb.Database, version string) (*packagedb.SpecInfo, error) {
	return db.CreateSpecVersion(ctx, "sub", packagedb.SpecInput{Name: "spec", Version: version, ModelCount: 1})
}

// count returns the number of entries of a history that have the version.
func count(history []packagedb.SpecInfo, version string) (entries int) {
	for _, entry := range history {
		if entry.Version == version {
			entries++
		}
	}
	return entries
}

// TestCreateSpecVersion_AnyOrderOfRequests races publishers of one version and writers of others, whose
// requests reach the server in any order. In half of the rounds, requests are lost for good.
func TestCreateSpecVersion_AnyOrderOfRequests(t *testing.T) {
	t.Parallel()
	if engineUnderTest() != "" {
		t.Skip("takes the embedded engine, whose time is that of the bubble")
	}
	const hosts, rounds = 3, 8 // hosts of each kind
	broken := errors.New("broken")
	for _, path := range writePaths {
		for round := range rounds {
			t.Run(fmt.Sprint(path.name, " ", round), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := testutil.New(t)
					lossRate := float64(round%2) / 20
					host := func() packagedb.Database {
						isLost := false
						return intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
							<-time.After(rand.N(time.Second)) // of the bubble
							if isLost = isLost || rand.Float64() < lossRate; isLost {
								return nil, broken
							}
							return path.handle(op, input, next)
						}, frozen(start+rand.Int64N(10)))
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					defer cancel()
					errs := make([]error, hosts)
					var running sync.WaitGroup
					for i := range hosts {
						running.Go(func() { errs[i] = errorOf(publish(ctx, host(), "once")) })
						running.Go(func() {
							db := host()
							for j := range 2 {
								_, err := db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "spec", Version: fmt.Sprint(i, ".", j)})
								assert.True(t, err == nil || errors.Is(err, broken), err)
							}
						})
					}
					running.Wait()
					require.NoError(t, errorOf(publish(t.Context(), intercept(server, path.handle), "last")))
					stored, exists := 0, 0
					for _, err := range errs {
						switch {
						case err == nil:
							stored++
						case errors.Is(err, packagedb.ErrExists):
							exists++
						default:
							assert.ErrorIs(t, err, broken)
						}
					}
					all := history(t, server)
					if lossRate == 0 {
						assert.Equal(t, 1, stored, errs)
						assert.Equal(t, hosts-1, exists, errs)
						assert.Len(t, all, 2*hosts+2)
					}
					assert.LessOrEqual(t, stored, 1)
					assert.LessOrEqual(t, count(all, "once"), 1, versions(all))
					if stored+exists > 0 {
						assert.Equal(t, 1, count(all, "once"), versions(all))
					}
					assert.Equal(t, "last", all[len(all)-1].Version)
					assertWhole(t, server, "sub", "spec")
				})
			})
		}
	}
}

// TestCreateSpecVersion_Race races publishers of one version, each with a client of its own and a clock that
// is minutes away from the others', beside writers of other versions.
func TestCreateSpecVersion_Race(t *testing.T) {
	t.Parallel()
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			t.Parallel()
			const publishers = 16 // 64 in test/soak, a hundred times
			server := testutil.New(t)
			errs := make([]error, publishers)
			var running sync.WaitGroup
			for i := range publishers {
				running.Go(func() {
					own := &testutil.DB{Client: dynamodb.New(server.Client.Options())}
					errs[i] = errorOf(publish(t.Context(), intercept(own, path.handle, frozen(start+60*int64(i%7))), "once"))
				})
			}
			others := []string{"1", "2", "3", "4"}
			for _, version := range others {
				running.Go(func() { create(t, intercept(server, path.handle, frozen(start)), "sub", "spec", version) })
			}
			running.Wait()
			errs = slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, packagedb.ErrExists) })
			assert.Equal(t, []error{nil}, errs, "one stored it, the others are told that it exists")
			assert.ElementsMatch(t, append(others, "once"), versions(history(t, server)))
			assertWhole(t, server, "sub", "spec")
		})
	}
}

// TestCreateSpecVersion_PlaceInHistory publishes a version of a spec whose items are stored.
func TestCreateSpecVersion_PlaceInHistory(t *testing.T) {
	t.Parallel()
	three := rawHistory("sub", "spec", 3)
	ahead := rawVersion("sub", "spec", start+100)
	for _, test := range []struct {
		name    string
		stored  []item
		clock   int64 // in seconds after the start
		version string
		want    int64 // in seconds after the start, exists if the history has the version
	}{
		{"a first version", nil, 7, "new", 7},
		{"a later version", three, 7, "new", 7},
		{"a clock that is not past the latest", three, 2, "new", 3},
		{"a clock that is behind", three, -100, "new", 3},
		{"the latest version", three, 7, fmt.Sprint("v", start+2), exists},
		{"the latest version at a clock that is not past it", three, 2, fmt.Sprint("v", start+2), exists},
		{"the first version", three, 7, fmt.Sprint("v", start), exists},
		{"versions without a latest item", three[:3], 0, "new", 3},
		{"one of these", three[:3], 0, fmt.Sprint("v", start+1), exists},
		{"a version after the latest", append(slices.Clone(three), ahead), 7, "new", 101},
		{"that version", append(slices.Clone(three), ahead), 7, fmt.Sprint("v", start+100), exists},
		{"a latest item without its version", three[3:], 0, "new", 3},
		{"that version, not in the history", three[3:], 0, fmt.Sprint("v", start+2), exists},
		{"a version that is not in the index", []item{with(three[0], "id_updated_at", nil)}, 0, "new", 1},
		{"a version of a#b", rawHistory("sub", "spec#1", 1), 0, fmt.Sprint("v", start), 0},
		{"a spec of another user", rawHistory("sub 2", "spec", 1), 0, fmt.Sprint("v", start), 0},
		{"a history of several pages", padded(largeBytes, rawHistory("sub", "spec", 6)), 7, fmt.Sprint("v", start), exists},
	} {
		for _, path := range writePaths {
			t.Run(test.name+", "+path.name, func(t *testing.T) {
				t.Parallel()
				server := testutil.New(t)
				store(t, server, specsTable, test.stored...)
				before := scan(t, server, specsTable)
				db := intercept(server, path.handle, frozen(start+test.clock))
				stored, err := publish(t.Context(), db, test.version)
				if test.want == exists {
					require.ErrorIs(t, err, packagedb.ErrExists)
					assert.ErrorContains(t, err, fmt.Sprintf("version %q", test.version))
					assert.Nil(t, stored)
					assert.Subset(t, scan(t, server, specsTable), before, "nothing changes")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, packagedb.SpecInfo{
					ID: "spec", Name: "spec", Version: test.version, ModelCount: 1, UpdatedAt: start + test.want,
				}, *stored)
				assertWhole(t, db, "sub", "spec")
				require.ErrorIs(t, errorOf(publish(t.Context(), db, test.version)), packagedb.ErrExists)
			})
		}
	}
}

// TestCreateSpecVersion_TornRead has a create commit while the history is read, of which the query returns each
// item as before or as after.
func TestCreateSpecVersion_TornRead(t *testing.T) {
	t.Parallel()
	needsTransactions(t)
	for _, committed := range []string{"once", "other"} {
		for _, seesLatest := range []bool{false, true} {
			for _, seesVersion := range []bool{false, true} {
				name := fmt.Sprintf("of %s, latest item %t, version %t", committed, seesLatest, seesVersion)
				t.Run(name, func(t *testing.T) {
					server := testutil.New(t, frozen(start))
					create(t, server, "sub", "spec", "1")
					reads := 0
					db := intercept(server, func(op string, _ any, next func() (any, error)) (any, error) {
						if reads++; op != "Query" || reads > 1 {
							return next()
						}
						before, err := next()
						require.NoError(t, err)
						create(t, server, "sub", "spec", committed)
						output, err := next()
						require.NoError(t, err)
						page := output.(*dynamodb.QueryOutput) // the latest item, the new version and the old one
						require.Len(t, page.Items, 3)
						if !seesLatest {
							page.Items[0] = before.(*dynamodb.QueryOutput).Items[0]
						}
						if !seesVersion {
							page.Items = slices.Delete(page.Items, 1, 2)
						}
						return page, nil
					}, frozen(start))
					err := errorOf(publish(t.Context(), db, "once"))
					want := []string{"1", "once"}
					if committed == "other" {
						require.NoError(t, err)
						want = []string{"1", "other", "once"}
					} else {
						require.ErrorIs(t, err, packagedb.ErrExists)
					}
					assert.Equal(t, want, versions(history(t, server)))
					assertWhole(t, server, "sub", "spec")
				})
			}
		}
	}
}

// TestCreateSpecVersion_ChangesMeanwhile changes the history between its read and the write.
func TestCreateSpecVersion_ChangesMeanwhile(t *testing.T) {
	t.Parallel()
	needsTransactions(t)
	const all, newer, write = "all", "newer", "write"
	at := func(server *testutil.DB, second int64) packagedb.Database {
		return intercept(server, passOn, frozen(second))
	}
	for _, test := range []struct {
		name   string
		change func(t *testing.T, server *testutil.DB)
		err    error
		sent   []string
	}{
		{"nothing", func(*testing.T, *testutil.DB) {}, nil, []string{all, write}},
		{"another version is stored: only that is read", func(t *testing.T, server *testutil.DB) {
			create(t, at(server, start), "sub", "spec", "other")
		}, nil, []string{all, write, newer, write}},
		{"the version is stored", func(t *testing.T, server *testutil.DB) {
			create(t, at(server, start), "sub", "spec", "once")
		}, packagedb.ErrExists, []string{all, write, newer}},
		{"a version without a latest item has the second", func(t *testing.T, server *testutil.DB) {
			store(t, server, specsTable, rawVersion("sub", "spec", start+13))
		}, nil, []string{all, write, newer, write}},
		{"the spec is deleted", func(t *testing.T, server *testutil.DB) {
			require.NoError(t, server.DeleteSpec(t.Context(), "sub", "spec"))
		}, nil, []string{all, write, newer, all, write}},
		{"the spec is deleted and written again with the version", func(t *testing.T, server *testutil.DB) {
			require.NoError(t, server.DeleteSpec(t.Context(), "sub", "spec"))
			create(t, at(server, start-100), "sub", "spec", "once")
			create(t, at(server, start-100), "sub", "spec", "other")
		}, packagedb.ErrExists, []string{all, write, newer, all}},
		{"the same with a later latest version", func(t *testing.T, server *testutil.DB) {
			require.NoError(t, server.DeleteSpec(t.Context(), "sub", "spec"))
			create(t, at(server, start-100), "sub", "spec", "once")
			create(t, at(server, start+100), "sub", "spec", "other")
		}, packagedb.ErrExists, []string{all, write, newer, all}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := testutil.New(t)
			store(t, server, specsTable, rawHistory("sub", "spec", 13)...)
			var sent []string
			db := intercept(server, func(_ string, input any, next func() (any, error)) (any, error) {
				kind := write
				if query, ok := input.(*dynamodb.QueryInput); ok {
					kind = newer
					if textOf(query.ExpressionAttributeValues, ":first") == fmt.Sprintf("spec#%020d", 0) {
						kind = all
					}
				}
				if sent = append(sent, kind); len(sent) == 2 {
					test.change(t, server)
				}
				return next()
			}, frozen(start))
			stored, err := publish(t.Context(), db, "once")
			require.ErrorIs(t, err, test.err)
			assert.Equal(t, test.sent, sent)
			entries := history(t, server)
			assert.Equal(t, 1, count(entries, "once"), versions(entries))
			if err == nil {
				assert.Equal(t, *stored, entries[len(entries)-1])
			}
			assertWhole(t, server, "sub", "spec")
		})
	}
}

// TestCreateSpecVersion_LostResponse loses responses of writes that took effect.
func TestCreateSpecVersion_LostResponse(t *testing.T) {
	t.Parallel()
	lost := func(op string) testutil.Fault {
		return testutil.Fault{Kind: testutil.DropAfter, Operations: []string{op}, Times: 1}
	}
	t.Run("of a transaction, whose retry conflicts", func(t *testing.T) {
		needsTransactions(t)
		server := testutil.New(t)
		server.Inject(lost("TransactWriteItems"), testutil.Fault{Kind: testutil.Conflict, Times: 1})
		require.NoError(t, errorOf(publish(t.Context(), server, "1")))
		assert.Equal(t, []string{"1"}, versions(history(t, server)))
	})
	t.Run("of a transaction, whose retry meets a proxy that knows no transactions", func(t *testing.T) {
		needsTransactions(t)
		server := testutil.New(t)
		server.Inject(lost("TransactWriteItems"), testutil.Fault{
			Kind: testutil.Error, Operations: []string{"TransactWriteItems"}, Code: "UnknownOperationException", Times: 1,
		})
		stored, err := publish(t.Context(), server, "1")
		require.NoError(t, err)
		assert.Equal(t, []packagedb.SpecInfo{*stored}, history(t, server))
		require.ErrorIs(t, errorOf(publish(t.Context(), server, "1")), packagedb.ErrExists)
	})
	t.Run("of either put without transactions", func(t *testing.T) {
		server := testutil.New(t)
		db := intercept(server, withoutTransactions)
		server.Inject(lost("PutItem"))
		require.NoError(t, errorOf(publish(t.Context(), db, "1")))
		dropSecond := 0
		db = intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
			if op == "PutItem" {
				if dropSecond++; dropSecond == 2 {
					server.Inject(lost("PutItem"))
				}
			}
			return withoutTransactions(op, input, next)
		})
		require.NoError(t, errorOf(publish(t.Context(), db, "2")))
		assert.Equal(t, []string{"1", "2"}, versions(history(t, server)))
		assertWhole(t, db, "sub", "spec")
	})
	for name, test := range map[string]struct {
		rival string // the name of the spec with which another call stores the version first
		fault testutil.Fault
	}{
		"of another call's version with other contents": {"SPEC", lost("PutItem")},
		"of nothing: the put was throttled":             {"spec", testutil.Fault{Kind: testutil.Throttle, Times: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			server := testutil.New(t, frozen(start))
			puts := 0
			db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
				if op == "PutItem" {
					if puts++; puts == 1 {
						rival := packagedb.SpecInput{Name: test.rival, Version: "1", ModelCount: 1}
						require.NoError(t, errorOf(server.CreateSpecVersion(t.Context(), "sub", rival)))
						server.Inject(test.fault)
					}
				}
				return withoutTransactions(op, input, next)
			}, frozen(start))
			require.ErrorIs(t, errorOf(publish(t.Context(), db, "1")), packagedb.ErrExists)
		})
	}
}

func TestCreateSpecVersion_LargestSecond(t *testing.T) {
	t.Parallel()
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			db := intercept(testutil.New(t), path.handle, frozen(math.MaxInt64))
			require.NoError(t, errorOf(publish(t.Context(), db, "1")))
			require.ErrorIs(t, errorOf(publish(t.Context(), db, "1")), packagedb.ErrExists)
			require.ErrorContains(t, errorOf(publish(t.Context(), db, "2")), "the latest version is at the largest second")
			assert.Equal(t, []string{"1"}, versions(history(t, db)))
		})
	}
}
