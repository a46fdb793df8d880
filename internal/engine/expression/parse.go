package expression

import (
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// node is a part of an expression: a condition, an operand, or a clause of an update. The parser
// sets the operator, the words and args; compile looks up what the words stand for.
type node struct {
	op        operator
	grouped   bool     // stands in parentheses of its own
	redundant bool     // stands in more than one pair of them
	word      string   // of a function its name, of a value its placeholder
	steps     []string // of a path
	args      []*node

	path  Path
	value attribute.Value
}

// isOperand reports whether the node stands for a value.
func (n *node) isOperand() bool { return n.op == opPath || n.op == opValue || n.op == opFunction }

// maxSize is the largest expression in bytes.
const maxSize = 4096

// parser is a recursive descent over the expression with one token of lookahead. The length of the
// expression bounds the depth of the recursion. After a failure no token is left, so that every rule
// ends.
type parser struct {
	input     string
	previous  token
	current   token
	started   bool // there is a previous token
	leading   bool // a predicate's leftmost operand is being read
	redundant bool // that operand has redundant parentheses in it
	err       error
}

// parse returns the trees of an expression: of a condition one, of a projection one for each path, of
// an update one for each clause.
func parse(input string, at place) (trees []*node, err error) {
	switch {
	case input == "":
		return nil, invalid("The expression can not be empty;")
	case len(input) > maxSize && at == inCondition:
		return nil, invalid("Expression size has exceeded the maximum allowed size; expression size: %d", len(input))
	case len(input) > maxSize:
		return nil, invalid("Expression size has exceeded the maximum allowed size;")
	}
	p := parser{input: input, current: scan(input, 0)}
	switch at {
	case inUpdate:
		trees = p.update()
	case inProjection:
		trees = p.paths()
	default:
		trees = []*node{p.condition(false)}
	}
	p.expect(opEnd)
	return trees, p.err
}

// fail keeps the first error.
func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.current = token{kind: opEnd, start: len(p.input), end: len(p.input)}
}

// advance moves to the next token.
func (p *parser) advance() {
	p.previous, p.started = p.current, true
	p.current = scan(p.input, p.current.end)
}

// accept consumes the current token if it is of that kind.
func (p *parser) accept(kind operator) bool {
	if p.current.kind != kind {
		return false
	}
	p.advance()
	return true
}

// expect consumes the current token, which must be of that kind.
func (p *parser) expect(kind operator) {
	if !p.accept(kind) {
		p.unexpected()
	}
}

// word consumes the current token and returns it.
func (p *parser) word() string {
	word := p.input[p.current.start:p.current.end]
	p.advance()
	return word
}

// unexpected fails because of the current token. Like the service it quotes the token together with
// its neighbors, as written.
func (p *parser) unexpected() {
	word, from, to := "<EOF>", 0, len(p.input)
	if p.started {
		from = p.previous.start
	}
	if p.current.kind != opEnd {
		word = p.input[p.current.start:p.current.end]
		if next := scan(p.input, p.current.end); next.kind != opEnd {
			to = next.end
		}
	}
	p.fail(invalid(`Syntax error; token: "%s", near: "%s"`, word, p.input[from:to]))
}

// condition parses conditions with OR between them. If a bare operand is allowed too, it must be all
// there is up to a closing parenthesis.
func (p *parser) condition(bare bool) *node {
	left := p.conjunction(bare)
	for p.accept(opOr) {
		left = &node{op: opOr, args: []*node{left, p.conjunction(false)}}
	}
	return left
}

// conjunction parses conditions with AND between them, which binds tighter than OR.
func (p *parser) conjunction(bare bool) *node {
	left := p.negation(bare)
	for p.accept(opAnd) {
		left = &node{op: opAnd, args: []*node{left, p.negation(false)}}
	}
	return left
}

// negation parses a predicate, perhaps after NOT.
func (p *parser) negation(bare bool) *node {
	if p.accept(opNot) {
		return &node{op: opNot, args: []*node{p.negation(false)}}
	}
	return p.predicate(bare)
}

// predicate parses a comparison, a function or a condition in parentheses.
func (p *parser) predicate(bare bool) *node {
	left := p.leftmost()
	if !left.isOperand() {
		return left
	}
	op := p.current.kind
	if !op.isInfix() {
		if left.op != opFunction && !(bare && op == opClose) {
			p.unexpected()
		}
		return left
	}
	if left.redundant {
		p.failRedundant()
	}
	p.advance()
	switch op {
	case opBetween:
		lower := p.operand()
		p.expect(opAnd)
		return &node{op: op, args: []*node{left, lower, p.operand()}}
	case opIn:
		return &node{op: op, args: p.list(left)}
	}
	return &node{op: op, args: []*node{left, p.operand()}}
}

// leftmost parses the start of a predicate: a condition in parentheses, or an operand with or without
// them.
func (p *parser) leftmost() *node {
	if p.current.kind != opOpen {
		p.leading = true
		operand := p.operand()
		p.leading = false
		if p.redundant {
			p.failRedundant()
		}
		return operand
	}
	p.advance()
	inner := p.closed(p.condition(true))
	if inner.redundant && (inner.op == opFunction || !inner.isOperand()) {
		p.failRedundant()
	}
	return inner
}

// list parses operands in parentheses and appends them to args.
func (p *parser) list(args ...*node) []*node {
	p.expect(opOpen)
	args = append(args, p.operand())
	for p.accept(opComma) {
		args = append(args, p.operand())
	}
	p.expect(opClose)
	return args
}

// operand parses a path, a value or a function, perhaps in parentheses.
func (p *parser) operand() *node {
	switch p.current.kind {
	case opOpen:
		p.advance()
		inner := p.closed(p.operand())
		if inner.redundant {
			if !p.leading {
				p.failRedundant()
			}
			p.redundant = true
		}
		return inner
	case opValue:
		return &node{op: opValue, word: p.word()}
	case opIdentifier:
		if scan(p.input, p.current.end).kind == opOpen {
			return &node{op: opFunction, word: p.word(), args: p.list()}
		}
	}
	return p.path()
}

// closed expects the end of the parentheses around a node. Like the service, the callers reject
// redundant ones as soon as they are closed, even if the expression is wrong later, but in a
// predicate's leftmost operand not before that is complete, and around it not before its operator is
// read.
func (p *parser) closed(inner *node) *node {
	p.expect(opClose)
	inner.redundant = inner.grouped
	inner.grouped = true
	return inner
}

func (p *parser) failRedundant() { p.fail(invalid("The expression has redundant parentheses;")) }

// paths parses the paths of a projection.
func (p *parser) paths() []*node {
	paths := []*node{p.path()}
	for p.accept(opComma) {
		paths = append(paths, p.path())
	}
	return paths
}

// path parses a path, such as a.#b[0].
func (p *parser) path() *node {
	n := &node{op: opPath}
	if p.current.kind != opIdentifier && p.current.kind != opName {
		p.unexpected()
		return n
	}
	n.steps = append(n.steps, p.word())
	for {
		switch p.current.kind {
		case opDot:
			p.advance()
			switch p.current.kind {
			case opIdentifier, opName, opValue:
				n.steps = append(n.steps, p.word())
			default:
				p.unexpected()
			}
		case opOpenIndex:
			p.advance()
			if p.current.kind != opInteger {
				p.unexpected()
			}
			n.steps = append(n.steps, p.word())
			p.expect(opCloseIndex)
		default:
			return n
		}
	}
}

// update parses the clauses of an update, at least one. The first argument of each is the target.
func (p *parser) update() []*node {
	var clauses []*node
	for len(clauses) == 0 || p.current.kind != opEnd {
		op := p.current.kind
		if !op.isSection() {
			p.unexpected()
		}
		if slices.ContainsFunc(clauses, func(c *node) bool { return c.op == op }) {
			p.fail(invalid(`The "%s" section can only be used once in an update expression;`, op))
		}
		p.advance()
		clauses = append(clauses, p.clause(op))
		for p.accept(opComma) {
			clauses = append(clauses, p.clause(op))
		}
	}
	return clauses
}

// clause parses one action of a section, such as n = n + :one of a SET.
func (p *parser) clause(op operator) *node {
	n := &node{op: op, args: []*node{p.path()}}
	switch {
	case op == opRemove:
	case op == opSet:
		p.expect(opEqual)
		n.args = append(n.args, p.sum())
	default:
		if p.current.kind != opValue {
			p.unexpected()
		}
		n.args = append(n.args, p.operand())
	}
	return n
}

// sum parses an operand, or two with + or - between them, perhaps in parentheses.
func (p *parser) sum() *node {
	left := p.addend()
	op := p.current.kind
	if op != opPlus && op != opMinus {
		return left
	}
	p.advance()
	return &node{op: op, args: []*node{left, p.addend()}}
}

// addend parses an operand. Parentheses may hold a sum.
func (p *parser) addend() *node {
	if !p.accept(opOpen) {
		return p.operand()
	}
	inner := p.closed(p.sum())
	if inner.redundant {
		p.failRedundant()
	}
	return inner
}
