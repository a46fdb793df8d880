// Package ddbjson reads and writes the JSON of the DynamoDB protocol.
package ddbjson

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// SerializationError is a request whose JSON does not have the shape that
// DynamoDB expects: its SerializationException. Message is the service's text,
// which is empty for text that is not JSON.
type SerializationError struct {
	Message string
}

func (e *SerializationError) Error() string {
	if e.Message == "" {
		return "malformed JSON"
	}
	return e.Message
}

// ErrMalformed is the error of every method that meets text that is not JSON.
var ErrMalformed = &SerializationError{}

var errStructure = &SerializationError{Message: "Start of structure or map found where not expected"}

// Reader reads JSON from front to back. It holds its text as one string and returns parts of it:
// reading an item allocates once for all its names and strings.
type Reader struct {
	text string
	pos  int
}

// maxDepth is the greatest nesting of arrays and objects that Skip accepts.
const maxDepth = 10_000

// NewReader returns a Reader at the beginning of text.
func NewReader(text string) Reader { return Reader{text: text} }

// Peek returns the first byte of the next token, 0 at the end of the text.
func (r *Reader) Peek() byte {
	for ; r.pos < len(r.text); r.pos++ {
		switch c := r.text[r.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// accept consumes the next token if it is the given punctuation.
func (r *Reader) accept(c byte) bool {
	if r.Peek() != c {
		return false
	}
	r.pos++
	return true
}

// literal consumes true, false or null.
func (r *Reader) literal(word string) error {
	if !strings.HasPrefix(r.text[r.pos:], word) {
		return ErrMalformed
	}
	r.pos += len(word)
	return nil
}

// Null consumes a null if it is the next token.
func (r *Reader) Null() (bool, error) {
	if r.Peek() != 'n' {
		return false, nil
	}
	return true, r.literal("null")
}

// Object reads an object as Members does. Its type is the class in the messages.
func (r *Reader) Object(class string, member func(key string) error) error {
	switch r.Peek() {
	case '{':
		return r.Members(member)
	case '[':
		return &SerializationError{Message: "Unrecognized collection type " + class}
	}
	return r.Misplaced("Unexpected field type")
}

// Members reads an object, calling member with each key in front of its value.
func (r *Reader) Members(member func(key string) error) error {
	return r.enclosed('{', '}', func() error {
		if r.Peek() != '"' {
			return ErrMalformed
		}
		key, err := r.String()
		if err != nil {
			return err
		}
		if !r.accept(':') {
			return ErrMalformed
		}
		return member(key)
	})
}

// Elements reads an array, calling element in front of each of its values.
func (r *Reader) Elements(element func() error) error {
	switch r.Peek() {
	case '[':
		return r.enclosed('[', ']', element)
	case '{':
		return errStructure
	}
	return r.Misplaced("Unexpected field type")
}

func (r *Reader) enclosed(opening, closing byte, part func() error) error {
	if !r.accept(opening) {
		return ErrMalformed
	}
	if r.accept(closing) {
		return nil
	}
	for {
		if err := part(); err != nil {
			return err
		}
		if r.accept(closing) {
			return nil
		}
		if !r.accept(',') {
			return ErrMalformed
		}
	}
}

// String reads a string. One without escapes is a part of the text.
func (r *Reader) String() (string, error) {
	if !r.accept('"') {
		return "", r.Mismatch("String")
	}
	start, ascii, escaped := r.pos, true, false
	for ; r.pos < len(r.text); r.pos++ {
		switch c := r.text[r.pos]; {
		case c == '"':
			raw := r.text[start:r.pos]
			r.pos++
			if !ascii && !utf8.ValidString(raw) {
				return "", ErrMalformed
			}
			if escaped {
				return unescape(r.text[start-1 : r.pos])
			}
			return raw, nil
		case c == '\\' && r.pos+1 < len(r.text):
			escaped = true
			r.pos++
		case c < ' ':
			return "", ErrMalformed
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", ErrMalformed
}

// Boolean reads a boolean, for which DynamoDB takes some strings as well.
func (r *Reader) Boolean() (bool, error) {
	switch c := r.Peek(); c {
	case 't', 'f':
		_, err := r.scalar()
		return c == 't', err
	case '"':
		text, err := r.String()
		if err != nil {
			return false, err
		}
		switch strings.ToUpper(text) {
		case "TRUE", "1", "YES":
			return true, nil
		case "FALSE", "0", "NO":
			return false, nil
		}
		return false, &SerializationError{Message: "Unexpected token received from parser"}
	}
	return false, r.Mismatch("Boolean")
}

// Mismatch consumes the next value and returns DynamoDB's error for it where a class of java.lang is
// expected.
func (r *Reader) Mismatch(class string) error {
	switch r.Peek() {
	case '{':
		return errStructure
	case '[':
		return &SerializationError{Message: "Unrecognized collection type class java.lang." + class}
	}
	token, err := r.scalar()
	if err != nil {
		return err
	}
	return &SerializationError{Message: token + " cannot be converted to " + class}
}

// Misplaced consumes the next value and returns the message as the error for it.
func (r *Reader) Misplaced(message string) error {
	if err := r.Skip(); err != nil {
		return err
	}
	return &SerializationError{Message: message}
}

// unescape resolves the escapes of a string with its quotes. Strings that need
// it are rare enough to leave it to the standard library.
func unescape(quoted string) (string, error) {
	var text string
	if json.Unmarshal([]byte(quoted), &text) != nil {
		return "", ErrMalformed
	}
	return text, nil
}

// number consumes a number and reports whether it is written as an integer.
func (r *Reader) number() (integer bool, err error) {
	if r.text[r.pos] == '-' {
		r.pos++
	}
	if r.pos < len(r.text) && r.text[r.pos] == '0' {
		r.pos++
	} else if !r.digits() {
		return false, ErrMalformed
	}
	integer = true
	if r.pos < len(r.text) && r.text[r.pos] == '.' {
		r.pos++
		integer = false
		if !r.digits() {
			return false, ErrMalformed
		}
	}
	if r.pos < len(r.text) && (r.text[r.pos] == 'e' || r.text[r.pos] == 'E') {
		r.pos++
		integer = false
		if r.pos < len(r.text) && (r.text[r.pos] == '-' || r.text[r.pos] == '+') {
			r.pos++
		}
		if !r.digits() {
			return false, ErrMalformed
		}
	}
	return integer, nil
}

// digits consumes digits, at least one of them.
func (r *Reader) digits() bool {
	start := r.pos
	for r.pos < len(r.text) && isDigit(r.text[r.pos]) {
		r.pos++
	}
	return r.pos > start
}

// Skip consumes the next value, whatever it is.
func (r *Reader) Skip() error { return r.skip(0) }

func (r *Reader) skip(depth int) error {
	if depth > maxDepth {
		return ErrMalformed
	}
	switch r.Peek() {
	case '{':
		return r.Members(func(string) error { return r.skip(depth + 1) })
	case '[':
		return r.Elements(func() error { return r.skip(depth + 1) })
	}
	_, err := r.scalar()
	return err
}

// Raw consumes the next value and returns its text.
func (r *Reader) Raw() (string, error) {
	r.Peek()
	start := r.pos
	err := r.Skip()
	return r.text[start:r.pos], err
}

// End returns an error if text follows the last value.
func (r *Reader) End() error {
	if r.Peek(); r.pos < len(r.text) {
		return ErrMalformed
	}
	return nil
}

// scalar consumes a string, boolean, null or number, and returns the name of such a token in
// DynamoDB's messages.
func (r *Reader) scalar() (token string, err error) {
	switch c := r.Peek(); {
	case c == '"':
		_, err := r.String()
		return "STRING_VALUE", err
	case c == 't':
		return "TRUE_VALUE", r.literal("true")
	case c == 'f':
		return "FALSE_VALUE", r.literal("false")
	case c == 'n':
		return "NULL_VALUE", r.literal("null")
	case c == '-' || isDigit(c):
		integer, err := r.number()
		if integer {
			return "NUMBER_VALUE", err
		}
		return "DECIMAL_VALUE", err
	}
	return "", ErrMalformed
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
