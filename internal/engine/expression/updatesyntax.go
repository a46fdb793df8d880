package expression

import "slices"

// update parses the clauses of an update as a whole expression, which has at least one. The first
// argument of each is the target.
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
		clauses = p.separated(clauses, func() *node { return p.clause(op) })
	}
	return clauses
}

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
	if p.current.kind != opOpen {
		return p.operand()
	}
	inner := p.group(p.sum)
	if inner.redundant {
		p.failRedundant()
	}
	return inner
}
