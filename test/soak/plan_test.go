package soak

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// plan is everything about a run that is drawn from its seed: who calls what when by which clock, and
// what goes wrong. Only how the calls of different hosts interleave is up to the run.
type plan struct {
	seed         uint64
	weather      weather
	transactions bool
	attempts     int // of every request
	hosts        [][]call
	spoil        sabotage // nil but for tests of the model itself
}

// weather is the faults that requests meet.
type weather struct {
	name   string
	faults []testutil.Fault
}

// weathers are no fault, each kind alone, and all kinds together.
func weathers() []weather {
	fair := weather{name: "no fault"}
	all := weather{name: "all faults"}
	each := []weather{}
	for kind := testutil.Throttle; kind <= testutil.Delay; kind++ {
		alone, together := testutil.Fault{Kind: kind, Rate: 0.3}, testutil.Fault{Kind: kind, Rate: 0.06}
		switch kind {
		case testutil.Delay:
			alone.Delay, together.Delay = time.Millisecond, time.Millisecond
		case testutil.Unprocessed, testutil.Conflict: // for a single operation each
			alone.Rate, together.Rate = 0.6, 0.3
		}
		each = append(each, weather{kind.String(), []testutil.Fault{alone}})
		all.faults = append(all.faults, together)
	}
	return append(append([]weather{fair}, each...), all)
}

// newPlan draws a plan. The weather and whether there are transactions take turns from seed to seed.
func newPlan(seed uint64) plan {
	random := rand.New(rand.NewPCG(seed, 0))
	all := weathers()
	p := plan{
		seed:         seed,
		weather:      all[seed%uint64(len(all))],
		transactions: seed/uint64(len(all))%2 == 0,
		attempts:     []int{1, 3, 10}[random.IntN(3)],
	}
	for i := range p.weather.faults {
		p.weather.faults[i].Seed = random.Uint64()
	}
	d := draw{
		Rand:        random,
		hosts:       1 + random.IntN(12),
		start:       []int64{1_700_000_000, 1_000_000_000, 60}[random.IntN(3)],
		frozen:      random.IntN(4) == 0,
		deletes:     random.IntN(3) > 0,
		description: []int{0, 10, 10, 10, 10, 10, 10, 60_000}[random.IntN(8)],
	}
	for host := range d.hosts {
		p.hosts = append(p.hosts, d.host(host))
	}
	return p
}

// draw is what the hosts of a plan have in common.
type draw struct {
	*rand.Rand
	hosts       int
	start       int64
	frozen      bool // every clock stands still at its second
	deletes     bool // users delete what others may be writing
	description int  // the length of descriptions, in bytes
}

// host draws the calls of a host, whose clock is up to minutes off and jumps.
func (d *draw) host(host int) []call {
	clock := d.start
	if !d.frozen {
		clock += d.Int64N(600) - 300
	}
	calls := make([]call, 5+d.IntN(55))
	for i := range calls {
		switch {
		case d.frozen:
		case d.IntN(30) == 0:
			clock += d.Int64N(600) - 300
		default:
			clock += max(0, d.Int64N(5)-2)
		}
		calls[i] = d.call(host, i)
		calls[i].host, calls[i].clock = host, clock
	}
	return calls
}

// spellings of a few ids, among them some that start like each other and like keys of the tables.
var spellings = []struct{ name, id string }{
	{"a", "a"}, {"a", "a"}, {"A", "a"}, {"a#b", "a#b"}, {"A#B", "a#b"}, {"a.b", "a-b"}, {"A__b", "a-b"},
	{"a#latest", "a#latest"}, {"a#00000000000000000001", "a#00000000000000000001"}, {"É", "é"},
}

func (d *draw) call(host, i int) call {
	c := call{operation: d.operation(host)}
	stamp := fmt.Sprintf("call %d of host %d", i, host)
	c.sub = d.sub(host)
	if c.is(deleteAllSpecs, deleteAllCredentials, deleteAll) && !d.deletes {
		c.sub = ownSub(host)
	}
	switch {
	case c.is(createSpec, getSpec, getVersion, listVersions, deleteSpec):
		spelling := spellings[d.IntN(len(spellings))]
		c.name, c.id = spelling.name, spelling.id
		if c.is(deleteSpec) && !d.deletes {
			c.sub = ownSub(host)
		}
		if c.is(createSpec) {
			c.spec = packagedb.SpecInput{Name: c.name, Version: stamp, ModelCount: d.IntN(1000), Title: stamp}
			if d.IntN(4) == 0 { // a version that is written again and again
				c.spec.Version = fmt.Sprint("of ", d.IntN(2))
			}
			if d.description > 0 {
				c.spec.Description = strings.Repeat("d", 1+d.IntN(d.description))
			}
		}
	case c.is(putCredentials, getCredentials, deleteCredentials):
		c.id = []string{"id", "id 2", "ID", "id#"}[d.IntN(4)]
		c.name = c.id
		c.credentials = packagedb.CredentialsInput{
			ID: c.id, PublicKey: d.publicKey(), Salt: []byte(stamp), SecretKeyHash: []byte("hash of " + stamp),
		}
	case c.is(getUser):
		c.sub = ""
		c.publicKey = d.publicKey()
	}
	return c
}

// operation draws writes and reads about equally often, and few deletes.
func (d *draw) operation(host int) operation {
	often := []operation{
		createSpec, createSpec, createSpec, createSpec, getSpec, listVersions, putCredentials,
	}
	now := []operation{
		getVersion, listSpecs, countModels, getCredentials, listCredentials, getUser, deleteSpec, deleteCredentials,
	}
	seldom := []operation{deleteAllSpecs, deleteAllCredentials, deleteAll}
	switch n := d.IntN(100); {
	case n < 60:
		return often[d.IntN(len(often))]
	case n < 97:
		return now[d.IntN(len(now))]
	default:
		return seldom[(d.IntN(len(seldom))+host)%len(seldom)]
	}
}

// sub draws the host's own user or one that all hosts share.
func (d *draw) sub(host int) string {
	if d.IntN(3) == 0 {
		return ownSub(host)
	}
	return []string{"shared", "shared#too"}[d.IntN(2)]
}

func ownSub(host int) string { return fmt.Sprint("sub of host ", host) }

func (d *draw) publicKey() string { return fmt.Sprint("public key ", d.IntN(2*d.hosts)) }

// subs are all users of a plan.
func (p plan) subs() map[string]bool {
	all := map[string]bool{}
	for _, host := range p.hosts {
		for i := range host {
			if host[i].sub != "" {
				all[host[i].sub] = true
			}
		}
	}
	return all
}

func (p plan) size() (calls int) {
	for _, host := range p.hosts {
		calls += len(host)
	}
	return calls
}

// String says how the plan can be run again.
func (p plan) String() string {
	transactions := "with transactions"
	if !p.transactions {
		transactions = "without transactions"
	}
	return fmt.Sprintf("SEED=%d: %s, %s, %d attempts, %d hosts, %d calls",
		p.seed, p.weather.name, transactions, p.attempts, len(p.hosts), p.size())
}
