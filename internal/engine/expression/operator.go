package expression

// operator is what a part of an expression does.
type operator uint8

const (
	opPath operator = iota
	opValue
	opFunction // any function, before its name is looked up
	opAnd
	opOr
	opNot
	opEqual
	opNotEqual
	opLess
	opLessOrEqual
	opGreater
	opGreaterOrEqual
	opBetween
	opIn
	opAttributeExists
	opAttributeNotExists
	opAttributeType
	opBeginsWith
	opContains
	opSize
	opSet
	opRemove
	opAdd
	opDelete
	opPlus
	opMinus
	opIfNotExists
	opListAppend
)

var operatorNames = [...]string{
	opAnd: "AND", opOr: "OR", opNot: "NOT",
	opEqual: "=", opNotEqual: "<>", opLess: "<", opLessOrEqual: "<=", opGreater: ">", opGreaterOrEqual: ">=",
	opBetween: "BETWEEN", opIn: "IN",
	opAttributeExists: "attribute_exists", opAttributeNotExists: "attribute_not_exists",
	opAttributeType: "attribute_type", opBeginsWith: "begins_with", opContains: "contains", opSize: "size",
	opSet: "SET", opRemove: "REMOVE", opAdd: "ADD", opDelete: "DELETE",
	opPlus: "+", opMinus: "-", opIfNotExists: "if_not_exists", opListAppend: "list_append",
}

// String returns the operator as DynamoDB's messages name it.
func (op operator) String() string { return operatorNames[op] }

// functionNamed returns the function of that name. The names are case-sensitive.
func functionNamed(name string) (op operator, operands int, ok bool) {
	switch name {
	case "attribute_exists":
		return opAttributeExists, 1, true
	case "attribute_not_exists":
		return opAttributeNotExists, 1, true
	case "attribute_type":
		return opAttributeType, 2, true
	case "begins_with":
		return opBeginsWith, 2, true
	case "contains":
		return opContains, 2, true
	case "size":
		return opSize, 1, true
	}
	return 0, 0, false
}

// infix returns the operator that a token stands for after an operand.
func infix(kind tokenKind) (op operator, ok bool) {
	switch kind {
	case tokenEqual:
		return opEqual, true
	case tokenNotEqual:
		return opNotEqual, true
	case tokenLess:
		return opLess, true
	case tokenLessOrEqual:
		return opLessOrEqual, true
	case tokenGreater:
		return opGreater, true
	case tokenGreaterOrEqual:
		return opGreaterOrEqual, true
	case tokenBetween:
		return opBetween, true
	case tokenIn:
		return opIn, true
	}
	return 0, false
}
