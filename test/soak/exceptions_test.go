package soak

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/testutil"
)

// exception is a limit that docs/reliability.md states. What it explains is counted and no violation.
type exception string

const (
	// A delete, or CreateSpecVersion, met the versions that it had read, each in its second, and they had been
	// written anew.
	sameAgain exception = "the same versions in the same seconds again"
	// A batch of a long history deleted a version that was not the one read.
	batched exception = "batches of a long history"
	// Without transactions, a create puts two items and a delete removes them one by one.
	inTurn exception = "items written in turn"
)

// auditor observes what is stored before every write, and recognizes the limits of deletes. It knows by their
// titles, which are unique to a call, whether versions are those that the delete has read.
type auditor struct {
	dbtest.Client
	observer

	raw *dynamodb.Client

	mu   sync.Mutex
	read map[int]map[key]stored // what each host has read last, by the user and the sort key
	met  map[key]exception
}

// stored is the version of an item, and the title of the call that wrote it.
type stored struct{ version, title string }

// hostKey is the key of the host of a context.
type hostKey struct{}

// Query reads what a delete reads, and the titles.
func (a *auditor) Query(ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	projection := aws.ToString(input.ProjectionExpression)
	titled, ofDelete := *input, strings.HasSuffix(projection, "updated_at, version")
	ofHistory := projection == "" && aws.ToString(input.IndexName) != "" && !aws.ToBool(input.ScanIndexForward)
	switch {
	case ofDelete:
		titled.ProjectionExpression = aws.String(projection + ", title")
	case !ofHistory:
		return a.Client.Query(ctx, input, options...)
	}
	page, err := a.Client.Query(ctx, &titled, options...)
	if err != nil {
		return page, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	host := ctx.Value(hostKey{}).(int)
	if a.read[host] == nil || input.ExclusiveStartKey == nil && !aws.ToBool(input.ScanIndexForward) {
		a.forget(host, input)
	}
	for _, read := range page.Items {
		a.read[host][key{textOf(read["sub"]), textOf(read["updated_at_id"])}] = stored{textOf(read["version"]), textOf(read["title"])}
		if ofDelete {
			delete(read, "title")
		}
	}
	return page, nil
}

// forget forgets what a host has read of the specs that it starts to read.
func (a *auditor) forget(host int, input *dynamodb.QueryInput) {
	first := textOf(input.ExpressionAttributeValues[":first"])
	id, whole := strings.CutSuffix(first, "#00000000000000000000")
	if a.read[host] == nil || first == "" {
		a.read[host] = map[key]stored{}
	}
	if !whole { // what is newer than what was read before
		return
	}
	for k := range a.read[host] {
		if _, of, _ := strings.Cut(k.id, "#"); of == id {
			delete(a.read[host], k)
		}
	}
}

// beforeWrite looks at the specs of a user before a write, while no other takes effect. It compares what a
// delete is about to delete with what it has read.
func (a *auditor) beforeWrite(ctx context.Context, input any) {
	reason, keys, once := sameAgain, []map[string]types.AttributeValue(nil), false
	switch input := input.(type) {
	case *dynamodb.TransactWriteItemsInput:
		for _, action := range input.TransactItems {
			if action.Delete != nil {
				keys = append(keys, action.Delete.Key)
			} else {
				keys = append(keys, action.Put.Item)
			}
		}
		once = isOnce(input.TransactItems)
	case *dynamodb.BatchWriteItemInput:
		reason = batched
		for _, request := range input.RequestItems["package.specs"] {
			keys = append(keys, request.DeleteRequest.Key)
		}
	}
	if len(keys) == 0 {
		return
	}
	sub := textOf(keys[0]["sub"])
	items, last, err := readItems(ctx, a.raw, sub, true)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.look(sub, items, last)
	now := map[string]stored{}
	for _, item := range items {
		now[item["updated_at_id"]] = stored{item["version"], item["title"]}
	}
	read := a.read[ctx.Value(hostKey{}).(int)]
	anew, changed := map[string]bool{}, map[string]bool{} // by the id of the spec
	for _, k := range keys {
		sortKey := textOf(k["updated_at_id"])
		_, id, _ := strings.Cut(sortKey, "#")
		before, wasRead := read[key{sub, sortKey}]
		wasRead = wasRead && k["version"] == nil // a delete
		anew[id] = anew[id] || wasRead && now[sortKey].title != before.title && now[sortKey] != stored{}
		anew[id] = anew[id] || once && isReadAnew(read, now, key{sub, id})
		changed[id] = changed[id] || wasRead && now[sortKey].version != before.version
		if latest := now["latest#"+id]; reason == batched && latest != read[key{sub, "latest#" + id}] {
			anew[id] = anew[id] || now[sortKey] == latest // read after the latest item, and written after that
		}
	}
	for id := range anew {
		if anew[id] && (reason == batched || !changed[id]) {
			a.met[key{sub, id}] = reason
		}
	}
}

// isReadAnew reports whether an entry of a spec that was read is now another one of the same version.
func isReadAnew(read map[key]stored, now map[string]stored, spec key) bool {
	for k, before := range read {
		_, id, _ := strings.Cut(k.id, "#")
		if k.sub == spec.sub && id == spec.id && now[k.id].version == before.version && now[k.id] != before {
			return true
		}
	}
	return false
}

func textOf(value types.AttributeValue) (text string) {
	_ = attributevalue.Unmarshal(value, &text)
	return text
}

// TestExceptions_AreRecognized has other hosts write a spec anew between the query of a delete and its first
// write, so that what the limits of deletes allow happens.
func TestExceptions_AreRecognized(t *testing.T) {
	if os.Getenv("PACKAGEDB_TEST_ENGINE") == "dynalite" {
		t.Skip("the server has no transactions")
	}
	for _, test := range []struct {
		name      string
		versions  int   // at the seconds from 1 on
		meanwhile []int // the seconds at which versions are written after the spec is deleted
		met       exception
		half      bool     // the delete leaves half a spec
		breaks    sabotage // nil for none
	}{
		{"the latest version again, after another one", 1, []int{0, 1}, sameAgain, true, nil},
		{"the latest version again", 1, []int{1}, sameAgain, false, nil},
		{"another version", 1, []int{0}, "", false, nil},
		{"the latest version again, but not the one before", 2, []int{0, 2}, "", false, nil},
		{"the same, without conditions on versions", 2, []int{0, 2}, "", true, versionsWithoutConditions},
		{"a version at the second of a batch", 120, []int{5}, batched, false, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &run{
				plan: plan{transactions: true, readCommitted: true, attempts: 1}, t: t, db: testutil.New(t),
				exceptions: map[exception]int{},
			}
			client := r.newClient()
			defer r.join()()
			if test.breaks != nil {
				client = (&saboteur{client: client, breaks: test.breaks}).intercept()
			}
			var second int
			clock := packagedb.WithClock(func() time.Time { return time.Unix(int64(second), 0) })
			other, meanwhile := packagedb.New(client, clock), false
			hosts := []context.Context{
				context.WithValue(t.Context(), hostKey{}, 0), context.WithValue(t.Context(), hostKey{}, 1),
			}
			write := func(at int, title string) {
				second = at
				_, err := other.CreateUpdateSpec(hosts[1], "sub", packagedb.SpecInput{Name: "a", Version: fmt.Sprint(at), Title: title})
				require.NoError(t, err)
			}
			for i := range test.versions {
				write(i+1, fmt.Sprint(i))
			}
			db := packagedb.New(dbtest.Intercept(client, func(operation string, _ any, next func() (any, error)) (any, error) {
				if operation != "Query" && !meanwhile {
					meanwhile = true
					require.NoError(t, other.DeleteSpec(hosts[1], "sub", "a"))
					for _, at := range test.meanwhile {
						write(at, fmt.Sprint("anew ", at))
					}
				}
				return next()
			}))
			require.NoError(t, db.DeleteSpec(hosts[0], "sub", "a"))
			assert.Equal(t, test.met, r.audit.met[key{"sub", "a"}])
			items, _, err := readItems(t.Context(), r.db.Client, "sub", true)
			require.NoError(t, err)
			assert.Equal(t, test.half, len(checkItems(items, "")) > 0)
			// What is half is a violation unless a limit explains it.
			r.audit.look("sub", items, "")
			r.judge(r.audit.found...)
			assert.Equal(t, test.half && test.met == "", len(r.violations) > 0)
			assert.Equal(t, test.met != "" && len(r.audit.found) > 0, r.exceptions[test.met] > 0)
		})
	}
}
