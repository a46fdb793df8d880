package expression

import (
	_ "embed"
	"strings"
	"unicode/utf8"
)

// operator is what a token stands for and what a part of an expression does.
type operator uint8

const (
	opEnd        operator = iota // of the expression
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

// isInfix reports whether the operator stands after its first operand in a condition.
func (op operator) isInfix() bool {
	return opNotEqual <= op && op <= opGreater || op == opBetween || op == opIn
}

// isSection reports whether the operator begins a section of an update.
func (op operator) isSection() bool { return opSet <= op && op <= opDelete }

// place is where in an expression a function may stand.
type place uint8

const (
	inCondition place = iota
	inOperand         // of a condition
	inUpdate
	inArgument // of an operator or function of an update
	inProjection
)

// functions has the number of operands of each function, and where it may stand.
var functions = map[operator]struct {
	operands int
	place    place
}{
	opAttributeExists:    {1, inCondition},
	opAttributeNotExists: {1, inCondition},
	opAttributeType:      {2, inCondition},
	opBeginsWith:         {2, inCondition},
	opContains:           {2, inCondition},
	opSize:               {1, inOperand},
	opIfNotExists:        {2, inUpdate},
	opListAppend:         {2, inUpdate},
}

// token is a part of an expression between two positions.
type token struct {
	kind       operator
	start, end int
}

// scan returns the first token at or after the position.
func scan(input string, position int) token {
	rest := strings.TrimLeft(input[position:], " \t\r\n")
	if rest == "" {
		return token{kind: opEnd, start: len(input), end: len(input)}
	}
	kind, length := opUnknown, 1
	switch c := rest[0]; {
	case isLetter(c):
		length = wordLength(rest)
		kind = keyword(rest[:length])
	case c == '0':
		kind = opInteger
	case isDigit(c):
		kind = opInteger
		for length < len(rest) && isDigit(rest[length]) {
			length++
		}
	case c == '#' || c == ':':
		length += wordLength(rest[1:])
		switch {
		case length == 1: // no placeholder
		case c == '#':
			kind = opName
		default:
			kind = opValue
		}
	default:
		kind, length = punctuation(rest)
	}
	start := len(input) - len(rest)
	return token{kind: kind, start: start, end: start + length}
}

// keyword returns the operator that a word stands for in any case, or opIdentifier.
func keyword(word string) operator {
	for op := opAnd; op <= opDelete; op++ {
		if len(word) == len(operatorNames[op]) && strings.EqualFold(word, operatorNames[op]) {
			return op
		}
	}
	return opIdentifier
}

// punctuation returns the operator that s begins with, or opUnknown for a character that is none,
// and its length.
func punctuation(s string) (op operator, length int) {
	for op := opNotEqual; op <= opMinus; op++ {
		if strings.HasPrefix(s, operatorNames[op]) {
			return op, len(operatorNames[op])
		}
	}
	_, length = utf8.DecodeRuneInString(s)
	return opUnknown, length
}

// wordLength returns the number of letters, digits and underscores that s begins with.
func wordLength(s string) int {
	length := 0
	for length < len(s) && (isLetter(s[length]) || isDigit(s[length]) || s[length] == '_') {
		length++
	}
	return length
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

//go:embed reserved.txt
var reserved string

// reservedWords are the words that DynamoDB's documentation reserves. In an expression they cannot
// name an attribute, in any case of letters, except through a placeholder.
var reservedWords = func() map[string]bool {
	words := make(map[string]bool)
	for word := range strings.FieldsSeq(reserved) {
		words[word] = true
	}
	return words
}()

// isReserved reports whether a word is reserved.
func isReserved(word string) bool { return reservedWords[strings.ToUpper(word)] }
