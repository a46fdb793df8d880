package packagedb

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	// maxBatch is DynamoDB's limit on the items of a BatchWriteItem.
	maxBatch = 25
	// maxBatchesAtOnce stays within the idle connections that the SDK's own client keeps for a host.
	maxBatchesAtOnce = 8
)

// deleteAll deletes the items that a query finds, the latest items of specs before any version.
//
// The query reads keys only, strongly consistently and in descending order, in which the latest items
// come first. While it reads the next page, the keys of the last ones are deleted, so that no more
// than about two pages of keys are held at a time.
func (f *facade) deleteAll(ctx context.Context, table, sortAttribute string, query dynamodb.QueryInput) error {
	query.ConsistentRead = aws.Bool(true)
	query.ScanIndexForward = aws.Bool(false)
	query.ProjectionExpression = aws.String("#sub, " + sortAttribute)

	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	pages := make(chan keyPage)
	running.Go(func() {
		defer close(pages)
		for keys, err := range f.pages(ctx, query) {
			select {
			case pages <- keyPage{keys, err}:
			case <-ctx.Done():
				return
			}
		}
	})

	d := deletion{
		client:  f.client,
		table:   table,
		sort:    sortAttribute,
		pages:   pages,
		results: make(chan batchResult, maxBatchesAtOnce),
		running: &running,
	}
	return d.run(ctx)
}

type keyPage struct {
	keys []item
	err  error
}

// deletion is the state of one deleteAll. Only the goroutine that runs it touches it; reading a page
// and sending a batch go on beside it and report over channels.
type deletion struct {
	client      Client
	table, sort string

	pages   <-chan keyPage // nil once all are read
	results chan batchResult
	running *sync.WaitGroup

	pending       []item // keys in the order in which they must go
	batches       int    // batches under way
	batchedLatest int    // how many of these hold a latest item
	deleted       int
	retries       int // batches in a row that left items unprocessed
}

type batchResult struct {
	keys, unprocessed []item
	err               error
}

func (d *deletion) run(ctx context.Context) error {
	for {
		for batch := d.nextBatch(); batch != nil; batch = d.nextBatch() {
			d.start(ctx, batch)
		}
		if d.pages == nil && d.batches == 0 {
			return nil
		}
		if err := d.await(ctx); err != nil {
			return d.stop(err)
		}
	}
}

// stop lets the batches under way come to their end and says what is known to be left.
func (d *deletion) stop(err error) error {
	for d.batches > 0 {
		_ = d.finish(<-d.results)
	}
	atLeast := ""
	if d.pages != nil {
		atLeast = "at least "
	}
	return fmt.Errorf("%d items deleted, %s%d remain: %w", d.deleted, atLeast, len(d.pending), err)
}

// await takes in what happens next: a page that was read, unless enough keys are pending, or a batch
// that is through.
func (d *deletion) await(ctx context.Context) error {
	pages := d.pages
	if len(d.pending) > maxBatch*maxBatchesAtOnce {
		pages = nil
	}
	select {
	case page, ok := <-pages:
		if err := ctx.Err(); err != nil {
			return err // the reader may have given up before the last page
		}
		if !ok {
			d.pages = nil
			return nil
		}
		d.pending = append(d.pending, page.keys...)
		return page.err
	case result := <-d.results:
		if err := d.finish(result); err != nil || len(result.unprocessed) == 0 {
			return err
		}
		return pause(ctx, d.retries-1)
	}
}

// nextBatch takes the next keys to delete, or none if there is something to wait for first.
func (d *deletion) nextBatch() []item {
	size := min(maxBatch, len(d.pending))
	if size == 0 || d.batches == maxBatchesAtOnce {
		return nil
	}
	if size < maxBatch && d.pages != nil {
		return nil // the batch may yet fill up
	}
	batch := d.pending[:size:size]
	if d.batchedLatest > 0 && slices.ContainsFunc(batch, d.isVersion) {
		return nil
	}
	d.pending = d.pending[size:]
	return batch
}

func (d *deletion) start(ctx context.Context, batch []item) {
	d.batches++
	if slices.ContainsFunc(batch, d.isLatest) {
		d.batchedLatest++
	}
	d.running.Go(func() {
		unprocessed, err := d.send(ctx, batch)
		d.results <- batchResult{batch, unprocessed, err}
	})
}

// finish takes in the result of a batch. Unprocessed keys go to the front of the next batches, which
// start after a pause: it is the table that is throttled, not the batch.
func (d *deletion) finish(result batchResult) error {
	d.batches--
	if slices.ContainsFunc(result.keys, d.isLatest) {
		d.batchedLatest--
	}
	if result.err != nil {
		d.pending = append(result.keys, d.pending...)
		return result.err
	}
	d.deleted += len(result.keys) - len(result.unprocessed)
	if len(result.unprocessed) == 0 {
		d.retries = 0
		return nil
	}
	d.pending = append(result.unprocessed, d.pending...)
	d.retries++
	return nil
}

func (d *deletion) send(ctx context.Context, batch []item) (unprocessed []item, err error) {
	requests := make([]types.WriteRequest, len(batch))
	for i, key := range batch {
		requests[i].DeleteRequest = &types.DeleteRequest{Key: key}
	}
	output, err := d.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{d.table: requests},
	})
	if err != nil {
		return nil, err
	}
	for _, request := range output.UnprocessedItems[d.table] {
		unprocessed = append(unprocessed, request.DeleteRequest.Key)
	}
	return unprocessed, nil
}

func (d *deletion) isLatest(key item) bool {
	updatedAtID, ok := key[attrUpdatedAtID].(*types.AttributeValueMemberS)
	return ok && isLatest(updatedAtID.Value)
}

func (d *deletion) isVersion(key item) bool {
	return d.sort == attrUpdatedAtID && !d.isLatest(key)
}
