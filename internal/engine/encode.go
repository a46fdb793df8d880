package engine

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// appendString appends text as a JSON string. What is not valid UTF-8, as the
// bytes of a binary value in a message may be, becomes U+FFFD.
func appendString(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if size > 1 {
			i += size
			continue
		}
		dst = append(dst, text[start:i]...)
		i++
		start = i
		switch {
		case r == utf8.RuneError:
			dst = append(dst, `\ufffd`...)
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"')
}

// newAnswer begins an object that will hold items of so many bytes.
func newAnswer(bytes int) []byte {
	return append(make([]byte, 0, 128+bytes+bytes/2), '{')
}

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// appendMember begins a member of the object that dst ends in.
func appendMember(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = appendString(dst, name)
	return append(dst, ':')
}

func appendStrings(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, text := range texts {
		dst = appendComma(dst, i)
		dst = appendString(dst, text)
	}
	return append(dst, ']')
}

// appendComma separates element i from the one before it.
func appendComma(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return dst
}

// appendTime appends seconds since 1970 with milliseconds.
func appendTime(dst []byte, at time.Time) []byte {
	return strconv.AppendFloat(dst, float64(at.UnixMilli())/1000, 'f', 3, 64)
}
