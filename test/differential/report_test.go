package differential

import (
	"fmt"
	"strings"
)

// report describes a finding and the requests that lead to it.
func report(t *trace, found *finding) string {
	var b strings.Builder
	for i := range t.tables {
		if t.uses(&t.tables[i]) {
			fmt.Fprintf(&b, "CreateTable %s\n", encode(t.tables[i].definition))
		}
	}
	for _, s := range t.steps {
		fmt.Fprintf(&b, "%s %s\n", s.operation, shortened(string(encode(s.body))))
	}
	for _, d := range found.differences {
		fmt.Fprintf(&b, "differs at %s\n  DynamoDB Local: %s\n  this engine:    %s\n", d.path, shortened(d.localText()), shortened(d.oursText()))
	}
	fmt.Fprintf(&b, "DynamoDB Local answers %d %s\n", found.local.status, shortened(string(encode(found.local.body))))
	fmt.Fprintf(&b, "this engine answers    %d %s\n", found.ours.status, shortened(string(encode(found.ours.body))))
	return b.String()
}

// uses reports whether a step of the trace names the table.
func (t *trace) uses(table *tableSchema) bool {
	for _, s := range t.steps {
		if strings.Contains(string(encode(s.body)), string(encode(table.name))) {
			return true
		}
	}
	return false
}

// maxRun is the longest run of one character in a report.
const maxRun = 20

// shortened returns the text with long runs of one character cut.
func shortened(text string) string {
	var b strings.Builder
	for at := 0; at < len(text); {
		end := at + 1
		for end < len(text) && text[end] == text[at] {
			end++
		}
		if end-at > maxRun {
			fmt.Fprintf(&b, "%c...(%d)", text[at], end-at)
		} else {
			b.WriteString(text[at:end])
		}
		at = end
	}
	return b.String()
}
