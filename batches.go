package packagedb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	// maxBatch is DynamoDB's limit on the items of a BatchWriteItem.
	maxBatch = 25
	// maxDeletes bounds the concurrent delete requests of one call. It stays within the idle
	// connections that the SDK's own client keeps for a host.
	maxDeletes = 8
)

// deletion deletes items of one user in one table, with several requests at the same time, while
// the caller reads their keys. It holds a bounded number of keys.
type deletion struct {
	*facade
	table, sub, sortKey string

	batch   []string // sort keys for the next BatchWriteItem
	batched bool     // a BatchWriteItem may be running
	deleted atomic.Int64

	slots   chan struct{}
	running sync.WaitGroup
	failed  atomic.Pointer[error] // the first failure of a request
}

// delete runs a deletion. An error includes the number of items that are known to be deleted.
func (f *facade) delete(table, sub, sortKey string, run func(d *deletion) error) error {
	d := &deletion{facade: f, table: table, sub: sub, sortKey: sortKey, slots: make(chan struct{}, maxDeletes)}
	err := run(d)
	d.running.Wait()
	if err != nil {
		return fmt.Errorf("%d items confirmed deleted: %w", d.deleted.Load(), err)
	}
	return nil
}

// deleteItems deletes what a query finds.
func (d *deletion) deleteItems(ctx context.Context, q query) error {
	q.consistent = true
	sortKeyOf := func(key item) (string, error) { return textOf(key, d.sortKey), nil }
	for key, err := range list(ctx, d.client, q, sortKeyOf) {
		if err == nil {
			err = d.add(ctx, key)
		}
		if err != nil {
			return err
		}
	}
	return d.wait(ctx)
}

// add deletes an item with the next batch.
func (d *deletion) add(ctx context.Context, sortKey string) error {
	d.batch = append(d.batch, sortKey)
	if len(d.batch) < maxBatch {
		return nil
	}
	return d.flush(ctx)
}

func (d *deletion) flush(ctx context.Context) error {
	batch := d.batch
	d.batch = nil
	if len(batch) == 0 {
		return nil
	}
	d.batched = true
	return d.start(ctx, func() error { return d.deleteBatch(ctx, batch) })
}

// wait sends the last batch and waits for all requests.
func (d *deletion) wait(ctx context.Context) error {
	err := d.flush(ctx)
	d.running.Wait()
	d.batched = false
	return errors.Join(err, d.failure())
}

// start runs a request concurrently once a slot is free, unless one has failed.
func (d *deletion) start(ctx context.Context, request func() error) error {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := d.failure(); err != nil {
		<-d.slots
		return err
	}
	d.running.Go(func() {
		defer func() { <-d.slots }()
		if err := request(); err != nil {
			d.failed.CompareAndSwap(nil, &err)
		}
	})
	return nil
}

func (d *deletion) failure() error {
	if err := d.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// deleteBatches deletes items, one batch after the other.
func (d *deletion) deleteBatches(ctx context.Context, sortKeys []string) error {
	for batch := range slices.Chunk(sortKeys, maxBatch) {
		if err := d.deleteBatch(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// deleteBatch deletes up to 25 items. It sends unprocessed ones again until none remains, another
// request fails or the context ends.
func (d *deletion) deleteBatch(ctx context.Context, sortKeys []string) error {
	for retry := 0; ; retry++ {
		output, err := sendWrite(ctx, d.client, Client.BatchWriteItem, func() *dynamodb.BatchWriteItemInput {
			return d.batchInput(sortKeys)
		})
		if err != nil {
			return err
		}
		left, err := d.unprocessed(output, sortKeys)
		if err != nil {
			return err
		}
		d.deleted.Add(int64(len(sortKeys) - len(left)))
		if len(left) == 0 {
			return nil
		}
		if err := d.failure(); err != nil {
			return err
		}
		sortKeys = left
		if err := pause(ctx, retry); err != nil {
			return err
		}
	}
}

func (d *deletion) batchInput(sortKeys []string) *dynamodb.BatchWriteItemInput {
	requests := make([]types.WriteRequest, len(sortKeys))
	for i, sortKey := range sortKeys {
		requests[i].DeleteRequest = &types.DeleteRequest{Key: d.key(sortKey)}
	}
	return &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{d.table: requests}}
}

// unprocessed returns the sort keys of the unprocessed items of a batch, under any name of the
// table.
func (d *deletion) unprocessed(output *dynamodb.BatchWriteItemOutput, sent []string) ([]string, error) {
	var left []string
	for _, requests := range output.UnprocessedItems {
		for _, request := range requests {
			if request.DeleteRequest == nil {
				return nil, errors.New("unprocessed request that was not sent")
			}
			sortKey := textOf(request.DeleteRequest.Key, d.sortKey)
			if !slices.Contains(sent, sortKey) || slices.Contains(left, sortKey) {
				return nil, fmt.Errorf("unprocessed key %s that was not sent", quote(sortKey))
			}
			left = append(left, sortKey)
		}
	}
	return left, nil
}

// key returns the key of an item, new for each request.
func (d *deletion) key(sortKey string) item {
	return textItem(map[string]string{attrSub: d.sub, d.sortKey: sortKey})
}
