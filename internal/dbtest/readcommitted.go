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

// Exclude calls look while no write takes effect.
func (r *ReadCommitted) Exclude(look func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	look()
}

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

// mix returns a page of which every item that a write has changed is as it was before or after, and reports
// whether both occur. The page ends where the shorter of the two does, and at the limit.
func mix(input *dynamodb.QueryInput, before, after *dynamodb.QueryOutput, pick func() bool) (_ *dynamodb.QueryOutput, torn bool) {
	keys := []string{"updated_at_id"}
	if input.IndexName != nil {
		keys = []string{"id_updated_at", "updated_at_id"}
	}
	place := func(stored map[string]types.AttributeValue) (place string) {
		for _, key := range keys {
			if value, ok := stored[key].(*types.AttributeValueMemberS); ok {
				place += value.Value + "\x00"
			}
		}
		return place
	}
	descending := input.ScanIndexForward != nil && !*input.ScanIndexForward
	comesAfter := func(a, b string) bool { return a != b && (a > b) != descending }

	page := *after
	page.Items, page.LastEvaluatedKey = nil, before.LastEvaluatedKey
	if len(before.LastEvaluatedKey) == 0 ||
		len(after.LastEvaluatedKey) > 0 && comesAfter(place(before.LastEvaluatedKey), place(after.LastEvaluatedKey)) {
		page.LastEvaluatedKey = after.LastEvaluatedKey
	}
	old, changed := map[string]map[string]types.AttributeValue{}, map[string]map[string]types.AttributeValue{}
	for _, stored := range before.Items {
		old[place(stored)] = stored
	}
	for _, stored := range after.Items {
		changed[place(stored)] = stored
	}
	all := maps.Clone(old)
	maps.Copy(all, changed)
	olds, news := 0, 0
	for _, at := range slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		if comesAfter(a, b) {
			return 1
		}
		return -1
	}) {
		if len(page.LastEvaluatedKey) > 0 && comesAfter(at, place(page.LastEvaluatedKey)) {
			break
		}
		stored := changed[at]
		if !reflect.DeepEqual(old[at], changed[at]) {
			if pick() {
				stored = old[at]
				olds++
			} else {
				news++
			}
		}
		if stored != nil {
			page.Items = append(page.Items, stored)
		}
	}
	if limit := int(aws.ToInt32(input.Limit)); limit > 0 && len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.LastEvaluatedKey = map[string]types.AttributeValue{"sub": page.Items[limit-1]["sub"]}
		for _, key := range keys {
			page.LastEvaluatedKey[key] = page.Items[limit-1][key]
		}
	}
	page.Count, page.ScannedCount = int32(len(page.Items)), int32(len(page.Items))
	return &page, olds > 0 && news > 0
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
