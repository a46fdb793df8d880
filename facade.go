package packagedb

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// facade is the Database over two DynamoDB tables.
type facade struct {
	client Client
	settings

	// withoutTransactions is set once the server has shown that it has none.
	withoutTransactions atomic.Bool
}

// New returns a Database over the tables that the client reaches. It sends nothing.
func New(client Client, options ...Option) Database {
	return &facade{client: client, settings: newSettings(options)}
}

// DeleteAll implements [Database].
func (f *facade) DeleteAll(ctx context.Context, sub string) error {
	return errors.Join(f.DeleteAllSpecs(ctx, sub), f.DeleteAllCredentials(ctx, sub))
}

func key(sub, sortAttribute, sortValue string) item {
	return item{attrSub: textValue(sub), sortAttribute: textValue(sortValue)}
}

// get returns the item with the key, or ErrNotFound. The projection, where there is one, has #sub.
func (f *facade) get(ctx context.Context, table string, key item, projection string) (item, error) {
	input := dynamodb.GetItemInput{TableName: &table, Key: key, ConsistentRead: &f.consistentReads}
	if projection != "" {
		input.ProjectionExpression = &projection
		input.ExpressionAttributeNames = reservedNames
	}
	output, err := f.client.GetItem(ctx, &input)
	if err != nil {
		return nil, err
	}
	if len(output.Item) == 0 {
		return nil, ErrNotFound
	}
	return output.Item, nil
}

// pages yields the items of a query, a page at a time, and asks for the next page only when the
// caller goes on. An error is yielded last.
func (f *facade) pages(ctx context.Context, query dynamodb.QueryInput) iter.Seq2[[]item, error] {
	return func(yield func([]item, error) bool) {
		next := query // a sequence may be ranged over again
		for {
			output, err := f.client.Query(ctx, &next)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(output.Items, nil) || len(output.LastEvaluatedKey) == 0 {
				return
			}
			next.ExclusiveStartKey = output.LastEvaluatedKey
		}
	}
}

// decoded yields the items of a query, decoded, a page at a time and up to the first error. The error
// is yielded last, headed with the operation and its subject.
func decoded[T any](
	pages iter.Seq2[[]item, error], decode func(item) (T, error), operation, subject string,
) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		for page, err := range pages {
			values := make([]T, 0, len(page))
			for _, stored := range page {
				var value T
				if value, err = decode(stored); err != nil {
					break
				}
				values = append(values, value)
			}
			if !yield(values, nil) {
				return
			}
			if err != nil {
				yield(nil, failure(operation, subject, err))
				return
			}
		}
	}
}

// failed yields one error.
func failed[T any](operation, subject string, err error) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		yield(nil, failure(operation, subject, err))
	}
}

// each yields what is on the pages, one by one.
func each[T any](pages iter.Seq2[[]T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page, err := range pages {
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, value := range page {
				if !yield(value, nil) {
					return
				}
			}
		}
	}
}

// collect returns all that is on the pages, or their error. The slice is never nil without one.
func collect[T any](pages iter.Seq2[[]T, error]) ([]T, error) {
	all := []T{}
	for page, err := range pages {
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			all = page // which is most often the only one
			continue
		}
		all = append(all, page...)
	}
	return all, nil
}

// The key conditions of the queries.
const (
	ofSub        = "#sub = :sub"
	ofSubLatest  = "#sub = :sub AND begins_with(updated_at_id, :latest)"
	ofIndexRange = "#sub = :sub AND id_updated_at BETWEEN :first AND :last"
)

// reservedNames stands in for the one attribute in the expressions whose name is a word that DynamoDB
// reserves.
var reservedNames = map[string]string{"#sub": attrSub}

func (f *facade) querySub(table, sub string) dynamodb.QueryInput {
	return dynamodb.QueryInput{
		TableName:                 &table,
		KeyConditionExpression:    aws.String(ofSub),
		ExpressionAttributeNames:  reservedNames,
		ExpressionAttributeValues: item{":sub": textValue(sub)},
		ConsistentRead:            &f.consistentReads,
	}
}

func (f *facade) queryLatest(sub string) dynamodb.QueryInput {
	query := f.querySub(f.specsTable, sub)
	query.KeyConditionExpression = aws.String(ofSubLatest)
	query.ExpressionAttributeValues[":latest"] = textValue(latestWord + keySeparator)
	return query
}

// queryIndex reads the items of one spec between two keys of the index. The range holds items of
// specs whose ids start with this id and a # too, so that the id is matched exactly as well.
func (f *facade) queryIndex(sub, id, first, last string) dynamodb.QueryInput {
	query := f.querySub(f.specsTable, sub)
	query.IndexName = aws.String(specsIndex)
	query.KeyConditionExpression = aws.String(ofIndexRange)
	query.FilterExpression = aws.String("id = :id")
	query.ExpressionAttributeValues[":first"] = textValue(first)
	query.ExpressionAttributeValues[":last"] = textValue(last)
	query.ExpressionAttributeValues[":id"] = textValue(id)
	return query
}

// showMalformed lets an index query find items without a proper id as well, so that they are reported
// and not passed over.
func showMalformed(query *dynamodb.QueryInput) {
	query.FilterExpression = aws.String("id = :id OR NOT attribute_type(id, :string)")
	query.ExpressionAttributeValues[":string"] = textValue(string(types.ScalarAttributeTypeS))
}

// lacksTransactions tells whether an error is how a server says that it has no TransactWriteItems.
func lacksTransactions(err error) bool {
	var api interface{ ErrorCode() string }
	return errors.As(err, &api) && api.ErrorCode() == "UnknownOperationException"
}

// conditionFailed tells whether a conditional write was refused because of its condition.
func conditionFailed(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}
