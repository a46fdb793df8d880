package expression

import "strings"

// operator is what a token stands for and what a part of an expression does.
type operator uint8

const (
	opEnd        operator = iota // of the text
	opUnknown                    // no token of the grammar
	opIdentifier                 // color
	opName                       // #color
	opInteger
	opPath
	opValue    // :color
	opFunction // any function, before its name is looked up

	opAnd
	opOr
	opNot
	opIn
	opBetween
	// The sections of an update expression, which are keywords everywhere.
	opSet
	opRemove
	opAdd
	opDelete

	// An operator comes before those that it begins with.
	opNotEqual
	opLessOrEqual
	opGreaterOrEqual
	opEqual
	opLess
	opGreater
	opOpen
	opClose
	opOpenIndex
	opCloseIndex
	opDot
	opComma
	opPlus
	opMinus

	opAttributeExists
	opAttributeNotExists
	opAttributeType
	opBeginsWith
	opContains
	opSize
	opIfNotExists
	opListAppend
)

var operatorNames = [...]string{
	opAnd: "AND", opOr: "OR", opNot: "NOT", opIn: "IN", opBetween: "BETWEEN",
	opSet: "SET", opRemove: "REMOVE", opAdd: "ADD", opDelete: "DELETE",
	opNotEqual: "<>", opLessOrEqual: "<=", opGreaterOrEqual: ">=", opEqual: "=", opLess: "<", opGreater: ">",
	opOpen: "(", opClose: ")", opOpenIndex: "[", opCloseIndex: "]", opDot: ".", opComma: ",", opPlus: "+", opMinus: "-",
	opAttributeExists: "attribute_exists", opAttributeNotExists: "attribute_not_exists",
	opAttributeType: "attribute_type", opBeginsWith: "begins_with", opContains: "contains", opSize: "size",
	opIfNotExists: "if_not_exists", opListAppend: "list_append",
}

// String returns the operator as DynamoDB's messages name it.
func (op operator) String() string { return operatorNames[op] }

// keyword returns the operator that a word stands for in any case, or opIdentifier.
func keyword(word string) operator {
	for op := opAnd; op <= opDelete; op++ {
		if len(word) == len(operatorNames[op]) && strings.EqualFold(word, operatorNames[op]) {
			return op
		}
	}
	return opIdentifier
}

// punctuation returns the operator that the text begins with, or opUnknown.
func punctuation(text string) operator {
	for op := opNotEqual; op <= opMinus; op++ {
		if strings.HasPrefix(text, operatorNames[op]) {
			return op
		}
	}
	return opUnknown
}

// functionNamed returns the function of that name, or opUnknown. The names are case-sensitive.
func functionNamed(name string) operator {
	for op := opAttributeExists; op <= opListAppend; op++ {
		if name == operatorNames[op] {
			return op
		}
	}
	return opUnknown
}

// isInfix reports whether the operator stands behind its first operand in a condition.
func (op operator) isInfix() bool {
	return opNotEqual <= op && op <= opGreater || op == opBetween || op == opIn
}

// isLogical reports whether the operands are conditions.
func (op operator) isLogical() bool { return opAnd <= op && op <= opNot }

// isSection reports whether the operator begins a section of an update.
func (op operator) isSection() bool { return opSet <= op && op <= opDelete }

// operands returns how many operands a function has.
func (op operator) operands() int {
	switch op {
	case opAttributeExists, opAttributeNotExists, opSize:
		return 1
	}
	return 2
}

// place is where in an expression a function may stand.
type place uint8

const (
	inCondition place = iota
	inOperand         // of a condition
	inUpdate
)

// place returns where the function may stand.
func (op operator) place() place {
	switch op {
	case opSize:
		return inOperand
	case opIfNotExists, opListAppend:
		return inUpdate
	}
	return inCondition
}
