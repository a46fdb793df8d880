package packagedb

import (
	"context"
	"errors"
	"iter"
	"math"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// query is a DynamoDB query, and how far it has been read.
type query struct {
	client     Client
	input      dynamodb.QueryInput // of the next page
	owner      string              // the user of every item, any user if empty
	projection projection

	limit    int    // results, 0 for all
	found    int    // results so far
	specID   string // if set, items of specs such as a#b, which lie in the range of a, are skipped
	mustFind bool   // nothing found is ErrNotFound
	done     bool   // no page follows
}

// The key conditions. The attribute values are named after the attributes.
const (
	ofSub       = "#sub = :sub"
	ofSubLatest = "#sub = :sub AND begins_with(updated_at_id, :latest)"
	ofSpec      = "#sub = :sub AND id_updated_at BETWEEN :first AND :last"
)

// newQuery returns a query of a table, or of an index if that is not empty. The owner is the value
// :sub.
func (f *facade) newQuery(table, index, condition string, p projection, values map[string]string) *query {
	q := &query{
		client:     f.client,
		owner:      values[":sub"],
		projection: p,
		input: dynamodb.QueryInput{
			TableName:                 aws.String(table),
			KeyConditionExpression:    aws.String(condition),
			ExpressionAttributeNames:  map[string]string{"#sub": attrSub},
			ExpressionAttributeValues: stringItem(values),
			ConsistentRead:            aws.Bool(f.consistentReads && index != credentialsIndex),
			ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
		},
	}
	if index != "" {
		q.input.IndexName = aws.String(index)
	}
	if p.expression != "" {
		q.input.ProjectionExpression = aws.String(p.expression)
	}
	return q
}

// queryLatest reads the latest items of the user's specs.
func (f *facade) queryLatest(sub string, p projection) *query {
	return f.newQuery(f.specsTable, "", ofSubLatest, p,
		map[string]string{":sub": sub, ":latest": latestPosition.updatedAtID("")})
}

// querySpec reads the items of one spec in the local index, between two positions: its versions and, at
// latestPosition, its latest item. The range may include items of specs whose ids begin with this id
// and a #.
func (f *facade) querySpec(sub, id string, first, last position, p projection) *query {
	q := f.newQuery(f.specsTable, specsIndex, ofSpec, p, map[string]string{
		":sub": sub, ":first": first.idUpdatedAt(id), ":last": last.idUpdatedAt(id),
	})
	q.specID = id
	return q
}

// queryUser reads all items of the user in a table or in a local index of it.
func (f *facade) queryUser(table, index, sub string, p projection) *query {
	return f.newQuery(table, index, ofSub, p, map[string]string{":sub": sub})
}

// queryPublicKey reads the items of a public key, at most two: two show that it is ambiguous.
func (f *facade) queryPublicKey(publicKey string) *query {
	q := f.newQuery(f.credentialsTable, credentialsIndex, "public_key = :public_key", wholeCredentials,
		map[string]string{":public_key": publicKey})
	q.limit, q.input.Limit = 2, aws.Int32(2)
	return q
}

// apply applies the options of a list. It returns the value of After, or nil if there is none; the list
// turns it into an exclusive start key.
func (q *query) apply(options []ListOption) (after *string, err error) {
	var o listOptions
	for _, option := range options {
		option(&o)
	}
	if o.limit != nil {
		if *o.limit < 1 {
			return nil, invalid("limit %d is less than 1", *o.limit)
		}
		q.limit, q.input.Limit = *o.limit, aws.Int32(int32(min(*o.limit, math.MaxInt32)))
	}
	q.input.ScanIndexForward = aws.Bool(!o.descending)
	q.mustFind = q.mustFind && o.after == nil
	return o.after, nil
}

// filteredPageSize is the smallest page to request when some items may not match.
const filteredPageSize = 100

// nextPage requests the next page, and returns those of its items that belong to the query.
func (q *query) nextPage(ctx context.Context) ([]item, error) {
	input := q.input
	output, err := send(ctx, q.client.Query, &input)
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
	if reflect.DeepEqual(q.input.ExclusiveStartKey, output.LastEvaluatedKey) {
		return nil, errors.New("the server returned the same LastEvaluatedKey twice")
	}
	q.input.ExclusiveStartKey = output.LastEvaluatedKey
	if input.Limit != nil {
		next := q.limit - q.found - len(items)
		if q.limit == 0 || len(items) < len(output.Items) {
			next = max(next, filteredPageSize)
		}
		q.input.Limit = aws.Int32(int32(min(next, math.MaxInt32)))
	}
	return items, nil
}

// each yields each decoded result of a query until yield returns false. It requests a page only when
// that is needed.
func each[T any](ctx context.Context, q *query, decode func(item) (T, error), yield func(T, error) bool) error {
	for !q.done {
		items, err := q.nextPage(ctx)
		if err != nil {
			return err
		}
		for _, stored := range items {
			value, err := decodeItem(stored, q.owner, q.projection, decode)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if q.found++; !yield(value, nil) || q.found == q.limit {
				return nil
			}
		}
	}
	if q.found == 0 && q.mustFind {
		return ErrNotFound
	}
	return nil
}

// results iterates over the decoded results of a query, and yields an error last.
func results[T any](ctx context.Context, q *query, decode func(item) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := each(ctx, q, decode, yield); err != nil {
			var zero T
			yield(zero, err)
		}
	}
}

// iterate iterates over what run yields, and yields the error of run last.
func iterate[T any](run func(yield func(T, error) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := run(yield); err != nil {
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
