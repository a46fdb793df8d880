package expression

import "unicode/utf8"

// token is a part of an expression's text.
type token struct {
	kind       operator
	start, end int
}

// scan returns the first token at or after the position.
func scan(text string, position int) token {
	start := position
	for start < len(text) && isSpace(text[start]) {
		start++
	}
	if start == len(text) {
		return token{kind: opEnd, start: start, end: start}
	}
	kind, length := classify(text[start:])
	return token{kind: kind, start: start, end: start + length}
}

// classify returns the kind of the token that the text begins with, and its length.
func classify(text string) (operator, int) {
	switch c := text[0]; {
	case isLetter(c):
		length := wordLength(text)
		return keyword(text[:length]), length
	case c == '0':
		return opInteger, 1
	case isDigit(c):
		length := 1
		for length < len(text) && isDigit(text[length]) {
			length++
		}
		return opInteger, length
	case c == '#' || c == ':':
		length := 1 + wordLength(text[1:])
		if length == 1 {
			return opUnknown, 1
		}
		if c == '#' {
			return opName, length
		}
		return opValue, length
	}
	op := punctuation(text)
	if op == opUnknown {
		_, length := utf8.DecodeRuneInString(text)
		return op, length
	}
	return op, len(op.String())
}

// wordLength returns the number of letters, digits and underscores that the text begins with.
func wordLength(text string) int {
	length := 0
	for length < len(text) && isWord(text[length]) {
		length++
	}
	return length
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }
