package attribute

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine/ddbjson"
)

// message returns the text of a *ValidationError or of a *ddbjson.SerializationError, the latter
// after its name, and describes any other error.
func message(err error) string {
	var invalid *ValidationError
	var malformed *ddbjson.SerializationError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &invalid):
		return invalid.Message
	case errors.As(err, &malformed):
		return "serialization: " + malformed.Error()
	}
	return "unexpected error: " + err.Error()
}

// The canonical forms are what DynamoDB Local returns.
func TestParseNumber_CanonicalForm(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"trailing zeros of an integer stay", "1200", "1200"},
		{"a plus sign goes", "+1", "1"},
		{"leading zeros go", "00012", "12"},
		{"a fraction of zeros goes", "100.00", "100"},
		{"a point without a fraction goes", "1.", "1"},
		{"a point gets a zero in front", "-.5", "-0.5"},
		{"an exponent may have a sign", "1E+5", "100000"},
		{"an exponent moves the point", "1234567e-3", "1234.567"},
		{"an exponent moves the point to the end", "0.0125e4", "125"},
		{"zero has no sign", "-0.0", "0"},
		{"the exponent of zero is that of its last digit", "0.0e126", "0"},
		{"zeros behind 38 digits stay", "1234567890123456789012345678901234567800000", "1234567890123456789012345678901234567800000"},
		{"the greatest number", "9.9999999999999999999999999999999999999e125", strings.Repeat("9", 38) + strings.Repeat("0", 88)},
		{"the smallest number may have more digits", "-1.5e-130", "-0." + strings.Repeat("0", 129) + "15"},
	} {
		t.Run(test.name, func(t *testing.T) {
			number, err := ParseNumber(test.text)
			require.NoError(t, err)
			assert.Equal(t, test.want, number.Raw())
			again, err := ParseNumber(number.Raw())
			require.NoError(t, err)
			assert.Equal(t, number, again)
		})
	}
}

func TestParseNumber_Errors(t *testing.T) {
	const (
		notNumeric = "The parameter cannot be converted to a numeric value"
		overflow   = "Number overflow. Attempting to store a number with magnitude larger than supported range"
		underflow  = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
		precision  = "Attempting to store more than 38 significant digits in a Number"
	)
	for text, want := range map[string]string{
		"": notNumeric + ": ",
		"123456789012345678901234567890123456789":   precision,
		"-1.00000000000000000000000000000000000001": precision,
		"1e126": overflow, "-1e126": overflow, "10e125": overflow, "1e2147483648": overflow, "0e126": overflow, "0.0e127": overflow,
		"123456789012345678901234567890123456789e200": overflow,
		"1e-131": underflow, "-1e-131": underflow, "0.1e-130": underflow, "1e-99999999999": underflow, "0e-131": underflow,
		"1e9223372036854775807": overflow, "123.4E+9223372036854775807": overflow, "0.01e-9223372036854775808": underflow,
		"1e00000000000000000000000000000000000000000126": overflow,
	} {
		_, err := ParseNumber(text)
		assert.Equal(t, want, message(err), text)
	}
	for _, text := range []string{
		"x", " 1", "1 ", "--1", "-", "+", ".", "-.", "1..2", "1.2.3", "1,5", "1_0", "0x1", "NaN", "Infinity", "1d", "１",
		"e5", ".e5", "1e", "1e+", "1e1.5", "1e--5", "1e5x", "1e+-5", "1e1_0", "1e 5",
		"1e9223372036854775808", "-1E+9223372036854775808", "1e-9223372036854775809", "0e18446744073709551617", "0.0e-99999999999999999999",
	} {
		_, err := ParseNumber(text)
		assert.Equal(t, notNumeric+": "+text, message(err), text)
	}
}

func TestCompareNumbers_Magnitude(t *testing.T) {
	ascending := []string{
		"-1e125", "-1000", "-999.5", "-100", "-99", "-10.01", "-10", "-9", "-1.5", "-1", "-0.5", "-0.25", "-0.05", "-1e-130",
		"0", "1e-130", "0.05", "0.25", "0.5", "1", "1.5", "9", "10", "10.01", "99", "100", "999.5", "1000", "1e125",
	}
	for i, a := range ascending {
		for j, b := range ascending {
			assert.Equal(t, sign(i-j), sign(compareNumbers(parse(t, a).Raw(), parse(t, b).Raw())), a)
		}
	}
	assert.Equal(t, parse(t, "1.0"), parse(t, "10e-1"))
	assert.Equal(t, Integer(0), parse(t, "-0"))
}

func TestInteger_CanonicalForm(t *testing.T) {
	for _, n := range []int{0, 1, -1, 42, 1000, -120} {
		assert.Equal(t, parse(t, fmt.Sprint(n)), Integer(n), n)
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, seed := range []string{"0", "-12.50", "1e125", "1e-130", ".5", "5.", "+007", "-0.0e9", "12345678901234567890123456789012345678e-3", "1e", "x"} {
		f.Add(seed, "1.5")
	}
	f.Fuzz(func(t *testing.T, text, other string) {
		number, err := ParseNumber(text)
		if err != nil {
			assert.Zero(t, number)
			assert.NotEmpty(t, message(err))
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		require.False(t, !ok && len(text) < 1000, "ParseNumber(%q) is %v, but it is no number", text, number.Raw())
		assert.False(t, ok && exact.Cmp(rational(t, number)) != 0, "ParseNumber(%q) is %v", text, number.Raw())
		assert.Equal(t, number, parse(t, number.Raw()), number)
		if second, err := ParseNumber(other); err == nil {
			got, want := compareNumbers(number.Raw(), second.Raw()), rational(t, number).Cmp(rational(t, second))
			assert.Equal(t, want, sign(got))
			assert.Equal(t, Equal(number, second), got == 0)
		}
	})
}

func parse(tb testing.TB, text string) Value {
	tb.Helper()
	number, err := ParseNumber(text)
	require.NoError(tb, err)
	return number
}

func rational(tb testing.TB, number Value) *big.Rat {
	tb.Helper()
	exact, ok := new(big.Rat).SetString(number.Raw())
	require.True(tb, ok, number)
	return exact
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
