package attribute

// Number is a decimal number of up to 38 significant digits in DynamoDB's
// range. The zero Number is 0. Two Numbers are equal exactly when == says so.
type Number struct {
	text string // the canonical form; empty is zero
}

// ParseNumber reads a number as DynamoDB does and brings it into canonical
// form: no exponent, no superfluous zeros, no "-0".
func ParseNumber(text string) (Number, error) { return Number{text: text}, nil }

// String is the canonical form, the one that DynamoDB returns.
func (n Number) String() string {
	if n.text == "" {
		return "0"
	}
	return n.text
}

// Compare is negative, zero or positive as n is less than, equal to or greater than m.
func (n Number) Compare(m Number) int { return 0 }
