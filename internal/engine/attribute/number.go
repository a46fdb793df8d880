package attribute

import (
	"math"
	"math/big"
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

// ParseNumber reads a number as DynamoDB does. The error is a *ValidationError.
func ParseNumber(literal string) (Value, error) {
	raw, err := canonicalNumber(literal)
	if err != nil {
		return Value{}, err
	}
	return Value{kind: KindN, raw: raw}, nil
}

// Integer returns the number n.
func Integer(n int) Value { return Value{kind: KindN, raw: strconv.Itoa(n)} }

// Add returns the sum of two numbers. The error is a *ValidationError if it is out of range; DynamoDB
// reports more than 38 digits in the same way.
func Add(a, b Value) (Value, error) {
	total, _ := new(big.Rat).SetString(a.raw)
	addend, _ := new(big.Rat).SetString(b.raw)
	_, fractionA, _ := strings.Cut(a.raw, ".")
	_, fractionB, _ := strings.Cut(b.raw, ".")
	sum, err := ParseNumber(total.Add(total, addend).FloatString(max(len(fractionA), len(fractionB))))
	if err != nil && err.Error() == messageDigits {
		return Value{}, invalid(messageOverflow)
	}
	return sum, err
}

// Negate returns the number with the other sign.
func Negate(v Value) Value {
	raw, negative := strings.CutPrefix(v.raw, "-")
	if !negative && raw != "0" {
		raw = "-" + raw
	}
	return Value{kind: KindN, raw: raw}
}

// compareNumbers returns a negative number, zero or a positive number if a is less than, equal to or
// greater than b, both in canonical form. Without superfluous zeros the number with the longer whole
// part is the greater one, and between whole parts of one length the bytes decide.
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

// wholeDigits returns how many digits stand before the point.
func wholeDigits(form string) int {
	if point := strings.IndexByte(form, '.'); point >= 0 {
		return point
	}
	return len(form)
}

// numberSize returns the size of a number in canonical form. DynamoDB keeps two decimal digits in a
// byte, in pairs that are aligned to the point, after one byte for the exponent. A negative number
// has a byte at its end, unless its digits fill all twenty bytes.
func numberSize(form string) int {
	if form == "0" {
		return 1
	}
	digits, negative := strings.CutPrefix(form, "-")
	whole := wholeDigits(digits)
	fraction := ""
	if whole < len(digits) {
		fraction = digits[whole+1:]
	}

	// The pairs that the digits touch, counted away from the point: from -1 for the hundredths up, from 0
	// for the ones and tens.
	highest, lowest := (whole-1)/2, -(len(fraction)+1)/2
	if digits[0] == '0' {
		zeros := len(fraction) - len(strings.TrimLeft(fraction, "0"))
		highest = -1 - zeros/2
	}
	if fraction == "" {
		lowest = (whole - len(strings.TrimRight(digits, "0"))) / 2
	}

	const maxPairs = 20
	pairs := highest - lowest + 1
	if negative && pairs < maxPairs {
		return 1 + pairs + 1
	}
	return 1 + pairs
}

// canonicalNumber returns a number as DynamoDB returns it: no exponent, no superfluous zeros, no "-0".
func canonicalNumber(literal string) (string, error) {
	n, ok := scanNumeral(literal)
	switch {
	case literal == "":
		return "", invalidContent(messageNotNumeric+": ", messageNotNumeric)
	case !ok:
		return "", invalidContent(messageNotNumeric+": "+literal, messageNotNumeric+": "+literal)
	case n.wide && n.exponent > 0:
		return "", invalidContent(messageOverflow, messageNotNumeric+": "+literal)
	case n.wide:
		return "", invalidContent(messageUnderflow, messageNotNumeric+": "+literal)
	case n.exponent >= math.MaxInt32: // the older way computes with 32 bits
		return "", invalidContent(messageOverflow, messageUnderflow)
	case n.exponent > maxExponent:
		return "", invalidContent(messageOverflow, messageOverflow)
	case n.exponent < minExponent:
		return "", invalidContent(messageUnderflow, messageUnderflow)
	case n.digits == 0:
		return "0", nil
	case n.digits > maxDigits:
		return "", invalidContent(messageDigits, messageDigits)
	case n.canonical:
		return literal, nil
	}
	return n.plain(), nil
}

// numeral is a parsed decimal literal.
type numeral struct {
	negative  bool
	canonical bool   // the literal is the canonical form already
	wide      bool   // the exponent has more than 32 bits
	mantissa  string // from the first to the last digit that is not 0, perhaps with a point
	digits    int    // how many of them
	exponent  int    // the power of ten of the first of them
}

// scanNumeral parses a decimal literal: a sign, digits with or without a point, an exponent.
func scanNumeral(literal string) (n numeral, ok bool) {
	rest := literal
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
	shift := 0
	if end < len(rest) {
		if shift, n.wide, ok = scanExponent(rest[end:]); !ok {
			return numeral{}, false
		}
	}
	whole := end
	if point >= 0 {
		whole = point
	}
	if first < 0 {
		// The exponent of zero is that of its last digit.
		return numeral{exponent: shift - max(0, end-whole-1), wide: n.wide}, true
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
func scanDigits(literal string) (end, point, first, last int) {
	point, first, last = -1, -1, -1
	for ; end < len(literal) && (isDigit(literal[end]) || literal[end] == '.' && point < 0); end++ {
		switch literal[end] {
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

// scanExponent reads an exponent, such as e-10, of at most 64 bits. It returns at most 32 of them, and
// whether there are more.
func scanExponent(s string) (exponent int, wide, ok bool) {
	if s[0] != 'e' && s[0] != 'E' {
		return 0, false, false
	}
	n, err := strconv.ParseInt(s[1:], 10, 64)
	clamped := min(max(n, -math.MaxInt32), math.MaxInt32)
	return int(clamped), n != clamped, err == nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// plain returns the number without an exponent.
func (n numeral) plain() string {
	digits := strings.Replace(n.mantissa, ".", "", 1)
	number, _ := new(big.Rat).SetString(digits + "e" + strconv.Itoa(n.exponent-n.digits+1))
	if n.negative {
		number.Neg(number)
	}
	return number.FloatString(max(0, n.digits-1-n.exponent))
}
