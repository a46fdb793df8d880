package expression

import (
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// parseUpdate parses the whole text as the clauses of an update. The first
// argument of each is the target.
func parseUpdate(text string) ([]*syntax, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	p := parser{text: text, current: scan(text, 0)}
	var clauses []*syntax
	var seen []operator
	for p.current.kind != tokenEnd {
		op, ok := section(p.current.kind)
		if !ok {
			return nil, p.unexpected()
		}
		if slices.Contains(seen, op) {
			return nil, invalid(`The "%s" section can only be used once in an update expression;`, op)
		}
		seen = append(seen, op)
		var err error
		if clauses, err = p.section(op, clauses); err != nil {
			return nil, err
		}
	}
	return clauses, nil
}

// section parses one section of an update and appends its clauses.
func (p *parser) section(op operator, clauses []*syntax) ([]*syntax, error) {
	for {
		p.advance() // the keyword or a comma
		clause, err := p.clause(op)
		if err != nil {
			return nil, err
		}
		clauses = append(clauses, clause)
		if p.current.kind != tokenComma {
			return clauses, nil
		}
	}
}

func (p *parser) clause(op operator) (*syntax, error) {
	target, err := p.path()
	clause := &syntax{op: op, args: []*syntax{target}}
	if err != nil || op == opRemove {
		return clause, err
	}
	var operand *syntax
	switch {
	case op == opSet:
		if err := p.expect(tokenEqual); err != nil {
			return nil, err
		}
		operand, err = p.sum()
	case p.current.kind == tokenValue:
		operand, err = p.operand()
	default:
		err = p.unexpected()
	}
	clause.args = append(clause.args, operand)
	return clause, err
}

// sum parses an operand, or two with + or - between them, perhaps in parentheses.
func (p *parser) sum() (*syntax, error) {
	left, err := p.addend()
	if err != nil {
		return nil, err
	}
	op := opPlus
	switch p.current.kind {
	case tokenPlus:
	case tokenMinus:
		op = opMinus
	default:
		return left, nil
	}
	p.advance()
	right, err := p.addend()
	return &syntax{op: op, args: []*syntax{left, right}}, err
}

// addend parses an operand. Parentheses may hold a sum.
func (p *parser) addend() (*syntax, error) {
	if p.current.kind != tokenOpen {
		return p.operand()
	}
	inner, err := p.group(p.sum)
	if err == nil && inner.redundant {
		return nil, redundantParentheses()
	}
	return inner, err
}

// section returns the operator of the section that a keyword begins.
func section(kind tokenKind) (op operator, ok bool) {
	switch kind {
	case tokenSet:
		return opSet, true
	case tokenRemove:
		return opRemove, true
	case tokenAdd:
		return opAdd, true
	case tokenDelete:
		return opDelete, true
	}
	return 0, false
}

// checkUpdate rejects what is wrong with a clause whatever the request's
// placeholders stand for.
func checkUpdate(s *syntax) error {
	switch s.op {
	case opPath:
		return checkPath(s.steps)
	case opFunction:
		if _, _, known := functionNamed(s.text); known {
			return invalid("The function is not allowed in an update expression; function: %s", s.text)
		}
		if _, known := updateFunction(s.text); !known {
			return invalid("Invalid function name; function: %s", s.text)
		}
	}
	for _, arg := range s.args {
		if err := checkUpdate(arg); err != nil {
			return err
		}
	}
	return nil
}

func updateFunction(name string) (op operator, ok bool) {
	switch name {
	case "if_not_exists":
		return opIfNotExists, true
	case "list_append":
		return opListAppend, true
	}
	return 0, false
}

func (c *compiler) clause(s *syntax) (clause, error) {
	target, err := c.attributes.resolve(s.args[0].steps)
	if err != nil || s.op == opRemove {
		return clause{op: s.op, target: target}, err
	}
	operand, err := c.term(s.args[1])
	if err != nil {
		return clause{}, err
	}
	return clause{s.op, target, operand}, checkSetOperand(s.op, operand)
}

// checkSetOperand rejects an operand that cannot be added to or deleted from anything.
func checkSetOperand(op operator, operand *term) error {
	kind := operand.value.Kind()
	if op == opSet || kind.Member() != attribute.KindAbsent || op == opAdd && kind == attribute.KindN {
		return nil
	}
	return invalid("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND", op, kindWords[kind], op)
}

var kindWords = map[attribute.Kind]string{
	attribute.KindS: "STRING", attribute.KindN: "NUMBER", attribute.KindB: "BINARY", attribute.KindM: "MAP",
	attribute.KindL: "LIST", attribute.KindNULL: "NULL", attribute.KindBOOL: "BOOLEAN",
}

func (c *compiler) term(s *syntax) (*term, error) {
	if s.op == opPath || s.op == opValue {
		o, err := c.operand(s)
		return &term{op: s.op, path: o.path, value: o.value}, err
	}
	t := &term{op: s.op, args: make([]*term, len(s.args))}
	for i, arg := range s.args {
		var err error
		if t.args[i], err = c.term(arg); err != nil {
			return nil, err
		}
	}
	if err := c.count(); err != nil {
		return nil, err
	}
	if s.op == opFunction {
		t.op, _ = updateFunction(s.text)
		if len(t.args) != 2 {
			return nil, operandCount(t.op, len(t.args))
		}
	}
	err := t.check()
	return t, err
}

// check rejects operands that can never be right.
func (t *term) check() error {
	kind := attribute.KindN
	switch t.op {
	case opIfNotExists:
		if t.args[0].op != opPath {
			return invalid("Operator or function requires a document path; operator or function: %s", t.op)
		}
		return nil
	case opListAppend:
		kind = attribute.KindL
	}
	for _, arg := range t.args {
		if arg.op == opValue && arg.value.Kind() != kind {
			return incorrectType(t.op, arg.value.Kind().String())
		}
	}
	return nil
}
