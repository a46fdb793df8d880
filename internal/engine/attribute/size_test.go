package attribute

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The sizes were measured on DynamoDB Local, by the length of a string beside
// the value with which the consumed capacity steps up.
func TestSize_Kinds(t *testing.T) {
	for name, sizes := range map[string]map[string]int{
		"strings count their bytes in UTF-8":   {`{"S":""}`: 0, `{"S":"abc"}`: 3, `{"S":"é"}`: 2, `{"S":"😀"}`: 4},
		"binaries count their bytes":           {`{"B":""}`: 0, `{"B":"YWJj"}`: 3},
		"null and booleans count one":          {`{"NULL":true}`: 1, `{"BOOL":false}`: 1, `{"BOOL":true}`: 1},
		"sets count their members":             {`{"SS":["a","bc"]}`: 3, `{"NS":["1","22","-333"]}`: 8, `{"BS":["YQ==","YWJj"]}`: 4},
		"lists count three and one an element": {`{"L":[]}`: 3, `{"L":[{"S":"a"}]}`: 5, `{"L":[{"S":"a"},{"N":"1"}]}`: 8, `{"L":[{"L":[]}]}`: 7},
		"maps count three and one an entry": {
			`{"M":{}}`: 3, `{"M":{"a":{"S":"b"}}}`: 6, `{"M":{"abc":{"S":"b"},"d":{"NULL":true}}}`: 11,
			`{"M":{"a":{"M":{}}}}`: 8, `{"M":{"a":{"L":[{"BOOL":true}]}}}`: 10,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for text, want := range sizes {
				assert.Equal(t, want, decodeValue(t, text).Size(), text)
			}
		})
	}

	t.Run("numbers count their digits in aligned pairs", func(t *testing.T) {
		nines := strings.Repeat("9", 38)
		for text, want := range map[string]int{
			"0": 1, "1": 2, "9": 2, "10": 2, "11": 2, "12": 2, "100": 2, "101": 3, "123": 3, "1234": 3, "12345": 4, "123456": 4,
			"1000": 2, "1001": 3, "-1": 3, "-10": 3, "-12": 3, "-123": 4, "-1234": 4, "0.1": 2, "0.01": 2, "0.001": 2,
			"0.12": 2, "0.123": 3, "1.5": 3, "15.5": 3, "1.55": 3, "12.34": 3, "12.345": 4, "-0.1": 3, "-0.01": 3, "-1.5": 4,
			"1e125": 2, "1e124": 2, "1e-130": 2, "1e-129": 2, "12e10": 2, "12e11": 3,
			nines: 20, "-" + nines: 21, nines[:37] + ".9": 21, "-9." + nines[1:]: 21,
		} {
			assert.Equal(t, want, parse(t, text).Size(), text)
		}
	})

	t.Run("an item counts its names and values", func(t *testing.T) {
		assert.Equal(t, 2+3+3+2, Size(Item{"id": S("abc"), "né": parse(t, "12")}))
		assert.Zero(t, Size(nil))
		assert.Zero(t, Value{}.Size())
	})
}

func decodeValue(tb testing.TB, text string) Value {
	tb.Helper()
	value, err := ParseValue(text)
	require.NoError(tb, err)
	return value
}
