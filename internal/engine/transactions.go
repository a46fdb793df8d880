package engine

import "github.com/open-alchemy/packagedb/internal/engine/attribute"

// cancellationReason tells what an action of a cancelled transaction met.
type cancellationReason struct {
	code, message string
	item          attribute.Item
}

func (r *cancellationReason) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	dst = appendMember(dst, "Code")
	dst = appendString(dst, r.code)
	if r.item != nil {
		dst = appendMember(dst, "Item")
		dst = r.item.AppendJSON(dst)
	}
	if r.message != "" {
		dst = appendMember(dst, "Message")
		dst = appendString(dst, r.message)
	}
	return append(dst, '}')
}
