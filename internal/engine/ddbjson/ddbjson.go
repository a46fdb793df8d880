// Package ddbjson reads and writes the JSON of the DynamoDB protocol:
//
//	{"TableName": "pets", "Key": {"id": {"S": "a"}}, "ConsistentRead": true}
package ddbjson

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// SerializationError is a request whose JSON does not have the shape that DynamoDB expects: its
// SerializationException. Message is the service's own, which is empty for input that is not JSON.
type SerializationError struct {
	Message string
}

func (e *SerializationError) Error() string {
	if e.Message == "" {
		return "malformed JSON"
	}
	return e.Message
}

// ErrMalformed is the error of every method for input that is not JSON.
var ErrMalformed = &SerializationError{}

var errStructure = &SerializationError{Message: "Start of structure or map found where not expected"}

// Reader reads JSON from front to back. It holds its input as one string and returns parts of it:
// reading an item allocates once for all its names and strings.
type Reader struct {
	input string
	pos   int
	depth int // of the arrays and objects around the value that Skip consumes
}

// maxDepth is the greatest nesting of arrays and objects that Skip accepts.
const maxDepth = 10_000

// NewReader returns a Reader at the start of input.
func NewReader(input string) Reader { return Reader{input: input} }

// Peek returns the first byte of the next token, or 0 at the end of the input.
func (r *Reader) Peek() byte {
	for ; r.pos < len(r.input); r.pos++ {
		switch c := r.input[r.pos]; c {
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
	if !strings.HasPrefix(r.input[r.pos:], word) {
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

// Object reads an object, calling member with each key in front of its value. The messages name
// class, the service's name of its type.
func (r *Reader) Object(class string, member func(key string) error) error {
	switch r.Peek() {
	case '{':
	case '[':
		return &SerializationError{Message: "Unrecognized collection type " + class}
	default:
		return r.Misplaced("Unexpected field type")
	}
	return r.enclosed('}', func() error {
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
		return r.enclosed(']', element)
	case '{':
		return errStructure
	}
	return r.Misplaced("Unexpected field type")
}

// enclosed consumes an object or array, calling part in front of each member or element.
func (r *Reader) enclosed(closing byte, part func() error) error {
	r.pos++ // the opening bracket
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

// String reads a string. One without escapes is a part of the input.
func (r *Reader) String() (string, error) {
	if !r.accept('"') {
		return "", r.Mismatch("String")
	}
	start, ascii, escaped := r.pos, true, false
	for ; r.pos < len(r.input); r.pos++ {
		switch c := r.input[r.pos]; {
		case c == '"':
			raw := r.input[start:r.pos]
			r.pos++
			if !ascii && !utf8.ValidString(raw) {
				return "", ErrMalformed
			}
			if escaped {
				return unescape(r.input[start-1 : r.pos])
			}
			return raw, nil
		case c == '\\' && r.pos+1 < len(r.input):
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
		s, err := r.String()
		if err != nil {
			return false, err
		}
		switch strings.ToUpper(s) {
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

// unescape returns the content of a quoted string with escapes. Such strings are rare enough to
// leave them to the standard library.
func unescape(quoted string) (s string, err error) {
	if json.Unmarshal([]byte(quoted), &s) != nil {
		return "", ErrMalformed
	}
	return s, nil
}

// number consumes a number and reports whether it is written as an integer.
func (r *Reader) number() (integer bool, err error) {
	start := r.pos
	for r.pos < len(r.input) && strings.IndexByte("0123456789-+.eE", r.input[r.pos]) >= 0 {
		r.pos++
	}
	number := r.input[start:r.pos]
	if !json.Valid([]byte(number)) {
		return false, ErrMalformed
	}
	return !strings.ContainsAny(number, ".eE"), nil
}

// Skip consumes the next value, whatever it is.
func (r *Reader) Skip() (err error) {
	if r.depth > maxDepth {
		return ErrMalformed
	}
	r.depth++
	switch r.Peek() {
	case '{':
		err = r.Object("", func(string) error { return r.Skip() })
	case '[':
		err = r.Elements(r.Skip)
	default:
		_, err = r.scalar()
	}
	r.depth--
	return err
}

// Raw consumes the next value and returns its JSON.
func (r *Reader) Raw() (string, error) {
	r.Peek()
	start := r.pos
	err := r.Skip()
	return r.input[start:r.pos], err
}

// End returns an error if anything follows the last value.
func (r *Reader) End() error {
	if r.Peek(); r.pos < len(r.input) {
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
	case c == '-' || '0' <= c && c <= '9':
		integer, err := r.number()
		if integer {
			return "NUMBER_VALUE", err
		}
		return "DECIMAL_VALUE", err
	}
	return "", ErrMalformed
}

// plain has the bytes that stand for themselves in a JSON string.
var plain = func() (plain [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

// AppendString appends s as a JSON string. Bytes that are not valid UTF-8, which a binary value in a
// message may have, become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if !plain[s[i]] {
			return appendEscaped(dst, s)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

func appendEscaped(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i, r := range s {
		c := s[i]
		switch {
		case plain[c]:
			dst = append(dst, c)
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			dst = append(dst, `\ufffd`...)
		case c >= utf8.RuneSelf:
			dst = utf8.AppendRune(dst, r)
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, c)
		}
	}
	return append(dst, '"')
}
