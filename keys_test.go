package packagedb

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSpecID_RecordedNames(t *testing.T) {
	data, err := os.ReadFile("testdata/canonical_names.json")
	require.NoError(t, err)
	var rows []struct{ Name, ID string }
	require.NoError(t, json.Unmarshal(data, &rows))
	require.NotEmpty(t, rows)
	for _, row := range rows {
		id, err := SpecID(row.Name)
		assert.NoError(t, err)
		assert.Equal(t, row.ID, id, "%+q", row.Name)
	}
}

func TestCanonicalID_FinalSigma(t *testing.T) {
	far := strings.Repeat("'", 100)
	for name, want := range map[string]string{
		"Σ":                   "σ",
		"ΑΣ":                  "ας",
		"ΑΣΑ":                 "ασα",
		"Α-Σ":                 "α-σ",
		"ΑΣ-Α":                "ας-α",
		"ΑΣ.":                 "ας-",
		"ʰΣ":                  "ʰσ", // cased and case-ignorable: looked past
		"Αʰ\u0345Σ":           "αʰ\u0345ς",
		"ΑΣʰ":                 "αςʰ",
		"Α" + far + "Σ":       "α" + far + "ς",
		"ΑΣ" + far + "Α":      "ασ" + far + "α",
		"Α" + far + "Σ" + far: "α" + far + "ς" + far,
		"ΣΣ":                  "σς",
		"İΣ":                  "i\u0307ς",
	} {
		assert.Equal(t, want, canonicalID(name), "%+q", name)
	}
}

func TestSpecID_InvalidNames(t *testing.T) {
	_, err := SpecID(strings.Repeat("_", 2000) + strings.Repeat("İ", 334))
	require.NoError(t, err, "the id counts, not the name")
	for message, name := range map[string]string{
		"name is empty":           "",
		"name is not valid UTF-8": "a\xff",
		"name too long: its id is 1004 bytes, the limit is 1003": strings.Repeat("n", 1004),
	} {
		id, err := SpecID(name)
		assert.ErrorIs(t, err, ErrInvalidInput)
		assert.ErrorContains(t, err, message)
		assert.Empty(t, id)
	}
}
