package packagedb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A version of a spec is written as two items, the version and the latest, under two conditions
// that keep the history in order:
//
//   - no version item is replaced by another version;
//   - the latest item never moves back, and stays within its second only for the same version.
//
// updated_at is decimal text of no fixed length, so that the longer number is the greater one.
const (
	versionCondition = "attribute_not_exists(updated_at_id) OR version = :version"
	latestCondition  = "attribute_not_exists(updated_at_id) OR size(updated_at) < :digits OR (size(updated_at) = :digits AND " +
		"(updated_at < :updated_at OR (updated_at = :updated_at AND version = :version)))"
)

// maxConflicts bounds how often a transaction is sent again because others were at its items. The
// pauses between add up to about ten seconds.
const maxConflicts = 20

// specWrite is a version of a spec on its way into the table.
type specWrite struct {
	sub, id string
	spec    SpecInput
}

// at returns the two items of the version, dated with the second.
func (w specWrite) at(second int64) (version, latest item) {
	return encodeSpec(w.sub, w.id, w.spec, second, versionKeys(w.id, second)),
		encodeSpec(w.sub, w.id, w.spec, second, latestKeys(w.id))
}

// writeSpec stores the version at the clock's second, or after what is in its way there.
func (f *facade) writeSpec(ctx context.Context, write specWrite) error {
	second := min(max(0, f.now().Unix()), maxSecond)
	// The version item is the larger of the two.
	version, _ := write.at(second)
	if err := checkSpecItem(version); err != nil {
		return err
	}
	if f.withoutTransactions.Load() {
		return f.writeInTurn(ctx, write, second)
	}
	err := f.writeAtOnce(ctx, write, second)
	if lacksTransactions(err) {
		f.withoutTransactions.Store(true)
		return f.writeInTurn(ctx, write, second)
	}
	return err
}

// writeAtOnce writes both items in one transaction. What the transaction meets tells the next second
// to try; every such step means that another writer has got ahead.
func (f *facade) writeAtOnce(ctx context.Context, write specWrite, second int64) error {
	for {
		err := f.transact(ctx, f.transaction(write, second))
		var canceled *types.TransactionCanceledException
		if !errors.As(err, &canceled) || !hasReason(canceled, "ConditionalCheckFailed") {
			return err
		}
		if second, err = secondAfter(canceled, second); err != nil {
			return err
		}
	}
}

// transaction puts both items, dated with the second. Its token makes it take effect once, however
// often it is sent.
func (f *facade) transaction(write specWrite, second int64) *dynamodb.TransactWriteItemsInput {
	version, latest := write.at(second)
	return &dynamodb.TransactWriteItemsInput{
		ClientRequestToken: aws.String(rand.Text()),
		TransactItems: []types.TransactWriteItem{
			{Put: f.transactPut(version, versionCondition, write.conditionValues(second, versionCondition))},
			{Put: f.transactPut(latest, latestCondition, write.conditionValues(second, latestCondition))},
		},
	}
}

// transact sends a transaction, and again while others are at its items.
func (f *facade) transact(ctx context.Context, input *dynamodb.TransactWriteItemsInput) error {
	for conflicts := 0; ; conflicts++ {
		_, err := f.client.TransactWriteItems(ctx, input)
		var canceled *types.TransactionCanceledException
		if conflicts == maxConflicts || !errors.As(err, &canceled) ||
			hasReason(canceled, "ConditionalCheckFailed") || !isPassing(canceled) {
			return err
		}
		if err := pause(ctx, conflicts); err != nil {
			return fmt.Errorf("%w, after %w", err, canceled)
		}
	}
}

func (f *facade) transactPut(stored item, condition string, values item) *types.Put {
	return &types.Put{
		TableName:                           &f.specsTable,
		Item:                                stored,
		ConditionExpression:                 &condition,
		ExpressionAttributeValues:           values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}

func (w specWrite) conditionValues(second int64, condition string) item {
	values := item{":version": textValue(w.spec.Version)}
	if condition == latestCondition {
		updatedAt := strconv.FormatInt(second, 10)
		values[":updated_at"] = textValue(updatedAt)
		values[":digits"] = numberValue(len(updatedAt))
	}
	return values
}

// secondAfter is the second to try after a transaction that was canceled because of its conditions:
// after the version that is at this one, and after the latest.
func secondAfter(canceled *types.TransactionCanceledException, second int64) (int64, error) {
	next := second + 1
	for _, reason := range canceled.CancellationReasons {
		if len(reason.Item) == 0 {
			continue
		}
		stored, err := decodeSpec(reason.Item)
		if err != nil {
			return 0, err
		}
		next = max(next, stored.UpdatedAt+1)
	}
	return next, nil
}

func hasReason(canceled *types.TransactionCanceledException, code string) bool {
	for _, reason := range canceled.CancellationReasons {
		if aws.ToString(reason.Code) == code {
			return true
		}
	}
	return false
}

// isPassing tells whether the same transaction may succeed a moment later.
func isPassing(canceled *types.TransactionCanceledException) bool {
	return hasReason(canceled, "TransactionConflict") ||
		hasReason(canceled, "ThrottlingError") ||
		hasReason(canceled, "ProvisionedThroughputExceeded")
}

// writeInTurn writes the version item and then the latest, on servers without transactions. The
// order keeps the promise that the last of the history is the latest: a writer dates its version
// after all that it finds, and leaves the latest alone where another got ahead of it, whose version
// is then the later one in the history as well. A failure between the two leaves a version that the
// next write, or this one repeated, comes after.
func (f *facade) writeInTurn(ctx context.Context, write specWrite, second int64) error {
	for {
		var err error
		if second, err = f.secondInTurn(ctx, write, second); err != nil {
			return err
		}
		version, latest := write.at(second)
		err = f.putIf(ctx, version, versionCondition, write.conditionValues(second, versionCondition))
		if conditionFailed(err) {
			second++ // another version got there since the history was read, or is not in its index
			continue
		}
		if err != nil {
			return err
		}
		err = f.putIf(ctx, latest, latestCondition, write.conditionValues(second, latestCondition))
		if conditionFailed(err) {
			return nil // another writer got ahead
		}
		return err
	}
}

func (f *facade) putIf(ctx context.Context, stored item, condition string, values item) error {
	_, err := f.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                 &f.specsTable,
		Item:                      stored,
		ConditionExpression:       &condition,
		ExpressionAttributeValues: values,
	})
	return err
}

// secondInTurn is the second to try after what is stored of the spec: after its latest item and after
// its newest version, one of which may be without the other where a write or a delete was torn apart.
// The two are the first that the index has in descending order.
func (f *facade) secondInTurn(ctx context.Context, write specWrite, second int64) (int64, error) {
	first, _ := versionRange(write.id)
	query := f.queryIndex(write.sub, write.id, first, latestKeys(write.id).idUpdatedAt)
	query.ConsistentRead = aws.Bool(true)
	query.ScanIndexForward = aws.Bool(false)
	showMalformed(&query)
	next, seen := second, 0
	for page, err := range f.pages(ctx, query) {
		if err != nil {
			return 0, err
		}
		for _, item := range page {
			stored, err := decodeSpec(item)
			if err != nil {
				return 0, err
			}
			if stored.UpdatedAt > second || stored.UpdatedAt == second && stored.Version != write.spec.Version {
				next = max(next, stored.UpdatedAt+1)
			}
			if seen++; seen == 2 {
				return next, nil
			}
		}
	}
	return next, nil
}
