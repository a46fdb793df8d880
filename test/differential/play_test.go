package differential

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/open-alchemy/packagedb/test/internal/shrink"
)

// player plays traces on a new embedded engine and on a server, and compares
// the responses.
type player struct {
	t        *testing.T
	server   *server
	accepted acceptance
	compared int // requests

	// Of the trace that is played:
	tables   []tableSchema
	ours     *server
	token    string // a prefix of its transaction tokens
	diverged bool   // a write has succeeded on one side only
}

// finding is a step at which the responses differ in a way that is not accepted.
type finding struct {
	step        int
	request     step
	local, ours *answer
	differences []difference
}

var variable = regexp.MustCompile(`"[^"]*"|'[^']*'|[0-9]`)

// signature returns the same string for findings that probably have the same cause: what differs,
// without names, values and digits.
func (f *finding) signature() string {
	d := f.differences[0]
	text := f.request.operation + " " + d.path
	if d.path == "failure" {
		text += " " + d.localText() + " " + d.oursText()
	}
	return variable.ReplaceAllString(text, "")
}

// play plays the trace and returns its findings. It stops after a write that
// has succeeded on one side only, because the tables differ from there on.
func (p *player) play(made trace) (all []*finding) {
	p.tables, p.ours, p.token, p.diverged = made.tables, embedded(), rand.Text(), false
	p.dropTables() // that an earlier play left
	for i := range p.tables {
		p.server.create(p.t, p.tables[i].definition)
		p.ours.create(p.t, p.tables[i].definition)
	}
	for i, s := range made.steps {
		if found := p.step(s); found != nil {
			found.step = i
			all = append(all, found)
		}
		if p.diverged {
			break
		}
	}
	p.dropTables()
	return all
}

// dropTables deletes the tables of the trace from DynamoDB Local, and the one that its requests create.
func (p *player) dropTables() {
	for i := range p.tables {
		name := p.tables[i].name
		for _, name := range []string{name, name[:strings.LastIndexByte(name, '.')] + ".other"} {
			p.server.send(p.t, "DeleteTable", object{"TableName": name})
		}
	}
}

// step performs the requests of a step on both sides and compares the responses.
func (p *player) step(s step) *finding {
	if token, ok := s.body["ClientRequestToken"].(string); ok && token != "" && len(token) <= maxToken {
		s.body = clone(s.body)
		s.body["ClientRequestToken"] = p.token + token
	}
	local, ours := p.pages(p.server, s), p.pages(p.ours, s)
	p.compared += len(local)
	if isWhole(s) {
		sortKey := p.sortKey(s)
		local, ours = []*answer{total(local, sortKey)}, []*answer{total(ours, sortKey)}
		if isPart(s) && local[0].status == http.StatusOK && ours[0].status == http.StatusOK {
			return nil
		}
	}
	for i := range min(len(local), len(ours)) {
		if f := p.examine(s, local[i], ours[i]); f != nil {
			return f
		}
	}
	return nil
}

// examine compares two responses and returns the differences that are not accepted.
func (p *player) examine(s step, local, ours *answer) *finding {
	isRead := regexp.MustCompile(`Get|Query|Scan|Describe|List`).MatchString(s.operation)
	// DynamoDB Local updates an item before it rejects this parameter.
	updated := s.operation == "UpdateItem" && !slices.Contains([]any{"INDEXES", "TOTAL", "NONE"}, detail(s))
	p.diverged = p.diverged || updated || local.status != ours.status && !isRead
	differences := slices.DeleteFunc(compare(s.operation, local, ours), func(d difference) bool { return p.accepted.accepts(s, d) })
	if len(differences) == 0 {
		return nil
	}
	return &finding{request: s, local: local, ours: ours, differences: differences}
}

// shorten returns a shorter trace with a finding of the same signature. It plays at most the given
// number of traces.
func (p *player) shorten(made trace, found *finding, plays int) (trace, *finding) {
	signature := found.signature()
	made.steps = shrink.Slice(made.steps[:found.step+1], func(steps []step) bool {
		if plays--; plays < 0 {
			return false
		}
		all := p.play(trace{made.tables, steps})
		i := slices.IndexFunc(all, func(f *finding) bool { return f.signature() == signature })
		if i < 0 {
			return false
		}
		found = all[i]
		return true
	})
	return made, found
}

// report describes a finding and the requests that lead to it.
func report(made trace, found *finding) string {
	var b strings.Builder
	for i := range made.tables {
		fmt.Fprintf(&b, "CreateTable %s\n", encode(made.tables[i].definition))
	}
	for _, s := range made.steps {
		fmt.Fprintf(&b, "%s %s\n", s.operation, shortened(s.body))
	}
	for _, d := range found.differences {
		fmt.Fprintf(&b, "differs at %s\n  DynamoDB Local: %s\n  this engine:    %s\n", d.path, shortened(d.local), shortened(d.ours))
	}
	fmt.Fprintf(&b, "DynamoDB Local answers %d %s\n", found.local.status, shortened(found.local.body))
	fmt.Fprintf(&b, "this engine answers    %d %s\n", found.ours.status, shortened(found.ours.body))
	return b.String()
}

// filling is what makes values long.
var filling = regexp.MustCompile(`A{20,}|f{20,}|k{20,}|x{20,}|[int]{20,}`)

// shortened returns the JSON of a value without what makes it long.
func shortened(value any) string { return filling.ReplaceAllString(string(encode(value)), "...") }

// isWhole reports whether the results of a step are compared once all pages are
// read, because their order or the pages differ between servers.
func isWhole(s step) bool {
	switch s.operation {
	case "Scan": // the order of partitions
		return true
	case "Query": // the order of equal index keys, and the pages of filtered items
		return has(s, "IndexName") || s.big && isFiltered(s)
	}
	return false
}

// isPart reports whether a step reads a part that differs between servers: it
// has a start key, or asks for one segment of several.
func isPart(s step) bool {
	first, _ := s.body["Segment"].(int)
	return has(s, "ExclusiveStartKey") || has(s, "Segment") && (first != 0 || segments(s) == 0)
}

// segments returns the number of segments that a scan goes through.
func segments(s step) int {
	total, _ := s.body["TotalSegments"].(int)
	if first, ok := s.body["Segment"].(int); !ok || first != 0 || total > 100 {
		return 0
	}
	return total
}

// sortKey returns the sort key of the queried index, empty if there is none.
func (p *player) sortKey(s step) string {
	for _, t := range p.tables {
		for _, x := range t.indexes {
			if s.operation == "Query" && s.body["TableName"] == t.name && s.body["IndexName"] == x.name {
				return x.sort.name
			}
		}
	}
	return ""
}

// maxPages is more than any step reads of a server whose pages end.
const maxPages = 1000

// pages sends the request of a step, and as many more as its pages and segments take.
func (p *player) pages(on *server, s step) (pages []*answer) {
	for segment := range max(1, segments(s)) {
		body := clone(s.body)
		if segment > 0 {
			body["Segment"] = segment
		}
		for more := true; more && len(pages) < maxPages; {
			a := on.send(p.t, s.operation, body)
			pages = append(pages, a)
			if a.status != http.StatusOK {
				return pages
			}
			body["ExclusiveStartKey"], more = a.body["LastEvaluatedKey"]
			more = more && (s.onwards || isWhole(s))
		}
	}
	return pages
}

// total returns the pages as one response, with the sort keys in their order: the
// error if there is one. Consumed capacity depends on how the items are divided
// into pages, and is included for a single page only.
func total(pages []*answer, sortKey string) *answer {
	if last := pages[len(pages)-1]; last.status != http.StatusOK {
		return last
	}
	var count, scanned float64
	var items, order list
	hasItems := false
	body := object{}
	for _, page := range pages {
		page := normal(page.body)
		c, _ := page["Count"].(float64)
		n, _ := page["ScannedCount"].(float64)
		count, scanned = count+c, scanned+n
		if found, ok := page["Items"].(list); ok {
			items, hasItems = append(items, found...), true
		}
		if len(pages) == 1 {
			body["ConsumedCapacity"] = page["ConsumedCapacity"]
		}
	}
	if hasItems {
		body["Items"] = sorted(items)
	}
	for _, item := range items {
		order = append(order, item.(object)[sortKey])
	}
	body["Count"], body["ScannedCount"], body["Order"] = count, scanned, order
	return &answer{status: http.StatusOK, body: body}
}
