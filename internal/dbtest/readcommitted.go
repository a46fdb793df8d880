package dbtest

import (
	"context"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is a raw item, or some attributes of one.
type item = map[string]types.AttributeValue

// ReadCommitted is what clients of one database share whose queries of specs are read-committed with
// regard to transactions, as those of DynamoDB are. A write may commit while a page is read, at most one
// for each page, and any number between two pages, or between a page and the delete of what it had. The
// page then has each of the write's items as it was before or as it is after, independently.
//
// All writes must go through its clients, which let one take effect at a time.
type ReadCommitted struct {
	wait   time.Duration
	random *rand.Rand // while mu is held
	sizes  []int32

	// BeforeWrite, if not nil, is called before each attempt of a write, while no other takes effect.
	BeforeWrite func(ctx context.Context, input any)

	mu      sync.Mutex // held while a write takes effect and while a page is read
	hosts   int
	waiting []*waiter
	torn    int
}

// NewReadCommitted returns a ReadCommitted that draws from the seed. Every other page waits for a write, at
// most as long as given. Pages without a limit have at most as many items as one of the sizes says, in
// place of 1 MB, if there are any.
func NewReadCommitted(seed uint64, wait time.Duration, sizes ...int32) *ReadCommitted {
	return &ReadCommitted{wait: wait, random: rand.New(rand.NewPCG(seed, 0)), sizes: sizes}
}

// Client returns a client of the database.
func (r *ReadCommitted) Client(client Client) Client { return readCommittedClient{client, r} }

// Torn returns how many pages had some items of a write as they were before, and others as they were after.
func (r *ReadCommitted) Torn() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.torn
}

// Join adds a host, which makes one call after another until it leaves. When every host that has joined
// waits for a write, one of them goes on without it. Deletes wait for writes only if hosts have joined.
func (r *ReadCommitted) Join() { r.changeHosts(1) }

// Leave removes a host.
func (r *ReadCommitted) Leave() { r.changeHosts(-1) }

func (r *ReadCommitted) changeHosts(by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts += by
	r.letGo()
}

// letGo ends the wait of one of the hosts if all of them wait.
func (r *ReadCommitted) letGo() {
	if r.hosts == 0 || len(r.waiting) < r.hosts {
		return
	}
	i := r.random.IntN(len(r.waiting))
	close(r.waiting[i].done)
	r.waiting = slices.Delete(r.waiting, i, i+1)
}

// waiter is a page that is being read, or a delete that is to be sent. It waits for writes of the same user.
type waiter struct {
	sub    types.AttributeValue
	writes int           // after so many it goes on
	done   chan struct{} // closed when it goes on

	input  *dynamodb.QueryInput // of the page; nil for a delete
	read   func() (*dynamodb.QueryOutput, error)
	output *dynamodb.QueryOutput // the page
}

// The most writes that a page waits for if they do not change it, and that a delete waits for.
const (
	pageWrites   = 8
	deleteWrites = 6
)

// begin makes a page or a delete wait for writes, and reads the page as it is before them. It reports false
// if it is not to wait, or if the page cannot be read.
func (r *ReadCommitted) begin(w *waiter) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.random.IntN(2) == 0 || w.input == nil && r.hosts == 0 {
		return false
	}
	w.done, w.writes = make(chan struct{}), pageWrites
	if w.input == nil {
		w.writes = 1 + r.random.IntN(deleteWrites)
	} else {
		var err error
		if w.output, err = w.read(); err != nil {
			return false
		}
	}
	r.waiting = append(r.waiting, w)
	r.letGo()
	return true
}

// await returns when a page or a delete goes on.
func (r *ReadCommitted) await(ctx context.Context, w *waiter) {
	timer := time.NewTimer(r.wait)
	defer timer.Stop()
	select {
	case <-w.done:
		return
	case <-timer.C:
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = slices.DeleteFunc(r.waiting, func(other *waiter) bool { return other == w })
}

// waitToDelete makes a delete wait for writes, if it is to.
func (r *ReadCommitted) waitToDelete(ctx context.Context, input any) {
	if w := (&waiter{sub: writtenSub(input)}); r.begin(w) {
		r.await(ctx, w)
	}
}

// committed ends the wait for a write.
func (r *ReadCommitted) committed(write any) {
	sub := writtenSub(write)
	r.waiting = slices.DeleteFunc(r.waiting, func(w *waiter) bool {
		if !reflect.DeepEqual(sub, w.sub) {
			return false
		}
		w.writes--
		if w.input != nil && r.tear(w) || w.writes == 0 {
			close(w.done)
			return true
		}
		return false
	})
}

// mixes is how often a page is mixed until it is torn, if it can be.
const mixes = 4

// tear mixes a page with what a write has made of it. It reports false if that is the same.
func (r *ReadCommitted) tear(w *waiter) bool {
	before := w.output
	after, err := w.read()
	if err != nil {
		return true // as if the page had been read before the write
	}
	if reflect.DeepEqual(before.Items, after.Items) {
		return false
	}
	torn := false
	for i := 0; i < mixes && !torn; i++ {
		w.output, torn = mix(w.input, before, after, func() bool { return r.random.IntN(2) == 0 })
	}
	if torn {
		r.torn++
	}
	return true
}

// limit returns a query of a page that is no longer than one of the sizes.
func (r *ReadCommitted) limit(input *dynamodb.QueryInput) *dynamodb.QueryInput {
	r.mu.Lock()
	defer r.mu.Unlock()
	limited := *input
	if limited.Limit == nil && len(r.sizes) > 0 {
		limited.Limit = aws.Int32(r.sizes[r.random.IntN(len(r.sizes))])
	}
	return &limited
}

// writtenSub returns the user of a write.
func writtenSub(input any) types.AttributeValue {
	switch input := input.(type) {
	case *dynamodb.PutItemInput:
		return input.Item["sub"]
	case *dynamodb.DeleteItemInput:
		return input.Key["sub"]
	case *dynamodb.BatchWriteItemInput:
		for _, requests := range input.RequestItems {
			return requests[0].DeleteRequest.Key["sub"]
		}
	case *dynamodb.TransactWriteItemsInput:
		if first := input.TransactItems[0]; first.Put != nil {
			return first.Put.Item["sub"]
		}
		return input.TransactItems[0].Delete.Key["sub"]
	}
	return nil
}

// order is the order of the items of a query, by their keys.
type order struct {
	keys       []string // without sub
	descending bool
}

func orderOf(input *dynamodb.QueryInput) order {
	o := order{keys: []string{"updated_at_id"}, descending: input.ScanIndexForward != nil && !*input.ScanIndexForward}
	if input.IndexName != nil {
		o.keys = []string{"id_updated_at", "updated_at_id"}
	}
	return o
}

// place returns the string by which an item or a key is ordered.
func (o order) place(stored item) string {
	places := make([]string, len(o.keys))
	for i, key := range o.keys {
		if value, ok := stored[key].(*types.AttributeValueMemberS); ok {
			places[i] = value.Value
		}
	}
	return strings.Join(places, "\x00")
}

func (o order) compare(a, b string) int {
	if o.descending {
		a, b = b, a
	}
	return strings.Compare(a, b)
}

// byPlace returns the items by their places.
func (o order) byPlace(items []item) map[string]item {
	placed := map[string]item{}
	for _, stored := range items {
		placed[o.place(stored)] = stored
	}
	return placed
}

// earlier returns the last evaluated key at which the first of two pages ends, or none.
func (o order) earlier(a, b item) item {
	if len(a) == 0 || len(b) > 0 && o.compare(o.place(b), o.place(a)) < 0 {
		return b
	}
	return a
}

// mix returns a page of which every item that a write has changed is as it was before or after, and reports
// whether both occur. The page ends where the shorter of the two does, and at the limit.
func mix(
	input *dynamodb.QueryInput, before, after *dynamodb.QueryOutput, pick func() bool,
) (_ *dynamodb.QueryOutput, torn bool) {
	o := orderOf(input)
	page := *after
	page.Items, page.LastEvaluatedKey = nil, o.earlier(before.LastEvaluatedKey, after.LastEvaluatedKey)
	old, changed := o.byPlace(before.Items), o.byPlace(after.Items)
	all := maps.Clone(old)
	maps.Copy(all, changed)
	picked := map[bool]bool{}
	for _, place := range slices.SortedFunc(maps.Keys(all), o.compare) {
		if len(page.LastEvaluatedKey) > 0 && o.compare(place, o.place(page.LastEvaluatedKey)) > 0 {
			break
		}
		stored := changed[place]
		if !reflect.DeepEqual(old[place], stored) {
			isOld := pick()
			picked[isOld] = true
			if isOld {
				stored = old[place]
			}
		}
		if stored != nil {
			page.Items = append(page.Items, stored)
		}
	}
	if limit := int(aws.ToInt32(input.Limit)); limit > 0 && len(page.Items) > limit {
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		page.LastEvaluatedKey = item{"sub": last["sub"]}
		for _, key := range o.keys {
			page.LastEvaluatedKey[key] = last[key]
		}
	}
	page.Count, page.ScannedCount = int32(len(page.Items)), int32(len(page.Items))
	return &page, len(picked) == 2
}

// readCommittedClient is a client of a ReadCommitted.
type readCommittedClient struct {
	Client
	shared *ReadCommitted
}

// These bound the reading of a page while requests fail.
const (
	readTimeout  = 10 * time.Second
	readAttempts = 5
)

func (c readCommittedClient) Query(ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if !strings.HasSuffix(aws.ToString(input.TableName), "specs") {
		return c.Client.Query(ctx, input, options...)
	}
	if input.ExclusiveStartKey != nil {
		runtime.Gosched() // let others write between two pages
	}
	input = c.shared.limit(input)
	w := &waiter{sub: input.ExpressionAttributeValues[":sub"], input: input}
	w.read = func() (page *dynamodb.QueryOutput, err error) {
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		for range readAttempts {
			page, err = c.Client.Query(ctx, input, func(options *dynamodb.Options) { options.Retryer = aws.NopRetryer{} })
			if err == nil {
				break
			}
		}
		return page, err
	}
	if !c.shared.begin(w) {
		return c.Client.Query(ctx, input, options...)
	}
	c.shared.await(ctx, w)
	return w.output, ctx.Err()
}

// oneAtATime returns an option with which no other write takes effect during an attempt.
func (c readCommittedClient) oneAtATime(input any) func(*dynamodb.Options) {
	return func(options *dynamodb.Options) {
		options.HTTPClient = exclusive{options.HTTPClient, input, c.shared}
	}
}

// exclusive is the HTTP client of one write.
type exclusive struct {
	dynamodb.HTTPClient
	input  any
	shared *ReadCommitted
}

func (e exclusive) Do(request *http.Request) (*http.Response, error) {
	e.shared.mu.Lock()
	defer e.shared.mu.Unlock()
	if e.shared.BeforeWrite != nil {
		e.shared.BeforeWrite(request.Context(), e.input)
	}
	response, err := e.HTTPClient.Do(request)
	e.shared.committed(e.input)
	return response, err
}

func (c readCommittedClient) PutItem(ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return c.Client.PutItem(ctx, input, append(slices.Clip(options), c.oneAtATime(input))...)
}

func (c readCommittedClient) DeleteItem(ctx context.Context, input *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return c.Client.DeleteItem(ctx, input, append(slices.Clip(options), c.oneAtATime(input))...)
}

func (c readCommittedClient) BatchWriteItem(ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	c.shared.waitToDelete(ctx, input)
	return c.Client.BatchWriteItem(ctx, input, append(slices.Clip(options), c.oneAtATime(input))...)
}

func (c readCommittedClient) TransactWriteItems(ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if input.TransactItems[0].Delete != nil {
		c.shared.waitToDelete(ctx, input)
	}
	return c.Client.TransactWriteItems(ctx, input, append(slices.Clip(options), c.oneAtATime(input))...)
}
