package packagedb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// mixedFaults make about 30% of requests fail, in every way that the server can.
func mixedFaults(seed uint64) []testutil.Fault {
	var faults []testutil.Fault
	for kind, rate := range map[testutil.FaultKind]float64{
		testutil.Throttle: 0.06, testutil.InternalServerError: 0.06, testutil.ServiceUnavailable: 0.06,
		testutil.DropBefore: 0.06, testutil.DropAfter: 0.06, testutil.Unprocessed: 0.3, testutil.Conflict: 0.1,
	} {
		faults = append(faults, testutil.Fault{Kind: kind, Rate: rate, Seed: seed + uint64(kind)})
	}
	slices.SortFunc(faults, func(a, b testutil.Fault) int { return int(a.Kind - b.Kind) })
	return faults
}

// caller writes and reads what is its own, and shares one spec with the other callers.
type caller struct {
	packagedb.Database
	t   *testing.T
	sub string

	calls, failed int
	acknowledged  []string // versions of the shared spec
}

// must counts a call. Whether it succeeded is returned: what failed is not looked at.
func (c *caller) must(call string, err error) bool {
	c.calls++
	if err != nil {
		c.failed++
		c.t.Logf("%s: %v", call, err)
	}
	return err == nil
}

// round makes ten calls. Each reads back what was written before it.
func (c *caller) round(ctx context.Context, n int) {
	spec := packagedb.SpecInput{
		Name: fmt.Sprint("spec ", n%3), Version: fmt.Sprint(n), ModelCount: n, Title: c.sub, Description: fmt.Sprint("round ", n),
	}
	if c.must("create", c.CreateUpdateSpec(ctx, c.sub, spec)) {
		got, err := c.GetSpec(ctx, c.sub, spec.Name)
		if c.must("get", err) && (got.Version != spec.Version || got.ModelCount != n || got.Title != c.sub || got.Description != spec.Description) {
			c.t.Errorf("GetSpec returns %+v, written was %+v", *got, spec)
		}
		history, err := c.ListSpecVersions(ctx, c.sub, spec.Name)
		if c.must("list versions", err) && history[len(history)-1].Version != spec.Version {
			c.t.Errorf("the history ends with %+v, written was %+v", history[len(history)-1], spec)
		}
		specs, err := c.ListSpecs(ctx, c.sub)
		if c.must("list", err) && !slices.ContainsFunc(specs, func(s packagedb.SpecInfo) bool { return s.Version == spec.Version }) {
			c.t.Errorf("ListSpecs returns %+v, written was %+v", specs, spec)
		}
	}
	credentials := packagedb.CredentialsInput{
		ID: "id", PublicKey: "key of " + c.sub, SecretKeyHash: fmt.Append(nil, "hash ", n), Salt: fmt.Append(nil, "salt ", n),
	}
	if c.must("create credentials", c.CreateUpdateCredentials(ctx, c.sub, credentials)) {
		user, err := c.GetUser(ctx, credentials.PublicKey)
		if c.must("get user", err) && (user.Sub != c.sub || !bytes.Equal(user.Salt, credentials.Salt)) {
			c.t.Errorf("GetUser returns the user %s and another salt than was written", user.Sub)
		}
	}
	shared := packagedb.SpecInput{Name: "shared", Version: fmt.Sprint(c.sub, " ", n)}
	if c.must("create shared", c.CreateUpdateSpec(ctx, "shared", shared)) {
		c.acknowledged = append(c.acknowledged, shared.Version)
	}
	if c.must("delete", c.DeleteSpec(ctx, c.sub, spec.Name)) {
		_, err := c.GetSpec(ctx, c.sub, spec.Name)
		c.calls++
		if err == nil {
			c.t.Errorf("the spec %q is there after its delete", spec.Name)
		} else if !errors.Is(err, packagedb.ErrNotFound) {
			c.failed++
		}
	}
	count, err := c.CountCustomerModels(ctx, c.sub)
	if c.must("count", err) && c.failed == 0 && count != 0 {
		c.t.Errorf("CountCustomerModels returns %d after every delete", count)
	}
}

func TestTheClientOfGetSucceedsWhereAThirdOfRequestsFail(t *testing.T) {
	testutil.CleanSpecsTable(t)
	server := testutil.CleanCredentialsTable(t)
	const callers, rounds, seed = 12, 5, 7
	t.Logf("seed %d", seed)
	injected := server.Inject(mixedFaults(seed)...)
	all := make([]*caller, callers)
	var running sync.WaitGroup
	for i := range all {
		db, err := packagedb.Get()
		must(t, err)
		all[i] = &caller{Database: db, t: t, sub: fmt.Sprint("sub ", i)}
		running.Go(func() {
			for n := range rounds {
				all[i].round(t.Context(), n)
			}
		})
	}
	running.Wait()
	injected.Stop()

	calls, failed := 0, 0
	var acknowledged []string
	for _, c := range all {
		calls, failed = calls+c.calls, failed+c.failed
		acknowledged = append(acknowledged, c.acknowledged...)
	}
	t.Logf("%d calls, %d faults, %d calls failed", calls, injected.Count(), failed)
	if calls < 500 || injected.Count() < calls/4 || failed*100 >= calls {
		t.Errorf("%d of %d calls failed over %d faults, want less than one in a hundred", failed, calls, injected.Count())
	}
	history, err := all[0].ListSpecVersions(t.Context(), "shared", "shared")
	must(t, err)
	for _, version := range acknowledged {
		if !slices.ContainsFunc(history, func(s packagedb.SpecInfo) bool { return s.Version == version }) {
			t.Errorf("version %q was acknowledged and is not in the history", version)
		}
	}
	if len(history) > len(acknowledged)+failed {
		t.Errorf("the history has %d versions, %d were acknowledged", len(history), len(acknowledged))
	}
}
