package attribute

import "strings"

// A map or list costs three bytes, and one more for each of its entries.
const (
	documentOverhead = 3
	entryOverhead    = 1
)

// Size returns the item's size in bytes by DynamoDB's rule: the names plus the values. It counts
// towards the limit of 400 KB, a page's 1 MB and the consumed capacity.
func Size(it Item) int {
	total := 0
	for name, value := range it {
		total += len(name) + value.Size()
	}
	return total
}

// Size returns the value's size in bytes by DynamoDB's rule.
func (v Value) Size() int {
	switch v.kind {
	case KindS, KindB:
		return len(v.text)
	case KindN:
		return numberSize(v.text)
	case KindNULL, KindBOOL:
		return 1
	case KindSS, KindNS, KindBS:
		total := 0
		for _, member := range v.nested.members {
			total += Value{kind: v.kind.Member(), text: member}.Size()
		}
		return total
	case KindL:
		total := documentOverhead
		for _, element := range v.nested.elements {
			total += entryOverhead + element.Size()
		}
		return total
	case KindM:
		return documentOverhead + entryOverhead*len(v.nested.fields) + Size(v.nested.fields)
	}
	return 0
}

// numberSize returns the size of a number in canonical form. DynamoDB keeps two decimal digits in a
// byte, in pairs that are aligned to the point, after one byte for the exponent. A negative number
// has a byte at its end, unless its digits fill all twenty bytes.
func numberSize(text string) int {
	if text == "0" {
		return 1
	}
	digits, negative := strings.CutPrefix(text, "-")
	whole := wholeDigits(digits)
	fraction := ""
	if whole < len(digits) {
		fraction = digits[whole+1:]
	}

	// The pairs that the digits touch, counted away from the point: from -1 for
	// the hundredths up, from 0 for the ones and tens.
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
