package attribute

import (
	"math/big"
	"strconv"
	"strings"
)

// Add returns n + m. The error is a *ValidationError if the result is out of range; DynamoDB
// reports more than 38 digits in the same way.
func (n Number) Add(m Number) (Number, error) {
	a, b := n.decimal(), m.decimal()
	scale := max(a.scale, b.scale)
	total := new(big.Int).Add(a.scaled(scale), b.scaled(scale))
	number, problem := parseNumber(total.String() + "e" + strconv.Itoa(-scale))
	switch {
	case problem == nil:
		return number, nil
	case problem.Message == messageDigits:
		return Number{}, invalid(messageOverflow)
	}
	return Number{}, problem
}

// Negate returns -n.
func (n Number) Negate() Number {
	if n.text == "" {
		return n
	}
	if text, negative := strings.CutPrefix(n.text, "-"); negative {
		return Number{text: text}
	}
	return Number{text: "-" + n.text}
}

// decimal is unscaled / 10^scale.
type decimal struct {
	unscaled *big.Int
	scale    int
}

func (n Number) decimal() decimal {
	whole, fraction, _ := strings.Cut(n.String(), ".")
	unscaled, _ := new(big.Int).SetString(whole+fraction, 10)
	return decimal{unscaled, len(fraction)}
}

// scaled returns the decimal times 10^scale.
func (d decimal) scaled(scale int) *big.Int {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-d.scale)), nil)
	return power.Mul(power, d.unscaled)
}
