package soak

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/test/internal/shrink"
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
	shared *dbtest.ReadCommitted // nil if queries are isolated from transactions
	audit  *auditor
	events atomic.Int64
	atomic atomic.Bool // the server has transactions and they are used

	mu   sync.Mutex
	made []*call // at the end in the order in which they began

	injected, looks int
	violations      []string
	exceptions      map[exception]int
}

// carryOut runs a plan on its own database and checks the outcome.
func (p plan) carryOut(t *testing.T) *run {
	r := &run{plan: p, t: t, db: testutil.New(t), exceptions: map[exception]int{}}
	r.atomic.Store(true)
	r.client = r.newClient()
	r.host(operator)
	if p.sabotage != nil {
		r.client = (&saboteur{client: r.client, breaks: p.sabotage}).intercept()
	}
	var injected *testutil.Injected
	if len(p.mix.faults) > 0 {
		injected = r.db.Inject(p.mix.faults...)
	}

	var watch *observer
	if r.audit != nil {
		watch = &r.audit.observer
	} else {
		watch = observe(t, r.db.Client, r.subs()...)
	}
	var hosts sync.WaitGroup
	for host := range maxHosts {
		hosts.Go(func() { r.host(host) })
	}
	hosts.Wait()

	if injected != nil {
		injected.Stop()
		r.injected = injected.Count()
	}
	r.settle()
	watch.stop()
	slices.SortFunc(r.made, func(a, b *call) int { return cmp.Compare(a.begin, b.begin) })
	r.checkErrors()
	if r.atomic.Load() {
		r.looks = watch.looks
		r.judge(watch.found...)
		r.judge(checkLinearizable(r.made, r.mode())...)
	} else {
		r.violations = append(r.violations, checkSpecs(r.made)...)
	}
	r.violations = append(r.violations, checkCredentials(r.made)...)
	return r
}

// pageWait bounds how long a page waits for a write while another host neither writes nor waits.
const pageWait = time.Second

// newClient returns a client of the run's database with the plan's number of attempts.
func (r *run) newClient() dbtest.Client {
	options := r.db.Client.Options()
	options.HTTPClient = completing{options.HTTPClient}
	options.Retryer = retry.AddWithMaxAttempts(options.Retryer.(aws.RetryerV2), r.attempts)
	if !r.readCommitted {
		return dbtest.Intercept(dynamodb.New(options), r.hideTransactions)
	}
	r.shared = dbtest.NewReadCommitted(r.seed, pageWait, r.pageSizes...)
	r.audit = &auditor{
		Client: r.shared.Client(dynamodb.New(options)), observer: observer{stop: func() {}}, raw: r.db.Client,
		read: map[int]map[key]stored{}, met: map[key]exception{},
	}
	r.shared.BeforeWrite = r.audit.beforeWrite
	return dbtest.Intercept(r.audit, r.hideTransactions)
}

// mode returns the mode of the plan.
func (p *plan) mode() mode {
	switch {
	case p.readCommitted:
		return readCommitted
	case !p.transactions:
		return withoutTransactions
	}
	return isolated
}

// judge counts findings that an exception explains, and makes the others violations.
func (r *run) judge(findings ...finding) {
	for _, f := range findings {
		if r.audit != nil && r.audit.met[f.key] != "" {
			r.exceptions[r.audit.met[f.key]]++
			continue
		}
		r.violate("%q: %s", f.key, f.message)
	}
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
// the call has returned. It lets other hosts go first, and tells the call that it sent a request.
type completing struct{ dynamodb.HTTPClient }

// sentKey is the key of the function of a context that is called after each request.
type sentKey struct{}

func (c completing) Do(request *http.Request) (*http.Response, error) {
	runtime.Gosched()
	ctx := request.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	response, err := c.HTTPClient.Do(request.WithContext(context.WithoutCancel(ctx)))
	if sent, ok := ctx.Value(sentKey{}).(func()); ok {
		sent()
	}
	return response, err
}

// host runs the calls of one host, one after the other.
func (r *run) host(host int) {
	defer r.join()()
	var clock int64
	db := packagedb.New(r.client, packagedb.WithConsistentReads(),
		packagedb.WithClock(func() time.Time { return time.Unix(clock, 0) }))
	for _, c := range r.calls {
		if c.host == host {
			clock = c.clock
			r.make(db, &c)
		}
	}
}

// join makes read-committed pages wait for the writes of one more host, until the returned function is called.
func (r *run) join() (leave func()) {
	if r.shared == nil {
		return func() {}
	}
	r.shared.Join()
	return r.shared.Leave
}

// make makes a call, whose context ends after as many requests as the call has.
func (r *run) make(db packagedb.Database, c *call) {
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	var sent atomic.Int64
	ctx = context.WithValue(ctx, hostKey{}, c.host)
	ctx = context.WithValue(ctx, sentKey{}, func() {
		if sent.Add(1) == int64(c.requests) {
			cancel()
		}
	})
	c.begin = r.events.Add(1)
	c.send(ctx, db)
	c.end = r.events.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made = append(r.made, c)
}

// settle reads everything after the faults, makes specs whole that need it without transactions,
// and deletes everything.
func (r *run) settle() {
	defer r.join()()
	db := packagedb.New(r.client, packagedb.WithConsistentReads(),
		packagedb.WithClock(func() time.Time { return time.Unix(0, 0) }))
	do := func(c call) *call {
		c.host = operator
		r.make(db, &c)
		return &c
	}
	r.readAll(do, r.atomic.Load())
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
		r.violate("%d items are left when all users are deleted", left)
	}
}

func (r *run) violate(format string, arguments ...any) {
	r.violations = append(r.violations, fmt.Sprintf(format, arguments...))
}

// readAll calls every read, and counts the stored items that no read returns. If the specs must be
// whole, the latest version of each is the last of its history.
func (r *run) readAll(do func(call) *call, whole bool) {
	items := 0
	for _, k := range r.keys() {
		latest := do(call{operation: getSpec, key: k, name: k.id})
		listed := do(call{operation: listVersions, key: k, name: k.id})
		items += len(latest.specs) + len(listed.specs)
		switch isWhole := same(latest.specs, history(listed.specs).latest()); {
		case !isWhole && whole:
			r.judge(finding{k, "the last of the history is not the latest"})
		case !isWhole:
			r.exceptions[inTurn]++
		}
	}
	for _, sub := range r.subs() {
		for _, operation := range []operation{listSpecs, countModels, listCredentials} {
			do(call{operation: operation, key: key{sub: sub}})
		}
	}
	for _, publicKey := range distinct(r.calls, func(c call) string { return c.publicKey }) {
		do(call{operation: getUser, publicKey: publicKey})
	}
	if stored := r.items("package.specs"); stored != items {
		r.violate("the table holds %d items of specs, %d can be read", stored, items)
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

// checkErrors finds calls that failed although no fault was injected, and errors that no fault explains.
func (r *run) checkErrors() {
	for _, c := range r.made {
		disturbed := c.host != operator && len(r.mix.faults) > 0 || c.requests > 0
		unexpected := errors.Is(c.err, packagedb.ErrInvalidInput) || errors.Is(c.err, packagedb.ErrInvalidStage) ||
			errors.Is(c.err, packagedb.ErrNotFound)
		if !c.answered() && (unexpected || !disturbed) {
			r.violate("unexpected error: %v", c)
		}
	}
}

const (
	shrinkTime = 30 * time.Second // a bound on the work, which decides nothing
	replays    = 4                // of each smaller plan, because hosts interleave by chance
)

// report fails the test if there are violations, with the seed and the shortest trace found that
// shows one.
func (r *run) report() {
	r.t.Helper()
	if len(r.violations) == 0 {
		return
	}
	for _, message := range r.violations[:min(3, len(r.violations))] {
		assert.Fail(r.t, message, "%v", r.plan)
	}
	end, smallest := time.Now().Add(shrinkTime), r
	shrink.Slice(r.calls, func(calls []call) bool {
		p := r.plan
		p.calls = calls
		for i := 0; i < replays && time.Now().Before(end); i++ {
			var again *run
			r.t.Run("replay", func(t *testing.T) { again = p.carryOut(t) })
			if len(again.violations) > 0 {
				smallest = again
				return true
			}
		}
		return false
	})
	var trace strings.Builder
	for _, c := range smallest.made {
		trace.WriteString(c.String() + "\n")
	}
	assert.Fail(r.t, smallest.violations[0], "the shortest trace found, of %d of %d calls:\n%s",
		len(smallest.calls), len(r.calls), &trace)
}
