package expression

// syntax is a node of the tree that the parser makes of a text: a condition or
// an operand. Nothing in it is looked up or checked yet.
type syntax struct {
	op        operator
	text      string    // of a function its name, of a value its placeholder
	steps     []element // of a path
	args      []*syntax
	grouped   bool // stands in parentheses of its own
	redundant bool // stands in more than one pair of them
}

// element is one step of a path as it is written.
type element struct {
	kind tokenKind // tokenIdentifier, tokenName, tokenValue or tokenInteger
	text string
}

func (s *syntax) isOperand() bool {
	return s.op == opPath || s.op == opValue || s.op == opFunction
}

// maxText is the longest text of an expression in bytes.
const maxText = 4096

// parser is a recursive descent over the text with one token of lookahead. The
// length of the text bounds the depth of the recursion.
type parser struct {
	text      string
	previous  token
	current   token
	started   bool // there is a previous token
	leading   bool // a predicate's leftmost operand is being read
	redundant bool // that operand has redundant parentheses in it
}

// checkText checks the length of an expression.
func checkText(text string) error {
	if text == "" {
		return invalid("The expression can not be empty;")
	}
	if len(text) > maxText {
		return invalid("Expression size has exceeded the maximum allowed size; expression size: %d", len(text))
	}
	return nil
}

// parseCondition parses the whole text as a condition.
func parseCondition(text string) (*syntax, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	p := parser{text: text, current: scan(text, 0)}
	root, err := p.disjunction(false)
	if err == nil && p.current.kind != tokenEnd {
		err = p.unexpected()
	}
	return root, err
}

// parsePaths parses the whole text as a list of paths.
func parsePaths(text string) ([]*syntax, error) {
	if len(text) > maxText {
		return nil, invalid("Expression size has exceeded the maximum allowed size;")
	}
	if err := checkText(text); err != nil {
		return nil, err
	}
	p := parser{text: text, current: scan(text, 0)}
	var paths []*syntax
	for {
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
		if p.current.kind == tokenEnd {
			return paths, nil
		}
		if err := p.expect(tokenComma); err != nil {
			return nil, err
		}
	}
}

func (p *parser) advance() {
	p.previous, p.started = p.current, true
	p.current = scan(p.text, p.current.end)
}

func (p *parser) expect(kind tokenKind) error {
	if p.current.kind != kind {
		return p.unexpected()
	}
	p.advance()
	return nil
}

func (p *parser) word() string { return p.text[p.current.start:p.current.end] }

// unexpected returns the error for the current token. Like the service it quotes the token together
// with its neighbors, as written.
func (p *parser) unexpected() error {
	word, from, to := "<EOF>", 0, len(p.text)
	if p.started {
		from = p.previous.start
	}
	if p.current.kind != tokenEnd {
		word = p.word()
		if next := scan(p.text, p.current.end); next.kind != tokenEnd {
			to = next.end
		}
	}
	return invalid(`Syntax error; token: "%s", near: "%s"`, word, p.text[from:to])
}

// disjunction parses a condition. If a bare operand is allowed too, it must be all there is up to a
// closing parenthesis.
func (p *parser) disjunction(bare bool) (*syntax, error) {
	left, err := p.conjunction(bare)
	for err == nil && p.current.kind == tokenOr {
		p.advance()
		var right *syntax
		right, err = p.conjunction(false)
		left = &syntax{op: opOr, args: []*syntax{left, right}}
	}
	return left, err
}

func (p *parser) conjunction(bare bool) (*syntax, error) {
	left, err := p.negation(bare)
	for err == nil && p.current.kind == tokenAnd {
		p.advance()
		var right *syntax
		right, err = p.negation(false)
		left = &syntax{op: opAnd, args: []*syntax{left, right}}
	}
	return left, err
}

func (p *parser) negation(bare bool) (*syntax, error) {
	if p.current.kind != tokenNot {
		return p.predicate(bare)
	}
	p.advance()
	condition, err := p.negation(false)
	return &syntax{op: opNot, args: []*syntax{condition}}, err
}

// predicate parses a comparison, a function or a group. Parentheses at its beginning may hold a
// condition or the first operand.
func (p *parser) predicate(bare bool) (*syntax, error) {
	left, err := p.leftmost()
	if err != nil || !left.isOperand() {
		return left, err
	}
	op, ok := infix(p.current.kind)
	if !ok {
		if left.op == opFunction || bare && p.current.kind == tokenClose {
			return left, nil
		}
		return nil, p.unexpected()
	}
	if left.redundant {
		return nil, redundantParentheses()
	}
	p.advance()
	args := append(make([]*syntax, 0, 3), left)
	switch op {
	case opBetween:
		args, err = p.bounds(args)
	case opIn:
		args, err = p.list(args)
	default:
		var right *syntax
		right, err = p.operand()
		args = append(args, right)
	}
	return &syntax{op: op, args: args}, err
}

// leftmost parses the beginning of a predicate: a condition in parentheses, or
// an operand with or without them.
func (p *parser) leftmost() (*syntax, error) {
	if p.current.kind != tokenOpen {
		p.leading = true
		operand, err := p.operand()
		p.leading = false
		if err == nil && p.redundant {
			return nil, redundantParentheses()
		}
		return operand, err
	}
	inner, err := p.group(func() (*syntax, error) { return p.disjunction(true) })
	if err == nil && inner.redundant && (inner.op == opFunction || !inner.isOperand()) {
		return nil, redundantParentheses()
	}
	return inner, err
}

// bounds parses the operands of a BETWEEN and appends them to args.
func (p *parser) bounds(args []*syntax) ([]*syntax, error) {
	lower, err := p.operand()
	if err != nil {
		return nil, err
	}
	if err := p.expect(tokenAnd); err != nil {
		return nil, err
	}
	upper, err := p.operand()
	return append(args, lower, upper), err
}

// list parses operands in parentheses, at least one, and appends them to args.
func (p *parser) list(args []*syntax) ([]*syntax, error) {
	if err := p.expect(tokenOpen); err != nil {
		return nil, err
	}
	for {
		arg, err := p.operand()
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
		if p.current.kind != tokenComma {
			return args, p.expect(tokenClose)
		}
		p.advance()
	}
}

// operand parses a path, a value or a function, perhaps in parentheses.
func (p *parser) operand() (*syntax, error) {
	switch p.current.kind {
	case tokenOpen:
		inner, err := p.group(p.operand)
		if err == nil && inner.redundant {
			if !p.leading {
				return nil, redundantParentheses()
			}
			p.redundant = true
		}
		return inner, err
	case tokenValue:
		value := &syntax{op: opValue, text: p.word()}
		p.advance()
		return value, nil
	case tokenIdentifier:
		if scan(p.text, p.current.end).kind == tokenOpen {
			function := &syntax{op: opFunction, text: p.word()}
			p.advance()
			var err error
			function.args, err = p.list(nil)
			return function, err
		}
	}
	return p.path()
}

// group parses parentheses around the content. Like the service, the callers reject redundant ones
// as soon as they are closed, even if the text is wrong later, but in a predicate's leftmost
// operand not before that is complete, and around it not before its operator is read.
func (p *parser) group(content func() (*syntax, error)) (*syntax, error) {
	p.advance()
	inner, err := content()
	if err != nil {
		return nil, err
	}
	if err := p.expect(tokenClose); err != nil {
		return nil, err
	}
	inner.redundant = inner.grouped
	inner.grouped = true
	return inner, nil
}

func redundantParentheses() error { return invalid("The expression has redundant parentheses;") }

func (p *parser) path() (*syntax, error) {
	if p.current.kind != tokenIdentifier && p.current.kind != tokenName {
		return nil, p.unexpected()
	}
	steps := []element{{p.current.kind, p.word()}}
	p.advance()
	for {
		switch p.current.kind {
		case tokenDot:
			p.advance()
			switch p.current.kind {
			case tokenIdentifier, tokenName, tokenValue:
			default:
				return nil, p.unexpected()
			}
			steps = append(steps, element{p.current.kind, p.word()})
			p.advance()
		case tokenOpenIndex:
			p.advance()
			index := element{p.current.kind, p.word()}
			if err := p.expect(tokenInteger); err != nil {
				return nil, err
			}
			steps = append(steps, index)
			if err := p.expect(tokenCloseIndex); err != nil {
				return nil, err
			}
		default:
			return &syntax{op: opPath, steps: steps}, nil
		}
	}
}
