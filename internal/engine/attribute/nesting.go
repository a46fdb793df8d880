package attribute

import "slices"

// CheckNesting returns a *ValidationError if maps and lists of the item are nested too deeply. A
// decoded item never is; an updated one may be.
func CheckNesting(it Item) error {
	for _, value := range it {
		if value.deeperThan(maxNesting) {
			return invalid(messageNesting)
		}
	}
	return nil
}

// deeperThan reports whether the value nests more maps and lists than levels.
func (v Value) deeperThan(levels int) bool {
	if v.kind != KindM && v.kind != KindL {
		return false
	}
	if levels == 0 {
		return true
	}
	for _, field := range v.nested.fields {
		if field.deeperThan(levels - 1) {
			return true
		}
	}
	return slices.ContainsFunc(v.nested.elements, func(element Value) bool { return element.deeperThan(levels - 1) })
}
