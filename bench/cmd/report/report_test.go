package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// rounds is the output of three rounds, the second of which ran on a machine that was ten times as slow.
const rounds = `goos: linux
BenchmarkDelete/items=5000/by=overlapped-2   1   200000000 ns/op
BenchmarkDelete/items=5000/by=one-by-one-2   1   1200000000 ns/op
BenchmarkDelete/items=5000/by=overlapped-2   1   2000000000 ns/op
BenchmarkDelete/items=5000/by=one-by-one-2   1   14000000000 ns/op
BenchmarkDelete/items=5000/by=overlapped-2   1   220000000 ns/op
BenchmarkDelete/items=5000/by=one-by-one-2   1   1100000000 ns/op
BenchmarkDeleteMemory/items=1000-2      1   70 ns/op   1000 keys-held
BenchmarkDeleteMemory/items=100000-2    1   70 ns/op   6390 keys-held
BenchmarkDeleteMemory/items=10000-2     1   70 ns/op   6385 keys-held
PASS
`

func measured(t *testing.T) results {
	t.Helper()
	r, err := parse(strings.NewReader(rounds))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestARatioIsTheMedianOfTheRatiosOfTheRounds(t *testing.T) {
	r := measured(t)
	if got := r.median("Delete/items=5000/by=overlapped", "ns/op"); got != (figure{220e6, true}) {
		t.Errorf("the median is %v", got)
	}
	got := r.ratio("Delete/items=5000/by=one-by-one", "Delete/items=5000/by=overlapped", "ns/op")
	if got != (figure{6, true}) {
		t.Errorf("the ratio is %v, want 6 of 6, 7 and 5", got)
	}
}

func TestWhatWasNotMeasuredIsADash(t *testing.T) {
	r := measured(t)
	if got := r.median("Delete/items=5000/by=nobody", "ns/op").String(); got != "–" {
		t.Errorf("got %q", got)
	}
	if got := r.ratio("Delete/items=5000/by=nobody", "Delete/items=5000/by=overlapped", "ns/op").times(); got != "–" {
		t.Errorf("got %q", got)
	}
}

func TestFiguresHaveThreeDigits(t *testing.T) {
	for value, want := range map[float64]string{8: "8", 0.5: "0.50", 12.345: "12.3", 1234.5: "1234", 99.96: "100.0"} {
		if got := (figure{value, true}).String(); got != want {
			t.Errorf("%v is printed as %q, want %q", value, got, want)
		}
	}
}

func TestTablesAreMarkdown(t *testing.T) {
	var out strings.Builder
	deletes(measured(t)).print(&out)
	const want = `
Deleting 5,000 items from a server that is 5 ms away

|                           |   ms | times as fast |
| ------------------------- | ---: | ------------: |
| one batch after the other | 1200 |             1 |
| DeleteAllSpecs            |  220 |         6.00× |
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestPlotsAreXMLWithEveryPoint(t *testing.T) {
	drawn := drawings(measured(t))
	if len(drawn) != 1 {
		t.Fatalf("%d plots are drawn of one measurement", len(drawn))
	}
	circles := 0
	for decoder := xml.NewDecoder(strings.NewReader(drawn["delete-memory"])); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "circle" {
			circles++
		}
	}
	if circles != 3 {
		t.Errorf("%d of 3 points are drawn", circles)
	}
}

func TestPointsFollowEachOtherByNumber(t *testing.T) {
	c := measured(t).curve("keys", "DeleteMemory/items=%s", "items", "keys-held", 1)
	for i, want := range []point{{1000, 1000}, {10_000, 6385}, {100_000, 6390}} {
		if i >= len(c.points) || c.points[i] != want {
			t.Fatalf("the points are %v", c.points)
		}
	}
}

func TestALineThatIsNoResultIsAnError(t *testing.T) {
	if _, err := parse(strings.NewReader("BenchmarkX 1 none ns/op\n")); err == nil {
		t.Error("there is no error")
	}
}
