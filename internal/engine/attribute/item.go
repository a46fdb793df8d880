package attribute

import "maps"

// Clone is a copy whose attributes can be set without changing the original.
// The values are shared, as they are immutable.
func (it Item) Clone() Item { return maps.Clone(it) }

// UnmarshalJSON reads an item from its wire form, {"name": {"S": "x"}}. It
// fails with a *SerializationError or a *ValidationError, the former first if
// the text has both. The ValidationError names the attribute.
func (it *Item) UnmarshalJSON(data []byte) error { return nil }

// MarshalJSON is the item's wire form.
func (it Item) MarshalJSON() ([]byte, error) { return it.AppendJSON(nil), nil }

// AppendJSON appends the item's wire form to dst.
func (it Item) AppendJSON(dst []byte) []byte { return dst }

// UnmarshalJSON reads a value from its wire form, {"S": "x"}. It fails with a
// *SerializationError or a *ValidationError, the former first if the text has both.
func (v *Value) UnmarshalJSON(data []byte) error { return nil }

// MarshalJSON is the value's wire form.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// AppendJSON appends the value's wire form to dst.
func (v Value) AppendJSON(dst []byte) []byte { return dst }
