package soak

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/testutil"
)

// operator is the host that calls after all others are done.
const operator = -1

// run is the execution of a plan, and its outcome.
type run struct {
	plan
	t      *testing.T
	db     *testutil.DB
	client dbtest.Client
	events atomic.Int64
	atomic atomic.Bool // the server has transactions and they are used

	mu    sync.Mutex
	calls []*call // at the end in the order in which they began

	injected   int
	looks      int
	violations []violation
}

// sabotage returns a client that breaks a promise between the database and the server.
type sabotage func(dbtest.Client) dbtest.Client

// carryOut runs a plan on its own database and checks the outcome.
func (p plan) carryOut(t *testing.T) *run {
	r := &run{plan: p, t: t, db: testutil.New(t)}
	r.atomic.Store(true)
	r.client = r.newClient()
	if p.sabotage != nil {
		r.client = p.sabotage(r.client)
	}
	var injected *testutil.Injected
	if len(p.mix.faults) > 0 {
		injected = r.db.Inject(p.mix.faults...)
	}

	watch := observer{client: r.db.Client, subs: r.subs()}
	observed, stop := context.WithCancel(t.Context())
	var hosts, watching sync.WaitGroup
	watching.Go(func() { watch.observe(observed) })
	for host := range p.hosts {
		hosts.Go(func() { r.host(host) })
	}
	hosts.Wait()

	if injected != nil {
		injected.Stop()
		r.injected = injected.Count()
	}
	r.settle()
	stop()
	watching.Wait()
	r.looks = watch.looks
	if r.atomic.Load() {
		r.violations = append(r.violations, watch.found...)
	}
	r.violations = append(r.violations, r.check()...)
	return r
}

// newClient returns a client of the run's database with the plan's number of attempts.
func (r *run) newClient() dbtest.Client {
	options := r.db.Client.Options()
	options.HTTPClient = completing{options.HTTPClient}
	options.Retryer = retry.AddWithMaxAttempts(options.Retryer.(aws.RetryerV2), r.attempts)
	return dbtest.Intercept(dynamodb.New(options), r.hideTransactions)
}

// hideTransactions hides the transactions of the server if the plan is without, and notices if there
// are none.
func (r *run) hideTransactions(operation string, input any, next func() (any, error)) (output any, err error) {
	if r.transactions {
		output, err = next()
	} else {
		output, err = dbtest.WithoutTransactions(operation, input, next)
	}
	if api := smithy.APIError(nil); errors.As(err, &api) && api.ErrorCode() == "UnknownOperationException" {
		r.atomic.Store(false)
	}
	return output, err
}

// completing completes every request, even if its context ends, so that nothing takes effect after
// the call has returned. It lets other hosts go first, and ends the context of a call after the
// last of its requests.
type completing struct{ dynamodb.HTTPClient }

func (c completing) Do(request *http.Request) (*http.Response, error) {
	runtime.Gosched()
	ctx := request.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	response, err := c.HTTPClient.Do(request.WithContext(context.WithoutCancel(ctx)))
	if allowed, ok := ctx.Value(allowanceKey{}).(*allowance); ok && allowed.left.Add(-1) == 0 {
		allowed.cancel()
	}
	return response, err
}

// allowance is the number of requests that a call may still send before its context ends.
type allowance struct {
	left   atomic.Int64
	cancel func()
}

type allowanceKey struct{}

// host runs the calls of one host, one after the other.
func (r *run) host(host int) {
	var clock int64
	db := packagedb.New(r.client, packagedb.WithConsistentReads(),
		packagedb.WithClock(func() time.Time { return time.Unix(clock, 0) }))
	for _, made := range r.hosts[host] {
		clock = made.clock
		r.make(db, &made)
	}
}

func (r *run) make(db packagedb.Database, c *call) {
	ctx := r.t.Context()
	if c.requests > 0 {
		canceled, cancel := context.WithCancel(ctx)
		defer cancel()
		allowed := &allowance{cancel: cancel}
		allowed.left.Store(int64(c.requests))
		ctx = context.WithValue(canceled, allowanceKey{}, allowed)
	}
	c.begin = r.events.Add(1)
	c.send(ctx, db)
	c.end = r.events.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

// settle reads everything after the faults, makes specs whole that need it without transactions,
// and deletes everything.
func (r *run) settle() {
	db := packagedb.New(r.client, packagedb.WithConsistentReads(),
		packagedb.WithClock(func() time.Time { return time.Unix(0, 0) }))
	do := func(c call) *call {
		c.host = operator
		r.make(db, &c)
		return &c
	}
	r.readAll(do, false)
	if !r.atomic.Load() {
		for i, k := range r.keys() {
			if i%2 == 0 {
				do(call{operation: deleteSpec, key: k, name: k.id})
			} else {
				spec := packagedb.SpecInput{
					Name: k.id, Version: "whole", Title: fmt.Sprint("whole ", i), ModelCount: countUnit(slices.Index(ids, k.id)),
				}
				do(call{operation: createSpec, key: k, name: k.id, spec: spec})
			}
		}
		r.readAll(do, true)
	}
	for _, sub := range r.subs() {
		do(call{operation: deleteAll, key: key{sub: sub}})
	}
	if left := r.items("package.specs") + r.items("package.credentials"); left > 0 {
		r.violate(r.calls, "%d items are left when all users are deleted", left)
	}
}

func (r *run) violate(calls []*call, format string, arguments ...any) {
	r.violations = append(r.violations, violation{fmt.Sprintf(format, arguments...), calls})
}

// readAll calls every read, and counts the stored items that no read returns. If the specs must be
// whole, the latest version of each is the last of its history.
func (r *run) readAll(do func(call) *call, whole bool) {
	items := 0
	for _, k := range r.keys() {
		latest := do(call{operation: getSpec, key: k, name: k.id})
		listed := do(call{operation: listVersions, key: k, name: k.id})
		items += len(latest.specs) + len(listed.specs)
		if whole && !same(latest.specs, history(listed.specs).latest()) {
			r.violate([]*call{latest, listed}, "%q: the last of the history is not the latest", k)
		}
	}
	for _, sub := range r.subs() {
		for _, operation := range []operation{listSpecs, countModels, listCredentials} {
			do(call{operation: operation, key: key{sub: sub}})
		}
	}
	for _, publicKey := range r.publicKeys() {
		do(call{operation: getUser, publicKey: publicKey})
	}
	if stored := r.items("package.specs"); stored != items {
		r.violate(r.calls, "the table holds %d items of specs, %d can be read", stored, items)
	}
}

// items counts the items of a table.
func (r *run) items(table string) (items int) {
	pages := dynamodb.NewScanPaginator(r.db.Client, &dynamodb.ScanInput{
		TableName: &table, Select: "COUNT", ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.t.Context())
		require.NoError(r.t, err)
		items += int(page.Count)
	}
	return items
}

// subs returns all users of the plan.
func (p plan) subs() []string {
	return distinct(p.calls(), func(c call) (string, bool) { return c.sub, c.sub != "" })
}

func (p plan) publicKeys() []string {
	return distinct(p.calls(), func(c call) (string, bool) { return c.publicKey, c.publicKey != "" })
}

// keys returns all specs that the plan writes.
func (p plan) keys() []key {
	return distinct(p.calls(), func(c call) (key, bool) { return c.key, c.is(createSpec) })
}

func distinct[T comparable](calls []call, of func(call) (T, bool)) (values []T) {
	for _, c := range calls {
		if value, ok := of(c); ok && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}
