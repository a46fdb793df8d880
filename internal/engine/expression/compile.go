package expression

import (
	"slices"
	"strconv"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

const (
	// maxOperators is how many operators and functions an expression may have.
	maxOperators = 300
	// maxIn is how many operands may stand in the parentheses of an IN.
	maxIn = 100
)

// compile parses, checks and resolves an expression, and returns its trees and its paths in the order
// in which they are written. The parameter is the one that the messages name.
func (a *Attributes) compile(parameter, expression string, at place) ([]*node, []Path, error) {
	trees, err := parse(expression, at)
	for i := 0; i < len(trees) && err == nil; i++ {
		err = trees[i].check(at)
	}
	r := resolver{attributes: a, paths: make([]Path, 0, len(trees))}
	for i := 0; i < len(trees) && err == nil; i++ {
		err = r.resolve(trees[i])
	}
	if err != nil {
		return nil, nil, invalidExpression(parameter, err)
	}
	return trees, r.paths, nil
}

// invalidExpression begins the message of err with the name of the parameter.
func invalidExpression(parameter string, err error) error {
	return invalid("Invalid %s: %s", parameter, err)
}

// check looks up the functions of a tree, and rejects what is wrong with it whatever its
// placeholders stand for: unknown and misplaced functions, reserved words, list indexes out of
// range. Of several problems it reports the one that is written first.
func (n *node) check(at place) error {
	switch n.op {
	case opPath:
		return checkSteps(n.steps)
	case opFunction:
		if err := n.checkFunction(at); err != nil {
			return err
		}
	}
	switch {
	case at == inCondition && n.op != opAnd && n.op != opOr && n.op != opNot:
		at = inOperand
	case at == inUpdate && !n.op.isSection():
		at = inArgument
	}
	for _, arg := range n.args {
		if err := arg.check(at); err != nil {
			return err
		}
	}
	return nil
}

// checkFunction looks up the function and checks that it may stand there. Of those of an update, only
// if_not_exists may be an argument.
func (n *node) checkFunction(at place) error {
	n.op = operator(slices.Index(operatorNames[:], n.word))
	function, ok := functions[n.op]
	updates := at == inUpdate || at == inArgument
	switch {
	case !ok:
		return invalid("Invalid function name; function: %s", n.word)
	case function.place == at, n.op == opIfNotExists && updates:
		return nil
	case function.place == inUpdate && !updates:
		return invalid("The function is not allowed in a condition expression; function: %s", n.word)
	case function.place != inUpdate && updates:
		return invalid("The function is not allowed in an update expression; function: %s", n.word)
	}
	return invalid("The function is not allowed to be used this way in an expression; function: %s", n.word)
}

// checkSteps checks the names and indexes of a path.
func checkSteps(steps []string) error {
	for _, step := range steps {
		if isReserved(step) {
			return invalid("Attribute name is a reserved keyword; reserved keyword: %s", step)
		}
		if isDigit(step[0]) {
			if _, err := strconv.ParseInt(step, 10, 32); err != nil {
				return invalid("List index is not within the allowable range; index: [%s]", step)
			}
		}
	}
	return nil
}

// resolver looks up what the words of checked trees stand for. Like the service it works from the
// leaves up, in the order of the expression, and reports the first problem that it finds.
type resolver struct {
	attributes *Attributes
	paths      []Path
	operators  int
}

// resolve looks up the words of a tree and checks its operands.
func (r *resolver) resolve(n *node) (err error) {
	switch n.op {
	case opPath:
		n.path, err = r.attributes.path(n.steps)
		r.paths = append(r.paths, n.path)
		return err
	case opValue:
		n.value, err = r.attributes.value(n.word)
		return err
	}
	for _, arg := range n.args {
		if err := r.resolve(arg); err != nil {
			return err
		}
	}
	if !n.op.isSection() {
		if r.operators++; r.operators > maxOperators {
			return invalid("The expression contains too many operators; operator count: %d", r.operators)
		}
	}
	return n.checkOperands()
}

// path returns the path with the placeholders replaced. The steps have been checked.
func (a *Attributes) path(steps []string) (path Path, err error) {
	if len(steps) > maxPath {
		return nil, invalid("The document path has too many nesting levels; nesting levels: %d", len(steps))
	}
	path = make(Path, len(steps))
	for i, step := range steps {
		switch {
		case isDigit(step[0]):
			path[i].Index, err = strconv.Atoi(step)
		case isLetter(step[0]):
			path[i].Name = step
		default:
			path[i].Name, err = a.name(step)
		}
		if err != nil {
			return nil, err
		}
	}
	return path, nil
}

// checkOperands rejects operands that can never be right for the operator. It accepts every path,
// whose value is not known yet.
func (n *node) checkOperands() error {
	if count := len(n.args); n.op >= opAttributeExists && count != functions[n.op].operands {
		return invalid("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.op, count)
	}
	switch n.op {
	case opAnd, opOr, opNot, opSet, opRemove:
		return nil
	case opAdd, opDelete:
		return n.checkSetOperand()
	case opPlus, opMinus:
		return n.checkKinds(attribute.KindN)
	case opListAppend:
		return n.checkKinds(attribute.KindL)
	case opAttributeExists, opAttributeNotExists, opIfNotExists:
		if n.args[0].op != opPath {
			return invalid("Operator or function requires a document path; operator or function: %s", n.op)
		}
		return nil
	case opLess, opLessOrEqual, opGreater, opGreaterOrEqual, opBetween:
		if err := n.checkKinds(attribute.KindS, attribute.KindN, attribute.KindB); err != nil {
			return err
		}
	}
	if err := n.checkDistinct(); err != nil {
		return err
	}
	switch n.op {
	case opBetween:
		return checkBounds(n.args[1].value, n.args[2].value)
	case opIn:
		if count := len(n.args) - 1; count > maxIn {
			return invalid("The IN operator is provided with too many operands; number of operands: %d", count)
		}
	case opAttributeType:
		return n.args[1].checkTypeName()
	case opBeginsWith:
		return n.checkKinds(attribute.KindS, attribute.KindB)
	case opSize:
		return n.checkKinds(attribute.KindS, attribute.KindB, attribute.KindSS, attribute.KindNS, attribute.KindBS, attribute.KindM, attribute.KindL)
	}
	return nil
}

// checkDistinct rejects a path that is compared with itself.
func (n *node) checkDistinct() error {
	for _, other := range n.args[1:] {
		if first := n.args[0]; first.op == opPath && slices.Equal(first.path, other.path) {
			return invalid("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s", n.op, first.path)
		}
	}
	return nil
}

// checkKinds rejects values of kinds that are not allowed.
func (n *node) checkKinds(allowed ...attribute.Kind) error {
	for _, arg := range n.args {
		if kind := arg.kind(); kind != attribute.KindAbsent && !slices.Contains(allowed, kind) {
			return incorrectType(n.op, kind.String())
		}
	}
	return nil
}

func incorrectType(op operator, kind string) error {
	return invalid("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", op, kind)
}

// checkSetOperand rejects an operand that cannot be added to or deleted from anything.
func (n *node) checkSetOperand() error {
	kind := n.args[1].value.Kind()
	if kind.Member() != attribute.KindAbsent || n.op == opAdd && kind == attribute.KindN {
		return nil
	}
	return invalid("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND", n.op, kindWords[kind], n.op)
}

var kindWords = map[attribute.Kind]string{
	attribute.KindS: "STRING", attribute.KindN: "NUMBER", attribute.KindB: "BINARY", attribute.KindM: "MAP",
	attribute.KindL: "LIST", attribute.KindNULL: "NULL", attribute.KindBOOL: "BOOLEAN",
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
	return invalid("The BETWEEN operator requires %s; lower bound operand: %s, upper bound operand: %s", requirement, lower.Describe(), upper.Describe())
}

// checkTypeName checks the second operand of attribute_type.
func (n *node) checkTypeName() error {
	switch kind := n.kind(); {
	case kind == attribute.KindAbsent:
		return incorrectType(opAttributeType, "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
	case kind != attribute.KindS:
		return incorrectType(opAttributeType, kind.String())
	case attribute.KindNamed(n.value.Raw()) == attribute.KindAbsent:
		return invalid("Invalid attribute type name found; type: %s, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}", n.value.Raw())
	}
	return nil
}
