package attribute

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// scanner reads JSON from front to back. It holds its text as one string, of
// which the strings in the text are parts: reading an item allocates once for
// all its names and strings.
type scanner struct {
	text string
	pos  int
}

// maxSkipDepth bounds the nesting of what nobody looks at.
const maxSkipDepth = 1000

var errMalformed = &SerializationError{}

// peek is the first byte of the next token, 0 at the end of the text.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// accept consumes the next token if it is the given punctuation.
func (s *scanner) accept(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// literal consumes true, false or null.
func (s *scanner) literal(word string) error {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return errMalformed
	}
	s.pos += len(word)
	return nil
}

// null consumes a null if that is the next token.
func (s *scanner) null() (bool, error) {
	if s.peek() != 'n' {
		return false, nil
	}
	return true, s.literal("null")
}

// members reads an object, calling member with each key in front of its value.
func (s *scanner) members(member func(key string) error) error {
	return s.enclosed('{', '}', func() error {
		key, err := s.str()
		if err != nil {
			return err
		}
		if !s.accept(':') {
			return errMalformed
		}
		return member(key)
	})
}

// elements reads an array, calling element in front of each of its values.
func (s *scanner) elements(element func() error) error {
	return s.enclosed('[', ']', element)
}

func (s *scanner) enclosed(opening, closing byte, part func() error) error {
	if !s.accept(opening) {
		return errMalformed
	}
	if s.accept(closing) {
		return nil
	}
	for {
		if err := part(); err != nil {
			return err
		}
		if s.accept(closing) {
			return nil
		}
		if !s.accept(',') {
			return errMalformed
		}
	}
}

// str reads a string. One without escapes is a part of the text.
func (s *scanner) str() (string, error) {
	if !s.accept('"') {
		return "", errMalformed
	}
	start, ascii, escaped := s.pos, true, false
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case c == '"':
			raw := s.text[start:s.pos]
			s.pos++
			if !ascii && !utf8.ValidString(raw) {
				return "", errMalformed
			}
			if escaped {
				return unescape(s.text[start-1 : s.pos])
			}
			return raw, nil
		case c == '\\':
			escaped = true
			s.pos++
		case c < ' ':
			return "", errMalformed
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", errMalformed
}

// unescape resolves the escapes of a string with its quotes. Strings that need
// it are rare enough to leave it to the standard library.
func unescape(quoted string) (string, error) {
	var text string
	if json.Unmarshal([]byte(quoted), &text) != nil {
		return "", errMalformed
	}
	return text, nil
}

// number consumes a number and tells whether it is written as an integer.
func (s *scanner) number() (integer bool, err error) {
	if s.text[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.text) && s.text[s.pos] == '0' {
		s.pos++
	} else if !s.digits() {
		return false, errMalformed
	}
	integer = true
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		s.pos++
		integer = false
		if !s.digits() {
			return false, errMalformed
		}
	}
	if s.pos < len(s.text) && (s.text[s.pos] == 'e' || s.text[s.pos] == 'E') {
		s.pos++
		integer = false
		if s.pos < len(s.text) && (s.text[s.pos] == '-' || s.text[s.pos] == '+') {
			s.pos++
		}
		if !s.digits() {
			return false, errMalformed
		}
	}
	return integer, nil
}

// digits consumes digits, at least one of them.
func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && isDigit(s.text[s.pos]) {
		s.pos++
	}
	return s.pos > start
}

// skip consumes a value that nobody looks at.
func (s *scanner) skip(depth int) error {
	if depth > maxSkipDepth {
		return errMalformed
	}
	switch s.peek() {
	case '{':
		return s.members(func(string) error { return s.skip(depth + 1) })
	case '[':
		return s.elements(func() error { return s.skip(depth + 1) })
	case '"':
		_, err := s.str()
		return err
	}
	_, err := s.scalar()
	return err
}

// scalar consumes a boolean, a null or a number, and returns the name that
// DynamoDB's messages have for such a token.
func (s *scanner) scalar() (token string, err error) {
	switch c := s.peek(); {
	case c == 't':
		return "TRUE_VALUE", s.literal("true")
	case c == 'f':
		return "FALSE_VALUE", s.literal("false")
	case c == 'n':
		return "VALUE_NULL", s.literal("null")
	case c == '-' || isDigit(c):
		integer, err := s.number()
		if integer {
			return "NUMBER_VALUE", err
		}
		return "DECIMAL_VALUE", err
	}
	return "", errMalformed
}
