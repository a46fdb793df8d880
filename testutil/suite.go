package testutil

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/open-alchemy/packagedb"
)

// TestDatabase tests that a Database keeps every promise of [packagedb.Database], each in a subtest
// that is named after it. It is for anyone who implements the interface or wraps an implementation:
//
//	func TestCachedDatabase(t *testing.T) {
//		testutil.TestDatabase(t, func(tb testing.TB) packagedb.Database {
//			return cached(testutil.New(tb))
//		})
//	}
//
// newDatabase is called once for each subtest. The database need not be empty: the suite works on
// users with random subs, whom it deletes afterwards. Its reads must be strongly consistent, as they
// are on one server; only GetUser may lag behind, and is waited for.
func TestDatabase(t *testing.T, newDatabase func(tb testing.TB) packagedb.Database) {
	for _, promise := range slices.Concat(specPromises, historyPromises, credentialsPromises, inputPromises) {
		t.Run(promise.name, func(t *testing.T) {
			db := newDatabase(t)
			promise.keep(&probe{T: t, Database: db, ctx: t.Context(), sub: newSub(t, db)})
		})
	}
}

// promise is one sentence of the contract and what shows that it is kept.
type promise struct {
	name string
	keep func(*probe)
}

// probe is a user of a database under test. Its methods fail the test where a call does.
type probe struct {
	*testing.T
	packagedb.Database
	ctx context.Context
	sub string
}

// newSub returns a sub that nobody else has. What it stores is deleted at the end of the test.
func newSub(t *testing.T, db packagedb.Database) string {
	t.Helper()
	sub := "sub " + rand.Text()
	t.Cleanup(func() {
		if err := db.DeleteAll(context.WithoutCancel(t.Context()), sub); err != nil {
			t.Errorf("DeleteAll at the end of the test: %v", err)
		}
	})
	return sub
}

// other is the same probe for another user.
func (p *probe) other() *probe {
	p.Helper()
	return &probe{T: p.T, Database: p.Database, ctx: p.ctx, sub: newSub(p.T, p.Database)}
}

func (p *probe) create(spec packagedb.SpecInput) {
	p.Helper()
	if _, err := p.CreateUpdateSpec(p.ctx, p.sub, spec); err != nil {
		p.Fatalf("CreateUpdateSpec: %v", err)
	}
}

func (p *probe) spec(name string) packagedb.SpecInfo {
	p.Helper()
	spec, err := p.GetSpec(p.ctx, p.sub, name)
	if err != nil {
		p.Fatalf("GetSpec: %v", err)
	}
	return *spec
}

func (p *probe) specs() []packagedb.SpecInfo {
	p.Helper()
	specs, err := p.ListSpecs(p.ctx, p.sub)
	if err != nil {
		p.Fatalf("ListSpecs: %v", err)
	}
	return specs
}

// specIDs returns the ids of the user's specs, in the order of ListSpecs.
func (p *probe) specIDs() []string {
	p.Helper()
	var ids []string
	for _, spec := range p.specs() {
		ids = append(ids, spec.ID)
	}
	return ids
}

func (p *probe) history(name string) []packagedb.SpecInfo {
	p.Helper()
	versions, err := p.ListSpecVersions(p.ctx, p.sub, name)
	if err != nil {
		p.Fatalf("ListSpecVersions: %v", err)
	}
	return versions
}

// versions returns the versions of the spec's history.
func (p *probe) versions(name string) []string {
	p.Helper()
	return versionsOf(p.history(name))
}

func versionsOf(specs []packagedb.SpecInfo) []string {
	var versions []string
	for _, spec := range specs {
		versions = append(versions, spec.Version)
	}
	return versions
}

func (p *probe) count() int {
	p.Helper()
	count, err := p.CountCustomerModels(p.ctx, p.sub)
	if err != nil {
		p.Fatalf("CountCustomerModels: %v", err)
	}
	return count
}

func (p *probe) deleteSpec(name string) {
	p.Helper()
	if err := p.DeleteSpec(p.ctx, p.sub, name); err != nil {
		p.Fatalf("DeleteSpec: %v", err)
	}
}

func (p *probe) createCredentials(credentials packagedb.CredentialsInput) {
	p.Helper()
	if err := p.CreateUpdateCredentials(p.ctx, p.sub, credentials); err != nil {
		p.Fatalf("CreateUpdateCredentials: %v", err)
	}
}

func (p *probe) credentials() []packagedb.CredentialsInfo {
	p.Helper()
	credentials, err := p.ListCredentials(p.ctx, p.sub)
	if err != nil {
		p.Fatalf("ListCredentials: %v", err)
	}
	return credentials
}

// indexLag bounds how long a global secondary index may lag behind its table.
const indexLag = 30 * time.Second

// user returns the user of the public key once want accepts what GetUser returns.
func (p *probe) user(publicKey string, want func(error) bool) *packagedb.CredentialsAuthInfo {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, indexLag)
	defer cancel()
	for wait := time.Millisecond; ; wait *= 2 {
		user, err := p.GetUser(ctx, publicKey)
		if want(err) {
			return user
		}
		// Nothing tells when an index has caught up: it has to be asked again.
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			p.Fatalf("GetUser: %v", err)
		}
	}
}

func succeeds(err error) bool { return err == nil }

func failsWith(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func (p *probe) mustBe(call string, err, target error) {
	p.Helper()
	if !errors.Is(err, target) {
		p.Errorf("%s returns the error %v, want %v", call, err, target)
	}
}

func (p *probe) mustEqual(what string, got, want []string) {
	p.Helper()
	if !slices.Equal(got, want) {
		p.Errorf("%s: got %q, want %q", what, got, want)
	}
}
