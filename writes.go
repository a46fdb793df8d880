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
	second, err := f.putVersion(ctx, write, max(0, f.now().Unix()))
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
	return version, latest, checkSize("spec", version.item, maxSpecItem)
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

// putVersion stores both items of a version, at the second or later, and returns their second.
//
// If a condition fails, the conflicting items determine the next second to try; after the second
// failure, items without a latest one may conflict, and the end of the history is read from the
// index. With the Python facade, which leaves such items, and without transactions it is read first.
func (f *facade) putVersion(ctx context.Context, write specWrite, second int64) (int64, error) {
	for rejections := 0; ; rejections++ {
		inTurn := f.withoutTransactions.Load()
		if inTurn || rejections == 2 || rejections == 0 && f.pythonFacade {
			var err error
			if second, err = f.afterNewest(ctx, write, second); err != nil {
				return 0, err
			}
		}
		err := f.putAt(ctx, write, second, inTurn)
		if lacksTransactions(err) && !inTurn {
			continue
		}
		if !isConditionFailure(err) {
			return second, err
		}
		if second, err = write.afterRejection(reasonsOf(err), second); err != nil {
			return 0, err
		}
		if rejections >= 2 {
			if err := pause(ctx, rejections-2); err != nil {
				return 0, err
			}
		}
	}
}

// putAt puts the two items of a version in one transaction or, on servers without, in turn.
//
// In turn, the version item comes first. The order keeps the last of the history the latest: a
// writer dates its version after all that it finds, and leaves the latest item alone if another
// writer was faster, whose version is then the later one in the history as well. A failure between
// the two leaves a version that the next write is dated after.
func (f *facade) putAt(ctx context.Context, write specWrite, second int64, inTurn bool) error {
	version, latest, err := write.at(second)
	if err != nil {
		return err
	}
	if !inTurn {
		return f.transact(ctx, func() []types.TransactWriteItem {
			return []types.TransactWriteItem{version.transactItem(), latest.transactItem()}
		})
	}
	if err := f.put(ctx, version); err != nil {
		return err
	}
	err = f.put(ctx, latest)
	if isConditionFailure(err) {
		return nil // another writer was faster
	}
	return err
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
