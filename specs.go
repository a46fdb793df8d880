package packagedb

import (
	"context"
	"errors"
	"iter"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// CountCustomerModels implements [Database].
func (f *facade) CountCustomerModels(ctx context.Context, sub string) (int, error) {
	const operation = "count customer models of"
	if err := checkSub(sub); err != nil {
		return 0, failure(operation, sub, err)
	}
	query := f.queryLatest(sub)
	query.ProjectionExpression = aws.String("#sub, updated_at_id, model_count")
	total := 0
	for count, err := range each(decoded(f.pages(ctx, query), decodeModelCount, operation, sub)) {
		if err != nil {
			return 0, err
		}
		if count > math.MaxInt-total {
			return 0, failure(operation, sub, errors.New("the sum is over the largest int"))
		}
		total += count
	}
	return total, nil
}

// CreateUpdateSpec implements [Database].
func (f *facade) CreateUpdateSpec(ctx context.Context, sub string, spec SpecInput) error {
	const operation = "create or update spec"
	if err := checkSub(sub); err != nil {
		return failure(operation, spec.Name, err)
	}
	id, err := checkSpec(spec)
	if err != nil {
		return failure(operation, spec.Name, err)
	}
	if err := f.writeSpec(ctx, specWrite{sub: sub, id: id, spec: spec}); err != nil {
		return failure(operation, spec.Name, err)
	}
	return nil
}

// GetLatestSpecVersion implements [Database].
func (f *facade) GetLatestSpecVersion(ctx context.Context, sub, name string) (string, error) {
	const operation = "get latest version of spec"
	stored, err := f.getLatest(ctx, sub, name, "#sub, updated_at_id, version")
	if err != nil {
		return "", failure(operation, name, err)
	}
	version, err := decodeVersion(stored)
	if err != nil {
		return "", failure(operation, name, err)
	}
	return version, nil
}

// ListSpecs implements [Database].
func (f *facade) ListSpecs(ctx context.Context, sub string) ([]SpecInfo, error) {
	return collect(f.specs(ctx, sub))
}

// Specs implements [Database].
func (f *facade) Specs(ctx context.Context, sub string) iter.Seq2[SpecInfo, error] {
	return each(f.specs(ctx, sub))
}

func (f *facade) specs(ctx context.Context, sub string) iter.Seq2[[]SpecInfo, error] {
	const operation = "list specs of"
	if err := checkSub(sub); err != nil {
		return failed[SpecInfo](operation, sub, err)
	}
	return decoded(f.pages(ctx, f.queryLatest(sub)), decodeSpec, operation, sub)
}

// GetSpec implements [Database].
func (f *facade) GetSpec(ctx context.Context, sub, name string) (*SpecInfo, error) {
	const operation = "get spec"
	stored, err := f.getLatest(ctx, sub, name, "")
	if err != nil {
		return nil, failure(operation, name, err)
	}
	spec, err := decodeSpec(stored)
	if err != nil {
		return nil, failure(operation, name, err)
	}
	return &spec, nil
}

// DeleteSpec implements [Database].
func (f *facade) DeleteSpec(ctx context.Context, sub, name string) error {
	const operation = "delete spec"
	if err := checkSub(sub); err != nil {
		return failure(operation, name, err)
	}
	id, err := checkSpecName(name)
	if err != nil {
		return failure(operation, name, err)
	}
	first, _ := versionRange(id)
	query := f.queryIndex(sub, id, first, latestKeys(id).idUpdatedAt)
	if err := f.deleteAll(ctx, f.specsTable, attrUpdatedAtID, query); err != nil {
		return failure(operation, name, err)
	}
	return nil
}

// ListSpecVersions implements [Database].
func (f *facade) ListSpecVersions(ctx context.Context, sub, name string) ([]SpecInfo, error) {
	return collect(f.specVersions(ctx, sub, name, OldestFirst))
}

// SpecVersions implements [Database].
func (f *facade) SpecVersions(ctx context.Context, sub, name string, order Order) iter.Seq2[SpecInfo, error] {
	return each(f.specVersions(ctx, sub, name, order))
}

func (f *facade) specVersions(ctx context.Context, sub, name string, order Order) iter.Seq2[[]SpecInfo, error] {
	const operation = "list versions of spec"
	if err := checkSub(sub); err != nil {
		return failed[SpecInfo](operation, name, err)
	}
	id, err := checkSpecName(name)
	if err != nil {
		return failed[SpecInfo](operation, name, err)
	}
	versions := decoded(f.pages(ctx, f.queryVersions(sub, id, order)), decodeSpec, operation, name)
	return func(yield func([]SpecInfo, error) bool) {
		found := false
		for page, err := range versions {
			found = found || err != nil || len(page) > 0
			if !yield(page, err) {
				return
			}
		}
		if !found {
			yield(nil, failure(operation, name, ErrNotFound))
		}
	}
}

// DeleteAllSpecs implements [Database].
func (f *facade) DeleteAllSpecs(ctx context.Context, sub string) error {
	const operation = "delete all specs of"
	if err := checkSub(sub); err != nil {
		return failure(operation, sub, err)
	}
	if err := f.deleteAll(ctx, f.specsTable, attrUpdatedAtID, f.querySub(f.specsTable, sub)); err != nil {
		return failure(operation, sub, err)
	}
	return nil
}

// getLatest returns the latest item of the spec, or the attributes of the projection.
func (f *facade) getLatest(ctx context.Context, sub, name string, projection string) (item, error) {
	if err := checkSub(sub); err != nil {
		return nil, err
	}
	id, err := checkSpecName(name)
	if err != nil {
		return nil, err
	}
	return f.get(ctx, f.specsTable, key(sub, attrUpdatedAtID, latestKeys(id).updatedAtID), projection)
}

func (f *facade) queryVersions(sub, id string, order Order) dynamodb.QueryInput {
	first, last := versionRange(id)
	query := f.queryIndex(sub, id, first, last)
	query.ScanIndexForward = aws.Bool(order != NewestFirst)
	showMalformed(&query)
	return query
}
