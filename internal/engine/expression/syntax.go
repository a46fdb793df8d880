package expression

// maxText is the longest text of an expression in bytes.
const maxText = 4096

// parser is a recursive descent over the text with one token of lookahead. The length of the text
// bounds the depth of the recursion. After a failure no token is left, so that every rule ends.
type parser struct {
	text      string
	previous  token
	current   token
	started   bool // there is a previous token
	leading   bool // a predicate's leftmost operand is being read
	redundant bool // that operand has redundant parentheses in it
	err       error
}

// parse parses the whole text by a rule of the grammar.
func parse(text string, rule func(*parser) []*node) ([]*node, error) {
	switch {
	case text == "":
		return nil, invalid("The expression can not be empty;")
	case len(text) > maxText:
		return nil, invalid("Expression size has exceeded the maximum allowed size; expression size: %d", len(text))
	}
	p := parser{text: text, current: scan(text, 0)}
	trees := rule(&p)
	p.expect(opEnd)
	return trees, p.err
}

// fail keeps the first error.
func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.current = token{kind: opEnd, start: len(p.text), end: len(p.text)}
}

func (p *parser) advance() {
	p.previous, p.started = p.current, true
	p.current = scan(p.text, p.current.end)
}

func (p *parser) expect(kind operator) {
	if p.current.kind != kind {
		p.unexpected()
		return
	}
	p.advance()
}

// word consumes the current token and returns its text.
func (p *parser) word() string {
	word := p.text[p.current.start:p.current.end]
	p.advance()
	return word
}

// unexpected fails because of the current token. Like the service it quotes the token together with
// its neighbors, as written.
func (p *parser) unexpected() {
	word, from, to := "<EOF>", 0, len(p.text)
	if p.started {
		from = p.previous.start
	}
	if p.current.kind != opEnd {
		word = p.text[p.current.start:p.current.end]
		if next := scan(p.text, p.current.end); next.kind != opEnd {
			to = next.end
		}
	}
	p.fail(invalid(`Syntax error; token: "%s", near: "%s"`, word, p.text[from:to]))
}

// condition parses a condition as a whole expression.
func (p *parser) condition() []*node { return []*node{p.disjunction(false)} }

// disjunction parses a condition. If a bare operand is allowed too, it must be all there is up to a
// closing parenthesis.
func (p *parser) disjunction(bare bool) *node {
	left := p.conjunction(bare)
	for p.current.kind == opOr {
		p.advance()
		left = &node{op: opOr, args: []*node{left, p.conjunction(false)}}
	}
	return left
}

func (p *parser) conjunction(bare bool) *node {
	left := p.negation(bare)
	for p.current.kind == opAnd {
		p.advance()
		left = &node{op: opAnd, args: []*node{left, p.negation(false)}}
	}
	return left
}

func (p *parser) negation(bare bool) *node {
	if p.current.kind != opNot {
		return p.predicate(bare)
	}
	p.advance()
	return &node{op: opNot, args: []*node{p.negation(false)}}
}

// predicate parses a comparison, a function or a group. Parentheses at its beginning may hold a
// condition or the first operand.
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

// leftmost parses the beginning of a predicate: a condition in parentheses, or
// an operand with or without them.
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
	inner := p.group(func() *node { return p.disjunction(true) })
	if inner.redundant && (inner.op == opFunction || !inner.isOperand()) {
		p.failRedundant()
	}
	return inner
}

// list parses operands in parentheses and appends them to those in front.
func (p *parser) list(front ...*node) []*node {
	p.expect(opOpen)
	args := p.separated(front, p.operand)
	p.expect(opClose)
	return args
}

// separated parses nodes with commas between them, at least one, and appends them to those in front.
func (p *parser) separated(front []*node, next func() *node) []*node {
	for {
		front = append(front, next())
		if p.current.kind != opComma {
			return front
		}
		p.advance()
	}
}

// operand parses a path, a value or a function, perhaps in parentheses.
func (p *parser) operand() *node {
	switch p.current.kind {
	case opOpen:
		inner := p.group(p.operand)
		if inner.redundant {
			if !p.leading {
				p.failRedundant()
			}
			p.redundant = true
		}
		return inner
	case opValue:
		return &node{op: opValue, text: p.word()}
	case opIdentifier:
		if scan(p.text, p.current.end).kind == opOpen {
			return &node{op: opFunction, text: p.word(), args: p.list()}
		}
	}
	return p.path()
}

// group parses parentheses around the content. Like the service, the callers reject redundant ones
// as soon as they are closed, even if the text is wrong later, but in a predicate's leftmost
// operand not before that is complete, and around it not before its operator is read.
func (p *parser) group(content func() *node) *node {
	p.advance()
	inner := content()
	p.expect(opClose)
	inner.redundant = inner.grouped
	inner.grouped = true
	return inner
}

func (p *parser) failRedundant() { p.fail(invalid("The expression has redundant parentheses;")) }

// paths parses a list of paths as a whole expression.
func (p *parser) paths() []*node { return p.separated(nil, p.path) }

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
