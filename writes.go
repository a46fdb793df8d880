package packagedb

import (
	"context"
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A version of a spec is stored as two items, the version and the latest, under two conditions that
// keep the history in order:
//
//   - no version item is replaced by another version;
//   - the latest item never moves back, and stays at its second only for the same version.
//
// updated_at is decimal text of no fixed length, so the longer text is the greater number.
const (
	versionCondition = "attribute_not_exists(updated_at_id) OR version = :version"
	latestCondition  = "attribute_not_exists(updated_at_id) OR size(updated_at) < :digits OR " +
		"(size(updated_at) = :digits AND " +
		"(updated_at < :updated_at OR (updated_at = :updated_at AND version = :version)))"
)

// conditionalPut puts an item under a condition, alone or in a transaction. Each request is built
// anew, because a client may change its inputs.
type conditionalPut struct {
	table     string
	item      item
	condition string // none if empty
	values    item
}

func (p conditionalPut) input() *dynamodb.PutItemInput {
	return &dynamodb.PutItemInput{
		TableName:                 aws.String(p.table),
		Item:                      cloneItem(p.item),
		ConditionExpression:       optional(p.condition),
		ExpressionAttributeValues: cloneItem(p.values),
	}
}

func (p conditionalPut) transactItem() types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{
		TableName:                           aws.String(p.table),
		Item:                                cloneItem(p.item),
		ConditionExpression:                 aws.String(p.condition),
		ExpressionAttributeValues:           cloneItem(p.values),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

// specWrite is a version of a spec to store.
type specWrite struct {
	table   string
	sub, id string
	spec    SpecInput
	encoded item // but for its date
}

// writeSpec stores a version of a spec at the clock's second, or after the stored versions.
func (f *facade) writeSpec(ctx context.Context, sub, id string, spec SpecInput) (*SpecInfo, error) {
	encoded, err := attributevalue.MarshalMap(specItem{
		Sub: sub, ID: id, Name: spec.Name, Version: spec.Version,
		Title: spec.Title, Description: spec.Description, ModelCount: spec.ModelCount,
	})
	if err != nil {
		return nil, err
	}
	write := specWrite{table: f.specsTable, sub: sub, id: id, spec: spec, encoded: encoded}
	now := max(0, f.now().Unix())
	second, err := withTransactions(f,
		func() (int64, error) { return f.writeAtOnce(ctx, write, now) },
		func() (int64, error) { return f.writeInTurn(ctx, write, now) },
	)
	if err != nil {
		return nil, err
	}
	return &SpecInfo{
		ID: id, Name: spec.Name, UpdatedAt: second, Version: spec.Version,
		ModelCount: spec.ModelCount, Title: spec.Title, Description: spec.Description,
	}, nil
}

// at returns the two items of the version at the second.
func (w specWrite) at(second int64) (version, latest conditionalPut, err error) {
	updatedAt := strconv.FormatInt(second, 10)
	version = w.put(updatedAt, positionAt(second), versionCondition)
	latest = w.put(updatedAt, latestPosition, latestCondition)
	latest.values[":updated_at"] = &types.AttributeValueMemberS{Value: updatedAt}
	latest.values[":digits"] = &types.AttributeValueMemberN{Value: strconv.Itoa(len(updatedAt))}
	// The version item is the larger of the two.
	return version, latest, checkSpecItem(version.item)
}

func (w specWrite) put(updatedAt string, at position, condition string) conditionalPut {
	dated := cloneItem(w.encoded)
	dated[attrUpdatedAt] = &types.AttributeValueMemberS{Value: updatedAt}
	dated[attrUpdatedAtID] = &types.AttributeValueMemberS{Value: at.updatedAtID(w.id)}
	dated[attrIDUpdatedAt] = &types.AttributeValueMemberS{Value: at.idUpdatedAt(w.id)}
	return conditionalPut{
		table: w.table, item: dated, condition: condition,
		values: item{":version": &types.AttributeValueMemberS{Value: w.spec.Version}},
	}
}

// after returns the second for the version if the stored entry is in the history: the given second
// or a later one.
func (w specWrite) after(stored SpecInfo, second int64) (int64, error) {
	switch {
	case stored.UpdatedAt < second:
		return second, nil
	case stored.Version == w.spec.Version:
		return stored.UpdatedAt, nil
	case stored.UpdatedAt == maxSecond:
		return 0, errors.New("the latest version is at the largest second")
	default:
		return stored.UpdatedAt + 1, nil
	}
}

// writeAtOnce stores both items in one transaction and returns their second. If a condition fails,
// the conflicting items determine the next second to try; after the second failure, items without a
// latest one may conflict, and it reads the end of the history from the index. With the Python
// facade, which leaves such items, it reads the index first. It pauses after further failures.
func (f *facade) writeAtOnce(ctx context.Context, write specWrite, second int64) (int64, error) {
	for rejections := 0; ; rejections++ {
		if rejections == 2 || rejections == 0 && f.pythonFacade {
			var err error
			if second, err = f.afterNewest(ctx, write, second); err != nil {
				return 0, err
			}
		}
		version, latest, err := write.at(second)
		if err != nil {
			return 0, err
		}
		err = f.transact(ctx, func() []types.TransactWriteItem {
			return []types.TransactWriteItem{version.transactItem(), latest.transactItem()}
		})
		reasons := canceledFor(err, conditionalCheckFailed)
		if len(reasons) == 0 {
			return second, err
		}
		if second, err = write.afterRejection(reasons, second); err != nil {
			return 0, err
		}
		if rejections >= 2 {
			if err := pause(ctx, rejections-2); err != nil {
				return 0, err
			}
		}
	}
}

// afterRejection returns the second to try after conditions canceled a transaction.
func (w specWrite) afterRejection(reasons []types.CancellationReason, second int64) (int64, error) {
	next, err := second, error(nil)
	inTheWay := false
	for i, reason := range reasons {
		if len(reason.Item) == 0 {
			continue
		}
		stored, decodeErr := decodeItem(reason.Item, w.sub, wholeSpec, decodeSpec)
		if decodeErr != nil && i == 0 {
			continue // skip a malformed version item
		}
		if decodeErr != nil {
			return 0, decodeErr
		}
		inTheWay = true
		placed, placeErr := w.after(stored, second)
		next, err = max(next, placed), errors.Join(err, placeErr)
	}
	if !inTheWay && next < maxSecond {
		next++ // past an item that is malformed, or that the server does not return
	}
	return next, err
}

// writeInTurn stores the version item and then the latest item, on servers without transactions,
// and returns their second. The order keeps the last of the history the latest: a writer dates its
// version after all that it finds, and leaves the latest item alone if another writer was faster,
// whose version is then the later one in the history as well. A failure between the two leaves a
// version that the next write is dated after.
func (f *facade) writeInTurn(ctx context.Context, write specWrite, second int64) (int64, error) {
	for retry := 0; ; retry++ {
		var err error
		if second, err = f.afterNewest(ctx, write, second); err != nil {
			return 0, err
		}
		version, latest, err := write.at(second)
		if err != nil {
			return 0, err
		}
		err = f.put(ctx, version)
		if isConditionFailure(err) {
			// Another version was stored there meanwhile, or is not in the index.
			second = min(second, maxSecond-1) + 1
			if err := pause(ctx, retry); err != nil {
				return 0, err
			}
			continue
		}
		if err != nil {
			return 0, err
		}
		err = f.put(ctx, latest)
		if isConditionFailure(err) {
			err = nil // another writer was faster
		}
		return second, err
	}
}

// put puts an item if its condition is met.
func (f *facade) put(ctx context.Context, put conditionalPut, options ...func(*dynamodb.Options)) error {
	_, err := sendWrite(ctx, f.client, Client.PutItem, put.input, options...)
	return err
}

// deleteItem deletes an item, under a condition unless that is empty.
func (f *facade) deleteItem(ctx context.Context, table string, key item, condition string, values item) error {
	_, err := sendWrite(ctx, f.client, Client.DeleteItem, func() *dynamodb.DeleteItemInput {
		return &dynamodb.DeleteItemInput{
			TableName:                 aws.String(table),
			Key:                       cloneItem(key),
			ConditionExpression:       optional(condition),
			ExpressionAttributeValues: cloneItem(values),
		}
	})
	return err
}

// afterNewest returns the second for the version after the spec's latest item and its newest
// version, either of which may exist without the other.
func (f *facade) afterNewest(ctx context.Context, write specWrite, second int64) (int64, error) {
	q := f.querySpec(write.sub, write.id, true)
	q.consistent = true
	q.descending = true
	q.limit, q.pageSize = 2, 2
	next := second
	for stored, err := range list(ctx, f.client, q, decodeSpec) {
		if err != nil {
			return 0, err
		}
		placed, err := write.after(stored, second)
		if err != nil {
			return 0, err
		}
		next = max(next, placed)
	}
	return next, nil
}
