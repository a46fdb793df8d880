package expression

import (
	"strings"
	"unicode/utf8"
)

// tokenKind is the kind of a token of the expression grammar.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenUnknown
	tokenIdentifier // color
	tokenName       // #color
	tokenValue      // :color
	tokenInteger
	tokenAnd
	tokenOr
	tokenNot
	tokenIn
	tokenBetween
	// The keywords of an update expression, which are keywords everywhere.
	tokenSet
	tokenRemove
	tokenAdd
	tokenDelete
	tokenEqual
	tokenNotEqual
	tokenLess
	tokenLessOrEqual
	tokenGreater
	tokenGreaterOrEqual
	tokenOpen
	tokenClose
	tokenOpenIndex
	tokenCloseIndex
	tokenDot
	tokenComma
	tokenPlus
	tokenMinus
)

// token is a part of an expression's text.
type token struct {
	kind       tokenKind
	start, end int
}

// scan returns the first token at or after the position.
func scan(text string, position int) token {
	start := position
	for start < len(text) && isSpace(text[start]) {
		start++
	}
	if start == len(text) {
		return token{kind: tokenEnd, start: start, end: start}
	}
	kind, length := classify(text[start:])
	return token{kind: kind, start: start, end: start + length}
}

// classify returns the kind of the token that the text begins with, and its length.
func classify(text string) (tokenKind, int) {
	switch c := text[0]; {
	case isLetter(c):
		length := wordLength(text)
		return keywordOrIdentifier(text[:length]), length
	case c == '0':
		return tokenInteger, 1
	case isDigit(c):
		length := 1
		for length < len(text) && isDigit(text[length]) {
			length++
		}
		return tokenInteger, length
	case c == '#' || c == ':':
		length := 1 + wordLength(text[1:])
		if length == 1 {
			return tokenUnknown, 1
		}
		if c == '#' {
			return tokenName, length
		}
		return tokenValue, length
	}
	return punctuation(text)
}

func punctuation(text string) (tokenKind, int) {
	switch {
	case strings.HasPrefix(text, "<>"):
		return tokenNotEqual, 2
	case strings.HasPrefix(text, "<="):
		return tokenLessOrEqual, 2
	case strings.HasPrefix(text, ">="):
		return tokenGreaterOrEqual, 2
	}
	switch text[0] {
	case '=':
		return tokenEqual, 1
	case '<':
		return tokenLess, 1
	case '>':
		return tokenGreater, 1
	case '(':
		return tokenOpen, 1
	case ')':
		return tokenClose, 1
	case '[':
		return tokenOpenIndex, 1
	case ']':
		return tokenCloseIndex, 1
	case '.':
		return tokenDot, 1
	case ',':
		return tokenComma, 1
	case '+':
		return tokenPlus, 1
	case '-':
		return tokenMinus, 1
	}
	_, length := utf8.DecodeRuneInString(text)
	return tokenUnknown, length
}

// keywords by their length, which tells most identifiers apart at once.
var keywords = [...][]struct {
	word string
	kind tokenKind
}{
	2: {{"OR", tokenOr}, {"IN", tokenIn}},
	3: {{"AND", tokenAnd}, {"NOT", tokenNot}, {"SET", tokenSet}, {"ADD", tokenAdd}},
	6: {{"REMOVE", tokenRemove}, {"DELETE", tokenDelete}},
	7: {{"BETWEEN", tokenBetween}},
}

func keywordOrIdentifier(word string) tokenKind {
	if len(word) < len(keywords) {
		for _, keyword := range keywords[len(word)] {
			if strings.EqualFold(word, keyword.word) {
				return keyword.kind
			}
		}
	}
	return tokenIdentifier
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
