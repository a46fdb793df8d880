package packagedb

import (
	"context"
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
	second := max(0, f.now().Unix())
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
	for conflicts := 0; ; {
		version, latest := write.at(second)
		_, err := f.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
			TransactItems: []types.TransactWriteItem{
				{Put: f.transactPut(version, versionCondition, write.conditionValues(second, versionCondition))},
				{Put: f.transactPut(latest, latestCondition, write.conditionValues(second, latestCondition))},
			},
		})
		var canceled *types.TransactionCanceledException
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &canceled):
			return err
		case hasReason(canceled, "ConditionalCheckFailed"):
			if second, err = secondAfter(canceled, second); err != nil {
				return err
			}
		case conflicts < maxConflicts && isPassing(canceled):
			if err := pause(ctx, conflicts); err != nil {
				return fmt.Errorf("%w, after %w", err, canceled)
			}
			conflicts++
		default:
			return err
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
// after the history that it finds, and leaves the latest alone where another got ahead of it, whose
// version is then the later one in the history as well. A failure between the two leaves a version
// that the next write, or this one repeated, comes after.
func (f *facade) writeInTurn(ctx context.Context, write specWrite, second int64) error {
	for {
		newest, found, err := f.newestVersion(ctx, write)
		if err != nil {
			return err
		}
		again := newest.UpdatedAt == second && newest.Version == write.spec.Version
		if found && !again {
			second = max(second, newest.UpdatedAt+1)
		}
		version, latest := write.at(second)
		err = f.putIf(ctx, version, versionCondition, write.conditionValues(second, versionCondition))
		if conditionFailed(err) {
			second++ // another version got there since the history was read
			continue
		}
		if err != nil {
			return err
		}
		err = f.putIf(ctx, latest, latestCondition, write.conditionValues(second, latestCondition))
		if !conditionFailed(err) {
			return err
		}
		inTheWay, err := f.latestIs(ctx, latest, second)
		if err != nil || !inTheWay {
			return err
		}
		second++
	}
}

// latestIs tells whether the latest item is dated with the second. The latest item that kept a newer
// one out is either later, as it is where another writer got ahead, or it is another version without
// a version item: a write of the Python facade that was torn apart.
func (f *facade) latestIs(ctx context.Context, latest item, second int64) (bool, error) {
	output, err := f.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &f.specsTable,
		Key:            item{attrSub: latest[attrSub], attrUpdatedAtID: latest[attrUpdatedAtID]},
		ConsistentRead: aws.Bool(true),
	})
	if err != nil || len(output.Item) == 0 {
		return false, err
	}
	current, err := decodeSpec(output.Item)
	return current.UpdatedAt == second, err
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

// newestVersion returns the last of the spec's history, if there is one.
func (f *facade) newestVersion(ctx context.Context, write specWrite) (newest SpecInfo, found bool, err error) {
	query := f.queryVersions(write.sub, write.id, NewestFirst)
	query.ConsistentRead = aws.Bool(true)
	for page, err := range f.pages(ctx, query) {
		if err != nil {
			return SpecInfo{}, false, err
		}
		if len(page) > 0 {
			newest, err = decodeSpec(page[0])
			return newest, err == nil, err
		}
	}
	return SpecInfo{}, false, nil
}
