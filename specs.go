package packagedb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// CountCustomerModels implements [Database].
func (f *facade) CountCustomerModels(ctx context.Context, sub string) (_ int, err error) {
	ctx, call := f.begin(ctx, "CountCustomerModels", sub, f.specsTable)
	defer call.end(&err)
	if err := f.checkSub(sub); err != nil {
		return 0, err
	}
	total := 0
	for count, err := range results(ctx, f.queryLatest(sub, modelCountOfSpec), decodeModelCount) {
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

// CreateSpecVersion implements [Database].
func (f *facade) CreateSpecVersion(ctx context.Context, sub string, spec SpecInput) (_ *SpecInfo, err error) {
	ctx, call := f.begin(ctx, "CreateSpecVersion", spec.Name, f.specsTable)
	defer call.end(&err)
	info, err := f.checkedSpec(sub, spec)
	if err != nil {
		return nil, err
	}
	info.UpdatedAt, err = f.createOnce(ctx, newSpecItem(sub, info), max(0, f.now().Unix()))
	if err != nil {
		return nil, fmt.Errorf("version %s: %w", quote(spec.Version), err)
	}
	return &info, nil
}

// CreateUpdateSpec implements [Database].
func (f *facade) CreateUpdateSpec(ctx context.Context, sub string, spec SpecInput) (_ *SpecInfo, err error) {
	ctx, call := f.begin(ctx, "CreateUpdateSpec", spec.Name, f.specsTable)
	defer call.end(&err)
	info, err := f.checkedSpec(sub, spec)
	if err != nil {
		return nil, err
	}
	info.UpdatedAt, err = f.createSpec(ctx, newSpecItem(sub, info), max(0, f.now().Unix()))
	if err != nil {
		return nil, err
	}
	return &info, nil
}

// GetLatestSpecVersion implements [Database].
func (f *facade) GetLatestSpecVersion(ctx context.Context, sub, name string) (_ string, err error) {
	ctx, call := f.begin(ctx, "GetLatestSpecVersion", name, f.specsTable)
	defer call.end(&err)
	id, err := f.specID(sub, name)
	if err != nil {
		return "", err
	}
	version, err := get(ctx, f, f.specsTable, latestKey(sub, id), f.consistentReads, versionOfSpec, decodeVersion)
	if err != nil {
		return "", err
	}
	return *version, nil
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
	return iterate(func(yield func(SpecInfo, error) bool) (err error) {
		ctx, call := f.begin(ctx, operation, sub, f.specsTable)
		defer call.end(&err)
		if err := f.checkSub(sub); err != nil {
			return err
		}
		q := f.queryLatest(sub, wholeSpec)
		after, err := q.apply(options)
		if err != nil {
			return err
		}
		if after != nil {
			if err := checkString("after", *after, maxSpecID); err != nil {
				return err
			}
			q.input.ExclusiveStartKey = latestKey(sub, *after)
		}
		return each(ctx, q, decodeSpec, yield)
	})
}

// GetSpec implements [Database].
func (f *facade) GetSpec(ctx context.Context, sub, name string) (_ *SpecInfo, err error) {
	ctx, call := f.begin(ctx, "GetSpec", name, f.specsTable)
	defer call.end(&err)
	id, err := f.specID(sub, name)
	if err != nil {
		return nil, err
	}
	return get(ctx, f, f.specsTable, latestKey(sub, id), f.consistentReads, wholeSpec, decodeSpec)
}

// versionsPageSize is the number of versions that GetSpecVersion reads first. Items of usual size
// then take at most the 4 KB of one read unit.
const versionsPageSize = 16

// GetSpecVersion implements [Database].
func (f *facade) GetSpecVersion(ctx context.Context, sub, name, version string) (_ *SpecInfo, err error) {
	ctx, call := f.begin(ctx, "GetSpecVersion", name, f.specsTable)
	defer call.end(&err)
	id, err := f.specID(sub, name)
	if err != nil {
		return nil, err
	}
	if err := checkString("version", version, unlimited); err != nil {
		return nil, err
	}
	spec, err := f.findVersion(ctx, sub, id, version)
	if err != nil {
		return nil, fmt.Errorf("version %s: %w", quote(version), err)
	}
	return spec, nil
}

// findVersion returns the newest entry of the history with the version.
//
// While it reads page after page, the version may be written again and its older entry be deleted. After
// more than one page it asks for entries newer than those that it has read, until there are none.
func (f *facade) findVersion(ctx context.Context, sub, id, version string) (*SpecInfo, error) {
	newest := int64(-1) // of the entries read
	for again := false; newest < maxSecond; again = true {
		q := f.querySpec(sub, id, positionAt(newest+1), endOfVersions, wholeSpec)
		q.input.ScanIndexForward, q.input.Limit = aws.Bool(false), aws.Int32(versionsPageSize)
		read := newest
		for spec, err := range results(ctx, q, decodeSpec) {
			if err != nil {
				return nil, err
			}
			if spec.Version == version {
				return &spec, nil
			}
			newest = max(newest, spec.UpdatedAt)
		}
		if again && newest == read || !again && q.input.ExclusiveStartKey == nil {
			break
		}
	}
	return nil, ErrNotFound
}

// DeleteSpec implements [Database].
func (f *facade) DeleteSpec(ctx context.Context, sub, name string) (err error) {
	ctx, call := f.begin(ctx, "DeleteSpec", name, f.specsTable)
	defer call.end(&err)
	id, err := f.specID(sub, name)
	if err != nil {
		return err
	}
	d := specDeleter{deleter: deleter{facade: f, table: f.specsTable, sub: sub, sortKey: attrUpdatedAtID}}
	return d.end(d.deleteSpec(ctx, id))
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
	return iterate(func(yield func(SpecInfo, error) bool) (err error) {
		ctx, call := f.begin(ctx, operation, name, f.specsTable)
		defer call.end(&err)
		id, err := f.specID(sub, name)
		if err != nil {
			return err
		}
		q := f.querySpec(sub, id, positionAt(0), endOfVersions, wholeSpec)
		q.mustFind = true
		after, err := q.apply(options)
		if err != nil {
			return err
		}
		if after != nil {
			second, err := parseSecond(*after)
			if err != nil {
				return invalid("after %s is not an UpdatedAt in decimal", quote(*after))
			}
			at := positionAt(second)
			q.input.ExclusiveStartKey = stringItem(map[string]string{
				attrSub: sub, attrUpdatedAtID: at.updatedAtID(id), attrIDUpdatedAt: at.idUpdatedAt(id),
			})
		}
		return each(ctx, q, decodeSpec, yield)
	})
}

// DeleteAllSpecs implements [Database].
func (f *facade) DeleteAllSpecs(ctx context.Context, sub string) (err error) {
	ctx, call := f.begin(ctx, "DeleteAllSpecs", sub, f.specsTable)
	defer call.end(&err)
	if err := f.checkSub(sub); err != nil {
		return err
	}
	d := specDeleter{deleter: deleter{facade: f, table: f.specsTable, sub: sub, sortKey: attrUpdatedAtID}}
	return d.end(d.deleteAllSpecs(ctx))
}
