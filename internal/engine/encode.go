package engine

import (
	"strconv"

	"github.com/open-alchemy/packagedb/internal/engine/ddbjson"
)

// appendString appends text as a JSON string.
func appendString(dst []byte, text string) []byte { return ddbjson.AppendString(dst, text) }

// newAnswer begins an object with room for items of the given size in bytes.
func newAnswer(bytes int) []byte {
	return append(make([]byte, 0, 128+bytes+bytes/2), '{')
}

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// appendMember begins a member of the object at the end of dst.
func appendMember(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = appendString(dst, name)
	return append(dst, ':')
}

// appendComma separates element i from the one before it.
func appendComma(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return dst
}
