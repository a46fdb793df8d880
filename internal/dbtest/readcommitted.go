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
// for each page, and any number between two pages. The page then has each of the write's items as it was
// before or as it is after, independently.
//
// All writes must go through its clients, which let one take effect at a time.
type ReadCommitted struct {
	wait   time.Duration
	random *rand.Rand // while mu is held
	sizes  []int32

	// BeforeWrite, if not nil, is called before each attempt of a write, while no other takes effect.
	BeforeWrite func(ctx context.Context, input any)

	mu   sync.Mutex  // held while a write takes effect and while a page is read
	open []*openPage // wait for a write
	torn int
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

// openPage is a page that is being read.
type openPage struct {
	input  *dynamodb.QueryInput
	read   func() (*dynamodb.QueryOutput, error)
	before *dynamodb.QueryOutput
	output *dynamodb.QueryOutput // nil until a write has changed what is read
	done   chan struct{}         // closed when there is an output
}

// begin reads a page as it is before the next write. It returns nil if the page is not to wait for one, or
// if the request fails.
func (r *ReadCommitted) begin(p *openPage) *openPage {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.random.IntN(2) == 0 {
		return nil
	}
	var err error
	if p.before, err = p.read(); err != nil {
		return nil
	}
	r.open = append(r.open, p)
	return p
}

// end returns what a page has.
func (r *ReadCommitted) end(p *openPage) *dynamodb.QueryOutput {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = slices.DeleteFunc(r.open, func(other *openPage) bool { return other == p })
	if p.output == nil {
		return p.before
	}
	return p.output
}

// committed ends the pages that a write has changed.
func (r *ReadCommitted) committed(write any) {
	sub := writtenSub(write)
	r.open = slices.DeleteFunc(r.open, func(p *openPage) bool {
		if !reflect.DeepEqual(sub, p.input.ExpressionAttributeValues[":sub"]) {
			return false
		}
		after, err := p.read()
		if err == nil && reflect.DeepEqual(p.before.Items, after.Items) {
			return false
		}
		p.output = p.before // after an error, as if the page had been read by then
		if err == nil {
			var torn bool
			if p.output, torn = mix(p.input, p.before, after, func() bool { return r.random.IntN(2) == 0 }); torn {
				r.torn++
			}
		}
		close(p.done)
		return true
	})
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

// readTimeout bounds one reading of a page.
const readTimeout = 10 * time.Second

func (c readCommittedClient) Query(ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if !strings.HasSuffix(aws.ToString(input.TableName), "specs") {
		return c.Client.Query(ctx, input, options...)
	}
	if input.ExclusiveStartKey != nil {
		runtime.Gosched() // let others write between two pages
	}
	input = c.shared.limit(input)
	p := c.shared.begin(&openPage{
		input: input,
		done:  make(chan struct{}),
		read: func() (*dynamodb.QueryOutput, error) {
			ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
			defer cancel()
			return c.Client.Query(ctx, input, func(options *dynamodb.Options) { options.Retryer = aws.NopRetryer{} })
		},
	})
	if p == nil {
		return c.Client.Query(ctx, input, options...)
	}
	timer := time.NewTimer(c.shared.wait)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	case <-ctx.Done():
	}
	return c.shared.end(p), ctx.Err()
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
	return c.Client.BatchWriteItem(ctx, input, append(slices.Clip(options), c.oneAtATime(input))...)
}

func (c readCommittedClient) TransactWriteItems(ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return c.Client.TransactWriteItems(ctx, input, append(slices.Clip(options), c.oneAtATime(input))...)
}
