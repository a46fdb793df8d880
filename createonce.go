package packagedb

import (
	"context"
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// CreateSpecVersion stores a version once: it reads the history, and stores the version on the condition
// that nothing was added since. Every create changes the latest item, so the condition is that this is
// still what was read.
//
// The history is read from its end, where the latest item sorts, so that is read first. DynamoDB does not
// isolate a query from transactions: of a create that commits at that moment, the query may return the
// latest item and not the version, or the version and the latest item of before. In the first case the
// latest item counts as an entry of the history; in the second the version is found, or the condition
// fails.
const (
	missingCondition = "attribute_not_exists(updated_at_id)"
	sameCondition    = "updated_at = :updated_at AND version = :version"
)

// createOnce stores a version of a spec at the second or later, and returns its second, or [ErrExists] if the
// history has the version.
func (f *facade) createOnce(ctx context.Context, spec specItem, second int64) (int64, error) {
	var read history
	mayBeStored := false // by this call
	var failed error     // the last attempt that failed
	for retry := 0; ; retry++ {
		var err error
		if read, err = f.readNewer(ctx, spec, read); err != nil {
			return 0, afterRetries(ctx, err, retry, failed)
		}
		transactions := f.hasTransactions()
		at, isStored, err := f.putOnce(ctx, spec, second, read, transactions)
		mayBeStored = mayBeStored || isStored
		switch {
		case err == nil:
			return at, nil
		case errors.Is(err, ErrExists) && mayBeStored && newSpecItem(spec.Sub, *read.found) == spec:
			return read.found.UpdatedAt, nil
		case !isConditionFailure(err) && !(transactions && lacksTransactions(err)):
			return 0, afterRetries(ctx, err, retry, failed)
		}
		failed = err
		if isTaken(err) {
			second = min(at, maxSecond-1) + 1 // by a version item that the index may lack
		}
		if err := pause(ctx, retry); err != nil {
			return 0, afterRetries(ctx, err, retry+1, failed)
		}
	}
}

// readNewer reads what is newer than what was read before, or the whole history if that was deleted in the
// meantime or has the version.
func (f *facade) readNewer(ctx context.Context, spec specItem, before history) (history, error) {
	if before.latest != nil && before.found == nil {
		read, err := f.readHistory(ctx, spec, positionAt(before.latest.UpdatedAt), false)
		if err != nil || read.found != nil || read.oldest != nil && isSameEntry(read.oldest, before.latest) {
			return read, err
		}
	}
	return f.readHistory(ctx, spec, positionAt(0), false)
}

// putOnce stores a version at the second or later if nothing was added to the history since it was read, and
// returns its second. It reports whether the version is stored or, as a response was lost, may be.
func (f *facade) putOnce(
	ctx context.Context, spec specItem, second int64, read history, transactions bool,
) (_ int64, isStored bool, err error) {
	switch {
	case !transactions:
		err = f.complete(ctx, spec.Sub, read)
	case read.found == read.latest && !read.isWhole:
		_, err = f.putTogether(ctx, newSpecItem(spec.Sub, *read.latest), read.latest.UpdatedAt, read.latest)
		if err != nil && isConditionFailure(err) {
			err = nil // the query did not return the version
		}
	}
	if err != nil {
		return 0, false, err
	}
	if read.found != nil {
		return 0, false, ErrExists
	}
	if second, err = read.secondFor(spec, second); err != nil {
		return 0, false, err
	}
	if transactions {
		isStored, err = f.putTogether(ctx, spec, second, read.latest)
	} else {
		isStored, err = f.putLatestFirst(ctx, spec, second, read.latest)
	}
	return second, isStored, err
}

// putTogether puts the two items of a version in one transaction, if there is no such version item and the
// latest item is still what was read. It reports whether the version may be stored despite an error: the
// token of the transaction makes sure, unless a retry meets a server without transactions.
func (f *facade) putTogether(
	ctx context.Context, spec specItem, second int64, read *SpecInfo,
) (isStored bool, err error) {
	version, latest, err := f.putsAt(spec, second)
	if err != nil {
		return false, err
	}
	version.ConditionExpression, version.ExpressionAttributeValues = aws.String(missingCondition), nil
	latest = ifStillLatest(read, latest)
	var sent attempts
	err = f.transact(ctx, []types.TransactWriteItem{{Put: &version}, {Put: &latest}}, countAttempts(&sent))
	return sent.inDoubt && lacksTransactions(err), err
}

// isTaken reports whether the first item of a transaction failed its condition.
func isTaken(err error) bool {
	reasons := cancellationReasons(err)
	return len(reasons) > 0 && aws.ToString(reasons[0].Code) == "ConditionalCheckFailed"
}

// ifStillLatest returns the put of a latest item on the condition that it is still what was read, or that
// there is none if none was read.
func ifStillLatest(read *SpecInfo, put types.Put) types.Put {
	put.ConditionExpression, put.ExpressionAttributeValues = aws.String(missingCondition), nil
	if read != nil {
		put.ConditionExpression = aws.String(sameCondition)
		put.ExpressionAttributeValues = stringItem(map[string]string{
			":updated_at": strconv.FormatInt(read.UpdatedAt, 10), ":version": read.Version,
		})
	}
	return put
}
