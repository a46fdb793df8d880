package attribute

import "strings"

// AppendNumber appends the bytes of a number that the service hashes: one with the sign and the exponent
// to the base of 100, and then the digits to that base, which are greater by one, or subtracted from 101
// if the number is negative. A negative number with fewer than 20 of them ends with 102. Zero is 128.
//
//	123.45 is 194, 2, 24, 46, and -1 is 62, 100, 102.
func AppendNumber(dst []byte, number Value) []byte {
	n, _ := scanNumeral(number.raw)
	if n.digits == 0 {
		return append(dst, 128)
	}
	digits := strings.Replace(n.mantissa, ".", "", 1)
	exponent := n.exponent + 1 // how many digits the whole part has
	if exponent%2 != 0 {
		digits = "0" + digits
		exponent++
	}
	if len(digits)%2 != 0 {
		digits += "0"
	}
	first := byte(192 + exponent/2)
	if n.negative {
		first = ^first
	}
	dst = append(dst, first)
	for i := 0; i < len(digits); i += 2 {
		digit := (digits[i]-'0')*10 + digits[i+1] - '0' + 1
		if n.negative {
			digit = 102 - digit
		}
		dst = append(dst, digit)
	}
	if n.negative && len(digits)/2 < 20 {
		dst = append(dst, 102)
	}
	return dst
}
