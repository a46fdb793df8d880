package expression

import "strconv"

// position is where in an expression a function stands.
type position bool

const (
	asCondition position = false
	asOperand   position = true
)

// check rejects what is wrong with a tree whatever its placeholders stand for: unknown and
// misplaced functions, reserved words, list indexes out of range. It reports the first in the text.
func check(s *syntax, at position) error {
	switch s.op {
	case opPath:
		return checkPath(s.steps)
	case opFunction:
		op, _, known := functionNamed(s.text)
		switch {
		case s.text == "if_not_exists" || s.text == "list_append":
			return invalid("The function is not allowed in a condition expression; function: %s", s.text)
		case !known:
			return invalid("Invalid function name; function: %s", s.text)
		}
		if (op == opSize) != (at == asOperand) {
			return invalid("The function is not allowed to be used this way in an expression; function: %s", s.text)
		}
	}
	below := asOperand
	if s.op == opAnd || s.op == opOr || s.op == opNot {
		below = asCondition
	}
	for _, arg := range s.args {
		if err := check(arg, below); err != nil {
			return err
		}
	}
	return nil
}

func checkPath(steps []element) error {
	for _, step := range steps {
		switch step.kind {
		case tokenIdentifier:
			if isReserved(step.text) {
				return invalid("Attribute name is a reserved keyword; reserved keyword: %s", step.text)
			}
		case tokenInteger:
			if _, err := strconv.ParseInt(step.text, 10, 32); err != nil {
				return invalid("List index is not within the allowable range; index: [%s]", step.text)
			}
		}
	}
	return nil
}
