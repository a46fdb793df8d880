package packagedb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb/internal/awsclient"
)

// clientMethod is a method of a client, such as its GetItem.
type clientMethod[I, O any] = func(context.Context, *I, ...func(*dynamodb.Options)) (*O, error)

// send sends a request, and counts it if it belongs to an observed call.
func send[I, O any](
	ctx context.Context, method clientMethod[I, O], input *I, options ...func(*dynamodb.Options),
) (*O, error) {
	observed, isObserved := ctx.Value(callKey{}).(*activeCall)
	var sent attempts
	if isObserved {
		options = append(slices.Clip(options), countAttempts(&sent))
	}
	output, err := method(ctx, input, options...)
	if err == nil && output == nil {
		err = errors.New("the client returned neither an output nor an error")
	}
	if err != nil {
		err = redactResponse(err)
	}
	if isObserved {
		observed.add(sent.count, output, err)
	}
	return output, err
}

// Pauses before retries grow from the first to the second.
const (
	firstPause = 10 * time.Millisecond
	maxPause   = time.Second
)

// maxThrottled bounds how often a transaction is sent again because of throttling alone.
const maxThrottled = 10

// sendWrite sends a write until it succeeds, fails for another reason than conflicting writes, or the
// context ends.
func sendWrite[I, O any](
	ctx context.Context, method clientMethod[I, O], input *I, options ...func(*dynamodb.Options),
) (*O, error) {
	throttled := 0
	var conflicted error // the last attempt
	for retry := 0; ; retry++ {
		output, err := send(ctx, method, input, options...)
		if err == nil {
			return output, nil
		}
		conflict, throttle := isConflict(err)
		if throttle {
			throttled++
		}
		if !conflict && (!throttle || throttled > maxThrottled) {
			return nil, afterRetries(ctx, err, retry, conflicted)
		}
		conflicted = err
		if err := pause(ctx, retry); err != nil {
			return nil, afterRetries(ctx, err, retry+1, conflicted)
		}
	}
}

// afterRetries returns the error that ended a loop of retries, nil for success. If the context ended, it
// adds how many attempts failed before, and why the last of them did.
func afterRetries(ctx context.Context, err error, failed int, last error) error {
	if err == nil || failed == 0 || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w, after %d failed attempts: %w", err, failed, last)
}

// pause waits before a retry, the first of which is number 0, or until the context ends.
func pause(ctx context.Context, retry int) error {
	timer := time.NewTimer(awsclient.Backoff(retry, firstPause, maxPause))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// get returns the decoded item with the key, or ErrNotFound.
func get[T any](
	ctx context.Context, f *facade, table string, key item, consistent bool, p projection, decode func(item) (T, error),
) (*T, error) {
	input := &dynamodb.GetItemInput{
		TableName:              aws.String(table),
		Key:                    key,
		ConsistentRead:         aws.Bool(consistent),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	if p.expression != "" {
		input.ProjectionExpression = aws.String(p.expression)
		input.ExpressionAttributeNames = map[string]string{"#sub": attrSub}
	}
	output, err := send(ctx, f.client.GetItem, input)
	if err != nil {
		return nil, err
	}
	if len(output.Item) == 0 {
		return nil, ErrNotFound
	}
	value, err := decodeItem(output.Item, stringOf(key, attrSub), p, decode)
	if err != nil {
		return nil, err
	}
	for attribute := range key {
		if stringOf(output.Item, attribute) != stringOf(key, attribute) {
			return nil, malformed(errors.New("not the requested item"), output.Item)
		}
	}
	return &value, nil
}

// put puts an item outside a transaction. If the condition fails, no item is returned.
func (f *facade) put(ctx context.Context, put types.Put, options ...func(*dynamodb.Options)) error {
	_, err := sendWrite(ctx, f.client.PutItem, &dynamodb.PutItemInput{
		TableName:                 put.TableName,
		Item:                      put.Item,
		ConditionExpression:       put.ConditionExpression,
		ExpressionAttributeValues: put.ExpressionAttributeValues,
		ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
	}, options...)
	return err
}

// delete deletes an item outside a transaction.
func (f *facade) delete(ctx context.Context, del types.Delete) error {
	_, err := sendWrite(ctx, f.client.DeleteItem, &dynamodb.DeleteItemInput{
		TableName:                 del.TableName,
		Key:                       del.Key,
		ConditionExpression:       del.ConditionExpression,
		ExpressionAttributeValues: del.ExpressionAttributeValues,
		ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
	})
	return err
}

// transact sends a transaction. Its token makes it take effect once, however often it is sent.
func (f *facade) transact(
	ctx context.Context, items []types.TransactWriteItem, options ...func(*dynamodb.Options),
) error {
	_, err := sendWrite(ctx, f.client.TransactWriteItems, &dynamodb.TransactWriteItemsInput{
		ClientRequestToken:          aws.String(rand.Text()),
		TransactItems:               items,
		ReturnConsumedCapacity:      types.ReturnConsumedCapacityTotal,
		ReturnItemCollectionMetrics: types.ReturnItemCollectionMetricsSize,
	}, options...)
	if err != nil && lacksTransactions(err) {
		f.transactionsMissed.Store(aws.Time(time.Now()))
	}
	return err
}

// withoutTransactions is how long TransactWriteItems is not sent after a server rejected it as unknown.
// A proxy may have done so, or a server that was being replaced.
const withoutTransactions = time.Minute

// hasTransactions reports whether the server supports TransactWriteItems, as far as is known.
func (f *facade) hasTransactions() bool {
	missed := f.transactionsMissed.Load()
	return missed == nil || time.Since(*missed) >= withoutTransactions
}
