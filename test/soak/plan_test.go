package soak

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// plan is everything about a run that is drawn from its seed: which host makes which calls by which
// clock, and which faults requests meet. Only how the calls of different hosts interleave is not.
type plan struct {
	seed          uint64
	mix           faultMix
	transactions  bool
	readCommitted bool     // queries are not isolated from transactions
	pageSizes     []int32  // of read-committed queries, in place of 1 MB
	attempts      int      // of every request
	calls         []call   // those of the operator, and host by host
	sabotage      sabotage // nil except in tests of the model itself
}

// faultMix is a set of faults that requests meet.
type faultMix struct {
	name   string
	faults []testutil.Fault
}

// faultMixes returns no fault, each kind alone, and all kinds together.
func faultMixes() []faultMix {
	mixes := []faultMix{{name: "no fault"}}
	all := faultMix{name: "all faults"}
	for kind := testutil.Throttle; kind <= testutil.AccessDenied; kind++ {
		alone, together := testutil.Fault{Kind: kind, Rate: 0.3}, testutil.Fault{Kind: kind, Rate: 0.06}
		switch {
		case kind == testutil.Delay:
			alone.Delay, together.Delay = time.Millisecond, time.Millisecond
		case kind == testutil.Unprocessed: // it applies to few operations
			alone.Rate, together.Rate = 0.6, 0.3
		case kind == testutil.AccessDenied: // no request is repeated
			alone.Rate, together.Rate = 0.1, 0.01
		}
		mixes = append(mixes, faultMix{kind.String(), []testutil.Fault{alone}})
		all.faults = append(all.faults, together)
	}
	return append(mixes, all)
}

const maxHosts = 12

// mode is how the server differs from a plan to the next.
type mode int

const (
	isolated mode = iota
	withoutTransactions
	readCommitted
	modes
)

func (m mode) String() string {
	return []string{"isolated", "without-transactions", "read-committed"}[m]
}

// newPlan draws a plan. The fault mix and the mode alternate from seed to seed.
func newPlan(seed uint64) plan {
	random := rand.New(rand.NewPCG(seed, 0))
	mixes := faultMixes()
	mode := mode(seed / uint64(len(mixes)) % uint64(modes))
	p := plan{
		seed:          seed,
		mix:           mixes[seed%uint64(len(mixes))],
		transactions:  mode != withoutTransactions,
		readCommitted: mode == readCommitted,
		attempts:      []int{1, 3, 10}[random.IntN(3)],
	}
	for i := range p.mix.faults {
		p.mix.faults[i].Seed = random.Uint64()
	}
	d := draw{
		Rand:        random,
		hosts:       1 + random.IntN(maxHosts),
		start:       []int64{1_700_000_000, 1_000_000_000, 360}[random.IntN(3)],
		frozen:      random.IntN(4) == 0,
		most:        60,
		deletes:     random.IntN(3) > 0,
		canceled:    random.IntN(4) == 0,
		description: []int{0, 10, 10, 10, 10, 10, 10, 10_000}[random.IntN(8)],
	}
	if p.readCommitted {
		d.once = os.Getenv("PACKAGEDB_TEST_ENGINE") != "dynalite" // the exceptions are recognized with transactions alone
		p.drawReadCommitted(&d)
	}
	for host := range d.hosts {
		p.calls = append(p.calls, d.host(host)...)
	}
	return p
}

// drawReadCommitted draws what makes queries of several pages, and what makes versions come back in their
// seconds.
func (p *plan) drawReadCommitted(d *draw) {
	p.pageSizes = []int32{2, 3, 50, 50}
	if d.IntN(8) == 0 {
		p.pageSizes, d.description = nil, 150_000 // histories over 1 MB
	}
	versions, first := 0, d.start-min(d.start, 1000)
	switch d.IntN(8) {
	case 0:
		versions = 120
	case 1, 2: // hosts write in the seconds of the versions that are deleted in batches
		versions = 120
		d.contend(first, 20, 8)
		d.startsDeleting = true
	case 3, 4, 5, 6:
		d.contend(d.start, 4, 25)
	}
	for i := range versions { // a history that takes more than a transaction to delete
		version := fmt.Sprint("call ", i, " of the operator")
		p.calls = append(p.calls, call{
			host: operator, clock: first + int64(i), operation: createSpec, key: key{"shared", "a"}, name: "a",
			spec: packagedb.SpecInput{Name: "a", Version: version, Title: version},
		})
	}
}

// newTornPlan draws a plan without faults in which six hosts write few versions of few specs and delete
// them, by pages of two items: most pages are torn, and versions come back in their seconds.
func newTornPlan(seed uint64) plan {
	p := plan{seed: seed, mix: faultMixes()[0], transactions: true, readCommitted: true, pageSizes: []int32{2}, attempts: 1}
	d := draw{Rand: rand.New(rand.NewPCG(seed, 0)), hosts: maxContenders, deletes: true, once: true}
	d.contend(1000, 4, 25)
	for host := range d.hosts {
		p.calls = append(p.calls, d.host(host)...)
	}
	return p
}

// draw holds what the hosts of a plan have in common.
type draw struct {
	*rand.Rand
	hosts       int
	start       int64
	frozen      bool // every clock stands still at its second
	deletes     bool // hosts delete what others may be writing
	canceled    bool // the contexts of some calls end before the calls do
	description int  // the largest length of a description, in bytes: a history fits on one page
	contested   bool // the hosts write few versions of two specs by clocks that show few seconds, and delete them

	seconds int64 // that the clocks show from the start on, if contested
	most    int   // calls of a host

	startsDeleting bool // the first calls are deletes, if contested
	once           bool // some creates store a version once
}

// maxContenders bounds the hosts that contend: an order of more calls of one spec is hard to find.
const maxContenders = 6

// contend makes few hosts contend for two specs.
func (d *draw) contend(start, seconds int64, most int) {
	d.hosts, d.contested = min(max(d.hosts, 3), maxContenders), true
	d.start, d.seconds, d.most = start, seconds, most
}

// host draws the calls of a host, whose clock is up to five minutes off and jumps.
func (d *draw) host(host int) []call {
	clock := d.start
	if !d.frozen {
		clock += d.Int64N(600) - 300
	}
	calls := make([]call, 5+d.IntN(d.most-5))
	for i := range calls {
		switch {
		case d.contested:
			clock = d.start + d.Int64N(d.seconds)
		case d.frozen:
		case d.IntN(30) == 0:
			clock = max(0, clock+d.Int64N(600)-300)
		default:
			clock += max(0, d.Int64N(5)-2)
		}
		calls[i] = d.call(host, i)
		calls[i].host, calls[i].clock = host, clock
		if d.canceled && d.IntN(8) == 0 {
			calls[i].requests = 1 + d.IntN(3)
		}
	}
	return calls
}

// ids are all ids of specs, in order: some are prefixes of each other and of keys of the table.
var ids = []string{"a", "a#00000000000000000001", "a#b", "a#b#c", "a#latest", "a-b", "é"}

// spellings returns names that have the id.
func spellings(id string) []string {
	return map[string][]string{"a": {"a", "A"}, "a#b": {"a#b", "A#B"}, "a-b": {"a.b", "A__b"}, "é": {"É"}}[id]
}

// countBase and countUnit encode the model count of a spec as a digit, in that base, at the
// position of its id, so that a sum of model counts shows each of them.
const countBase = 500

func countUnit(i int) int {
	unit := 1
	for range i {
		unit *= countBase
	}
	return unit
}

func (d *draw) call(host, i int) call {
	c := call{operation: d.operation(host)}
	c.sub = d.sub(host)
	if d.contested {
		contested := []operation{
			createSpec, createSpec, createSpec, createSpec, deleteSpec, deleteSpec, deleteSpec, getSpec, listVersions, getSpecVersion,
		}
		c.operation, c.sub = contested[d.IntN(len(contested))], "shared"
		if i == 0 && d.startsDeleting {
			c.operation = deleteSpec
		}
	} else if c.is(deleteSpec, deleteAllSpecs, deleteAllCredentials, deleteAll) && !d.deletes {
		c.sub = ownSub(host)
	}
	if c.is(createSpec) && d.once && d.IntN(4) == 0 {
		c.operation = createOnce
	}
	stamp := fmt.Sprintf("call %d of host %d", i, host)
	switch {
	case c.is(createSpec, createOnce, getSpec, getLatestVersion, getSpecVersion, listVersions, deleteSpec):
		d.drawSpec(&c, stamp)
	case c.is(createCredentials, putCredentials, getCredentials, deleteCredentials):
		c.id = d.credentialsID()
		c.name = c.id
		c.publicKey = d.publicKey()
		c.credentials = packagedb.CredentialsInput{
			ID: c.id, PublicKey: c.publicKey, Salt: []byte(stamp), SecretKeyHash: []byte("hash of " + stamp),
		}
	case c.is(listSpecs):
		c.page = d.page(ids[d.IntN(len(ids))])
	case c.is(listCredentials):
		c.page = d.page(d.credentialsID())
	case c.is(getUser):
		c.sub, c.publicKey = "", d.publicKey()
	}
	return c
}

// drawSpec draws a spec for a call. One version in four is written again and again.
func (d *draw) drawSpec(c *call, stamp string) {
	i := max(0, d.IntN(len(ids)+1)-1)
	if d.contested {
		i = []int{0, 0, 2}[d.IntN(3)]
	}
	c.id = ids[i]
	names := append(spellings(c.id), c.id)
	c.name = names[d.IntN(len(names))]
	repeated := fmt.Sprint("of ", d.IntN(2))
	switch {
	case c.isCreate():
		c.spec = packagedb.SpecInput{
			Name: c.name, Version: stamp, ModelCount: (1 + d.IntN(countBase-1)) * countUnit(i), Title: stamp,
		}
		if d.contested || d.IntN(4) == 0 {
			c.spec.Version = repeated
		}
		if d.description > 0 {
			c.spec.Description = strings.Repeat("d", 1+d.IntN(d.description))
		}
	case c.is(getSpecVersion):
		c.version = repeated
	case c.is(listVersions):
		c.page = d.page(strconv.FormatInt(max(0, d.start+d.Int64N(100)-50), 10))
	}
}

// page draws list options: mostly none.
func (d *draw) page(after string) (p page) {
	p.descending = d.IntN(4) == 0
	if d.IntN(4) == 0 {
		p.limit = 1 + d.IntN(3)
	}
	if d.IntN(4) == 0 {
		p.after = after
	}
	return p
}

// operation draws writes and reads about equally often, and fewer deletes.
func (d *draw) operation(host int) operation {
	frequent := []operation{createSpec, createSpec, createSpec, createSpec, getSpec, listVersions, putCredentials}
	regular := []operation{
		getLatestVersion, getSpecVersion, listSpecs, countModels, getCredentials, listCredentials, getUser,
		createCredentials, deleteSpec, deleteSpec, deleteCredentials,
	}
	rare := []operation{deleteAllSpecs, deleteAllCredentials, deleteAll}
	switch n := d.IntN(100); {
	case n < 60:
		return frequent[d.IntN(len(frequent))]
	case n < 97:
		return regular[d.IntN(len(regular))]
	default:
		return rare[(d.IntN(len(rare))+host)%len(rare)]
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

func (d *draw) credentialsID() string { return []string{"ID", "id", "id 2", "id#"}[d.IntN(4)] }

func (d *draw) publicKey() string { return fmt.Sprint("public key ", d.IntN(2*d.hosts)) }

// subs returns all users of the plan.
func (p plan) subs() []string { return distinct(p.calls, func(c call) string { return c.sub }) }

// keys returns all specs that the plan writes.
func (p plan) keys() []key {
	return distinct(p.calls, func(c call) (written key) {
		if c.isCreate() {
			written = c.key
		}
		return written
	})
}

// distinct returns what calls have, each once, without the zero value.
func distinct[T comparable](calls []call, of func(call) T) (values []T) {
	var zero T
	for _, c := range calls {
		if value := of(c); value != zero && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}

// String returns how to run the plan again, and what it is.
func (p plan) String() string {
	transactions := "with transactions"
	switch {
	case p.readCommitted:
		transactions = "with read-committed queries"
	case !p.transactions:
		transactions = "without transactions"
	}
	return fmt.Sprintf("SEED=%d: %s, %s, %d attempts, %d calls", p.seed, p.mix.name, transactions, p.attempts, len(p.calls))
}
