package attribute

import (
	"encoding/base64"

	"github.com/open-alchemy/packagedb/internal/engine/ddbjson"
)

// MarshalJSON returns the item's wire form.
func (it Item) MarshalJSON() ([]byte, error) { return it.AppendJSON(nil), nil }

// AppendJSON appends the item's wire form to dst, the attributes in no
// particular order.
func (it Item) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	first := true
	for name, value := range it {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = ddbjson.AppendString(dst, name)
		dst = append(dst, ':')
		dst = value.AppendJSON(dst)
	}
	return append(dst, '}')
}

// AppendJSON appends the value's wire form to dst: null for the zero Value.
func (v Value) AppendJSON(dst []byte) []byte {
	if v.kind == KindAbsent {
		return append(dst, "null"...)
	}
	dst = append(dst, '{', '"')
	dst = append(dst, v.kind.String()...)
	dst = append(dst, '"', ':')
	switch v.kind {
	case KindS, KindN, KindB:
		dst = appendMember(dst, v.kind, v.text)
	case KindBOOL:
		if v.truth {
			dst = append(dst, "true"...)
		} else {
			dst = append(dst, "false"...)
		}
	case KindNULL:
		dst = append(dst, "true"...)
	case KindM:
		dst = v.nested.fields.AppendJSON(dst)
	case KindL:
		dst = append(dst, '[')
		for i, element := range v.nested.elements {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = element.AppendJSON(dst)
		}
		dst = append(dst, ']')
	case KindSS, KindNS, KindBS:
		dst = append(dst, '[')
		for i, member := range v.nested.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendMember(dst, v.kind.Member(), member)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendMember(dst []byte, kind Kind, text string) []byte {
	switch kind {
	case KindN:
		dst = append(dst, '"')
		dst = append(dst, text...)
		return append(dst, '"')
	case KindB:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, []byte(text))
		return append(dst, '"')
	}
	return ddbjson.AppendString(dst, text)
}
