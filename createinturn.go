package packagedb

import "context"

// On a server without transactions, the two items of a version are put in turn.
//
//   - CreateUpdateSpec puts the version item first. A failure between the two leaves a version without a
//     latest item, and the next write is dated after it.
//   - CreateSpecVersion sets the latest item first, which decides between its callers. A failure between
//     the two leaves a latest item without its version.
//
// No latest item is replaced before its version is stored: whoever finds one without its version completes
// it, and then replaces it on the condition that it is still the same.

// createInTurn stores a version of a spec at the second or later, and returns its second.
func (f *facade) createInTurn(ctx context.Context, spec specItem, second int64) (int64, error) {
	end, second, err := f.putVersion(ctx, spec, second)
	if err != nil {
		return 0, err
	}
	return second, f.advanceLatest(ctx, spec, second, end.latest)
}

// putVersion puts the version item after the end of the history. It returns that end and the second of the
// item.
func (f *facade) putVersion(ctx context.Context, spec specItem, second int64) (end history, _ int64, err error) {
	var failed error // the last attempt that failed
	for retry := 0; ; retry++ {
		if end, err = f.readEnd(ctx, spec); err != nil {
			return end, 0, afterRetries(ctx, err, retry, failed)
		}
		if second, err = end.secondFor(spec, second); err != nil {
			return end, 0, err
		}
		version, _, err := f.putsAt(spec, second)
		if err != nil {
			return end, 0, err
		}
		err = f.put(ctx, version)
		if err == nil || !isConditionFailure(err) {
			return end, second, afterRetries(ctx, err, retry, failed)
		}
		failed = err
		if second, err = spec.secondAfterConflict(nil, second); err != nil {
			return end, 0, err
		}
		if err := pause(ctx, retry); err != nil {
			return end, 0, afterRetries(ctx, err, retry+1, failed)
		}
	}
}

// advanceLatest makes the version at the second the latest, after the latest item that was read, unless
// another writer was faster, whose version is then the later one in the history as well.
func (f *facade) advanceLatest(ctx context.Context, spec specItem, second int64, read *SpecInfo) error {
	_, latest, err := f.putsAt(spec, second)
	if err != nil {
		return err
	}
	var failed error // the last attempt that failed
	for retry := 0; ; retry++ {
		err := f.put(ctx, ifStillLatest(read, latest))
		if err == nil || !isConditionFailure(err) {
			return afterRetries(ctx, err, retry, failed)
		}
		failed = err
		if err := pause(ctx, retry); err != nil {
			return afterRetries(ctx, err, retry+1, failed)
		}
		end, err := f.readEnd(ctx, spec)
		if err != nil || end.latest != nil && end.latest.UpdatedAt >= second {
			return afterRetries(ctx, err, retry+1, failed)
		}
		read = end.latest
	}
}

// readEnd reads the latest item and the newest version of a spec. The latest item has its version, if
// necessary after readEnd has completed it.
func (f *facade) readEnd(ctx context.Context, spec specItem) (history, error) {
	var failed error // the last attempt that failed
	for retry := 0; ; retry++ {
		end, err := f.readHistory(ctx, spec, positionAt(0), true)
		if err == nil {
			err = f.complete(ctx, spec.Sub, end)
		}
		if err == nil || !isConditionFailure(err) {
			return end, afterRetries(ctx, err, retry, failed)
		}
		failed = err
		if err := pause(ctx, retry); err != nil {
			return end, afterRetries(ctx, err, retry+1, failed)
		}
	}
}

// complete stores the version of a latest item that was read without it. If another version has its second,
// it dates the latest item after that. A failed condition means that the latest item has changed.
func (f *facade) complete(ctx context.Context, sub string, read history) error {
	if read.isWhole {
		return nil
	}
	spec := newSpecItem(sub, *read.latest)
	version, _, err := f.putsAt(spec, read.latest.UpdatedAt)
	if err != nil {
		return err
	}
	taken := f.put(ctx, version)
	if taken == nil || !isConditionFailure(taken) {
		return taken
	}
	second, err := read.secondFor(spec, read.latest.UpdatedAt+1)
	if err != nil {
		return err
	}
	if _, err := f.putLatestFirst(ctx, spec, second, read.latest); err != nil {
		return err
	}
	return taken
}

// putLatestFirst sets the latest item, if it is still what was read, and then puts its version. It reports
// whether it has set the latest item, or may have in an attempt whose response was lost.
func (f *facade) putLatestFirst(
	ctx context.Context, spec specItem, second int64, read *SpecInfo,
) (isSet bool, err error) {
	version, latest, err := f.putsAt(spec, second)
	if err != nil {
		return false, err
	}
	var sent attempts
	if err := f.put(ctx, ifStillLatest(read, latest), countAttempts(&sent)); err != nil {
		return sent.inDoubt, err
	}
	return true, f.put(ctx, version)
}
