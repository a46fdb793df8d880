package packagedb

import (
	"context"
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A version of a spec is stored as two items, the version and the latest, under two conditions that
// keep the history in order:
//
//   - no version item is replaced by another version;
//   - the latest item never moves back, and stays at its second only for the same version.
//
// updated_at is a decimal string of no fixed length, so the longer string is the greater number.
const (
	versionCondition = "attribute_not_exists(updated_at_id) OR version = :version"
	latestCondition  = "attribute_not_exists(updated_at_id) OR size(updated_at) < :digits OR " +
		"(size(updated_at) = :digits AND " +
		"(updated_at < :updated_at OR (updated_at = :updated_at AND version = :version)))"
)

// createSpec stores a version of a spec at the second or later, and returns its second. The spec has
// neither a date nor sort keys yet.
//
//   - If a condition fails, the items in the way determine the next second to try.
//   - If it fails again, versions without a latest item may be in the way, and the end of the history
//     is read from the index.
//   - With the Python facade, which leaves such versions, the end of the history is read first.
func (f *facade) createSpec(ctx context.Context, spec specItem, second int64) (int64, error) {
	var failed error // the last attempt that failed
	for attempt := 0; f.hasTransactions(); attempt++ {
		if attempt == 2 || attempt == 0 && f.pythonFacade {
			end, err := f.readHistory(ctx, spec, positionAt(0), true)
			if err != nil {
				return 0, afterRetries(ctx, err, attempt, failed)
			}
			if second, err = end.secondFor(spec, second); err != nil {
				return 0, err
			}
		}
		err := f.putSpec(ctx, spec, second)
		switch {
		case err == nil:
			return second, nil
		case lacksTransactions(err):
			failed = err
			continue // transact has noted it
		case !isConditionFailure(err):
			return 0, afterRetries(ctx, err, attempt, failed)
		}
		failed = err
		if second, err = spec.secondAfterConflict(cancellationReasons(err), second); err != nil {
			return 0, err
		}
		if attempt >= 2 {
			if err := pause(ctx, attempt-2); err != nil {
				return 0, afterRetries(ctx, err, attempt+1, failed)
			}
		}
	}
	return f.createInTurn(ctx, spec, second)
}

// putSpec puts the two items of a version at the second in one transaction.
func (f *facade) putSpec(ctx context.Context, spec specItem, second int64) error {
	version, latest, err := f.putsAt(spec, second)
	if err != nil {
		return err
	}
	return f.transact(ctx, []types.TransactWriteItem{{Put: &version}, {Put: &latest}})
}

// putsAt returns the puts of the two items of a version at the second.
func (f *facade) putsAt(spec specItem, second int64) (version, latest types.Put, err error) {
	if version, err = f.putAt(spec, positionAt(second), second); err != nil {
		return version, latest, err
	}
	if latest, err = f.putAt(spec, latestPosition, second); err != nil {
		return version, latest, err
	}
	version.ConditionExpression = aws.String(versionCondition)
	latest.ConditionExpression = aws.String(latestCondition)
	latest.ExpressionAttributeValues[":updated_at"] = latest.Item[attrUpdatedAt]
	digits := strconv.Itoa(len(stringOf(latest.Item, attrUpdatedAt)))
	latest.ExpressionAttributeValues[":digits"] = &types.AttributeValueMemberN{Value: digits}
	// The version item is the larger of the two.
	return version, latest, checkSize("spec", version.Item, maxSpecItem)
}

// putAt returns the put of a version at the position and second, without its condition.
func (f *facade) putAt(spec specItem, at position, second int64) (types.Put, error) {
	spec.UpdatedAt = strconv.FormatInt(second, 10)
	spec.UpdatedAtID, spec.IDUpdatedAt = at.updatedAtID(spec.ID), at.idUpdatedAt(spec.ID)
	encoded, err := attributevalue.MarshalMap(spec)
	return types.Put{
		TableName:                           aws.String(f.specsTable),
		Item:                                encoded,
		ExpressionAttributeValues:           item{":version": encoded[attrVersion]},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, err
}

// secondAfter returns the earliest second, not before the given one, that comes after the stored version,
// or the stored version's own second if it is the same version.
func (s specItem) secondAfter(stored SpecInfo, second int64) (int64, error) {
	switch {
	case stored.UpdatedAt < second:
		return second, nil
	case stored.Version == s.Version:
		return stored.UpdatedAt, nil
	case stored.UpdatedAt == maxSecond:
		return 0, errors.New("the latest version is at the largest second")
	default:
		return stored.UpdatedAt + 1, nil
	}
}

// secondAfterConflict returns the second to try after a condition failed: after the items in the way, of
// which the first reason has the version item and the second the latest item. Without reasons, as after
// a single put, it is the next second.
func (s specItem) secondAfterConflict(reasons []types.CancellationReason, second int64) (int64, error) {
	next, conflicts := second, false
	for i, reason := range reasons {
		if len(reason.Item) == 0 {
			continue
		}
		stored, err := decodeItem(reason.Item, s.Sub, wholeSpec, decodeSpec)
		if err != nil && i == 0 {
			continue // skip a malformed version item
		}
		if err != nil {
			return 0, err
		}
		after, err := s.secondAfter(stored, second)
		if err != nil {
			return 0, err
		}
		next, conflicts = max(next, after), true
	}
	if !conflicts && next < maxSecond {
		next++ // past an item that is malformed, or that the server does not return
	}
	return next, nil
}
