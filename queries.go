package packagedb

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// query is a DynamoDB query. Each page has a new request, because a client may change its inputs.
type query struct {
	operation, subject string // for errors; empty if the caller wraps them
	err                error  // yielded in place of any request

	table, index string
	condition    string
	values       map[string]string
	projection   string
	consistent   bool
	descending   bool

	after    item   // the exclusive start key
	limit    int    // results, 0 for all
	pageSize int32  // items of the first request, 0 for as many as 1 MB holds
	specID   string // if set, other specs' items within the range of index keys are skipped
	mustFind bool   // nothing found is ErrNotFound
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

func (q query) input(start item, pageSize int32) *dynamodb.QueryInput {
	input := &dynamodb.QueryInput{
		TableName:                 aws.String(q.table),
		KeyConditionExpression:    aws.String(q.condition),
		ExpressionAttributeNames:  subName(q.condition, q.projection),
		ExpressionAttributeValues: textItem(q.values),
		ExclusiveStartKey:         cloneItem(start),
		ConsistentRead:            aws.Bool(q.consistent),
		ScanIndexForward:          aws.Bool(!q.descending),
	}
	if q.index != "" {
		input.IndexName = aws.String(q.index)
	}
	if q.projection != "" {
		input.ProjectionExpression = aws.String(q.projection)
	}
	if pageSize > 0 {
		input.Limit = aws.Int32(pageSize)
	}
	return input
}

// list iterates over the decoded results of a query, and requests the next page only when it is
// needed. It yields an error last.
func list[T any](ctx context.Context, client Client, q query, decode func(item) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		stopped, err := eachResult(ctx, client, q, decode, func(value T) bool { return yield(value, nil) })
		if stopped || err == nil {
			return
		}
		if q.operation != "" {
			wrap(&err, q.operation, q.subject, q.table)
		}
		var zero T
		yield(zero, err)
	}
}

// eachResult calls yield with each result, and reports whether yield stopped it.
func eachResult[T any](
	ctx context.Context, client Client, q query, decode func(item) (T, error), yield func(T) bool,
) (stopped bool, err error) {
	if q.err != nil {
		return false, q.err
	}
	pages := pageReader{client: client, query: q, start: q.after, size: q.pageSize}
	found := 0
	for !pages.done {
		items, err := pages.next(ctx, found)
		if err != nil {
			return false, err
		}
		for _, stored := range items {
			value, err := decode(stored)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return false, err
			}
			if !yield(value) {
				return true, nil
			}
			if found++; found == q.limit {
				return false, nil
			}
		}
	}
	if found == 0 && q.mustFind {
		return false, ErrNotFound
	}
	return false, nil
}

// pageReader reads the pages of a query, one with each call of next.
type pageReader struct {
	client Client
	query  query
	start  item  // the exclusive start key of the next page
	size   int32 // the limit on its items, 0 for none
	last   string
	done   bool
}

// next returns the items of the next page that belong to the query. found is the number of results so
// far.
func (r *pageReader) next(ctx context.Context, found int) ([]item, error) {
	output, err := answered(r.client.Query(ctx, r.query.input(r.start, r.size)))
	if err != nil {
		return nil, err
	}
	items := output.Items
	if r.query.specID != "" {
		items = slices.DeleteFunc(items, func(stored item) bool { return !isOfSpec(stored, r.query.specID) })
	}
	if r.start = output.LastEvaluatedKey; len(r.start) == 0 {
		r.done = true
		return items, nil
	}
	key := keyText(r.start)
	if key == r.last {
		return nil, errors.New("the server repeats a page")
	}
	r.last = key
	if r.size > 0 {
		r.size = pageSizeOf(r.query.limit - found - len(items))
		if r.query.limit == 0 || len(items) < len(output.Items) {
			r.size = max(r.size, filteredPageSize)
		}
	}
	return items, nil
}

// pageSizeOf returns a limit as a 32-bit integer, as DynamoDB takes it.
func pageSizeOf(limit int) int32 { return int32(min(max(limit, 0), math.MaxInt32)) }

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

// getItem returns the item with the key, or ErrNotFound.
func (f *facade) getItem(
	ctx context.Context, table string, key item, projection string, consistent bool,
) (item, error) {
	input := &dynamodb.GetItemInput{
		TableName: aws.String(table), Key: key, ConsistentRead: aws.Bool(consistent),
	}
	if projection != "" {
		input.ProjectionExpression = aws.String(projection)
		input.ExpressionAttributeNames = subName(projection)
	}
	output, err := answered(f.client.GetItem(ctx, input))
	if err != nil {
		return nil, err
	}
	if len(output.Item) == 0 {
		return nil, ErrNotFound
	}
	return output.Item, nil
}

// answered returns an error for an answer that is neither an output nor an error.
func answered[T any](output *T, err error) (*T, error) {
	if err == nil && output == nil {
		return nil, errors.New("the client returned neither an output nor an error")
	}
	return output, err
}

// of sets the operation and its subject. If err is not nil, the query yields it and sends nothing.
func (q query) of(operation, subject string, err error) query {
	q.operation, q.subject = operation, subject
	if err != nil {
		q.err = err
	}
	return q
}

// paged selects a page. start returns the key that After stands for.
func (q query) paged(options []ListOption, start func(after string) (item, error)) query {
	p, err := newPage(options)
	if err == nil && p.after != nil {
		q.after, err = start(*p.after)
		q.mustFind = false
	}
	if err != nil {
		q.err = err
		return q
	}
	q.descending = p.descending
	if p.limit != nil {
		q.limit = *p.limit
		q.pageSize = pageSizeOf(q.limit)
	}
	return q
}

// queryLatest reads the latest items of the user's specs.
func (f *facade) queryLatest(sub string) query {
	return query{
		table:      f.specsTable,
		condition:  ofSubLatest,
		values:     map[string]string{":sub": sub, ":latest": latestPosition + keySeparator},
		consistent: f.consistentReads,
	}
}

// querySpec reads the items of one spec in the local index: its versions and then its latest item,
// or the versions alone. The range may include items of specs whose ids begin with this id and a #.
func (f *facade) querySpec(sub, id string, latest bool) query {
	first, last := versionRange(id)
	if latest {
		last = latestKeys(id).idUpdatedAt
	}
	return query{
		table:      f.specsTable,
		index:      specsIndex,
		condition:  ofSpec,
		values:     map[string]string{":sub": sub, ":first": first, ":last": last},
		consistent: f.consistentReads,
		specID:     id,
	}
}

// queryUser reads all items of the user in a table or in a local index of it.
func (f *facade) queryUser(table, index, sub string) query {
	return query{
		table:      table,
		index:      index,
		condition:  ofSub,
		values:     map[string]string{":sub": sub},
		consistent: f.consistentReads,
	}
}

// textItem returns the attribute values of strings, or nil if there are none.
func textItem(texts map[string]string) item {
	if len(texts) == 0 {
		return nil
	}
	values := make(item, len(texts))
	for name, text := range texts {
		values[name] = &types.AttributeValueMemberS{Value: text}
	}
	return values
}
