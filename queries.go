package packagedb

import (
	"context"
	"errors"
	"iter"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// query is a DynamoDB query, and how far it has been read.
type query struct {
	table, index string
	condition    string
	values       map[string]string
	selection    selection
	consistent   bool
	descending   bool

	start    item   // the exclusive start key of the next page
	limit    int    // results, 0 for all
	pageSize int32  // items of the next page, 0 for as many as 1 MB holds
	specID   string // if set, other specs' items within the range of index keys are skipped
	mustFind bool   // nothing found is ErrNotFound
	done     bool   // no page follows
}

// The key conditions. Attribute values are named after the attributes.
const (
	ofSub       = "#sub = :sub"
	ofSubLatest = "#sub = :sub AND begins_with(updated_at_id, :latest)"
	ofSpec      = "#sub = :sub AND id_updated_at BETWEEN :first AND :last"
)

// filteredPageSize is the least number of items to read at a time if some of them may be no
// results.
const filteredPageSize = 100

// input returns the request of the next page, new for each because a client may change its inputs.
func (q *query) input() *dynamodb.QueryInput {
	input := &dynamodb.QueryInput{
		TableName:                 aws.String(q.table),
		IndexName:                 optional(q.index),
		KeyConditionExpression:    aws.String(q.condition),
		ProjectionExpression:      optional(q.selection.projection),
		ExpressionAttributeNames:  subName(q.condition, q.selection.projection),
		ExpressionAttributeValues: textItem(q.values),
		ExclusiveStartKey:         cloneItem(q.start),
		ConsistentRead:            aws.Bool(q.consistent),
		ScanIndexForward:          aws.Bool(!q.descending),
	}
	if q.pageSize > 0 {
		input.Limit = aws.Int32(q.pageSize)
	}
	return input
}

// nextPage reads the next page, and returns those of its items that belong to the query. found is
// the number of results so far.
func (q *query) nextPage(ctx context.Context, client Client, found int) ([]item, error) {
	output, err := send(ctx, client, Client.Query, q.input())
	if err != nil {
		return nil, err
	}
	items := output.Items
	if q.specID != "" {
		items = slices.DeleteFunc(items, func(stored item) bool { return !isOfSpec(stored, q.specID) })
	}
	if len(output.LastEvaluatedKey) == 0 {
		q.done = true
		return items, nil
	}
	if reflect.DeepEqual(q.start, output.LastEvaluatedKey) {
		return nil, errors.New("the server repeats a page")
	}
	q.start = output.LastEvaluatedKey
	if q.pageSize > 0 {
		q.pageSize = pageSizeOf(q.limit - found - len(items))
		if q.limit == 0 || len(items) < len(output.Items) {
			q.pageSize = max(q.pageSize, filteredPageSize)
		}
	}
	return items, nil
}

// pageSizeOf returns a limit as a 32-bit integer, as DynamoDB takes it.
func pageSizeOf(limit int) int32 { return int32(min(max(limit, 0), math.MaxInt32)) }

// paged selects a page. start returns the key that After stands for.
func (q query) paged(options []ListOption, start func(after string) (item, error)) (_ query, err error) {
	var p page
	for _, option := range options {
		option(&p)
	}
	q.descending = p.descending
	if p.limit != nil {
		if *p.limit < 1 {
			return query{}, invalid("limit %d is less than 1", *p.limit)
		}
		q.limit, q.pageSize = *p.limit, pageSizeOf(*p.limit)
	}
	if p.after != nil {
		q.start, err = start(*p.after)
		q.mustFind = false
	}
	return q, err
}

// each calls yield with each decoded result of a query until yield returns false. It requests a page
// only when it is needed.
func each[T any](
	ctx context.Context, client Client, q query, decode func(item) (T, error), yield func(T) bool,
) error {
	found := 0
	for !q.done {
		items, err := q.nextPage(ctx, client, found)
		if err != nil {
			return err
		}
		for _, stored := range items {
			value, err := decodeItem(stored, q.values[":sub"], q.selection, decode)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if found++; !yield(value) || found == q.limit {
				return nil
			}
		}
	}
	if found == 0 && q.mustFind {
		return ErrNotFound
	}
	return nil
}

// list iterates over the decoded results of a query, and yields an error last.
func list[T any](ctx context.Context, client Client, q query, decode func(item) (T, error)) iter.Seq2[T, error] {
	return iterate(func(yield func(T) bool) error { return each(ctx, client, q, decode, yield) })
}

// iterate iterates over what run passes to yield, and yields the error of run last.
func iterate[T any](run func(yield func(T) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := run(func(value T) bool { return yield(value, nil) }); err != nil {
			var zero T
			yield(zero, err)
		}
	}
}

// collect returns all results, or the error. Without an error the slice is not nil.
func collect[T any](results iter.Seq2[T, error]) ([]T, error) {
	all := []T{}
	for result, err := range results {
		if err != nil {
			return nil, err
		}
		all = append(all, result)
	}
	return all, nil
}

// get returns the decoded item with the key, or ErrNotFound.
func get[T any](
	ctx context.Context, client Client, table string, key item, consistent bool, selected selection,
	decode func(item) (T, error),
) (*T, error) {
	output, err := send(ctx, client, Client.GetItem, &dynamodb.GetItemInput{
		TableName:                aws.String(table),
		Key:                      cloneItem(key),
		ProjectionExpression:     optional(selected.projection),
		ExpressionAttributeNames: subName(selected.projection),
		ConsistentRead:           aws.Bool(consistent),
	})
	if err != nil {
		return nil, err
	}
	stored := output.Item
	if len(stored) == 0 {
		return nil, ErrNotFound
	}
	value, err := decodeItem(stored, textOf(key, attrSub), selected, decode)
	if err != nil {
		return nil, err
	}
	for attribute := range key {
		if textOf(stored, attribute) != textOf(key, attribute) {
			return nil, malformed(errors.New("not the requested item"), stored)
		}
	}
	return &value, nil
}

// queryLatest reads the latest items of the user's specs.
func (f *facade) queryLatest(sub string) query {
	return query{
		table:      f.specsTable,
		condition:  ofSubLatest,
		values:     map[string]string{":sub": sub, ":latest": latestPosition.updatedAtID("")},
		selection:  wholeSpec,
		consistent: f.consistentReads,
	}
}

// querySpec reads the items of one spec in the local index: its versions and then its latest item,
// or the versions alone. The range may include items of specs whose ids begin with this id and a #.
func (f *facade) querySpec(sub, id string, withLatest bool) query {
	last := position(strings.Repeat("9", secondDigits))
	if withLatest {
		last = latestPosition
	}
	return query{
		table:     f.specsTable,
		index:     specsIndex,
		condition: ofSpec,
		values: map[string]string{
			":sub": sub, ":first": positionAt(0).idUpdatedAt(id), ":last": last.idUpdatedAt(id),
		},
		selection:  wholeSpec,
		consistent: f.consistentReads,
		specID:     id,
	}
}

// queryUser reads all items of the user in a table or in a local index of it.
func (f *facade) queryUser(table, index, sub string, selected selection) query {
	return query{
		table:      table,
		index:      index,
		condition:  ofSub,
		values:     map[string]string{":sub": sub},
		selection:  selected,
		consistent: f.consistentReads,
	}
}
