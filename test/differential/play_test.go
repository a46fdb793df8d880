package differential

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// player plays traces on a new embedded engine and on a server, and compares
// the answers.
type player struct {
	server   *server
	accepted acceptance
	// run returns a prefix for the transaction tokens of one play.
	run      func() string
	compared int // requests
}

// finding is a step at which the answers differ in a way that is not accepted.
type finding struct {
	step        int
	request     step
	local, ours *answer
	differences []difference
}

// signature returns the same text for findings that probably have the same cause.
func (f *finding) signature() string {
	d := f.differences[0]
	text := f.request.operation + " " + template(d.path)
	if d.path == "failure" {
		text += " " + template(d.localText()) + " " + template(d.oursText())
	}
	return text
}

var variable = regexp.MustCompile(`"[^"]*"|'[^']*'|[0-9]`)

// template returns the text without names, values and digits.
func template(text string) string { return variable.ReplaceAllString(text, "") }

// play plays the trace and returns its findings. It stops after a write that
// has succeeded on one side only, because the tables differ from there on. An
// error is that of a connection.
func (p *player) play(ctx context.Context, t *trace) ([]*finding, error) {
	pl := &play{player: p, tables: t.tables, ours: embedded(), token: p.run()}
	if err := pl.prepare(ctx); err != nil {
		return nil, err
	}
	var all []*finding
	for i := range t.steps {
		found, err := pl.step(ctx, t.steps[i])
		if err != nil {
			return nil, err
		}
		if found != nil {
			found.step = i
			all = append(all, found)
		}
		if pl.diverged {
			break
		}
	}
	return all, pl.dropTables(ctx)
}

type play struct {
	*player
	tables []tableSchema
	ours   *server
	token  string
	// diverged is set if a write has succeeded on one side only.
	diverged bool
}

// prepare creates the tables on both sides, and deletes what an earlier play left.
func (p *play) prepare(ctx context.Context) error {
	if err := p.dropTables(ctx); err != nil {
		return err
	}
	for i := range p.tables {
		for _, s := range []*server{p.server, p.ours} {
			if err := s.create(ctx, p.tables[i].definition); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropTables deletes the tables of the trace from DynamoDB Local.
func (p *play) dropTables(ctx context.Context) error {
	for i := range p.tables {
		for _, name := range []string{p.tables[i].name, otherTable(p.tables[i].name)} {
			if _, err := p.server.send(ctx, "DeleteTable", encode(object{"TableName": name})); err != nil {
				return err
			}
		}
	}
	return nil
}

// otherTable returns the name of the table that requests of a trace create.
func otherTable(name string) string { return name[:strings.LastIndexByte(name, '.')] + ".other" }

// step performs the requests of a step on both sides and compares the answers.
func (p *play) step(ctx context.Context, s step) (*finding, error) {
	if token, ok := s.body["ClientRequestToken"].(string); ok && token != "" && len(token) <= maxToken {
		s.body = clone(s.body)
		s.body["ClientRequestToken"] = p.token + token
	}
	local, err := p.pages(ctx, p.server, s)
	if err != nil {
		return nil, err
	}
	ours, err := p.pages(ctx, p.ours, s)
	if err != nil {
		return nil, err
	}
	p.compared += len(local)
	if isWhole(s) {
		sortKey := p.sortKey(s)
		local, ours = []*answer{total(local, sortKey)}, []*answer{total(ours, sortKey)}
		if isPart(s) && local[0].status == http.StatusOK && ours[0].status == http.StatusOK {
			return nil, nil
		}
	}
	for i := range min(len(local), len(ours)) {
		if f := p.examine(s, local[i], ours[i]); f != nil {
			return f, nil
		}
	}
	return nil, nil
}

// examine compares two answers and returns the differences that are not accepted.
func (p *play) examine(s step, local, ours *answer) *finding {
	if local.status != ours.status && isWrite(s.operation) {
		p.diverged = true
	}
	// DynamoDB Local updates an item before it rejects this parameter.
	if s.operation == "UpdateItem" && !slices.Contains([]any{"INDEXES", "TOTAL", "NONE"}, detail(s)) {
		p.diverged = true
	}
	s.partial = p.putsPartialKey(s.body, "")
	differences := slices.DeleteFunc(compare(s.operation, local, ours), func(d difference) bool { return p.accepted.accepts(s, d) })
	if len(differences) == 0 {
		return nil
	}
	return &finding{request: s, local: local, ours: ours, differences: differences}
}

// putsPartialKey reports whether a part of a request puts an item into the table, or into another
// that it names, with one key attribute of a global index and not the other.
func (p *play) putsPartialKey(part any, table string) bool {
	switch part := part.(type) {
	case list:
		return slices.ContainsFunc(part, func(element any) bool { return p.putsPartialKey(element, table) })
	case object:
		if name, ok := part["TableName"].(string); ok {
			table = name
		}
		if item, ok := part["Item"].(object); ok {
			return slices.ContainsFunc(p.tables, func(t tableSchema) bool { return t.name == table && t.keepsPart(item) })
		}
		for name, value := range part {
			if !slices.ContainsFunc(p.tables, func(t tableSchema) bool { return t.name == name }) {
				name = table
			}
			if p.putsPartialKey(value, name) {
				return true
			}
		}
	}
	return false
}

func isWrite(operation string) bool {
	switch operation {
	case "GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems", "DescribeTable", "ListTables":
		return false
	}
	return true
}
