package attribute

import (
	"math"
	"strconv"
	"strings"
)

// The range of a number: its significant digits and the power of ten of the first of them.
const (
	maxDigits   = 38
	maxExponent = 125
	minExponent = -130
)

const (
	messageNotNumeric = "The parameter cannot be converted to a numeric value"
	messageOverflow   = "Number overflow. Attempting to store a number with magnitude larger than supported range"
	messageUnderflow  = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
	messageDigits     = "Attempting to store more than 38 significant digits in a Number"
)

// Number is a decimal number of up to 38 significant digits in DynamoDB's range. The zero Number is
// 0. Equal Numbers are equal by ==.
type Number struct {
	text string // the canonical form, but empty for zero
}

// ParseNumber reads a number as DynamoDB does and brings it into canonical
// form: no exponent, no superfluous zeros, no "-0". The error is a *ValidationError.
func ParseNumber(text string) (Number, error) {
	number, problem := parseNumber(text)
	if problem != nil {
		return Number{}, problem
	}
	return number, nil
}

// Integer returns the number n.
func Integer(n int) Number {
	if n == 0 {
		return Number{}
	}
	return Number{text: strconv.Itoa(n)}
}

// String returns the canonical form, the one that DynamoDB returns.
func (n Number) String() string {
	if n.text == "" {
		return "0"
	}
	return n.text
}

// Compare returns a negative number, zero or a positive number if n is less than, equal to or
// greater than m.
func (n Number) Compare(m Number) int { return compareNumbers(n.String(), m.String()) }

// compareNumbers orders two numbers in canonical form. Without superfluous
// zeros the number with the longer whole part is the greater one, and between
// equally long whole parts the text itself decides.
func compareNumbers(a, b string) int {
	negative := a[0] == '-'
	if negative != (b[0] == '-') {
		if negative {
			return -1
		}
		return 1
	}
	if negative {
		a, b = b[1:], a[1:]
	}
	if wholeA, wholeB := wholeDigits(a), wholeDigits(b); wholeA != wholeB {
		return wholeA - wholeB
	}
	return strings.Compare(a, b)
}

func wholeDigits(text string) int {
	if point := strings.IndexByte(text, '.'); point >= 0 {
		return point
	}
	return len(text)
}

// numeral is a parsed decimal literal.
type numeral struct {
	negative  bool
	canonical bool   // the text is the canonical form already
	mantissa  string // from the first to the last digit that is not 0, perhaps with a point
	digits    int    // how many of them
	exponent  int    // the power of ten of the first of them
}

func parseNumber(text string) (Number, *ValidationError) {
	n, ok := scanNumeral(text)
	switch {
	case text == "":
		return Number{}, invalidContent(messageNotNumeric+": ", messageNotNumeric)
	case !ok:
		return Number{}, invalidContent(messageNotNumeric+": "+text, messageNotNumeric+": "+text)
	case n.exponent >= math.MaxInt32:
		return Number{}, invalidContent(messageOverflow, messageUnderflow)
	case n.exponent > maxExponent:
		return Number{}, invalidContent(messageOverflow, messageOverflow)
	case n.exponent < minExponent:
		return Number{}, invalidContent(messageUnderflow, messageUnderflow)
	case n.digits == 0:
		return Number{}, nil
	case n.digits > maxDigits:
		return Number{}, invalidContent(messageDigits, messageDigits)
	case n.canonical:
		return Number{text: text}, nil
	}
	return Number{text: n.plain()}, nil
}

// scanNumeral parses a decimal literal: a sign, digits with or without a point, an exponent.
func scanNumeral(text string) (n numeral, ok bool) {
	rest := text
	n.canonical = true
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		n.negative = rest[0] == '-'
		n.canonical = n.negative
		rest = rest[1:]
	}

	end, point, first, last := scanDigits(rest)
	if end == 0 || (end == 1 && point == 0) {
		return numeral{}, false
	}
	shift, ok := scanExponent(rest[end:])
	if !ok {
		return numeral{}, false
	}
	whole := end
	if point >= 0 {
		whole = point
	}
	if first < 0 {
		// The exponent of zero is that of its last digit.
		return numeral{exponent: shift - max(0, end-whole-1)}, true
	}
	n.mantissa = rest[first : last+1]
	n.digits = len(n.mantissa)
	if first < point && point < last {
		n.digits--
	}
	n.exponent = whole - first - 1 + shift
	if first > whole {
		n.exponent++ // the point itself lies in between
	}
	n.canonical = n.canonical && end == len(rest) &&
		(rest[0] != '0' || whole == 1) && // no superfluous zero in front
		(point < 0 || (whole > 0 && last == end-1)) // none behind
	return n, true
}

// scanDigits returns where the digits of a literal end, where the point is, and where the first and
// the last digit other than 0 are; -1 stands for none.
func scanDigits(text string) (end, point, first, last int) {
	point, first, last = -1, -1, -1
	for ; end < len(text) && (isDigit(text[end]) || text[end] == '.' && point < 0); end++ {
		switch text[end] {
		case '.':
			point = end
		case '0':
		default:
			if first < 0 {
				first = end
			}
			last = end
		}
	}
	return end, point, first, last
}

// scanExponent reads the rest of a literal: nothing, or e and a number, of which it returns at most
// 32 bits.
func scanExponent(text string) (exponent int, ok bool) {
	if text == "" {
		return 0, true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return 0, false
	}
	text = text[1:]
	sign := 1
	if text != "" && (text[0] == '-' || text[0] == '+') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	if text == "" {
		return 0, false
	}
	for i := range len(text) {
		if !isDigit(text[i]) {
			return 0, false
		}
		exponent = min(exponent*10+int(text[i]-'0'), math.MaxInt32)
	}
	return sign * exponent, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// plain returns the number without an exponent.
func (n numeral) plain() string {
	out := make([]byte, 0, 2+maxDigits+max(n.exponent, -n.exponent))
	if n.negative {
		out = append(out, '-')
	}
	if n.exponent < 0 {
		out = append(out, "0."...)
		out = appendZeros(out, -n.exponent-1)
	}
	written := 0
	for i := range len(n.mantissa) {
		if n.mantissa[i] == '.' {
			continue
		}
		if written == n.exponent+1 && written > 0 {
			out = append(out, '.')
		}
		out = append(out, n.mantissa[i])
		written++
	}
	return string(appendZeros(out, n.exponent+1-written))
}

func appendZeros(out []byte, count int) []byte {
	for range count {
		out = append(out, '0')
	}
	return out
}
