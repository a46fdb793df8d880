package packagedb

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"time"
)

// Database has one method for each access pattern of the specs and credentials. It is safe for
// concurrent use.
//
// Every call ends soon after its context does, and no goroutine outlives the call. Input that
// DynamoDB would reject is rejected with [ErrInvalidInput] before anything is sent: an empty required
// string, a string that is not UTF-8, a sub or public key over 2,048 bytes, a credentials id over
// 1,024 bytes, a name whose id is over 1,003 bytes, a credentials item over 409,600 bytes, and a spec
// item over 204,800 bytes, because its entry in the local secondary index counts as well.
//
// Gets and lists are eventually consistent unless the Database was made [WithConsistentReads]. Each
// entry of a list was then stored at some moment of the call. DynamoDB does not isolate a query from
// transactions, so for a moment a list may show some items of a create or delete that runs at the same
// time and not others; GetSpec and GetLatestSpecVersion read a single item and are linearizable with
// creates and deletes. A malformed item makes the call fail with an error that names its key. It is never
// returned.
//
// Lists come in two forms: a slice, and an iterator that reads the next page of items only when it
// is needed. An iterator yields an error last, with a zero value. An empty list is an empty slice,
// not nil. [Limit], [After] and [Descending] select a page of a list.
type Database interface {
	// CountCustomerModels returns the sum of the model counts of the latest versions of the user's
	// specs, or 0 if there are none. A sum that overflows int is an error.
	CountCustomerModels(ctx context.Context, sub string) (int, error)

	// CreateSpecVersion is CreateUpdateSpec for versions that never change: it returns [ErrExists] if
	// the history of the spec has the version, at any place in it, and then changes nothing. Of any
	// number of concurrent calls for one version, on any hosts with any clocks, one stores it and the
	// others return ErrExists. It reads the history, of which 1 MB takes one request.
	//
	// That does not hold beside writes of the Python facade, nor across a delete of the spec. A call that
	// returned another error may have stored the version, and then returns ErrExists if it is repeated.
	CreateSpecVersion(ctx context.Context, sub string, spec SpecInput) (*SpecInfo, error)

	// CreateUpdateSpec stores a version of a spec, makes it the latest, and returns what was
	// stored. It stores both items of the version or neither.
	//
	// UpdatedAt is the current time in seconds or, if that is not later than the latest version's, one
	// second after it, so that the history keeps the order of the writes. If the version equals the
	// latest one and the clock is not past it, the latest version is updated in place: what the
	// entry had besides is gone. No entry with another version is overwritten. To store a version only
	// once, call CreateSpecVersion. Conflicts with other writers are retried until the context ends.
	CreateUpdateSpec(ctx context.Context, sub string, spec SpecInput) (*SpecInfo, error)

	// GetLatestSpecVersion returns the latest version of the spec, or [ErrNotFound]. The latest is the
	// one that was written last, not the highest: after 2.0.0 and then 1.9.1 it is 1.9.1.
	GetLatestSpecVersion(ctx context.Context, sub, name string) (string, error)

	// ListSpecs returns the latest version of each of the user's specs, ordered by id.
	ListSpecs(ctx context.Context, sub string, options ...ListOption) ([]SpecInfo, error)

	// Specs iterates over what ListSpecs returns.
	Specs(ctx context.Context, sub string, options ...ListOption) iter.Seq2[SpecInfo, error]

	// GetSpec returns the latest version of the spec, or [ErrNotFound].
	GetSpec(ctx context.Context, sub, name string) (*SpecInfo, error)

	// GetSpecVersion returns the newest entry of the history with the version, or [ErrNotFound]. It
	// reads the history from its end until it finds the version. After more than one page it reads what
	// is newer by then, so that it finds a version that is written again meanwhile.
	GetSpecVersion(ctx context.Context, sub, name, version string) (*SpecInfo, error)

	// DeleteSpec deletes a spec with its history. Deleting a spec that does not exist is not an
	// error.
	//
	// A spec is deleted whole: what is stored at any moment, even after a failure or during other
	// writes, is a history whose last entry is the latest version, or nothing. Reliability names what
	// this does not hold against, such as the same version in the same second again. A history of more
	// than 99 versions loses its oldest versions first. An error includes the number of items that were
	// confirmed deleted; the call can be repeated. Without transactions, the latest item is deleted
	// alone and the newest versions follow.
	DeleteSpec(ctx context.Context, sub, name string) error

	// ListSpecVersions returns the history of the spec, ordered by UpdatedAt. Its last entry is the
	// version that GetSpec returns. If the spec does not exist it returns [ErrNotFound], unless
	// [After] is given.
	ListSpecVersions(ctx context.Context, sub, name string, options ...ListOption) ([]SpecInfo, error)

	// SpecVersions iterates over what ListSpecVersions returns, and yields ErrNotFound if that does.
	SpecVersions(ctx context.Context, sub, name string, options ...ListOption) iter.Seq2[SpecInfo, error]

	// DeleteAllSpecs deletes all specs of the user, each of them as DeleteSpec does, and malformed
	// items of the user in the specs table.
	DeleteAllSpecs(ctx context.Context, sub string) error

	// ListCredentials returns the user's credentials, ordered by id.
	ListCredentials(ctx context.Context, sub string, options ...ListOption) ([]CredentialsInfo, error)

	// Credentials iterates over what ListCredentials returns.
	Credentials(ctx context.Context, sub string, options ...ListOption) iter.Seq2[CredentialsInfo, error]

	// CreateCredentials stores credentials, or returns [ErrExists] if the user has credentials with
	// that id. It does not check whether the public key is taken: see GetUser. If an earlier attempt of
	// the call got no response, or one with status 500 or above, and these very credentials are stored, it
	// returns nil; if that cannot be read, the error of the read.
	CreateCredentials(ctx context.Context, sub string, credentials CredentialsInput) error

	// CreateUpdateCredentials stores credentials and replaces those with the same id.
	CreateUpdateCredentials(ctx context.Context, sub string, credentials CredentialsInput) error

	// GetCredentials returns the credentials with the id, or [ErrNotFound].
	GetCredentials(ctx context.Context, sub, id string) (*CredentialsInfo, error)

	// GetUser returns the user who signs in with the public key and what authenticates them, or
	// [ErrNotFound]. If two credentials hold the key it returns [ErrAmbiguousPublicKey]: a user who may
	// choose a public key can choose that of another, and neither signs in any more. A service
	// therefore makes public keys itself, at random (crypto/rand.Text). GetUser reads a global
	// secondary index, which is always eventually consistent.
	GetUser(ctx context.Context, publicKey string) (*CredentialsAuthInfo, error)

	// DeleteCredentials deletes the credentials with the id. Deleting credentials that do not exist is
	// not an error.
	DeleteCredentials(ctx context.Context, sub, id string) error

	// DeleteAllCredentials deletes all credentials of the user. An error includes the number of
	// items that were confirmed deleted; the call can be repeated.
	DeleteAllCredentials(ctx context.Context, sub string) error

	// DeleteAll deletes all specs and all credentials of the user. It attempts both even if one
	// fails, and joins the errors.
	DeleteAll(ctx context.Context, sub string) error
}

// facade implements Database over two DynamoDB tables.
type facade struct {
	client Client
	settings

	// transactionsMissed is when the server last rejected TransactWriteItems as unknown, nil if never.
	transactionsMissed atomic.Pointer[time.Time]
}

// New returns a Database that calls the client. It sends nothing.
func New(client Client, options ...Option) Database {
	return &facade{client: client, settings: newSettings(options)}
}

// DeleteAll implements [Database].
func (f *facade) DeleteAll(ctx context.Context, sub string) (err error) {
	ctx, call := f.begin(ctx, "DeleteAll", sub, "")
	defer call.end(&err)
	return errors.Join(f.DeleteAllSpecs(ctx, sub), f.DeleteAllCredentials(ctx, sub))
}
