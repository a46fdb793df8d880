package packagedb

import (
	"context"
	"iter"
)

// observed is a Database that reports each call to an observer.
type observed struct {
	next    *facade
	observe func(context.Context, Call)
}

// observeEach reports an iteration to the observer once it ends.
func observeEach[T any](
	ctx context.Context, o *observed, operation string, iterate func(ctx context.Context) iter.Seq2[T, error],
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var err error
		ctx, end := o.begin(ctx, operation)
		defer end(&err)
		var value T
		for value, err = range iterate(ctx) {
			if !yield(value, err) {
				return
			}
		}
	}
}

// CountCustomerModels implements [Database].
func (o *observed) CountCustomerModels(ctx context.Context, sub string) (_ int, err error) {
	ctx, end := o.begin(ctx, "CountCustomerModels")
	defer end(&err)
	return o.next.CountCustomerModels(ctx, sub)
}

// CreateUpdateSpec implements [Database].
func (o *observed) CreateUpdateSpec(ctx context.Context, sub string, spec SpecInput) (_ *SpecInfo, err error) {
	ctx, end := o.begin(ctx, "CreateUpdateSpec")
	defer end(&err)
	return o.next.CreateUpdateSpec(ctx, sub, spec)
}

// GetLatestSpecVersion implements [Database].
func (o *observed) GetLatestSpecVersion(ctx context.Context, sub, name string) (_ string, err error) {
	ctx, end := o.begin(ctx, "GetLatestSpecVersion")
	defer end(&err)
	return o.next.GetLatestSpecVersion(ctx, sub, name)
}

// ListSpecs implements [Database].
func (o *observed) ListSpecs(ctx context.Context, sub string, options ...ListOption) (_ []SpecInfo, err error) {
	ctx, end := o.begin(ctx, "ListSpecs")
	defer end(&err)
	return o.next.ListSpecs(ctx, sub, options...)
}

// Specs implements [Database].
func (o *observed) Specs(ctx context.Context, sub string, options ...ListOption) iter.Seq2[SpecInfo, error] {
	return observeEach(ctx, o, "Specs", func(ctx context.Context) iter.Seq2[SpecInfo, error] {
		return o.next.Specs(ctx, sub, options...)
	})
}

// GetSpec implements [Database].
func (o *observed) GetSpec(ctx context.Context, sub, name string) (_ *SpecInfo, err error) {
	ctx, end := o.begin(ctx, "GetSpec")
	defer end(&err)
	return o.next.GetSpec(ctx, sub, name)
}

// GetSpecVersion implements [Database].
func (o *observed) GetSpecVersion(ctx context.Context, sub, name, version string) (_ *SpecInfo, err error) {
	ctx, end := o.begin(ctx, "GetSpecVersion")
	defer end(&err)
	return o.next.GetSpecVersion(ctx, sub, name, version)
}

// DeleteSpec implements [Database].
func (o *observed) DeleteSpec(ctx context.Context, sub, name string) (err error) {
	ctx, end := o.begin(ctx, "DeleteSpec")
	defer end(&err)
	return o.next.DeleteSpec(ctx, sub, name)
}

// ListSpecVersions implements [Database].
func (o *observed) ListSpecVersions(
	ctx context.Context, sub, name string, options ...ListOption,
) (_ []SpecInfo, err error) {
	ctx, end := o.begin(ctx, "ListSpecVersions")
	defer end(&err)
	return o.next.ListSpecVersions(ctx, sub, name, options...)
}

// SpecVersions implements [Database].
func (o *observed) SpecVersions(
	ctx context.Context, sub, name string, options ...ListOption,
) iter.Seq2[SpecInfo, error] {
	return observeEach(ctx, o, "SpecVersions", func(ctx context.Context) iter.Seq2[SpecInfo, error] {
		return o.next.SpecVersions(ctx, sub, name, options...)
	})
}

// DeleteAllSpecs implements [Database].
func (o *observed) DeleteAllSpecs(ctx context.Context, sub string) (err error) {
	ctx, end := o.begin(ctx, "DeleteAllSpecs")
	defer end(&err)
	return o.next.DeleteAllSpecs(ctx, sub)
}

// ListCredentials implements [Database].
func (o *observed) ListCredentials(
	ctx context.Context, sub string, options ...ListOption,
) (_ []CredentialsInfo, err error) {
	ctx, end := o.begin(ctx, "ListCredentials")
	defer end(&err)
	return o.next.ListCredentials(ctx, sub, options...)
}

// Credentials implements [Database].
func (o *observed) Credentials(
	ctx context.Context, sub string, options ...ListOption,
) iter.Seq2[CredentialsInfo, error] {
	return observeEach(ctx, o, "Credentials", func(ctx context.Context) iter.Seq2[CredentialsInfo, error] {
		return o.next.Credentials(ctx, sub, options...)
	})
}

// CreateCredentials implements [Database].
func (o *observed) CreateCredentials(ctx context.Context, sub string, credentials CredentialsInput) (err error) {
	ctx, end := o.begin(ctx, "CreateCredentials")
	defer end(&err)
	return o.next.CreateCredentials(ctx, sub, credentials)
}

// CreateUpdateCredentials implements [Database].
func (o *observed) CreateUpdateCredentials(ctx context.Context, sub string, credentials CredentialsInput) (err error) {
	ctx, end := o.begin(ctx, "CreateUpdateCredentials")
	defer end(&err)
	return o.next.CreateUpdateCredentials(ctx, sub, credentials)
}

// GetCredentials implements [Database].
func (o *observed) GetCredentials(ctx context.Context, sub, id string) (_ *CredentialsInfo, err error) {
	ctx, end := o.begin(ctx, "GetCredentials")
	defer end(&err)
	return o.next.GetCredentials(ctx, sub, id)
}

// GetUser implements [Database].
func (o *observed) GetUser(ctx context.Context, publicKey string) (_ *CredentialsAuthInfo, err error) {
	ctx, end := o.begin(ctx, "GetUser")
	defer end(&err)
	return o.next.GetUser(ctx, publicKey)
}

// DeleteCredentials implements [Database].
func (o *observed) DeleteCredentials(ctx context.Context, sub, id string) (err error) {
	ctx, end := o.begin(ctx, "DeleteCredentials")
	defer end(&err)
	return o.next.DeleteCredentials(ctx, sub, id)
}

// DeleteAllCredentials implements [Database].
func (o *observed) DeleteAllCredentials(ctx context.Context, sub string) (err error) {
	ctx, end := o.begin(ctx, "DeleteAllCredentials")
	defer end(&err)
	return o.next.DeleteAllCredentials(ctx, sub)
}

// DeleteAll implements [Database].
func (o *observed) DeleteAll(ctx context.Context, sub string) (err error) {
	ctx, end := o.begin(ctx, "DeleteAll")
	defer end(&err)
	return o.next.DeleteAll(ctx, sub)
}
