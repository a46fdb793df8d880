package packagedb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

const (
	// maxBatch is DynamoDB's limit on the items of a BatchWriteItem.
	maxBatch = 25
	// maxDeletes bounds the concurrent delete requests of one call. It stays within the idle
	// connections that the SDK's own client keeps for a host.
	maxDeletes = 8
)

var errUnprocessed = errors.New("the server left items unprocessed")

// deleter deletes items of one user in one table: 25 in a batch, which has no conditions, several batches
// at the same time, while its caller reads the keys. It holds a bounded number of keys.
type deleter struct {
	*facade
	table, sub, sortKey string

	deleted atomic.Int64 // items confirmed deleted
	next    []string     // sort keys of the next batch

	running  *errgroup.Group // requests, nil if there are none
	unfailed context.Context // ends with the first failure of a running request
}

// deleteQuery deletes the items that a query finds.
func (d *deleter) deleteQuery(ctx context.Context, q *query) error {
	q.input.ConsistentRead = aws.Bool(true)
	for key, err := range results(ctx, q, d.decodeSortKey) {
		if err == nil {
			err = d.add(ctx, key)
		}
		if err != nil {
			return err
		}
	}
	return d.wait(ctx)
}

func (d *deleter) decodeSortKey(stored item) (string, error) { return stringOf(stored, d.sortKey), nil }

// add adds an item to the next batch, and starts the batch when it is full.
func (d *deleter) add(ctx context.Context, sortKey string) error {
	d.next = append(d.next, sortKey)
	if len(d.next) < maxBatch {
		return nil
	}
	return d.start(ctx)
}

// start starts the next batch as soon as fewer than maxDeletes run, unless a request has failed.
func (d *deleter) start(ctx context.Context) error {
	batch := d.next
	d.next = nil
	d.group(ctx).Go(func() error { return d.deleteBatch(ctx, batch) })
	return d.failure(ctx)
}

// group returns the group of the running requests.
func (d *deleter) group(ctx context.Context) *errgroup.Group {
	if d.running == nil {
		d.running, d.unfailed = errgroup.WithContext(ctx)
		d.running.SetLimit(maxDeletes)
	}
	return d.running
}

// failure returns why no further request may start: the end of the context or the first failure of a
// running request. Other running requests go on, so that what they delete is counted.
func (d *deleter) failure(ctx context.Context) error {
	if err := ctx.Err(); err != nil || d.unfailed == nil {
		return err
	}
	return context.Cause(d.unfailed)
}

// wait starts the last batch and waits for all requests.
func (d *deleter) wait(ctx context.Context) error {
	if len(d.next) > 0 {
		_ = d.start(ctx) // Wait returns the failure
	}
	if d.running == nil {
		return nil
	}
	err := d.running.Wait()
	d.running, d.unfailed = nil, nil
	return err
}

// deleteBatches deletes items, one batch after the other.
func (d *deleter) deleteBatches(ctx context.Context, sortKeys []string) error {
	for batch := range slices.Chunk(sortKeys, maxBatch) {
		if err := d.deleteBatch(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// deleteBatch deletes up to 25 items. It sends unprocessed ones again until none remains, another
// request fails or the context ends.
func (d *deleter) deleteBatch(ctx context.Context, sortKeys []string) error {
	for retry := 0; ; retry++ {
		if err := d.failure(ctx); err != nil {
			return afterRetries(ctx, err, retry, errUnprocessed)
		}
		output, err := sendWrite(ctx, d.client.BatchWriteItem, d.batchInput(sortKeys))
		if err != nil {
			return afterRetries(ctx, err, retry, errUnprocessed)
		}
		unprocessed, err := d.unprocessed(output, sortKeys)
		if err != nil {
			return err
		}
		d.deleted.Add(int64(len(sortKeys) - len(unprocessed)))
		if len(unprocessed) == 0 {
			return nil
		}
		sortKeys = unprocessed
		if err := pause(ctx, retry); err != nil {
			return afterRetries(ctx, err, retry+1, errUnprocessed)
		}
	}
}

func (d *deleter) batchInput(sortKeys []string) *dynamodb.BatchWriteItemInput {
	requests := make([]types.WriteRequest, len(sortKeys))
	for i, sortKey := range sortKeys {
		requests[i].DeleteRequest = &types.DeleteRequest{Key: d.key(sortKey)}
	}
	return &dynamodb.BatchWriteItemInput{
		RequestItems:           map[string][]types.WriteRequest{d.table: requests},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
}

// unprocessed returns the sort keys of the unprocessed items of a batch, whatever name or ARN the
// server calls the table.
func (d *deleter) unprocessed(output *dynamodb.BatchWriteItemOutput, sent []string) ([]string, error) {
	var unprocessed []string
	for _, requests := range output.UnprocessedItems {
		for _, request := range requests {
			if request.DeleteRequest == nil {
				return nil, errors.New("unprocessed request that was not sent")
			}
			sortKey := stringOf(request.DeleteRequest.Key, d.sortKey)
			if !slices.Contains(sent, sortKey) || slices.Contains(unprocessed, sortKey) {
				return nil, fmt.Errorf("unprocessed key %s that was not sent", quote(sortKey))
			}
			unprocessed = append(unprocessed, sortKey)
		}
	}
	return unprocessed, nil
}

// key returns the key of an item.
func (d *deleter) key(sortKey string) item {
	return stringItem(map[string]string{attrSub: d.sub, d.sortKey: sortKey})
}

// end waits for the running requests after the deletes have failed, and adds the number of deleted
// items to the error.
func (d *deleter) end(err error) error {
	if err == nil {
		return nil
	}
	if d.running != nil {
		_ = d.running.Wait()
	}
	return fmt.Errorf("after deleting %d items: %w", d.deleted.Load(), err)
}
