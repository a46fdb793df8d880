package packagedb

import (
	"context"
	"errors"
	"iter"
	"math"
)

// CountCustomerModels implements [Database].
func (f *facade) CountCustomerModels(ctx context.Context, sub string) (_ int, err error) {
	defer wrap(&err, "count customer models of", sub, f.specsTable)
	if err := checkSub(sub); err != nil {
		return 0, err
	}
	q := f.queryLatest(sub)
	q.projection = projection(countOfSpec)
	total := 0
	for count, err := range list(ctx, f.client, q, decodeModelCount(sub)) {
		if err != nil {
			return 0, err
		}
		if count > math.MaxInt-total {
			return 0, errors.New("the sum overflows int")
		}
		total += count
	}
	return total, nil
}

func decodeModelCount(sub string) func(item) (int, error) {
	return func(stored item) (int, error) {
		record, err := decodeSpecItem(stored, sub, countOfSpec)
		return record.ModelCount, err
	}
}

// CreateUpdateSpec implements [Database].
func (f *facade) CreateUpdateSpec(ctx context.Context, sub string, spec SpecInput) (_ *SpecInfo, err error) {
	defer wrap(&err, "create or update spec", spec.Name, f.specsTable)
	id, err := specID(sub, spec.Name)
	if err != nil {
		return nil, err
	}
	if err := checkSpec(spec); err != nil {
		return nil, err
	}
	return f.writeSpec(ctx, sub, id, spec)
}

// GetLatestSpecVersion implements [Database].
func (f *facade) GetLatestSpecVersion(ctx context.Context, sub, name string) (_ string, err error) {
	defer wrap(&err, "get latest version of spec", name, f.specsTable)
	id, err := specID(sub, name)
	if err != nil {
		return "", err
	}
	record, err := f.getLatest(ctx, sub, id, versionOfSpec)
	return record.Version, err
}

// GetSpec implements [Database].
func (f *facade) GetSpec(ctx context.Context, sub, name string) (_ *SpecInfo, err error) {
	defer wrap(&err, "get spec", name, f.specsTable)
	id, err := specID(sub, name)
	if err != nil {
		return nil, err
	}
	record, err := f.getLatest(ctx, sub, id, wholeSpec)
	if err != nil {
		return nil, err
	}
	spec, err := record.info()
	if err != nil {
		return nil, malformed(err, latestKey(sub, id), attrUpdatedAtID)
	}
	return &spec, nil
}

// getLatest reads the latest item of a spec, or the attributes of it that a projection names.
func (f *facade) getLatest(ctx context.Context, sub, id string, attributes []string) (specItem, error) {
	expression := projection(attributes)
	if len(attributes) == len(wholeSpec) {
		expression = ""
	}
	key := latestKey(sub, id)
	stored, err := f.getItem(ctx, f.specsTable, key, expression, f.consistentReads)
	if err != nil {
		return specItem{}, err
	}
	record, err := decodeSpecItem(stored, sub, attributes)
	if err == nil && record.UpdatedAtID != latestKeys(id).updatedAtID {
		err = malformed(errors.New("another one was asked for"), stored, attrUpdatedAtID)
	}
	if err != nil {
		return specItem{}, err
	}
	return record, nil
}

// versionsPageSize is the number of versions that GetSpecVersion reads first. Items of usual size
// then take at most the 4 KB of one read unit.
const versionsPageSize = 16

// GetSpecVersion implements [Database].
func (f *facade) GetSpecVersion(ctx context.Context, sub, name, version string) (_ *SpecInfo, err error) {
	defer wrap(&err, "get version "+quote(version)+" of spec", name, f.specsTable)
	id, err := specID(sub, name)
	if err != nil {
		return nil, err
	}
	if err := checkText("version", version); err != nil {
		return nil, err
	}
	q := f.querySpec(sub, id, false)
	q.descending = true
	q.pageSize = versionsPageSize
	for spec, err := range list(ctx, f.client, q, decodeSpec(sub)) {
		if err != nil {
			return nil, err
		}
		if spec.Version == version {
			return &spec, nil
		}
	}
	return nil, ErrNotFound
}

// ListSpecs implements [Database].
func (f *facade) ListSpecs(ctx context.Context, sub string, options ...ListOption) ([]SpecInfo, error) {
	return collect(f.Specs(ctx, sub, options...))
}

// Specs implements [Database].
func (f *facade) Specs(ctx context.Context, sub string, options ...ListOption) iter.Seq2[SpecInfo, error] {
	q := f.queryLatest(sub).paged(options, func(after string) (item, error) {
		if err := checkKey("after", after, maxSpecID); err != nil {
			return nil, err
		}
		return latestKey(sub, after), nil
	})
	return list(ctx, f.client, q.of("list specs of", sub, checkSub(sub)), decodeSpec(sub))
}

// ListSpecVersions implements [Database].
func (f *facade) ListSpecVersions(ctx context.Context, sub, name string, options ...ListOption) ([]SpecInfo, error) {
	return collect(f.SpecVersions(ctx, sub, name, options...))
}

// SpecVersions implements [Database].
func (f *facade) SpecVersions(ctx context.Context, sub, name string, options ...ListOption) iter.Seq2[SpecInfo, error] {
	id, err := specID(sub, name)
	q := f.querySpec(sub, id, false)
	q.mustFind = true
	q = q.paged(options, func(after string) (item, error) {
		second, err := parseSecond(after)
		if err != nil {
			return nil, invalid("after %s is not an UpdatedAt in decimal", quote(after))
		}
		keys := versionKeys(id, second)
		return textItem(map[string]string{
			attrSub: sub, attrUpdatedAtID: keys.updatedAtID, attrIDUpdatedAt: keys.idUpdatedAt,
		}), nil
	})
	return list(ctx, f.client, q.of("list versions of spec", name, err), decodeSpec(sub))
}

// DeleteSpec implements [Database].
func (f *facade) DeleteSpec(ctx context.Context, sub, name string) (err error) {
	defer wrap(&err, "delete spec", name, f.specsTable)
	id, err := specID(sub, name)
	if err != nil {
		return err
	}
	return f.delete(f.specsTable, sub, attrUpdatedAtID, func(d *deletion) error { return d.deleteSpec(ctx, id) })
}

// DeleteAllSpecs implements [Database].
func (f *facade) DeleteAllSpecs(ctx context.Context, sub string) (err error) {
	defer wrap(&err, "delete all specs of", sub, f.specsTable)
	if err := checkSub(sub); err != nil {
		return err
	}
	return f.delete(f.specsTable, sub, attrUpdatedAtID, func(d *deletion) error { return d.deleteAllSpecs(ctx) })
}

// latestKey returns the key of a spec's latest item.
func latestKey(sub, id string) item {
	return textItem(map[string]string{attrSub: sub, attrUpdatedAtID: latestKeys(id).updatedAtID})
}
