package packagedb

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A spec is deleted whole: one transaction deletes its latest item and its versions, on the condition
// that all of them are still what was read.
//
// The local index is read from the end of the spec's range, where the latest item sorts, so the latest
// item is read first. Whatever commits while the rest is read changes the latest item, the condition
// fails, and the spec is read again. DynamoDB does not isolate a query from transactions: of the
// transaction that stored the latest item, the query may have missed the version. The version that the
// latest item names is therefore deleted whether it was read or not.
//
// Versions that do not fit into the transaction are deleted before it, the oldest first.

// maxTransaction is DynamoDB's limit on the items of a transaction.
const maxTransaction = 100

var errChanged = errors.New("the spec has changed since it was read")

// specDeleter deletes specs of one user whole.
type specDeleter struct {
	deleter // of old versions, and of items that belong to no spec

	specs []*storedSpec // of the next transaction
}

// storedSpec is what a delete has read of a spec.
type storedSpec struct {
	id       string
	latest   item   // nil if there is none
	versions []item // newest first
	missed   string // sort key of the version that latest names, if the query missed it
}

// add adds an item that was read.
func (s *storedSpec) add(key specKey) {
	if key.position != latestPosition {
		s.versions = append(s.versions, key.stored)
		return
	}
	s.latest = key.stored
}

// findMissed sets missed, after all items were added.
func (s *storedSpec) findMissed() {
	second, err := parseSecond(stringOf(s.latest, attrUpdatedAt))
	if err != nil {
		return
	}
	named := positionAt(second).updatedAtID(s.id)
	isNamed := func(version item) bool { return stringOf(version, attrUpdatedAtID) == named }
	if !slices.ContainsFunc(s.versions, isNamed) {
		s.missed = named
	}
}

// size returns the number of items in the transaction that deletes the spec.
func (s *storedSpec) size() int {
	size := 1 + len(s.versions)
	if s.missed != "" {
		size++
	}
	return size
}

// sortKeys returns the sort keys of all versions but the newest n, the oldest first.
func (s *storedSpec) sortKeys(n int) (keys []string) {
	for _, version := range slices.Backward(s.versions[n:]) {
		keys = append(keys, stringOf(version, attrUpdatedAtID))
	}
	return keys
}

// deleteSpec deletes a spec, and reads it again whenever it has changed.
func (d *specDeleter) deleteSpec(ctx context.Context, id string) error {
	for retry := 0; ; retry++ {
		changed, err := d.deleteAsRead(ctx, id)
		if err != nil || !changed {
			return afterRetries(ctx, err, retry, errChanged)
		}
		if err := pause(ctx, retry); err != nil {
			return afterRetries(ctx, err, retry+1, errChanged)
		}
	}
}

// deleteAsRead reads a spec and deletes it, or reports that it has changed meanwhile.
func (d *specDeleter) deleteAsRead(ctx context.Context, id string) (changed bool, err error) {
	spec := &storedSpec{id: id}
	q := d.querySpec(d.sub, id, positionAt(0), latestPosition, specToDelete)
	q.input.ConsistentRead, q.input.ScanIndexForward = aws.Bool(true), aws.Bool(false)
	for !q.done && spec.size() <= maxTransaction {
		keys, err := d.nextKeys(ctx, q)
		if err != nil {
			return false, err
		}
		for _, key := range keys {
			spec.add(key)
		}
	}
	changed, err = d.completeRead(ctx, spec)
	if err != nil || changed {
		return changed, err
	}
	if over := spec.size() - maxTransaction; over > 0 {
		if err := d.addOld(ctx, spec, len(spec.versions)-over, q.done); err != nil {
			return false, err
		}
	}
	if err := d.wait(ctx); err != nil {
		return false, err
	}
	if spec.latest == nil && len(spec.versions) == 0 {
		return false, nil
	}
	return d.deleteTogether(ctx, []*storedSpec{spec})
}

// nextKeys reads the next page of a query of the local index. It returns the items whose index key
// agrees with their key in the table. It adds misplaced versions to the deleter, and leaves misplaced
// latest items to getLatest.
func (d *specDeleter) nextKeys(ctx context.Context, q *query) (keys []specKey, err error) {
	items, err := q.nextPage(ctx)
	if err != nil {
		return nil, err
	}
	for _, stored := range items {
		key, err := decodeItem(stored, d.sub, specToDelete, decodeSpecKey)
		switch {
		case err != nil:
			return nil, err
		case key.inPlace:
			keys = append(keys, key)
		case key.position != latestPosition:
			if err := d.add(ctx, stringOf(stored, attrUpdatedAtID)); err != nil {
				return nil, err
			}
		}
	}
	return keys, nil
}

// completeRead asks for the latest item by its key if the query found none, and finds the version that
// the query missed. It reports whether the spec has changed since the query.
func (d *specDeleter) completeRead(ctx context.Context, spec *storedSpec) (changed bool, err error) {
	if spec.latest == nil {
		latest, err := d.getLatest(ctx, spec.id)
		if err != nil || latest.inPlace {
			return latest.inPlace, err
		}
		spec.latest = latest.stored
	}
	spec.findMissed()
	return false, nil
}

// getLatest reads the latest item of a spec by its key. It returns the zero specKey if there is none.
func (d *specDeleter) getLatest(ctx context.Context, id string) (specKey, error) {
	key, err := get(ctx, d.facade, d.table, latestKey(d.sub, id), true, specToDelete, decodeSpecKey)
	if errors.Is(err, ErrNotFound) {
		return specKey{}, nil
	}
	if err != nil {
		return specKey{}, err
	}
	return *key, nil
}

// addOld moves all versions but the keep newest to the deleter, the oldest first. If not all versions
// were read, it reads them.
func (d *specDeleter) addOld(ctx context.Context, spec *storedSpec, keep int, allRead bool) error {
	old := spec.sortKeys(keep)
	spec.versions = slices.Clone(spec.versions[:keep]) // not to hold the others
	if allRead {
		for _, sortKey := range old {
			if err := d.add(ctx, sortKey); err != nil {
				return err
			}
		}
		return nil
	}
	last, _, _ := splitUpdatedAtID(old[len(old)-1])
	q := d.querySpec(d.sub, spec.id, positionAt(0), last, specToDelete)
	q.input.ConsistentRead = aws.Bool(true)
	for key, err := range results(ctx, q, decodeSpecKey) {
		if err == nil && key.position != latestPosition {
			err = d.add(ctx, stringOf(key.stored, attrUpdatedAtID))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteAllSpecs deletes the specs in the local index, and then what a last read of the table finds:
// specs that have changed, and items that are not in the index.
func (d *specDeleter) deleteAllSpecs(ctx context.Context) error {
	if err := d.deleteIndexed(ctx); err != nil {
		return err
	}
	ids := map[string]bool{}
	q := d.queryUser(d.table, "", d.sub, specToDelete)
	q.input.ConsistentRead = aws.Bool(true)
	for key, err := range results(ctx, q, decodeSpecKey) {
		switch {
		case err != nil:
			return err
		case key.inPlace, key.position == latestPosition:
			ids[key.id] = true
		default:
			if err := d.add(ctx, stringOf(key.stored, attrUpdatedAtID)); err != nil {
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

// deleteIndexed deletes the specs in the local index: together if all items of a spec are on one page
// and fit into a transaction, and the others one by one.
func (d *specDeleter) deleteIndexed(ctx context.Context) error {
	q := d.queryUser(d.table, specsIndex, d.sub, specToDelete)
	q.input.ConsistentRead, q.input.ScanIndexForward = aws.Bool(true), aws.Bool(false)
	for !q.done {
		after := q.input.ExclusiveStartKey
		keys, err := d.nextKeys(ctx, q)
		if err != nil {
			return err
		}
		for _, spec := range specsOf(keys) {
			if isWholeOnPage(spec.id, after, q) && len(spec.versions) < maxTransaction {
				err = d.addSpec(ctx, spec)
			} else {
				err = d.deleteSpec(ctx, spec.id)
			}
			if err != nil {
				return err
			}
		}
	}
	if err := d.startTransaction(ctx); err != nil {
		return err
	}
	return d.wait(ctx)
}

// specsOf returns the specs of the items, in the order in which their first items come.
func specsOf(keys []specKey) (specs []*storedSpec) {
	byID := map[string]*storedSpec{}
	for _, key := range keys {
		spec := byID[key.id]
		if spec == nil {
			spec = &storedSpec{id: key.id}
			byID[key.id] = spec
			specs = append(specs, spec)
		}
		spec.add(key)
	}
	return specs
}

// isWholeOnPage reports whether the range of a spec in the local index lies on the page that a descending
// query has just read: after the exclusive start key and before the next one, if there are such.
func isWholeOnPage(id string, after item, q *query) bool {
	if after != nil && latestPosition.idUpdatedAt(id) >= stringOf(after, attrIDUpdatedAt) {
		return false
	}
	return q.done || positionAt(0).idUpdatedAt(id) > stringOf(q.input.ExclusiveStartKey, attrIDUpdatedAt)
}

// addSpec deletes a spec with the next transaction, which starts when no more fits into it.
func (d *specDeleter) addSpec(ctx context.Context, spec *storedSpec) error {
	changed, err := d.completeRead(ctx, spec)
	if err != nil || changed { // the last query of deleteAllSpecs finds it again
		return err
	}
	if spec.size() > maxTransaction {
		return d.deleteSpec(ctx, spec.id)
	}
	size := spec.size()
	for _, other := range d.specs {
		size += other.size()
	}
	if size > maxTransaction {
		if err := d.startTransaction(ctx); err != nil {
			return err
		}
	}
	d.specs = append(d.specs, spec)
	return nil
}

// startTransaction starts the next transaction like a batch.
func (d *specDeleter) startTransaction(ctx context.Context) error {
	specs := d.specs
	d.specs = nil
	if len(specs) == 0 {
		return nil
	}
	d.group(ctx).Go(func() error {
		if err := d.failure(ctx); err != nil {
			return err
		}
		_, err := d.deleteTogether(ctx, specs)
		return err
	})
	return d.failure(ctx)
}

// deleteTogether deletes specs in one transaction. If the server rejects its size, or one of them has
// changed, it deletes them in smaller ones. It reports whether one has changed.
func (d *specDeleter) deleteTogether(ctx context.Context, specs []*storedSpec) (changed bool, err error) {
	if !d.hasTransactions() {
		return d.deleteInTurn(ctx, specs)
	}
	err = d.transact(ctx, d.transactDeletes(specs))
	switch {
	case err == nil:
		for _, spec := range specs {
			d.deleted.Add(int64(len(spec.versions)))
			if spec.latest != nil {
				d.deleted.Add(1)
			}
		}
		return false, nil
	case lacksTransactions(err):
		return d.deleteInTurn(ctx, specs)
	case isConditionFailure(err) && len(specs) == 1:
		return true, nil
	case !isConditionFailure(err) && !isRejected(err):
		return false, err
	}
	if half := len(specs) / 2; half > 0 {
		first, err := d.deleteTogether(ctx, specs[:half])
		if err != nil {
			return first, err
		}
		second, err := d.deleteTogether(ctx, specs[half:])
		return first || second, err
	}
	spec := specs[0] // alone too large: its older half goes first
	keep := (len(spec.versions) + 1) / 2
	if keep == len(spec.versions) {
		return false, err
	}
	if err := d.deleteBatches(ctx, spec.sortKeys(keep)); err != nil {
		return false, err
	}
	spec.versions = spec.versions[:keep]
	return d.deleteTogether(ctx, specs)
}

// transactDeletes returns the deletes of the items of specs, on the condition that they are still what was
// read.
func (d *specDeleter) transactDeletes(specs []*storedSpec) (items []types.TransactWriteItem) {
	for _, spec := range specs {
		latest := d.latestDelete(spec)
		items = append(items, types.TransactWriteItem{Delete: &latest})
		for _, version := range spec.versions {
			unchanged := d.conditionalDelete(version, stringOf(version, attrUpdatedAtID), attrVersion)
			items = append(items, types.TransactWriteItem{Delete: &unchanged})
		}
		if spec.missed != "" {
			items = append(items, types.TransactWriteItem{Delete: &types.Delete{
				TableName: aws.String(d.table), Key: d.key(spec.missed),
			}})
		}
	}
	return items
}

// latestDelete returns the delete of a latest item, on the condition that it is still what was read.
func (d *specDeleter) latestDelete(spec *storedSpec) types.Delete {
	return d.conditionalDelete(spec.latest, latestPosition.updatedAtID(spec.id), attrUpdatedAt, attrVersion)
}

// conditionalDelete returns the delete of an item on the condition that the attributes are still what was
// read, or that there is none if none was read.
func (d *specDeleter) conditionalDelete(read item, sortKey string, attributes ...string) types.Delete {
	del := types.Delete{TableName: aws.String(d.table), Key: d.key(sortKey)}
	if read == nil {
		del.ConditionExpression = aws.String("attribute_not_exists(updated_at_id)")
		return del
	}
	conditions := []string{"attribute_exists(updated_at_id)"}
	for _, name := range attributes {
		if read[name] == nil {
			conditions = append(conditions, "attribute_not_exists("+name+")")
			continue
		}
		conditions = append(conditions, name+" = :"+name)
		if del.ExpressionAttributeValues == nil {
			del.ExpressionAttributeValues = item{}
		}
		del.ExpressionAttributeValues[":"+name] = read[name]
	}
	del.ConditionExpression = aws.String(strings.Join(conditions, " AND "))
	return del
}

// deleteInTurn deletes specs on a server without transactions: of each first the latest item, on the
// condition that it is still what was read, and then the versions. It reports whether one has changed.
func (d *specDeleter) deleteInTurn(ctx context.Context, specs []*storedSpec) (changed bool, err error) {
	for _, spec := range specs {
		err := d.delete(ctx, d.latestDelete(spec))
		switch {
		case err == nil:
		case isConditionFailure(err):
			changed = true
			continue
		default:
			return false, err
		}
		if spec.latest != nil {
			d.deleted.Add(1)
		}
		if err := d.deleteBatches(ctx, spec.sortKeys(0)); err != nil {
			return false, err
		}
		latest, err := d.getLatest(ctx, spec.id)
		if err != nil {
			return false, err
		}
		if latest.inPlace { // it was created again, and may have lost a version at the second of an old one
			changed = true
		}
	}
	return changed, nil
}
