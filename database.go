// Package packagedb stores the specs that users upload and the credentials that they sign in with
// on DynamoDB.
//
// A service asks for the [Database] that fits its environment and calls it:
//
//	db, err := packagedb.Get() // STAGE=PROD is DynamoDB on AWS, STAGE=TEST an engine on this machine
//	if err != nil {
//		return err
//	}
//	err = db.CreateUpdateSpec(ctx, sub, packagedb.SpecInput{Name: "pets", Version: "1.0.0", ModelCount: 2})
//
// [New] takes any client instead: one with tracing, DAX, or that of another engine that speaks
// DynamoDB's API. The package testutil gives tests a database of their own.
//
// # What is stored
//
// Everything belongs to a user, the sub. A spec is known by its name; names that differ only in
// case or in runs of "-", "_" and "." are the same spec (PEP 503), and the canonical form of the
// name is the spec's id. Every version of a spec is kept, in the order in which they were written,
// and the latest of them is stored once more where it is found with one request.
//
// # Errors
//
// Every error says which operation failed and for which spec or credentials. Match them with
// [errors.Is] against [ErrNotFound], [ErrInvalidInput], [ErrInvalidStage] and
// [ErrAmbiguousPublicKey], and with [errors.As] against the errors of the AWS SDK, which are
// wrapped. No error carries a secret key's hash or a salt.
//
// # Guides
//
//   - [Operating]: the tables and the rights on them, capacity, limits, consistency, tracing, and
//     other engines.
//   - [Coming from the Python facade]: call by call, on the same tables, and what differs.
//   - [Reliability]: what holds when things go wrong, and what is not protected.
//   - [Performance]: what every call costs, and how far the layout scales.
//
// [Operating]: https://github.com/open-alchemy/packagedb/blob/main/docs/operating.md
// [Coming from the Python facade]: https://github.com/open-alchemy/packagedb/blob/main/docs/migrating-from-python.md
// [Reliability]: https://github.com/open-alchemy/packagedb/blob/main/docs/reliability.md
// [Performance]: https://github.com/open-alchemy/packagedb/blob/main/docs/performance.md
package packagedb

import (
	"context"
	"iter"
)

// Database is every access pattern of the specs and the credentials. It is safe for concurrent use.
//
// Every call takes its context first and ends soon after that does. Input that DynamoDB would
// refuse is refused with [ErrInvalidInput] before anything is sent: text that is empty where it
// must not be or that is not UTF-8, a sub over 2,048 bytes, a name whose id is over 1,003 bytes, an
// item over 400 KB (over 200 KB for a spec, whose entry in the local secondary index counts as well).
//
// Gets and lists are eventually consistent unless the database was made [WithConsistentReads].
type Database interface {
	// CountCustomerModels returns the sum of the model counts of the latest versions of all specs of
	// the user, 0 where there are none. A sum over the largest int is an error.
	CountCustomerModels(ctx context.Context, sub string) (int, error)

	// CreateUpdateSpec stores a version of a spec and makes it the latest. Both happen or neither.
	//
	// The version is dated with the whole second of the clock, or with the second after the latest
	// version where the clock is not past that: no version overwrites another, and the history is in
	// the order in which it was written. The latest version again in its own second replaces it.
	CreateUpdateSpec(ctx context.Context, sub string, spec SpecInput) error

	// GetLatestSpecVersion returns the version of the spec that was written last, or [ErrNotFound].
	GetLatestSpecVersion(ctx context.Context, sub, name string) (string, error)

	// ListSpecs returns the latest version of every spec of the user, by id. Where there are none the
	// slice is empty, not nil.
	ListSpecs(ctx context.Context, sub string) ([]SpecInfo, error)

	// Specs yields what ListSpecs returns, page by page: it asks for the next page only when the
	// caller goes on. An error is yielded last, with a zero SpecInfo.
	Specs(ctx context.Context, sub string) iter.Seq2[SpecInfo, error]

	// GetSpec returns the latest version of the spec, or [ErrNotFound].
	GetSpec(ctx context.Context, sub, name string) (*SpecInfo, error)

	// DeleteSpec deletes a spec, the latest item first and then every version. A spec that is not
	// there is no error. After a failure, which says how many items are known to remain, it can be
	// repeated.
	DeleteSpec(ctx context.Context, sub, name string) error

	// ListSpecVersions returns every version of the spec, the oldest first, or [ErrNotFound] where
	// there is none. The last of them is the version that GetSpec shows.
	ListSpecVersions(ctx context.Context, sub, name string) ([]SpecInfo, error)

	// SpecVersions yields what ListSpecVersions returns, in either order and page by page: it asks
	// for the next page only when the caller goes on. An error, [ErrNotFound] included, is yielded
	// last, with a zero SpecInfo.
	SpecVersions(ctx context.Context, sub, name string, order Order) iter.Seq2[SpecInfo, error]

	// DeleteAllSpecs deletes every spec of the user as DeleteSpec does.
	DeleteAllSpecs(ctx context.Context, sub string) error

	// ListCredentials returns the credentials of the user, by id. Where there are none the slice is
	// empty, not nil.
	ListCredentials(ctx context.Context, sub string) ([]CredentialsInfo, error)

	// Credentials yields what ListCredentials returns, page by page: it asks for the next page only
	// when the caller goes on. An error is yielded last, with a zero CredentialsInfo.
	Credentials(ctx context.Context, sub string) iter.Seq2[CredentialsInfo, error]

	// CreateUpdateCredentials stores credentials, in place of those with the same id.
	CreateUpdateCredentials(ctx context.Context, sub string, credentials CredentialsInput) error

	// GetCredentials returns the credentials with the id, or [ErrNotFound].
	GetCredentials(ctx context.Context, sub, id string) (*CredentialsInfo, error)

	// GetUser returns who signs in with the public key and what proves it, or [ErrNotFound]. Where
	// two credentials hold the key it returns [ErrAmbiguousPublicKey]: it never guesses. It reads a
	// global secondary index, which may lag behind what was just written.
	GetUser(ctx context.Context, publicKey string) (*CredentialsAuthInfo, error)

	// DeleteCredentials deletes the credentials with the id. Credentials that are not there are no
	// error.
	DeleteCredentials(ctx context.Context, sub, id string) error

	// DeleteAllCredentials deletes all credentials of the user. After a failure, which says how many
	// items are known to remain, it can be repeated.
	DeleteAllCredentials(ctx context.Context, sub string) error

	// DeleteAll deletes all specs and all credentials of the user. It attempts both even if one
	// fails, and joins the errors.
	DeleteAll(ctx context.Context, sub string) error
}

// Order is the order in which [Database.SpecVersions] yields the versions of a spec.
type Order int

const (
	// OldestFirst is the order in which the versions were written.
	OldestFirst Order = iota
	// NewestFirst starts at the latest version.
	NewestFirst
)
