package soak

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// run is a plan that is being carried out.
type run struct {
	plan
	t      *testing.T
	server *dynamodb.Client
	moment atomic.Int64
	client packagedb.Client
	atOnce atomic.Bool // the server has transactions and they are used

	mu    sync.Mutex
	calls []*call
}

// outcome is what a run has come to.
type outcome struct {
	calls      []*call // in the order in which they began
	injected   int
	atOnce     bool // with transactions
	violations []violation
}

// sabotage puts a client that breaks a promise between the database and the server.
type sabotage func(packagedb.Client) packagedb.Client

// carryOut runs a plan on a database of its own and judges what came of it.
func (p plan) carryOut(t *testing.T) outcome {
	db := testutil.New(t)
	r := &run{plan: p, t: t, server: db.Client}
	r.atOnce.Store(true)
	r.client = r.newClient()
	if p.spoil != nil {
		r.client = p.spoil(r.client)
	}

	var injected *testutil.Injected
	if len(p.weather.faults) > 0 {
		injected = db.Inject(p.weather.faults...)
	}
	var hosts sync.WaitGroup
	for _, calls := range p.hosts {
		hosts.Go(func() { r.host(calls) })
	}
	hosts.Wait()
	o := outcome{}
	if injected != nil {
		injected.Stop()
		o.injected = injected.Count()
	}
	o.violations = r.settle()
	o.calls, o.atOnce = r.calls, r.atOnce.Load()
	return o
}

// newClient is that of the test's database with the plan's number of attempts. It lets the other hosts
// go first before each of its requests.
func (r *run) newClient() packagedb.Client {
	options := r.server.Options()
	options.HTTPClient = yielding{options.HTTPClient}
	options.Retryer = retry.AddWithMaxAttempts(options.Retryer.(aws.RetryerV2), r.attempts)
	return &client{Client: dynamodb.New(options), run: r}
}

type yielding struct{ dynamodb.HTTPClient }

func (y yielding) Do(request *http.Request) (*http.Response, error) {
	runtime.Gosched()
	return y.HTTPClient.Do(request)
}

// client hides the transactions of the server where the plan is without.
type client struct {
	packagedb.Client
	run *run
}

func (c *client) TransactWriteItems(
	ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options),
) (output *dynamodb.TransactWriteItemsOutput, err error) {
	if c.run.transactions {
		output, err = c.Client.TransactWriteItems(ctx, input, options...)
	} else {
		err = &smithy.GenericAPIError{Code: "UnknownOperationException"}
	}
	if api := smithy.APIError(nil); errors.As(err, &api) && api.ErrorCode() == "UnknownOperationException" {
		c.run.atOnce.Store(false)
	}
	return output, err
}

// host makes the calls of one host, one after the other.
func (r *run) host(planned []call) {
	var clock int64
	db := packagedb.New(r.client, packagedb.WithConsistentReads(),
		packagedb.WithClock(func() time.Time { return time.Unix(clock, 0) }))
	for i := range planned {
		made := planned[i]
		clock = made.clock
		r.make(db, &made)
	}
}

func (r *run) make(db packagedb.Database, c *call) {
	c.begin = r.moment.Add(1)
	c.send(r.t.Context(), db)
	c.end = r.moment.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

// settle looks at everything after the faults, mends what the design leaves to be mended, and deletes
// all of it.
func (r *run) settle() (found []violation) {
	const operator = -1 // in the place of the number of a host
	var clock int64
	db := packagedb.New(r.client, packagedb.WithConsistentReads(),
		packagedb.WithClock(func() time.Time { return time.Unix(clock, 0) }))
	do := func(c call) *call {
		c.host, c.clock = operator, clock
		r.make(db, &c)
		return &c
	}
	keys := r.judge().keys()
	subs := slices.Sorted(maps.Keys(r.subs()))

	look := func(whole bool) {
		items, j := 0, r.judge()
		for _, k := range keys {
			latest := do(call{operation: getSpec, key: k, name: k.id})
			history := do(call{operation: listVersions, key: k, name: k.id})
			items += len(latest.specs) + len(history.specs)
			j.agreement(k, latest, history, whole)
		}
		for _, sub := range subs {
			for _, operation := range []operation{listSpecs, countModels, listCredentials} {
				do(call{operation: operation, key: key{sub: sub}})
			}
		}
		for _, publicKey := range r.judge().publicKeys() {
			do(call{operation: getUser, publicKey: publicKey})
		}
		found = append(found, j.found...)
		if stored := r.items("package.specs"); stored != items {
			found = append(found, violation{fmt.Sprintf("the table holds %d items of specs, %d can be read", stored, items), everything})
		}
	}
	look(false)
	j := r.judge()
	for i, k := range keys {
		clock = j.clockToMend(k)
		// Either call mends. The ids take turns in which.
		if i%2 == 0 {
			do(call{operation: deleteSpec, key: k, name: k.id})
		} else {
			spec := packagedb.SpecInput{Name: k.id, Version: "mended", Title: fmt.Sprint("mended ", i)}
			do(call{operation: createSpec, key: k, name: k.id, spec: spec})
		}
	}
	look(true)
	for _, sub := range subs {
		do(call{operation: deleteAll, key: key{sub: sub}})
	}
	if left := r.items("package.specs") + r.items("package.credentials"); left > 0 {
		found = append(found, violation{fmt.Sprintf("%d items are left when all users are deleted", left), everything})
	}
	j = r.judge()
	j.everyCall(len(r.weather.faults) > 0, operator)
	return append(found, j.found...)
}

// items counts what a table holds.
func (r *run) items(table string) (items int) {
	pages := dynamodb.NewScanPaginator(r.server, &dynamodb.ScanInput{
		TableName: &table, Select: "COUNT", ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.t.Context())
		if err != nil {
			r.t.Fatalf("scan: %v", err)
		}
		items += int(page.Count)
	}
	return items
}

// judge returns a judge of the calls so far.
func (r *run) judge() *judge {
	slices.SortFunc(r.calls, func(a, b *call) int { return int(a.begin - b.begin) })
	return newJudge(r.calls, r.atOnce.Load())
}
