package main

import (
	"fmt"
	"io"
	"strings"
)

// table is printed as Markdown, with its columns aligned so that it reads as plain text too.
type table struct {
	title   string
	columns []string
	rows    [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print(out io.Writer) {
	widths := make([]int, len(t.columns))
	for _, row := range append([][]string{t.columns}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	line := func(cells []string) {
		for i, cell := range cells {
			padding := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i == 0 {
				cell += padding
			} else {
				cell = padding + cell
			}
			_, _ = fmt.Fprintf(out, "| %s ", cell)
		}
		_, _ = fmt.Fprintln(out, "|")
	}
	_, _ = fmt.Fprintf(out, "\n%s\n\n", t.title)
	line(t.columns)
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width)
		if i > 0 {
			rule[i] = strings.Repeat("-", width-1) + ":"
		}
	}
	line(rule)
	for _, row := range t.rows {
		line(row)
	}
}

// The units of time, in nanoseconds.
const (
	microsecond = 1e3
	millisecond = 1e6
)

func tables(r results) []*table {
	return []*table{
		patternCosts(r), patternTimes(r), clientCosts(r), warmGets(r), deletes(r), keysHeld(r),
		concurrency(r), engineTimes(r), engineStarts(r), growth(r),
	}
}

var patternNames = []string{
	"CreateUpdateSpec", "GetSpec", "ListSpecs", "CountCustomerModels", "ListSpecVersions", "DeleteAllSpecs",
	"CreateUpdateCredentials", "GetUser",
}

func patternCosts(r results) *table {
	t := &table{
		title:   "What each pattern asks of DynamoDB: packagedb / by hand / guregu/dynamo",
		columns: []string{"pattern", "requests", "capacity units", "bytes of the answers"},
	}
	for _, pattern := range patternNames {
		each := func(unit string) string {
			var cells []string
			for _, by := range []string{"packagedb", "hand", "guregu"} {
				cells = append(cells, r.median("Pattern/pattern="+pattern+"/by="+by, unit).String())
			}
			return strings.Join(cells, " / ")
		}
		if r["Pattern/pattern="+pattern+"/by=packagedb"] != nil {
			t.add(pattern, each("requests/op"), each("units/op"), each("answer-B/op"))
		}
	}
	return t
}

func patternTimes(r results) *table {
	t := &table{
		title: "What each pattern takes of the client's processor, in µs, and in allocations",
		columns: []string{
			"pattern", "packagedb", "by hand", "guregu", "packagedb / hand", "packagedb / guregu", "allocations: packagedb", "by hand", "guregu",
		},
	}
	for _, pattern := range patternNames {
		by := func(contender string) string { return "Pattern/pattern=" + pattern + "/by=" + contender }
		used := func(contender string) string { return r.median(by(contender), "cpu-ns/op").in(microsecond) }
		allocations := func(contender string) string { return r.median(by(contender), "allocs/op").String() }
		if r[by("packagedb")] != nil {
			t.add(pattern, used("packagedb"), used("hand"), used("guregu"),
				r.ratio(by("packagedb"), by("hand"), "cpu-ns/op").times(), r.ratio(by("packagedb"), by("guregu"), "cpu-ns/op").times(),
				allocations("packagedb"), allocations("hand"), allocations("guregu"))
		}
	}
	return t
}

func clientCosts(r results) *table {
	t := &table{
		title:   "A call beside the bare call of the SDK that it makes",
		columns: []string{"call", "via", "packagedb, µs", "SDK, µs", "ratio, made in turn", "allocations: packagedb", "SDK"},
	}
	for _, call := range []string{"GetSpec", "ListSpecs100"} {
		for _, via := range []string{"loopback", "tcp", "get"} {
			name := "Client/call=" + call + "/via=" + via + "/by="
			if r[name+"packagedb"] != nil {
				t.add(call, via, r.median(name+"packagedb", "cpu-ns/op").in(microsecond), r.median(name+"sdk", "cpu-ns/op").in(microsecond),
					r.median(name+"both", "ratio").times(), r.median(name+"packagedb", "allocs/op").String(), r.median(name+"sdk", "allocs/op").String())
			}
		}
	}
	return t
}

func warmGets(r results) *table {
	t := &table{title: "Get after the first time", columns: []string{"STAGE", "ns of processor time", "allocations"}}
	for _, stage := range r.names("Get/", "stage") {
		t.add(stage, r.median("Get/stage="+stage, "cpu-ns/op").String(), r.median("Get/stage="+stage, "allocs/op").String())
	}
	return t
}

func deletes(r results) *table {
	t := &table{
		title:   "Deleting 5,000 items from a server that is 5 ms away",
		columns: []string{"", "ms", "times as fast"},
	}
	const name = "Delete/items=5000/by="
	if r[name+"overlapped"] != nil {
		t.add("one batch after the other", r.median(name+"one-by-one", "ns/op").in(millisecond), "1")
		t.add("DeleteAllSpecs", r.median(name+"overlapped", "ns/op").in(millisecond), r.ratio(name+"one-by-one", name+"overlapped", "ns/op").times())
	}
	return t
}

func keysHeld(r results) *table {
	t := &table{title: "Keys that a delete holds at most", columns: []string{"items", "keys"}}
	for _, items := range r.names("DeleteMemory/", "items") {
		t.add(items, r.median("DeleteMemory/items="+items, "keys-held").String())
	}
	return t
}

func concurrency(r results) *table {
	t := &table{
		title: "Callers of a server that is 2 ms away, through the client of Get and that of the SDK's defaults",
		columns: []string{
			"transport", "callers", "Get, calls/s", "SDK, calls/s", "ratio", "Get, % of the ideal", "SDK, %",
			"Get, connections", "SDK, connections", "Get, processor µs/call", "SDK, µs/call",
		},
	}
	for _, transport := range r.names("Concurrency/", "transport") {
		for _, callers := range r.names("Concurrency/", "callers") {
			name := "Concurrency/transport=" + transport + "/callers=" + callers + "/by="
			get, sdk := name+"get", name+"sdk"
			t.add(transport, callers, r.median(get, "calls/s").in(1), r.median(sdk, "calls/s").in(1), r.ratio(get, sdk, "calls/s").times(),
				r.median(get, "%ideal").String(), r.median(sdk, "%ideal").String(), r.median(get, "connections").String(), r.median(sdk, "connections").String(),
				r.median(get, "cpu-ns/call").in(microsecond), r.median(sdk, "cpu-ns/call").in(microsecond))
		}
	}
	return t
}

var operationNames = []string{"PutItem", "GetItem", "Query100", "TransactWriteItems"}

func engineTimes(r results) *table {
	t := &table{
		title:   "One caller's requests to each engine over TCP, in µs",
		columns: []string{"operation", "embedded", "dynalite", "DynamoDB Local", "dynalite / embedded", "DynamoDB Local / embedded"},
	}
	for _, operation := range operationNames {
		on := func(engine string) string { return "Engine/operation=" + operation + "/engine=" + engine }
		if r[on("embedded")] != nil {
			t.add(operation, r.median(on("embedded"), "ns/op").in(microsecond), r.median(on("dynalite"), "ns/op").in(microsecond), r.median(on("dynamodb-local"), "ns/op").in(microsecond),
				r.ratio(on("dynalite"), on("embedded"), "ns/op").times(), r.ratio(on("dynamodb-local"), on("embedded"), "ns/op").times())
		}
	}
	return t
}

func engineStarts(r results) *table {
	t := &table{title: "Start of an engine up to its first answer, in ms", columns: []string{"engine", "ms"}}
	for _, engine := range []string{"embedded", "dynalite", "dynamodb-local"} {
		if r["EngineStart/engine="+engine] != nil {
			t.add(engine, r.median("EngineStart/engine="+engine, "ns/op").in(millisecond))
		}
	}
	return t
}

func growth(r results) *table {
	t := &table{
		title:   "The embedded engine as its tables grow, without a client",
		columns: []string{"items", "get, µs", "query of 100 items, µs", "bytes of memory per item"},
	}
	for _, items := range r.names("Growth/", "items") {
		get, query := "Growth/operation=GetItem/items="+items, "Growth/operation=Query/items="+items
		t.add(items, r.median(get, "cpu-ns/op").in(microsecond), r.median(query, "cpu-ns/op").in(microsecond), r.median(get, "B/item").String())
	}
	return t
}
