package expression

import (
	"fmt"
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

const (
	// maxOperators is how many operators and functions an expression may have.
	maxOperators = 300
	// maxIn is how many operands may stand in the parentheses of an IN.
	maxIn = 100
)

// compiler turns a checked tree into one that can be evaluated. Like the service it works from the
// leaves up, in the order of the text, and reports the first problem that it finds.
type compiler struct {
	attributes *Attributes
	paths      []Path
	operators  int
}

// compile parses, checks and resolves the text of a condition.
func compile(text string, a *Attributes) (*node, []Path, error) {
	tree, err := parseCondition(text)
	if err != nil {
		return nil, nil, err
	}
	if err := check(tree, asCondition); err != nil {
		return nil, nil, err
	}
	c := compiler{attributes: a}
	root, err := c.condition(tree)
	return root, c.paths, err
}

func (c *compiler) condition(s *syntax) (*node, error) {
	switch s.op {
	case opAnd, opOr, opNot:
		children := make([]*node, len(s.args))
		for i, arg := range s.args {
			var err error
			if children[i], err = c.condition(arg); err != nil {
				return nil, err
			}
		}
		return &node{op: s.op, children: children}, c.count()
	}
	return c.predicate(s)
}

// predicate compiles a comparison or a function.
func (c *compiler) predicate(s *syntax) (*node, error) {
	operands := make([]operand, len(s.args))
	for i, arg := range s.args {
		var err error
		if operands[i], err = c.operand(arg); err != nil {
			return nil, err
		}
	}
	if err := c.count(); err != nil {
		return nil, err
	}
	op := s.op
	if op == opFunction {
		var want int
		op, want, _ = functionNamed(s.text)
		if len(operands) != want {
			return nil, operandCount(op, len(operands))
		}
	}
	if err := checkOperands(op, operands); err != nil {
		return nil, err
	}
	return &node{op: op, operands: operands}, nil
}

func (c *compiler) operand(s *syntax) (operand, error) {
	switch s.op {
	case opPath:
		path, err := c.attributes.resolve(s.steps)
		c.paths = append(c.paths, path)
		return operand{path: path}, err
	case opValue:
		value, ok := c.attributes.value(s.text)
		if !ok {
			return operand{}, invalid("An expression attribute value used in expression is not defined; attribute value: %s", s.text)
		}
		return operand{value: value}, nil
	}
	size, err := c.predicate(s)
	if err != nil {
		return operand{}, err
	}
	return operand{sized: &size.operands[0]}, nil
}

func (c *compiler) count() error {
	if c.operators++; c.operators > maxOperators {
		return invalid("The expression contains too many operators; operator count: %d", c.operators)
	}
	return nil
}

func operandCount(op operator, count int) error {
	return invalid("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", op, count)
}

func checkDistinct(op operator, operands []operand) error {
	first := operands[0].path
	if first == nil {
		return nil
	}
	for _, other := range operands[1:] {
		if slices.Equal(first, other.path) {
			return invalid("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s", op, first)
		}
	}
	return nil
}

// checkOperands rejects operands that can never be right for the operator. It accepts every path,
// whose value is not known yet.
func checkOperands(op operator, operands []operand) error {
	switch op {
	case opLess, opLessOrEqual, opGreater, opGreaterOrEqual, opBetween:
		if err := checkKinds(op, operands, attribute.KindS, attribute.KindN, attribute.KindB); err != nil {
			return err
		}
	}
	if err := checkDistinct(op, operands); err != nil {
		return err
	}
	switch op {
	case opBetween:
		return checkBounds(operands[1].value, operands[2].value)
	case opIn:
		if count := len(operands) - 1; count > maxIn {
			return invalid("The IN operator is provided with too many operands; number of operands: %d", count)
		}
	case opAttributeExists, opAttributeNotExists:
		if operands[0].path == nil {
			return invalid("Operator or function requires a document path; operator or function: %s", op)
		}
	case opAttributeType:
		return checkTypeName(operands[1])
	case opBeginsWith:
		return checkKinds(op, operands, attribute.KindS, attribute.KindB)
	case opSize:
		return checkKinds(op, operands, attribute.KindS, attribute.KindB, attribute.KindSS, attribute.KindNS, attribute.KindBS, attribute.KindM, attribute.KindL)
	}
	return nil
}

func checkKinds(op operator, operands []operand, allowed ...attribute.Kind) error {
	for _, o := range operands {
		if kind := o.kind(); kind != attribute.KindAbsent && !slices.Contains(allowed, kind) {
			return incorrectType(op, kind.String())
		}
	}
	return nil
}

func incorrectType(op operator, kind string) error {
	return invalid("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", op, kind)
}

// checkBounds compares the bounds of a BETWEEN if both are given as values.
func checkBounds(lower, upper attribute.Value) error {
	if !lower.Exists() || !upper.Exists() {
		return nil
	}
	requirement := "same data type for lower and upper bounds"
	if lower.Kind() == upper.Kind() {
		if order, _ := attribute.Compare(lower, upper); order <= 0 {
			return nil
		}
		requirement = "upper bound to be greater than or equal to lower bound"
	}
	return invalid("The BETWEEN operator requires %s; lower bound operand: AttributeValue: {%s}, upper bound operand: AttributeValue: {%s}",
		requirement, describe(lower), describe(upper))
}

// describe returns a bound as the service prints it: a binary as the name of its class.
func describe(bound attribute.Value) string {
	content := bound.Raw()
	if bound.Kind() == attribute.KindB {
		content = fmt.Sprintf("java.nio.HeapByteBuffer[pos=0 lim=%[1]d cap=%[1]d]", len(content))
	}
	return bound.Kind().String() + ":" + content
}

func checkTypeName(o operand) error {
	switch kind := o.kind(); kind {
	case attribute.KindAbsent:
		return incorrectType(opAttributeType, "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
	case attribute.KindS:
	default:
		return incorrectType(opAttributeType, kind.String())
	}
	switch name := o.value.Str(); name {
	case "S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL":
		return nil
	default:
		return invalid("Invalid attribute type name found; type: %s, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}", name)
	}
}
