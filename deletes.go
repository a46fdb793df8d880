package packagedb

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A spec is deleted whole: the transaction that deletes its latest item deletes its newest versions
// too, on the condition that the latest item is still the one that was read. Versions that do not fit
// into the transaction are deleted before it, the oldest first.

// maxTransaction is DynamoDB's limit on the items of a transaction.
const maxTransaction = 100

// specKeys iterates over the keys of the items of a query, which it reads consistently.
func (d *deletion) specKeys(ctx context.Context, q query) iter.Seq2[specKey, error] {
	q.consistent = true
	q.selection = keysOfSpec
	return list(ctx, d.client, q, decodeSpecKey)
}

// specRest is the part of one spec that is deleted in one transaction: its latest item and its
// newest versions. If latest is nil, the item must not exist.
type specRest struct {
	id       string
	latest   item
	versions []string // sort keys, ascending
}

// deleteSpec deletes a spec, and reads it again whenever its latest item has changed.
func (d *deletion) deleteSpec(ctx context.Context, id string) error {
	for retry := 0; ; retry++ {
		changed, err := d.deleteSpecs(ctx, d.querySpec(d.sub, id, true))
		if err != nil || !changed {
			return err
		}
		if err := pause(ctx, retry); err != nil {
			return err
		}
	}
}

// deleteAllSpecs deletes the specs in the index, and then what a last read of the table finds:
// specs that have changed, and items that are not in the index.
func (d *deletion) deleteAllSpecs(ctx context.Context) error {
	_, err := d.deleteSpecs(ctx, d.queryUser(d.table, specsIndex, d.sub, keysOfSpec))
	if err != nil {
		return err
	}
	ids := map[string]bool{}
	for key, err := range d.specKeys(ctx, d.queryUser(d.table, "", d.sub, keysOfSpec)) {
		switch {
		case err != nil:
			return err
		case key.indexed, key.latest != nil:
			ids[key.id] = true
		default:
			if err := d.add(ctx, key.updatedAtID); err != nil {
				return err
			}
		}
	}
	if err := d.wait(ctx); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if err := d.deleteSpec(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// wholeSpecs collects the items of specs in the order of the index and deletes every spec whole,
// many in one transaction.
type wholeSpecs struct {
	*deletion
	open    []*specRest // of which more items may follow; each id and a # begin the next one's
	closed  []*specRest // for the next transaction
	size    int         // items of the next transaction
	changed atomic.Bool // a latest item was not the one that had been read
}

// deleteSpecs deletes the specs whose items the query over the index finds. It reports whether one
// remains because its latest item has changed.
func (d *deletion) deleteSpecs(ctx context.Context, q query) (changed bool, err error) {
	w := wholeSpecs{deletion: d}
	if q.specID != "" {
		w.open = []*specRest{{id: q.specID}}
	}
	for key, err := range d.specKeys(ctx, q) {
		if err == nil {
			err = w.take(ctx, key)
		}
		if err != nil {
			return false, err
		}
	}
	for len(w.open) > 0 {
		if err := w.closeLast(ctx); err != nil {
			return false, err
		}
	}
	if err := w.send(ctx); err != nil {
		return false, err
	}
	err = d.wait(ctx)
	return w.changed.Load(), err
}

// take adds an item to those of its spec. In the order of the index the items of specs whose ids
// begin with this id and a # come between its versions and its latest item.
func (w *wholeSpecs) take(ctx context.Context, key specKey) error {
	if !key.indexed {
		if key.latest != nil {
			return nil // it is found by its key
		}
		return w.add(ctx, key.updatedAtID)
	}
	for len(w.open) > 0 && !strings.HasPrefix(key.idUpdatedAt, w.open[len(w.open)-1].id+keySeparator) {
		if err := w.closeLast(ctx); err != nil {
			return err
		}
	}
	if len(w.open) == 0 || w.open[len(w.open)-1].id != key.id {
		w.open = append(w.open, &specRest{id: key.id})
	}
	spec := w.open[len(w.open)-1]
	if key.latest != nil {
		spec.latest = key.latest
		return w.closeLast(ctx)
	}
	spec.versions = append(spec.versions, key.updatedAtID)
	if len(spec.versions) < maxTransaction {
		return nil
	}
	oldest := spec.versions[0]
	spec.versions = spec.versions[1:]
	return w.add(ctx, oldest)
}

// closeLast adds a spec whose items were all read to the next transaction.
func (w *wholeSpecs) closeLast(ctx context.Context) error {
	spec := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	if spec.latest == nil {
		latest, err := w.getLatestKey(ctx, spec.id)
		switch {
		case err != nil:
			return err
		case latest.indexed:
			w.changed.Store(true)
			return nil
		case latest.latest == nil && len(spec.versions) == 0:
			return nil
		}
		spec.latest = latest.latest
	}
	if w.size+spec.size() > maxTransaction {
		if err := w.send(ctx); err != nil {
			return err
		}
	}
	w.closed = append(w.closed, spec)
	w.size += spec.size()
	return nil
}

// size returns the number of the items of the transaction.
func (s *specRest) size() int { return len(s.versions) + 1 }

// stored returns the number of the items that exist.
func (s *specRest) stored() int {
	if s.latest == nil {
		return len(s.versions)
	}
	return len(s.versions) + 1
}

// getLatestKey reads the latest item of a spec by its key. It returns the zero specKey if there is
// none.
func (d *deletion) getLatestKey(ctx context.Context, id string) (specKey, error) {
	key, err := get(ctx, d.client, d.table, latestKey(d.sub, id), true, keysOfSpec, decodeSpecKey)
	if errors.Is(err, ErrNotFound) {
		return specKey{}, nil
	}
	if err != nil {
		return specKey{}, err
	}
	return *key, nil
}

// send deletes the closed specs after the older versions of all specs so far.
func (w *wholeSpecs) send(ctx context.Context) error {
	specs := w.closed
	w.closed, w.size = nil, 0
	if len(specs) == 0 {
		return nil
	}
	if w.batched || len(w.batch) > 0 {
		if err := w.wait(ctx); err != nil {
			return err
		}
	}
	return w.start(ctx, func() error { return w.deleteWhole(ctx, specs) })
}

// deleteWhole deletes specs in one transaction. If the server rejects its size, or one of them has
// changed, it deletes them in smaller ones.
func (w *wholeSpecs) deleteWhole(ctx context.Context, specs []*specRest) error {
	if w.withoutTransactions.Load() {
		return w.deleteInTurn(ctx, specs)
	}
	err := w.transact(ctx, func() []types.TransactWriteItem { return w.transactItems(specs) })
	switch {
	case err == nil:
		for _, spec := range specs {
			w.deleted.Add(int64(spec.stored()))
		}
		return nil
	case lacksTransactions(err):
		return w.deleteInTurn(ctx, specs)
	case isConditionFailure(err) && len(specs) == 1:
		w.changed.Store(true)
		return nil
	case !isConditionFailure(err) && !isRejected(err):
		return err
	}
	if half := len(specs) / 2; half > 0 {
		if err := w.deleteWhole(ctx, specs[:half]); err != nil {
			return err
		}
		return w.deleteWhole(ctx, specs[half:])
	}
	spec := specs[0]
	half := len(spec.versions) / 2
	if half == 0 {
		return err
	}
	if err := w.deleteBatches(ctx, spec.versions[:half]); err != nil {
		return err
	}
	return w.deleteWhole(ctx, []*specRest{{id: spec.id, latest: spec.latest, versions: spec.versions[half:]}})
}

// isRejected reports whether the server rejected the transaction as a whole, perhaps for its size.
func isRejected(err error) bool {
	return errorCode(err) == "ValidationException" || hasReason(err, "ValidationError")
}

func (w *wholeSpecs) transactItems(specs []*specRest) []types.TransactWriteItem {
	var items []types.TransactWriteItem
	for _, spec := range specs {
		condition, values := sameLatest(spec.latest)
		items = append(items, types.TransactWriteItem{Delete: &types.Delete{
			TableName:                 aws.String(w.table),
			Key:                       latestKey(w.sub, spec.id),
			ConditionExpression:       aws.String(condition),
			ExpressionAttributeValues: values,
		}})
		for _, version := range spec.versions {
			items = append(items, types.TransactWriteItem{Delete: &types.Delete{
				TableName: aws.String(w.table), Key: w.key(version),
			}})
		}
	}
	return items
}

// sameLatest returns the condition that the latest item is the one that was read, or that there is
// none.
func sameLatest(latest item) (condition string, values item) {
	if latest == nil {
		return "attribute_not_exists(updated_at_id)", nil
	}
	conditions, texts := []string{"attribute_exists(updated_at_id)"}, map[string]string{}
	for _, attribute := range []string{attrUpdatedAt, attrVersion} {
		switch latest[attribute].(type) {
		case nil:
			conditions = append(conditions, "attribute_not_exists("+attribute+")")
		case *types.AttributeValueMemberS:
			conditions = append(conditions, attribute+" = :"+attribute)
			texts[":"+attribute] = textOf(latest, attribute)
		default:
			conditions = append(conditions, "attribute_exists("+attribute+")")
		}
	}
	return strings.Join(conditions, " AND "), textItem(texts)
}

// deleteInTurn deletes specs on a server without transactions: of each first the latest item, on the
// condition that it is the one that was read, and then the versions.
func (w *wholeSpecs) deleteInTurn(ctx context.Context, specs []*specRest) error {
	for _, spec := range specs {
		condition, values := sameLatest(spec.latest)
		err := w.deleteItem(ctx, w.table, latestKey(w.sub, spec.id), condition, values)
		if isConditionFailure(err) {
			w.changed.Store(true)
			continue
		}
		if err != nil {
			return err
		}
		if spec.latest != nil {
			w.deleted.Add(1)
		}
		if err := w.deleteBatches(ctx, spec.versions); err != nil {
			return err
		}
		latest, err := w.getLatestKey(ctx, spec.id)
		if err != nil {
			return err
		}
		if latest.indexed { // it was created again, and may have lost a version at the second of an old one
			w.changed.Store(true)
		}
	}
	return nil
}
