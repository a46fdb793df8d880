package attribute

import "maps"

// Item is a row of a table, or the content of a map.
type Item map[string]Value

// maxNameSize is the longest name of an attribute in bytes.
const maxNameSize = 65535

// ValidateName checks the name of an attribute. The error is a *ValidationError.
func ValidateName(name string) error {
	if problem := validateName(name); problem != nil {
		return problem
	}
	return nil
}

func validateName(name string) *ValidationError {
	if name == "" {
		return invalid("Empty attribute name")
	}
	if len(name) > maxNameSize {
		return invalid("Attribute name is too large, must be less than 65536 bytes")
	}
	return nil
}

// Clone returns a copy whose attributes can be set without changing the original. The values are
// shared, because they are immutable.
func (it Item) Clone() Item { return maps.Clone(it) }
