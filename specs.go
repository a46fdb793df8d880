package packagedb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
)

// CountCustomerModels implements [Database].
func (f *facade) CountCustomerModels(ctx context.Context, sub string) (_ int, err error) {
	ctx, end := f.begin(ctx, "CountCustomerModels", sub, f.specsTable)
	defer end(&err)
	if err := checkSub(sub); err != nil {
		return 0, err
	}
	q := f.queryLatest(sub)
	q.selection = countOfSpec
	total := 0
	for count, err := range list(ctx, f.client, q, decodeModelCount) {
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

// CreateUpdateSpec implements [Database].
func (f *facade) CreateUpdateSpec(ctx context.Context, sub string, spec SpecInput) (_ *SpecInfo, err error) {
	ctx, end := f.begin(ctx, "CreateUpdateSpec", spec.Name, f.specsTable)
	defer end(&err)
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
	ctx, end := f.begin(ctx, "GetLatestSpecVersion", name, f.specsTable)
	defer end(&err)
	id, err := specID(sub, name)
	if err != nil {
		return "", err
	}
	key := latestKey(sub, id)
	version, err := get(ctx, f.client, f.specsTable, key, f.consistentReads, versionOfSpec, decodeVersion)
	if err != nil {
		return "", err
	}
	return *version, nil
}

// GetSpec implements [Database].
func (f *facade) GetSpec(ctx context.Context, sub, name string) (_ *SpecInfo, err error) {
	ctx, end := f.begin(ctx, "GetSpec", name, f.specsTable)
	defer end(&err)
	id, err := specID(sub, name)
	if err != nil {
		return nil, err
	}
	return get(ctx, f.client, f.specsTable, latestKey(sub, id), f.consistentReads, wholeSpec, decodeSpec)
}

// versionsPageSize is the number of versions that GetSpecVersion reads first. Items of usual size
// then take at most the 4 KB of one read unit.
const versionsPageSize = 16

// GetSpecVersion implements [Database].
func (f *facade) GetSpecVersion(ctx context.Context, sub, name, version string) (_ *SpecInfo, err error) {
	ctx, end := f.begin(ctx, "GetSpecVersion", name, f.specsTable)
	defer end(&err)
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
	for spec, err := range list(ctx, f.client, q, decodeSpec) {
		if err != nil {
			return nil, fmt.Errorf("version %s: %w", quote(version), err)
		}
		if spec.Version == version {
			return &spec, nil
		}
	}
	return nil, fmt.Errorf("version %s: %w", quote(version), ErrNotFound)
}

// ListSpecs implements [Database].
func (f *facade) ListSpecs(ctx context.Context, sub string, options ...ListOption) ([]SpecInfo, error) {
	return collect(f.specs(ctx, "ListSpecs", sub, options))
}

// Specs implements [Database].
func (f *facade) Specs(ctx context.Context, sub string, options ...ListOption) iter.Seq2[SpecInfo, error] {
	return f.specs(ctx, "Specs", sub, options)
}

func (f *facade) specs(ctx context.Context, operation, sub string, options []ListOption) iter.Seq2[SpecInfo, error] {
	return iterate(func(yield func(SpecInfo) bool) (err error) {
		ctx, end := f.begin(ctx, operation, sub, f.specsTable)
		defer end(&err)
		if err := checkSub(sub); err != nil {
			return err
		}
		q, err := f.queryLatest(sub).paged(options, func(after string) (item, error) {
			return latestKey(sub, after), checkKey("after", after, maxSpecID)
		})
		if err != nil {
			return err
		}
		return each(ctx, f.client, q, decodeSpec, yield)
	})
}

// ListSpecVersions implements [Database].
func (f *facade) ListSpecVersions(ctx context.Context, sub, name string, options ...ListOption) ([]SpecInfo, error) {
	return collect(f.specVersions(ctx, "ListSpecVersions", sub, name, options))
}

// SpecVersions implements [Database].
func (f *facade) SpecVersions(ctx context.Context, sub, name string, options ...ListOption) iter.Seq2[SpecInfo, error] {
	return f.specVersions(ctx, "SpecVersions", sub, name, options)
}

func (f *facade) specVersions(
	ctx context.Context, operation, sub, name string, options []ListOption,
) iter.Seq2[SpecInfo, error] {
	return iterate(func(yield func(SpecInfo) bool) (err error) {
		ctx, end := f.begin(ctx, operation, name, f.specsTable)
		defer end(&err)
		id, err := specID(sub, name)
		if err != nil {
			return err
		}
		q := f.querySpec(sub, id, false)
		q.mustFind = true
		q, err = q.paged(options, func(after string) (item, error) {
			second, err := parseSecond(after)
			if err != nil {
				return nil, invalid("after %s is not an UpdatedAt in decimal", quote(after))
			}
			at := positionAt(second)
			return textItem(map[string]string{
				attrSub: sub, attrUpdatedAtID: at.updatedAtID(id), attrIDUpdatedAt: at.idUpdatedAt(id),
			}), nil
		})
		if err != nil {
			return err
		}
		return each(ctx, f.client, q, decodeSpec, yield)
	})
}

// DeleteSpec implements [Database].
func (f *facade) DeleteSpec(ctx context.Context, sub, name string) (err error) {
	ctx, end := f.begin(ctx, "DeleteSpec", name, f.specsTable)
	defer end(&err)
	id, err := specID(sub, name)
	if err != nil {
		return err
	}
	return f.delete(f.specsTable, sub, attrUpdatedAtID, func(d *deletion) error { return d.deleteSpec(ctx, id) })
}

// DeleteAllSpecs implements [Database].
func (f *facade) DeleteAllSpecs(ctx context.Context, sub string) (err error) {
	ctx, end := f.begin(ctx, "DeleteAllSpecs", sub, f.specsTable)
	defer end(&err)
	if err := checkSub(sub); err != nil {
		return err
	}
	return f.delete(f.specsTable, sub, attrUpdatedAtID, func(d *deletion) error { return d.deleteAllSpecs(ctx) })
}

// latestKey returns the key of a spec's latest item.
func latestKey(sub, id string) item {
	return textItem(map[string]string{attrSub: sub, attrUpdatedAtID: latestPosition.updatedAtID(id)})
}
