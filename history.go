package packagedb

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// history is what was read of a spec's history.
type history struct {
	latest         *SpecInfo // the latest item
	newest, oldest *SpecInfo // of the versions that were read
	found          *SpecInfo // the newest entry with the version to be written; the latest item counts
	isWhole        bool      // the version that the latest item names was read, if there is a latest item
}

// readHistory reads the history of a spec from its end back to a position, until it finds the version of
// the spec. If only the end is wanted, it reads the latest item, the newest version, and those before it
// until it is known whether the latest item has its version.
func (f *facade) readHistory(ctx context.Context, spec specItem, first position, onlyEnd bool) (history, error) {
	h := history{isWhole: true}
	q := f.querySpec(spec.Sub, spec.ID, first, latestPosition, wholeSpec)
	q.input.ConsistentRead, q.input.ScanIndexForward = aws.Bool(true), aws.Bool(false)
	if onlyEnd {
		q.input.Limit = aws.Int32(2)
	}
	for stored, err := range results(ctx, q, decodeHistoryItem) {
		if err != nil {
			return h, err
		}
		info := &stored.SpecInfo
		if h.found == nil && info.Version == spec.Version {
			h.found = info
		}
		if stored.isLatest {
			h.latest, h.isWhole = info, false
			continue
		}
		h.newest, h.oldest = cmp.Or(h.newest, info), info
		h.isWhole = h.isWhole || isSameEntry(info, h.latest)
		if onlyEnd && (h.isWhole || info.UpdatedAt <= h.latest.UpdatedAt) || !onlyEnd && info.Version == spec.Version {
			break
		}
	}
	return h, nil
}

// isSameEntry reports whether two items of a spec are the same entry of its history, perhaps with other
// contents.
func isSameEntry(a, b *SpecInfo) bool { return a.UpdatedAt == b.UpdatedAt && a.Version == b.Version }

// secondFor returns the earliest second for a version, not before the given one, that comes after what was
// read. The latest item and the newest version may exist without each other.
func (h history) secondFor(spec specItem, second int64) (int64, error) {
	next := second
	for _, stored := range []*SpecInfo{h.latest, h.newest} {
		if stored == nil {
			continue
		}
		after, err := spec.secondAfter(*stored, second)
		if err != nil {
			return 0, err
		}
		next = max(next, after)
	}
	return next, nil
}
